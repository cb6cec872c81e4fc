"""A draft's way into use and back: tests, trials, publications, the history of versions.

What is begun here is carried out by the :class:`~voicebot.flows.publisher.Publisher`, where the processes are owned.
"""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts.audit import Audit
from voicebot.accounts.roles import Role
from voicebot.flows.difference import changes_between
from voicebot.flows.drafts import DraftState, PublicationView, Stage, TestReport, VersionView
from voicebot.flows.errors import EditRefused, NotReady, NotThere
from voicebot.flows.inspection import Inspection
from voicebot.flows.models import model_of
from voicebot.flows.people import Person
from voicebot.flows.publications import publication_of, view_of
from voicebot.flows.tables import LiveRow, PublicationRow, VersionRow
from voicebot.flows.taking_in import take_in
from voicebot.flows.versions import Versions
from voicebot.flows.workshop import Workshop
from voicebot.records.database import Database
from voicebot.settings import Settings

_TESTERS = frozenset({Role.AUTHOR, Role.REVIEWER, Role.PUBLISHER})
_NAMED = 3


class Releases:
    """Works on versions for :class:`~voicebot.flows.studio.Studio`, and raises what it raises."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        audit: Audit,
        versions: Versions,
        workshop: Workshop,
        inspection: Inspection,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._database = database
        self._audit = audit
        self._versions = versions
        self._workshop = workshop
        self._inspection = inspection
        self._now = now

    async def test(self, who: Person, draft_id: str, revision: int) -> PublicationView:
        """Train the draft and hold the scripted calls on it, without any caller hearing it (author too)."""
        return await self._begin(who, "test", draft_id, revision, _TESTERS)

    async def try_out(self, who: Person, draft_id: str, revision: int) -> PublicationView:
        """Train the draft and start it beside the live one for half an hour (author too).

        Once the publication (of the kind ``trial``) is done, its ``version`` can be talked to
        (:mod:`voicebot.flows.trial_talk`) and rung: a browser call that names it is answered by it.
        """
        return await self._begin(who, "trial", draft_id, revision, _TESTERS)

    async def tested(self, draft_id: str) -> PublicationView | None:
        """The latest full test of the draft as it is now; None when there was none."""
        async with self._database.session() as session:
            draft = await self._workshop.content(session, draft_id)
            return await self._tested(session, draft.project.name)

    @staticmethod
    async def _tested(session: AsyncSession, version: str) -> PublicationView | None:
        query = select(PublicationRow).where(PublicationRow.kind == "test", PublicationRow.version == version)
        row = (await session.execute(query.order_by(PublicationRow.at.desc()).limit(1))).scalars().first()
        return view_of(row) if row is not None else None

    async def publish(self, who: Person, draft_id: str, revision: int, reason: str = "") -> PublicationView:
        """Put an approved draft into use. Gives back at once; :meth:`publication` tells how it goes.

        Raises :class:`NotReady` when it isn't approved, has errors, or is behind the live version; and, unless a
        ``reason`` is given, when its full test is missing or has calls fail that the live version holds well.
        """
        return await self._begin(who, "publish", draft_id, revision, {Role.PUBLISHER}, reason.strip())

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

    async def _begin(
        self, who: Person, kind: str, draft_id: str, revision: int, roles: Collection[Role], reason: str = ""
    ) -> PublicationView:
        """Put a draft's content on its way; the publisher in the supervisor takes it from there."""
        who.must_be(roles, "put a draft into use" if kind == "publish" else "try a draft out")
        async with self._workshop.transaction() as session:
            await self._workshop.at(session, draft_id, revision)
            draft = await self._workshop.content(session, draft_id)
            if kind == "publish":
                if draft.view.state is not DraftState.APPROVED:
                    raise NotReady("A second person has to approve the draft first.")
                if draft.view.behind:
                    raise NotReady("Another version has gone live meanwhile: carry the draft over to it first.")
            await self._inspection.must_be_sound(draft)
            if kind == "publish" and not reason:
                _must_have_passed(await self._tested(session, draft.project.name))
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
            row = publication_of(kind, version, draft_id, who, self._now(), reason)
            session.add(row)
            detail = {"version": version, **({"reason": reason[:500]} if reason else {})}
            self._audit.put(session, who.actor, f"flow.{kind}", draft_id, detail=detail)
            return view_of(row)


def _must_have_passed(test: PublicationView | None) -> None:
    if test is None or test.stage is Stage.FAILED:
        raise NotReady("The full test has not been held on the draft as it is now: run it, or say why not.")
    if test.stage is not Stage.DONE or test.report is None:
        raise NotReady("The full test is not over yet: wait for it, or say why not.")
    broken = broken_by(test.report)
    if broken:
        more = f" and {len(broken) - _NAMED} more" if len(broken) > _NAMED else ""
        told = f"{', '.join(broken[:_NAMED])}{more}"
        raise NotReady(f"Calls that came out right until now fail in the full test ({told}): mend it, or say why not.")


def broken_by(report: TestReport) -> list[str]:
    """Names of the calls that the live version holds well and the tested one does not, in text or aloud."""
    return list(dict.fromkeys(call.name for call in report.calls if not call.passed and call.passed_live))
