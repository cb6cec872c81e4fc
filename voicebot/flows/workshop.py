"""Drafts in the database: opened, edited, undone, reviewed. One transaction for each change, with its audit row."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts.audit import Audit
from voicebot.accounts.roles import Role
from voicebot.flows.commands import COMMAND, Command, SetSafetyScript
from voicebot.flows.drafts import DraftState, DraftView, EditView, ReviewView
from voicebot.flows.edits import carry_out
from voicebot.flows.errors import DraftChanged, EditRefused, FlowError, NotAllowed, NotReady, NotThere, Since
from voicebot.flows.people import Person
from voicebot.flows.project import Project
from voicebot.flows.tables import DraftRow, EditRow, ReviewRow
from voicebot.flows.versions import Overlay, Versions
from voicebot.records.database import Database

AUTHORS = frozenset({Role.AUTHOR})
_ENDED = frozenset({DraftState.PUBLISHED, DraftState.DISCARDED})


@dataclass(frozen=True, slots=True)
class DraftContent:
    """A draft with what it is made of: its version, its files now, and the rules whose scripts had a reason."""

    view: DraftView
    base: Project
    project: Project
    reasons: frozenset[str]


class Workshop:
    """Works on drafts for :class:`~voicebot.flows.studio.Studio`, which checks who may."""

    def __init__(self, database: Database, audit: Audit, versions: Versions, now: Callable[[], datetime]) -> None:
        self._database = database
        self._audit = audit
        self._versions = versions
        self._now = now

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One that nobody else's change comes in between."""
        async with self._database.session(alone=True) as session:
            yield session

    # -- reading --------------------------------------------------------------------------------------------

    async def listed(self, session: AsyncSession, *, finished: bool) -> list[DraftView]:
        """The drafts, the latest changed first, without their edits."""
        live = await self._versions.live(session)
        rows = (await session.execute(select(DraftRow).order_by(DraftRow.changed_at.desc()))).scalars().all()
        return [self._view(row, [], [], live) for row in rows if finished or row.state not in _ENDED]

    async def view(self, session: AsyncSession, draft_id: str) -> DraftView:
        """One draft, whole."""
        row = await self._row(session, draft_id)
        edits, reviews = await self._edits(session, row), await self._reviews(session, row)
        return self._view(row, edits, reviews, await self._versions.live(session))

    async def content(self, session: AsyncSession, draft_id: str) -> DraftContent:
        """One draft with its files."""
        row = await self._row(session, draft_id)
        edits = await self._edits(session, row)
        view = self._view(row, edits, await self._reviews(session, row), await self._versions.live(session))
        base = await self._versions.project(session, row.base)
        project = await self._versions.overlaid(session, row.base, _overlay(edits, row.position))
        done = [edit.command for edit in edits[: row.position] if edit.command]
        reasons = frozenset(str(c["rule"]) for c in done if c["do"] == "set_safety_script" and c["reason"])
        return DraftContent(view, base, project, reasons)

    @staticmethod
    async def exists(session: AsyncSession, draft_id: str) -> bool:
        """Whether there is a draft of that id."""
        return await session.get(DraftRow, draft_id) is not None

    async def _row(self, session: AsyncSession, draft_id: str) -> DraftRow:
        row = await session.get(DraftRow, draft_id, with_for_update=True)
        if row is None:
            raise NotThere("There is no such draft.")
        return row

    @staticmethod
    async def _edits(session: AsyncSession, row: DraftRow) -> list[EditRow]:
        query = select(EditRow).where(EditRow.draft_id == row.id).order_by(EditRow.number)
        return list((await session.execute(query)).scalars())

    @staticmethod
    async def _reviews(session: AsyncSession, row: DraftRow) -> list[ReviewRow]:
        query = select(ReviewRow).where(ReviewRow.draft_id == row.id).order_by(ReviewRow.id)
        return list((await session.execute(query)).scalars())

    @staticmethod
    def _view(row: DraftRow, edits: list[EditRow], reviews: list[ReviewRow], live: str) -> DraftView:
        undo = edits[row.position - 1].summary if edits and row.position else ""
        redo = edits[row.position].summary if row.position < len(edits) else ""
        return DraftView(
            id=row.id,
            title=row.title,
            owner=row.owner_name,
            state=DraftState(row.state),
            base=row.base,
            behind=bool(live) and live != row.base and row.state not in _ENDED,
            revision=row.revision,
            created_at=row.created_at,
            changed_at=row.changed_at,
            notes=row.notes,
            can_undo=undo,
            can_redo=redo,
            edits=tuple(
                EditView(
                    number=edit.number,
                    by=edit.by_name,
                    at=edit.at,
                    summary=edit.summary,
                    reason=edit.reason,
                    undone=edit.number > row.position,
                )
                for edit in edits
            ),
            reviews=tuple(
                ReviewView(by=r.by_name, at=r.at, revision=r.revision, approved=r.approved, comment=r.comment)
                for r in reviews
            ),
        )

    # -- changing -------------------------------------------------------------------------------------------

    async def open(self, session: AsyncSession, who: Person, title: str) -> str:
        """Begin a draft on the live version; gives its id."""
        now = self._now()
        row = DraftRow(
            id=secrets.token_hex(8),
            title=_title(title),
            owner_id=who.id,
            owner_name=who.name,
            state=DraftState.OPEN,
            base=await self._versions.live(session),
            revision=1,
            position=0,
            notes="",
            created_at=now,
            changed_at=now,
        )
        session.add(row)
        await session.flush()
        self._audit.put(session, who.actor, "flow.draft.open", row.id, detail={"title": row.title})
        return row.id

    async def at(self, session: AsyncSession, draft_id: str, revision: int) -> DraftRow:
        """The draft if it is as the person saw it. Raises :class:`DraftChanged` if not, and when it has ended."""
        row = await self._row(session, draft_id)
        if row.state in _ENDED:
            raise EditRefused("This draft has ended: open a new one.")
        if row.revision != revision:
            edits = await self._edits(session, row)
            since = [Since(e.by_name, e.at, e.summary) for e in edits[: row.position] if e.revision > revision]
            raise DraftChanged(row.revision, since)
        return row

    async def carry_out(
        self, session: AsyncSession, who: Person, draft_id: str, revision: int, command: Command
    ) -> tuple[DraftContent, str]:
        """The draft after a command, nothing kept yet; and what the command did."""
        if isinstance(command, SetSafetyScript):
            who.must_be({Role.PUBLISHER}, "change a locked safety script")
        await self.at(session, draft_id, revision)
        before = await self.content(session, draft_id)
        done = await asyncio.to_thread(carry_out, before.project, command)
        more = {command.rule} if isinstance(command, SetSafetyScript) else set()
        return DraftContent(before.view, before.base, done.project, before.reasons | more), done.summary

    async def keep(
        self,
        session: AsyncSession,
        who: Person,
        draft_id: str,
        after: DraftContent,
        summary: str,
        command: Command | None,
    ) -> None:
        """Keep the draft as it is ``after`` an edit."""
        row = await self._row(session, draft_id)
        await session.execute(delete(EditRow).where(EditRow.draft_id == row.id, EditRow.number > row.position))
        overlay = self._versions.overlay_of(after.base, after.project)
        await self._versions.keep_contents(session, [after.project.files[p] for p, digest in overlay.items() if digest])
        row.position += 1
        self._touched(row)
        reason = command.reason if isinstance(command, SetSafetyScript) else ""
        session.add(
            EditRow(
                draft_id=row.id,
                number=row.position,
                revision=row.revision,
                at=row.changed_at,
                by_id=who.id,
                by_name=who.name,
                summary=summary,
                reason=reason,
                command=COMMAND.dump_python(command, mode="json") if command else None,
                overlay=overlay,
            )
        )
        what: dict[str, str] = {"did": summary[:500], "command": command.do if command else "import"}
        if reason:
            what["reason"] = reason
        self._audit.put(session, who.actor, "flow.edit", row.id, detail=what)

    def _touched(self, row: DraftRow) -> None:
        row.revision += 1
        row.changed_at = self._now()
        # Whoever reviewed it saw something else.
        row.state = DraftState.OPEN

    async def step(self, session: AsyncSession, who: Person, draft_id: str, revision: int, by: int) -> str:
        """Undo (-1) or redo (+1); gives what it was."""
        row = await self.at(session, draft_id, revision)
        edits = await self._edits(session, row)
        to = row.position + by
        if not 0 <= to <= len(edits):
            raise EditRefused("There is nothing to undo." if by < 0 else "There is nothing to put back.")
        edit = edits[max(row.position, to) - 1]
        if edit.command and edit.command["do"] == "set_safety_script":
            who.must_be({Role.PUBLISHER}, "change a locked safety script")
        row.position = to
        self._touched(row)
        action = "flow.undo" if by < 0 else "flow.redo"
        self._audit.put(session, who.actor, action, row.id, detail={"did": edit.summary[:500]})
        return edit.summary

    async def describe(
        self, session: AsyncSession, who: Person, draft_id: str, revision: int, title: str, notes: str
    ) -> None:
        """Title and release notes. What was approved stays so."""
        row = await self.at(session, draft_id, revision)
        row.title, row.notes = _title(title), notes.strip()
        row.revision += 1
        row.changed_at = self._now()
        self._audit.put(session, who.actor, "flow.draft.notes", row.id)

    async def set_state(
        self, session: AsyncSession, who: Person, draft_id: str, revision: int, state: DraftState, action: str
    ) -> DraftRow:
        """Move a draft on its way."""
        row = await self.at(session, draft_id, revision)
        row.state = state
        row.revision += 1
        row.changed_at = self._now()
        self._audit.put(session, who.actor, action, row.id, detail={"title": row.title})
        return row

    async def review(
        self, session: AsyncSession, who: Person, draft_id: str, revision: int, *, approve: bool, comment: str
    ) -> None:
        """Approve or send back; never one's own."""
        row = await self.at(session, draft_id, revision)
        if row.state != DraftState.IN_REVIEW:
            raise NotReady("The draft was not handed in for review.")
        edits = await self._edits(session, row)
        if who.id in {row.owner_id, *(edit.by_id for edit in edits[: row.position])}:
            raise NotAllowed("Somebody who had no hand in a draft must review it.")
        if not approve and not comment.strip():
            raise EditRefused("Say what has to be changed.")
        row.state = DraftState.APPROVED if approve else DraftState.OPEN
        row.revision += 1
        row.changed_at = self._now()
        session.add(
            ReviewRow(
                draft_id=row.id,
                at=row.changed_at,
                by_id=who.id,
                by_name=who.name,
                revision=row.revision,
                approved=approve,
                comment=comment.strip(),
            )
        )
        action = "flow.review.approve" if approve else "flow.review.send_back"
        self._audit.put(session, who.actor, action, row.id, detail={"comment": comment.strip()[:500]})

    async def update(self, session: AsyncSession, who: Person, draft_id: str, revision: int) -> None:
        """Carry the edits over to the live version. Raises :class:`EditRefused` naming the one that does not fit."""
        row = await self.at(session, draft_id, revision)
        live = await self._versions.live(session)
        if live == row.base:
            raise EditRefused("The draft is on the live version already.")
        old, project = await self._versions.project(session, row.base), await self._versions.project(session, live)
        base = project
        edits = (await self._edits(session, row))[: row.position]
        overlay: Overlay = {}
        for edit in edits:
            project = await self._again(session, row.base, old, overlay, edit, project)
            overlay = edit.overlay
            fresh = self._versions.overlay_of(base, project)
            await self._versions.keep_contents(session, [project.files[p] for p, digest in fresh.items() if digest])
            edit.overlay = fresh
        await session.execute(delete(EditRow).where(EditRow.draft_id == row.id, EditRow.number > row.position))
        row.base = live
        self._touched(row)
        self._audit.put(session, who.actor, "flow.draft.update", row.id, detail={"version": live})

    async def _again(
        self, session: AsyncSession, base: str, old: Project, before: Overlay, edit: EditRow, project: Project
    ) -> Project:
        """One edit on another version."""
        if edit.command is not None:
            try:
                done = await asyncio.to_thread(carry_out, project, COMMAND.validate_python(edit.command))
            except FlowError as error:
                raise EditRefused(f"“{edit.summary}” does not fit the live version any more: {error}") from error
            return done.project
        was = await self._versions.overlaid(session, base, before)
        now = await self._versions.overlaid(session, base, edit.overlay)
        for path in {*was.files, *now.files}:
            if was.files.get(path) == now.files.get(path):
                continue
            if project.files.get(path) != was.files.get(path):
                raise EditRefused(f"“{edit.summary}” does not fit the live version any more: {path} has changed too.")
            project = project.with_file(path, now.files.get(path))
        return project


def _overlay(edits: list[EditRow], position: int) -> Mapping[str, Any]:
    return edits[position - 1].overlay if position else {}


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not title:
        raise EditRefused("Give the draft a title.")
    return title[:200]
