"""The database of calls: written entry by entry, read as the API shows it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Select, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.dialogue.acts import Fact
from voicebot.outbox.outbox import outbox_row
from voicebot.outbox.tables import OutboxRow
from voicebot.records.database import Database, RecordRejected
from voicebot.records.entries import (
    CallEnd,
    CallStart,
    CallState,
    Entry,
    FactsEntry,
    HandoffEntry,
    MediaQualityEntry,
    MessageEntry,
    OutboxEntry,
    RecordingEntry,
    StepEntry,
    TurnEntry,
    new_reference,
)
from voicebot.records.forgetting import Kept
from voicebot.records.models import (
    CallRow,
    FactRow,
    HandoffRow,
    MediaQualityRow,
    MessageRow,
    RecordingRow,
    StepRow,
    TurnRow,
)
from voicebot.records.view import call_view
from voicebot.safety.card import redact

_Timed = TypeVar("_Timed", TurnRow, HandoffRow, MessageRow, RecordingRow, StepRow)
_OfCall = TypeVar("_OfCall", TurnRow, FactRow, HandoffRow, MessageRow, MediaQualityRow, RecordingRow, StepRow)
_Row = TurnRow | HandoffRow | StepRow | MessageRow | MediaQualityRow | RecordingRow
_RowEntry = TurnEntry | HandoffEntry | StepEntry | MessageEntry | MediaQualityEntry | RecordingEntry

MAX_LIMIT = 500

_NAMES = frozenset({"call_id", "uid", "reference", "path", "address"})
"""Keys that name something and hold nothing that was said: a random name may look like a card number."""


class RecordStore:
    """Reads and writes the records at ``url`` (SQLAlchemy, async driver).

    Every method raises :class:`~voicebot.errors.RecordsUnavailable` when the database can't be used now. Card numbers
    are removed from everything written. Writing the same entry twice changes nothing, so a journal may be replayed.
    """

    def __init__(self, url: str, *, busy_timeout_ms: int = 5000) -> None:
        self.database = Database(url, busy_timeout_ms=busy_timeout_ms)

    async def upgrade(self) -> None:
        """Bring the database to the newest state. When it can't be reached now, its next use tries again."""
        await self.database.upgrade()

    async def close(self) -> None:
        """Close all connections."""
        await self.database.close()

    async def ping(self) -> None:
        """Raise :class:`~voicebot.errors.RecordsUnavailable` unless the database answers and has its tables."""
        async with self.database.session() as session:
            await session.execute(text("SELECT 1 FROM calls LIMIT 1"))

    async def apply(self, entries: Iterable[Entry]) -> None:
        """Write entries, all or none. Raises :class:`RecordRejected` when one of them can't ever be written."""
        async with self.database.session() as session:
            for entry in entries:
                await self._write(session, entry)
                await session.flush()

    async def begin_call(self, start: CallStart) -> None:
        """A call began."""
        await self.apply([start])

    async def add_turn(self, turn: TurnEntry) -> None:
        """Somebody spoke."""
        await self.apply([turn])

    async def set_facts(self, call_id: str, facts: Sequence[Fact]) -> None:
        """Everything known so far; a changed value supersedes the old one, which is kept."""
        await self.apply([FactsEntry(call_id=call_id, facts=tuple(facts))])

    async def add_handoff(self, handoff: HandoffEntry) -> None:
        """A handover began."""
        await self.apply([handoff])

    async def update_handoff(self, handoff: HandoffEntry) -> None:
        """A handover went on: replaces the one with the same ``uid``."""
        await self.apply([handoff])

    async def add_step(self, step: StepEntry) -> None:
        """The session did something."""
        await self.apply([step])

    async def add_message(self, message: MessageEntry) -> None:
        """The caller left a message."""
        await self.apply([message])

    async def finish_call(self, end: CallEnd) -> None:
        """The call ended."""
        await self.apply([end])

    async def _write(self, session: AsyncSession, entry: Entry) -> None:
        match entry:
            case CallStart():
                if await session.get(CallRow, entry.call_id) is None:
                    taken = select(CallRow.id).where(CallRow.reference == entry.reference)
                    clash = (await session.execute(taken)).first() is not None
                    session.add(
                        CallRow(
                            id=entry.call_id,
                            reference=new_reference(entry.reference.partition("-")[0]) if clash else entry.reference,
                            line=entry.line,
                            line_id=entry.line_id,
                            caller=entry.caller,
                            called=entry.called,
                            started_at=entry.started_at,
                            card={},
                        )
                    )
            case FactsEntry():
                await self._write_facts(session, entry)
            case OutboxEntry():
                await self._write_told(session, entry)
            case CallState() | CallEnd():
                await self._write_state(session, entry)
            case _:
                await self._write_row(session, entry)

    async def _write_row(self, session: AsyncSession, entry: _RowEntry) -> None:
        kinds: dict[type, type[_Row]] = {
            TurnEntry: TurnRow,
            HandoffEntry: HandoffRow,
            StepEntry: StepRow,
            MessageEntry: MessageRow,
            MediaQualityEntry: MediaQualityRow,
            RecordingEntry: RecordingRow,
        }
        kind = kinds[type(entry)]
        values = without_cards(entry.model_dump(mode="json", exclude={"entry"}))
        row = (await session.execute(select(kind).where(kind.uid == entry.uid))).scalar_one_or_none()
        if row is None:
            session.add(kind(**values))
        else:
            for name, value in values.items():
                setattr(row, name, value)
        if isinstance(entry, HandoffEntry | MessageEntry) and entry.card:
            await self._write_state(session, CallState(call_id=entry.call_id, card=entry.card))

    @staticmethod
    async def _write_told(session: AsyncSession, entry: OutboxEntry) -> None:
        there = select(OutboxRow.id).where(OutboxRow.uid == entry.uid)
        if (await session.execute(there)).first() is None:
            payload = without_cards(entry.payload)
            session.add(outbox_row(entry.kind, payload, call_id=entry.call_id, uid=entry.uid, at=entry.at))

    async def _write_state(self, session: AsyncSession, entry: CallState | CallEnd) -> None:
        row = await session.get(CallRow, entry.call_id)
        if row is None:
            raise RecordRejected("an entry belongs to a call that never began")
        for name in ("service", "need", "queue", "emergency"):
            value = getattr(entry, name)
            if value:
                setattr(row, name, value)
        if entry.card is not None:
            row.card = without_cards(entry.card)
        if isinstance(entry, CallEnd):
            row.ended_at = entry.ended_at
            row.outcome = entry.outcome

    async def _write_facts(self, session: AsyncSession, entry: FactsEntry) -> None:
        """Supersede what is no longer known. The same value of the same moment is the same fact, also in a replay."""
        rows = (await session.execute(select(FactRow).where(FactRow.call_id == entry.call_id))).scalars().all()
        current = set[int]()
        for fact in entry.facts:
            value = redact(fact.value)
            row = next(
                (
                    row
                    for row in rows
                    if (row.name, row.value) == (fact.name, value) and (not row.superseded or row.at_ms == fact.at_ms)
                ),
                None,
            )
            if row is None:
                row = FactRow(call_id=entry.call_id, name=fact.name, value=value, at_ms=fact.at_ms)
                session.add(row)
            row.label = fact.label
            row.source = fact.source.value
            row.confidence = fact.confidence
            row.confirmed = fact.confirmed
            row.superseded = False
            current.add(id(row))
        for row in rows:
            if id(row) not in current:
                row.superseded = True

    async def recent_calls(self, limit: int = 50, *, before: datetime | None = None) -> list[dict[str, Any]]:
        """The newest calls first, as the API shows them; ``before`` pages back by their start."""
        async with self.database.session() as session:
            query = select(CallRow).order_by(CallRow.started_at.desc(), CallRow.id).limit(max(1, min(limit, MAX_LIMIT)))
            if before is not None:
                query = query.where(CallRow.started_at < before)
            calls = (await session.execute(query)).scalars().all()
            return await self._views(session, calls)

    async def call(self, call_id: str) -> dict[str, Any] | None:
        """One call by its id, its reference or the line's own name for it (SIP Call-ID), as the API shows it, or None.

        Nothing keeps a peer from using a Call-ID twice: the newest call of that name is given.
        """
        if not call_id:
            return None
        async with self.database.session() as session:
            named = (CallRow.id == call_id) | (CallRow.reference == call_id.upper()) | (CallRow.line_id == call_id)
            query = select(CallRow).where(named).order_by(CallRow.started_at.desc()).limit(1)
            calls = (await session.execute(query)).scalars().all()
            views = await self._views(session, calls)
            return views[0] if views else None

    async def _views(self, session: AsyncSession, calls: Sequence[CallRow]) -> list[dict[str, Any]]:
        ids = [call.id for call in calls]
        if not ids:
            return []
        known = select(FactRow).where(FactRow.call_id.in_(ids), FactRow.superseded.is_(False)).order_by(FactRow.id)
        turns = _by_call((await session.execute(_in_time(TurnRow, ids))).scalars())
        facts = _by_call((await session.execute(known)).scalars())
        handoffs = _by_call((await session.execute(_in_time(HandoffRow, ids))).scalars())
        messages = _by_call((await session.execute(_in_time(MessageRow, ids))).scalars())
        steps = _by_call((await session.execute(_in_time(StepRow, ids))).scalars())
        measured = select(MediaQualityRow).where(MediaQualityRow.call_id.in_(ids)).order_by(MediaQualityRow.id)
        quality = _by_call((await session.execute(measured)).scalars())
        recordings = _by_call((await session.execute(_in_time(RecordingRow, ids))).scalars())
        return [
            call_view(
                call,
                turns[call.id],
                facts[call.id],
                handoffs[call.id],
                messages[call.id],
                steps[call.id],
                quality[call.id],
                recordings[call.id],
            )
            for call in calls
        ]

    async def outcomes(self) -> dict[str, int]:
        """How many calls are kept, by outcome; those in progress have the outcome ``""``."""
        async with self.database.session() as session:
            rows = await session.execute(select(CallRow.outcome, func.count()).group_by(CallRow.outcome))
            return {row[0]: row[1] for row in rows}

    async def purge(self, older_than: datetime) -> int:
        """Delete the calls that began before ``older_than``, with the audio kept of them; how many there were."""
        async with self.database.session() as session:
            old = (await session.execute(select(CallRow.id).where(CallRow.started_at < older_than))).scalars().all()
            audio = await (await Kept.of(session)).forget(session, old)
            await session.execute(delete(OutboxRow).where(OutboxRow.at < older_than))
        for path in audio:
            Path(path).unlink(missing_ok=True)
        return len(old)


def _in_time(kind: type[_Timed], ids: Sequence[str]) -> Select[_Timed]:
    """What belongs to some calls, in the order in which it happened."""
    return select(kind).where(kind.call_id.in_(ids)).order_by(kind.at_ms, kind.id)


def _by_call(rows: Iterable[_OfCall]) -> defaultdict[str, list[_OfCall]]:
    kept = defaultdict[str, list[_OfCall]](list)
    for row in rows:
        kept[row.call_id].append(row)
    return kept


def without_cards(value: Any) -> Any:
    """``value`` with card numbers removed from every string in it but the names of things."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: item if key in _NAMES else without_cards(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_cards(item) for item in value]
    return value
