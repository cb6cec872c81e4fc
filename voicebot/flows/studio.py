"""All that admins do with flows, without HTTP: pages work with this.

A *draft* is a set of edits on top of a version. Nobody but its own tests hears a draft until it is published. Every
method that changes a draft takes the ``revision`` that the person saw and raises
:class:`~voicebot.flows.errors.DraftChanged` when somebody else was quicker; nothing is ever overwritten silently. All
methods raise a :class:`~voicebot.flows.errors.FlowError` with a message for the person, and
:class:`~voicebot.errors.RecordsUnavailable` when the database is not there. Roles are checked here; every change is in
the audit (actions ``flow.…``).
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts.audit import Audit
from voicebot.accounts.keys import utc_now
from voicebot.accounts.roles import Role
from voicebot.flows import archive
from voicebot.flows.commands import Command
from voicebot.flows.content import Content, content_of
from voicebot.flows.difference import changes_between
from voicebot.flows.drafts import DiffView, DraftState, DraftView, Edited
from voicebot.flows.inspection import Inspection
from voicebot.flows.model import Finding, Flow, Found, Response, SafetyScript, ServiceSummary
from voicebot.flows.people import Person
from voicebot.flows.project import Project
from voicebot.flows.reading import flow_of, response_of, safety_of, search, services_of
from voicebot.flows.releases import Releases
from voicebot.flows.versions import Versions
from voicebot.flows.workshop import AUTHORS, DraftContent, Workshop
from voicebot.records.database import Database
from voicebot.settings import Settings


class Studio:
    """One for a process. ``of`` in the methods is a draft's id or a version's name; empty: the live version."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        audit: Audit,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._versions = Versions()
        self._workshop = Workshop(database, audit, self._versions, now)
        self._inspection = Inspection(settings.flows.languages, now)
        self.releases = Releases(settings, database, audit, self._versions, self._workshop, self._inspection, now)
        """Tests, trials, publications and the history of versions."""

    # -- reading (viewer, author, reviewer, publisher) ------------------------------------------------------

    async def services(self, of: str = "") -> list[ServiceSummary]:
        """All services with their flows, and how many problems each has. The shared one (``none``) comes first."""
        project = await self._project(of)
        findings = await self.check(of)
        return await asyncio.to_thread(lambda: services_of(content_of(project), findings))

    async def flow(self, intent: str, of: str = "") -> Flow:
        """One flow, whole. Raises :class:`NotThere`."""
        project = await self._project(of)
        findings = await self.check(of)
        return await asyncio.to_thread(lambda: flow_of(content_of(project), intent, findings))

    async def response(self, name: str, of: str = "") -> Response:
        """One response, such as those of the shared service. Raises :class:`NotThere`."""
        return response_of(await self._content(of), name)

    async def responses(self, service: str, of: str = "") -> list[Response]:
        """All responses of a service; ``none`` is the shared one."""
        content = await self._content(of)
        return [response_of(content, name) for name, item in content.responses.items() if item.service == service]

    async def safety_scripts(self, of: str = "") -> list[SafetyScript]:
        """The locked scripts."""
        return safety_of(await self._content(of))

    async def search(self, text: str, of: str = "", limit: int = 50) -> list[Found]:
        """Where ``text`` is said, asked or given as an example."""
        return search(await self._content(of), text, limit)

    async def check(self, of: str = "") -> list[Finding]:
        """Every finding, the errors first. Quick enough to be asked while somebody types (cached by content)."""
        async with self._database.session() as session:
            if of and await self._workshop.exists(session, of):
                draft = await self._workshop.content(session, of)
                return await self._inspection.findings(draft.project, draft)
            return await self._inspection.findings(await self._version(session, of))

    def languages(self) -> Sequence[str]:
        """The languages that every response must be there in; ``en`` comes first."""
        return self._inspection.languages

    # -- drafts (author) ------------------------------------------------------------------------------------

    async def drafts(self, *, finished: bool = False) -> list[DraftView]:
        """The drafts that are open, in review or approved, the latest changed first; with ``finished`` the others too.

        ``edits`` and ``reviews`` are left empty.
        """
        async with self._database.session() as session:
            return await self._workshop.listed(session, finished=finished)

    async def draft(self, draft_id: str) -> DraftView:
        """One draft with its edits and reviews. Raises :class:`NotThere`."""
        async with self._database.session() as session:
            return await self._workshop.view(session, draft_id)

    async def open_draft(self, who: Person, title: str) -> DraftView:
        """Begin a draft on the live version."""
        who.must_be(AUTHORS, "change what the phone says")
        await self.releases.live()
        async with self._workshop.transaction() as session:
            draft_id = await self._workshop.open(session, who, title)
            return await self._workshop.view(session, draft_id)

    async def edit(self, who: Person, draft_id: str, revision: int, command: Command) -> Edited:
        """Carry out one command. Raises :class:`DraftChanged`, :class:`EditRefused` or :class:`NotRepresentable`.

        A draft in review or approved is open again after it.
        """
        self._may_edit(who, command)
        async with self._workshop.transaction() as session:
            after, summary = await self._workshop.carry_out(session, who, draft_id, revision, command)
            await self._workshop.keep(session, who, draft_id, after, summary, command)
            view = await self._workshop.view(session, draft_id)
        return Edited(
            draft=view, summary=summary, findings=tuple(await self._inspection.findings(after.project, after))
        )

    async def preview(self, who: Person, draft_id: str, revision: int, command: Command) -> list[Finding]:
        """The findings that there would be after ``command``, which is not kept: for checks while typing."""
        self._may_edit(who, command)
        async with self._database.session() as session:
            after, _ = await self._workshop.carry_out(session, who, draft_id, revision, command)
        return await self._inspection.findings(after.project, after)

    async def undo(self, who: Person, draft_id: str, revision: int) -> Edited:
        """Take the last edit back. Raises :class:`EditRefused` when there is none."""
        return await self._step(who, draft_id, revision, -1)

    async def redo(self, who: Person, draft_id: str, revision: int) -> Edited:
        """Put the edit back that was undone last."""
        return await self._step(who, draft_id, revision, +1)

    async def set_notes(self, who: Person, draft_id: str, revision: int, title: str, notes: str) -> DraftView:
        """Title and release notes."""
        who.must_be(AUTHORS, "change a draft")
        async with self._workshop.transaction() as session:
            await self._workshop.describe(session, who, draft_id, revision, title, notes)
            return await self._workshop.view(session, draft_id)

    async def update(self, who: Person, draft_id: str, revision: int) -> Edited:
        """Carry the edits over to the live version, when another has gone live since the draft began.

        Raises :class:`EditRefused` naming the edit that does not fit any more; nothing has changed then.
        """
        who.must_be(AUTHORS, "change a draft")
        async with self._workshop.transaction() as session:
            await self._workshop.update(session, who, draft_id, revision)
            after = await self._workshop.content(session, draft_id)
        summary = "Carried over to the live version"
        return Edited(
            draft=after.view, summary=summary, findings=tuple(await self._inspection.findings(after.project, after))
        )

    async def discard(self, who: Person, draft_id: str, revision: int) -> DraftView:
        """Put a draft away; its history stays."""
        who.must_be(AUTHORS, "discard a draft")
        async with self._workshop.transaction() as session:
            await self._workshop.set_state(session, who, draft_id, revision, DraftState.DISCARDED, "flow.draft.discard")
            return await self._workshop.view(session, draft_id)

    # -- review (reviewer; never the draft's own authors) ---------------------------------------------------

    async def diff(self, draft_id: str) -> DiffView:
        """What the draft changes against the version that it began from, in plain words."""
        async with self._database.session() as session:
            draft = await self._workshop.content(session, draft_id)
        changes = await asyncio.to_thread(changes_between, draft.base, draft.project)
        return DiffView(before=draft.view.base, after=draft_id, changes=tuple(changes))

    async def compare(self, before: str, after: str) -> DiffView:
        """What changed between two versions."""
        one, other = await self._project(before), await self._project(after)
        changes = await asyncio.to_thread(changes_between, one, other)
        return DiffView(before=before, after=after, changes=tuple(changes))

    async def submit(self, who: Person, draft_id: str, revision: int) -> DraftView:
        """Ask for a review. Raises :class:`NotReady` while the draft has errors or changes nothing."""
        who.must_be(AUTHORS, "hand in a draft")
        async with self._workshop.transaction() as session:
            await self._workshop.at(session, draft_id, revision)
            draft = await self._workshop.content(session, draft_id)
            await self._inspection.must_be_sound(draft)
            await self._workshop.set_state(session, who, draft_id, revision, DraftState.IN_REVIEW, "flow.draft.submit")
            return await self._workshop.view(session, draft_id)

    async def review(self, who: Person, draft_id: str, revision: int, *, approve: bool, comment: str) -> DraftView:
        """Approve, or send back with a comment. Raises :class:`NotAllowed` for somebody who edited the draft."""
        who.must_be({Role.REVIEWER}, "review a draft")
        async with self._workshop.transaction() as session:
            await self._workshop.review(session, who, draft_id, revision, approve=approve, comment=comment)
            return await self._workshop.view(session, draft_id)

    # -- taking away and bringing in ------------------------------------------------------------------------

    async def export(self, of: str = "") -> bytes:
        """All files of a draft or version in a ZIP archive, as they stand in ``dialogues/``."""
        return archive.pack(await self._project(of))

    async def import_draft(self, who: Person, title: str, data: bytes) -> Edited:
        """A draft whose flows are those of an exported archive. Raises :class:`EditRefused` for anything else."""
        who.must_be(AUTHORS, "bring in flows")
        live = await self._project("")
        project = await asyncio.to_thread(archive.unpack, data, live)
        async with self._workshop.transaction() as session:
            draft_id = await self._workshop.open(session, who, title)
            before = await self._workshop.content(session, draft_id)
            after = DraftContent(before.view, before.base, project, frozenset())
            await self._workshop.keep(session, who, draft_id, after, "Brought in from an archive", None)
            view = await self._workshop.view(session, draft_id)
        summary = "Brought in from an archive"
        return await self._edited(view, summary, after)

    # -- within ---------------------------------------------------------------------------------------------

    async def _project(self, of: str) -> Project:
        async with self._database.session() as session:
            if of and await self._workshop.exists(session, of):
                return (await self._workshop.content(session, of)).project
            return await self._version(session, of)

    async def _version(self, session: AsyncSession, name: str) -> Project:
        return await self._versions.project(session, name or await self.releases.live())

    async def _content(self, of: str) -> Content:
        project = await self._project(of)
        return await asyncio.to_thread(content_of, project)

    async def _edited(self, view: DraftView, summary: str, after: DraftContent) -> Edited:
        findings = await self._inspection.findings(after.project, after)
        return Edited(draft=view, summary=summary, findings=tuple(findings))

    @staticmethod
    def _may_edit(who: Person, command: Command) -> None:
        # A publisher may change a locked script without being an author of all else.
        if command.do == "set_safety_script":
            who.must_be({Role.PUBLISHER}, "change a locked safety script")
        else:
            who.must_be(AUTHORS, "change what the phone says")

    async def _step(self, who: Person, draft_id: str, revision: int, by: int) -> Edited:
        who.must_be({Role.AUTHOR, Role.PUBLISHER}, "change a draft")
        async with self._workshop.transaction() as session:
            what = await self._workshop.step(session, who, draft_id, revision, by)
            after = await self._workshop.content(session, draft_id)
        summary = f"{'Undone' if by < 0 else 'Put back'}: {what}"
        return Edited(
            draft=after.view, summary=summary, findings=tuple(await self._inspection.findings(after.project, after))
        )
