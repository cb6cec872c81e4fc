"""All that admins do with flows, without HTTP: pages call this and nothing else of the package.

A *draft* is a set of edits on top of a version. Nobody but its own tests hears a draft until it is published. Every
method that changes a draft takes the ``revision`` that the person saw and raises
:class:`~voicebot.flows.errors.DraftChanged` when somebody else was quicker; nothing is ever overwritten silently. All
methods raise a :class:`~voicebot.flows.errors.FlowError` with a message for the person, and
:class:`~voicebot.errors.RecordsUnavailable` when the database is not there. Roles are checked here; every change is in
the audit (actions ``flow.…``).
"""

import asyncio
import os
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts.audit import Audit
from voicebot.accounts.keys import utc_now
from voicebot.accounts.roles import Role
from voicebot.dialogue.acts import Turn, TurnEvent
from voicebot.dialogue.client import DialogueClient
from voicebot.errors import DialogueUnavailable
from voicebot.flows import archive
from voicebot.flows.checks import check
from voicebot.flows.commands import Command
from voicebot.flows.content import Content, content_of
from voicebot.flows.difference import changes_between
from voicebot.flows.drafts import (
    DiffView,
    DraftState,
    DraftView,
    Edited,
    Heard,
    PublicationView,
    Stage,
    Step,
    VersionView,
)
from voicebot.flows.errors import EditRefused, NotReady, NotThere
from voicebot.flows.model import Finding, Flow, Found, Response, SafetyScript, ServiceSummary, Severity
from voicebot.flows.models import model_of
from voicebot.flows.people import Person
from voicebot.flows.project import Project
from voicebot.flows.publications import publication_of, view_of
from voicebot.flows.reading import flow_of, response_of, safety_of, search, services_of
from voicebot.flows.running import told
from voicebot.flows.tables import LiveRow, PublicationRow, VersionRow
from voicebot.flows.versions import Versions
from voicebot.flows.workshop import AUTHORS, DraftContent, Workshop
from voicebot.records.database import Database
from voicebot.settings import Settings

_FINDINGS_KEPT = 32
_TALK_S = 10.0


class Studio:
    """One for a process. ``of`` in the methods is a draft's id or a version's name; empty: the live version."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        audit: Audit,
        *,
        now: Callable[[], datetime] = utc_now,
        languages: Sequence[str] = (),
    ) -> None:
        self._settings = settings
        self._database = database
        self._audit = audit
        self._now = now
        self._languages = tuple(languages) or settings.flows.languages
        self._versions = Versions()
        self._workshop = Workshop(database, audit, self._versions, now)
        self._findings: OrderedDict[tuple[object, ...], list[Finding]] = OrderedDict()

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
                return await self._checked(draft.project, draft)
            return await self._checked(await self._version(session, of))

    def languages(self) -> Sequence[str]:
        """The languages that every response must be there in; ``en`` comes first."""
        return self._languages

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
        await self.live()
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
        return Edited(draft=view, summary=summary, findings=tuple(await self._checked(after.project, after)))

    async def preview(self, who: Person, draft_id: str, revision: int, command: Command) -> list[Finding]:
        """The findings that there would be after ``command``, which is not kept: for checks while typing."""
        self._may_edit(who, command)
        async with self._database.session() as session:
            after, _ = await self._workshop.carry_out(session, who, draft_id, revision, command)
        return await self._checked(after.project, after)

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
        return Edited(draft=after.view, summary=summary, findings=tuple(await self._checked(after.project, after)))

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
            await self._must_be_sound(draft)
            await self._workshop.set_state(session, who, draft_id, revision, DraftState.IN_REVIEW, "flow.draft.submit")
            return await self._workshop.view(session, draft_id)

    async def review(self, who: Person, draft_id: str, revision: int, *, approve: bool, comment: str) -> DraftView:
        """Approve, or send back with a comment. Raises :class:`NotAllowed` for somebody who edited the draft."""
        who.must_be({Role.REVIEWER}, "review a draft")
        async with self._workshop.transaction() as session:
            await self._workshop.review(session, who, draft_id, revision, approve=approve, comment=comment)
            return await self._workshop.view(session, draft_id)

    # -- publishing (publisher) -----------------------------------------------------------------------------

    async def test(self, who: Person, draft_id: str, revision: int) -> PublicationView:
        """Train the draft and hold the scripted calls on it, without any caller hearing it (author too)."""
        return await self._begin(who, "test", draft_id, revision, {Role.AUTHOR, Role.REVIEWER, Role.PUBLISHER})

    async def try_out(self, who: Person, draft_id: str, revision: int) -> PublicationView:
        """Train the draft and start it beside the live one for half an hour (author too). Once the publication (of the
        kind ``trial``) is done, its ``version`` can be talked to (:meth:`talk`) and rung: a browser call that names it
        is answered by it.
        """
        return await self._begin(who, "trial", draft_id, revision, {Role.AUTHOR, Role.REVIEWER, Role.PUBLISHER})

    async def talk(
        self, who: Person, version: str, conversation: str, *, text: str = "", keys: str = "", start: bool = False
    ) -> Heard:
        """One turn of a typed conversation with a version that is on trial or live, and how its answer came about.

        ``start`` opens the conversation. Raises :class:`NotReady` when the version does not run.
        """
        who.must_be({Role.AUTHOR, Role.REVIEWER, Role.PUBLISHER}, "try a draft out")
        running = told(self._settings)
        dialogue = running.of(version) if running else None
        if dialogue is None:
            raise NotReady("This version does not run: start it for a trial first.")
        event = TurnEvent.START if start else TurnEvent.KEYED if keys else TurnEvent.SAID
        turn = Turn(sender=f"trial-{who.id}-{conversation}"[:120], event=event, text=text, keys=keys, channel="text")
        token = os.environ.get("VOICEBOT_DIALOGUE_TOKEN", "")
        async with DialogueClient(dialogue.url, token, timeout_s=_TALK_S) as client:
            try:
                reply = await client.turn(turn)
                steps = await client.trace(turn.sender)
            except DialogueUnavailable as error:
                raise NotReady(f"The version on trial does not answer: {error}.") from error
        return Heard(
            acts=reply.acts,
            steps=tuple(Step.model_validate(step) for step in steps),
            intent=reply.intent,
            confidence=reply.confidence,
            facts=reply.facts,
            service=reply.service,
            need=reply.need,
            queue=reply.queue,
        )

    async def publish(self, who: Person, draft_id: str, revision: int) -> PublicationView:
        """Put an approved draft into use. Gives back at once; :meth:`publication` tells how it goes.

        Raises :class:`NotReady` when it isn't approved, has errors, or is behind the live version.
        """
        who.must_be({Role.PUBLISHER}, "put a draft into use")
        return await self._begin(who, "publish", draft_id, revision, {Role.PUBLISHER})

    async def roll_back(self, who: Person, version: str, reason: str) -> PublicationView:
        """Put an earlier version into use again. Takes seconds while its model is kept."""
        who.must_be({Role.PUBLISHER}, "put an earlier version into use")
        if not reason.strip():
            raise EditRefused("Say why: it is kept with the history.")
        live = await self.live()
        async with self._workshop.transaction() as session:
            if await session.get(VersionRow, version) is None:
                raise NotThere("There is no such version.")
            if version == live:
                raise EditRefused("That version is in use now.")
            row = publication_of("roll_back", version, "", who, self._now(), reason.strip())
            session.add(row)
            detail = {"version": version, "instead_of": live, "reason": reason.strip()[:500]}
            self._audit.put(session, who.actor, "flow.roll_back", version, detail=detail)
            return view_of(row)

    async def publication(self, publication_id: str) -> PublicationView:
        """How it goes. Raises :class:`NotThere`."""
        async with self._database.session() as session:
            row = await session.get(PublicationRow, publication_id)
            if row is None:
                raise NotThere("There is no such publication.")
            return view_of(row)

    async def publications(self, limit: int = 20) -> list[PublicationView]:
        """The latest, the newest first."""
        async with self._database.session() as session:
            query = select(PublicationRow).order_by(PublicationRow.at.desc()).limit(limit)
            return [view_of(row) for row in (await session.execute(query)).scalars()]

    async def versions(self, limit: int = 50) -> list[VersionView]:
        """Who changed what, when and why: every version, the newest first."""
        live = await self.live()
        async with self._database.session() as session:
            ever = select(LiveRow.version, func.max(LiveRow.id).label("last")).group_by(LiveRow.version).subquery()
            query = select(VersionRow).join(ever, ever.c.version == VersionRow.name).order_by(ever.c.last.desc())
            rows = (await session.execute(query.limit(limit))).scalars().all()
            views = []
            for row in rows:
                project = await self._versions.project(session, row.name)
                trained = model_of(self._settings, project).is_file()
                views.append(
                    VersionView(
                        name=row.name,
                        at=row.at,
                        by=row.by_name,
                        notes=row.notes,
                        live=row.name == live,
                        trained=trained,
                        changes=tuple(row.changes),
                        parent=row.parent,
                    )
                )
            return views

    async def live(self) -> str:
        """The name of the version that new calls use."""
        async with self._database.session() as session:
            name = await self._versions.live(session)
        return name or await take_in(self._database, self._versions, self._settings, self._now)

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
        return Edited(draft=view, summary=summary, findings=tuple(await self._checked(project, after)))

    # -- within ---------------------------------------------------------------------------------------------

    async def _project(self, of: str) -> Project:
        async with self._database.session() as session:
            if of and await self._workshop.exists(session, of):
                return (await self._workshop.content(session, of)).project
            return await self._version(session, of)

    async def _version(self, session: AsyncSession, name: str) -> Project:
        return await self._versions.project(session, name or await self.live())

    async def _content(self, of: str) -> Content:
        project = await self._project(of)
        return await asyncio.to_thread(content_of, project)

    async def _checked(self, project: Project, draft: DraftContent | None = None) -> list[Finding]:
        """The findings, looked for once for each content and day."""
        today = self._now().date()
        base = draft.base if draft else None
        reasons = draft.reasons if draft else frozenset[str]()
        key = (project.name, base.name if base else "", reasons, today)
        if key not in self._findings:
            self._findings[key] = await asyncio.to_thread(
                check, project, today, base=base, reasons=reasons, languages=self._languages
            )
            while len(self._findings) > _FINDINGS_KEPT:
                self._findings.popitem(last=False)
        return list(self._findings[key])

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
        return Edited(draft=after.view, summary=summary, findings=tuple(await self._checked(after.project, after)))

    async def _must_be_sound(self, draft: DraftContent) -> None:
        if draft.project.files == draft.base.files:
            raise NotReady("The draft changes nothing.")
        errors = [f for f in await self._checked(draft.project, draft) if f.severity is Severity.ERROR]
        if errors:
            more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
            raise NotReady(f"Something has to be mended first: {errors[0].message}{more}")

    async def _begin(
        self, who: Person, kind: str, draft_id: str, revision: int, roles: Collection[Role]
    ) -> PublicationView:
        """Put a draft's content on its way; the publisher in the supervisor takes it from there."""
        who.must_be(roles, "do that")
        async with self._workshop.transaction() as session:
            await self._workshop.at(session, draft_id, revision)
            draft = await self._workshop.content(session, draft_id)
            if kind == "publish":
                if draft.view.state is not DraftState.APPROVED:
                    raise NotReady("A second person has to approve the draft first.")
                if draft.view.behind:
                    raise NotReady("Another version has gone live meanwhile: carry the draft over to it first.")
            await self._must_be_sound(draft)
            waiting = select(PublicationRow).where(
                PublicationRow.kind.in_(("publish", "roll_back")),
                PublicationRow.stage.not_in((Stage.DONE, Stage.FAILED)),
            )
            if kind == "publish" and (await session.execute(waiting)).scalars().first() is not None:
                raise NotReady("Another version is being put into use: wait until that is done.")
            changes = await asyncio.to_thread(changes_between, draft.base, draft.project)
            version = await self._versions.add(
                session,
                draft.project,
                parent=draft.view.base,
                at=self._now(),
                by=(who.id, who.name),
                notes=draft.view.notes or draft.view.title,
                changes=[change.summary for change in changes],
            )
            row = publication_of(kind, version, draft_id, who, self._now())
            session.add(row)
            self._audit.put(session, who.actor, f"flow.{kind}", draft_id, detail={"version": version})
            return view_of(row)


async def take_in(
    database: Database, versions: Versions, settings: Settings, now: Callable[[], datetime] = utc_now
) -> str:
    """Make the files in ``dialogues/`` the live version, if they are not; gives its name.

    So an engineer's edits by hand, taken in by starting the service again, are in the history as all others.
    """
    project = await asyncio.to_thread(Project.read, settings.dialogue.project)
    async with database.session(alone=True) as session:
        live = await versions.live(session)
        if live == project.name:
            return live
        changes = []
        if live:
            before = await versions.project(session, live)
            changes = [c.summary for c in await asyncio.to_thread(changes_between, before, project)]
        name = await versions.add(
            session,
            project,
            parent=live,
            at=now(),
            by=("", "the files"),
            notes="As the files stood when the service was started.",
            changes=changes,
        )
        session.add(LiveRow(version=name, at=now(), by_name="the files", reason=""))
        return name
