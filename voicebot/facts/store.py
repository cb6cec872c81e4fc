"""Reads and changes the facts: for pages, commands and whoever else works with people who edit them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts.audit import Actor, Audit
from voicebot.accounts.keys import utc_now
from voicebot.facts.model import CouncilFacts, FactRefused, Kind, checked
from voicebot.facts.tables import FactChange, FactRowSet
from voicebot.records.database import Database

CHANGE = "facts.change"
"""The audit's name for a change of a fact."""

_KEY_CHARS = 64


@dataclass(frozen=True, slots=True)
class FactEntry:
    """A fact as it is shown. ``source`` says whether it is the council's default or was set, by whom, when and why."""

    kind: Kind
    key: str
    value: dict[str, Any]
    source: Literal["default", "set"]
    changed_at: datetime | None = None
    changed_by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A change that was made. ``before`` and ``after`` are None where the fact was not there."""

    kind: Kind
    key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    changed_at: datetime
    changed_by: str
    why: str


class FactsStore:
    """The facts in the database over the council's ``defaults``.

    Every method raises :class:`~voicebot.errors.RecordsUnavailable` while the database is away.
    """

    def __init__(self, database: Database, defaults: CouncilFacts, now: Callable[[], datetime] = utc_now) -> None:
        self.defaults = defaults
        self._database = database
        self._audit = Audit(database, now)
        self._now = now

    async def current(self) -> CouncilFacts:
        """All facts as they hold now."""
        async with self._database.session() as session:
            return checked(self._merged(await _rows(session)))

    async def version(self) -> int:
        """Grows with every change."""
        async with self._database.session() as session:
            return (await session.execute(select(func.max(FactChange.id)))).scalar() or 0

    async def entries(self, kind: Kind | None = None) -> list[FactEntry]:
        """The facts with where they come from, in the order of kinds and keys."""
        async with self._database.session() as session:
            rows = await _rows(session)
        merged = self._merged(rows)
        kinds = [kind] if kind else list(Kind)
        return [_entry(each, key, merged[each][key], rows) for each in kinds for key in sorted(merged[each])]

    async def get(self, kind: Kind, key: str) -> FactEntry | None:
        """One fact, or None."""
        return next((entry for entry in await self.entries(kind) if entry.key == key), None)

    async def put(self, kind: Kind, key: str, value: Mapping[str, Any] | BaseModel, *, who: Actor, why: str) -> None:
        """Set a fact, new or not. Raises :class:`FactRefused` in plain words, and then changes nothing."""
        content = value.model_dump(mode="json") if isinstance(value, BaseModel) else dict(value)
        await self._change(kind, key, content, who, why)

    async def remove(self, kind: Kind, key: str, *, who: Actor, why: str) -> None:
        """Take a fact away, a default too. Raises :class:`FactRefused` when it isn't there or others need it."""
        await self._change(kind, key, None, who, why)

    async def restore(self, kind: Kind, key: str, *, who: Actor, why: str) -> None:
        """Let the council's default hold again. Raises :class:`FactRefused` when there is none."""
        default = _content(self.defaults)[kind].get(key)
        if default is None:
            raise FactRefused(f"{kind.value} {key} has no default")
        await self._change(kind, key, default, who, why)

    async def changes(self, limit: int = 50, kind: Kind | None = None, key: str = "") -> list[Change]:
        """The newest changes first; of one kind or fact if told."""
        query = select(FactChange).order_by(FactChange.id.desc()).limit(max(1, min(limit, 500)))
        if kind is not None:
            query = query.where(FactChange.kind == kind.value)
        if key:
            query = query.where(FactChange.key == key)
        async with self._database.session() as session:
            return [
                Change(Kind(row.kind), row.key, row.before, row.after, row.changed_at, row.changed_by, row.why)
                for row in (await session.execute(query)).scalars()
            ]

    async def _change(self, kind: Kind, key: str, value: dict[str, Any] | None, who: Actor, why: str) -> None:
        key = key.strip()
        if not key or len(key) > _KEY_CHARS:
            raise FactRefused(f"a {kind.value} needs a name of 1 to {_KEY_CHARS} letters")
        if not why.strip():
            raise FactRefused("say in a few words why it is changed")
        async with self._database.session(alone=True) as session:
            rows = await _rows(session, lock=True)
            merged = self._merged(rows)
            before = merged[kind].get(key)
            if value is None and before is None:
                raise FactRefused(f"there is no {kind.value} {key}")
            if value is None:
                del merged[kind][key]
            else:
                merged[kind][key] = value
            facts = checked(merged)
            # As it was read, so that what is kept has every default and no surprises.
            after = _content(facts)[kind].get(key) if value is not None else None
            if value is not None and after is None:
                raise FactRefused(f'"{key}" is not how a {kind.value} is named')
            self._keep(
                session, rows.get((kind.value, key)), Change(kind, key, before, after, self._now(), who.name, why)
            )
            self._audit.put(session, who, CHANGE, f"{kind.value} {key}", detail={"why": why[:200]})

    @staticmethod
    def _keep(session: AsyncSession, row: FactRowSet | None, change: Change) -> None:
        by = change.changed_by[:128]
        if row is None:
            row = FactRowSet(kind=change.kind.value, key=change.key)
            session.add(row)
        row.value, row.changed_at, row.changed_by, row.why = change.after, change.changed_at, by, change.why
        session.add(
            FactChange(
                kind=change.kind.value,
                key=change.key,
                before=change.before,
                after=change.after,
                changed_at=change.changed_at,
                changed_by=by,
                why=change.why,
            )
        )

    def _merged(self, rows: Mapping[tuple[str, str], FactRowSet]) -> dict[str, Any]:
        merged = _content(self.defaults)
        for (kind, key), row in rows.items():
            if row.value is None:
                merged[kind].pop(key, None)
            else:
                merged[kind][key] = row.value
        return merged


def _content(facts: CouncilFacts) -> dict[str, Any]:
    """The facts as JSON holds them: by kind and key."""
    return facts.model_dump(mode="json")


def _entry(kind: Kind, key: str, value: dict[str, Any], rows: Mapping[tuple[str, str], FactRowSet]) -> FactEntry:
    row = rows.get((kind.value, key))
    if row is None:
        return FactEntry(kind, key, value, "default")
    return FactEntry(kind, key, value, "set", row.changed_at, row.changed_by, row.why)


async def _rows(session: AsyncSession, *, lock: bool = False) -> dict[tuple[str, str], FactRowSet]:
    query = select(FactRowSet).order_by(FactRowSet.kind, FactRowSet.key)
    rows = (await session.execute(query.with_for_update() if lock else query)).scalars()
    return {(row.kind, row.key): row for row in rows}
