"""Puts versions into use: trains, starts a candidate beside the live dialogue, tries it, leads new calls to it.

Runs where the processes are owned, one publication at a time. Whatever fails before the switch leaves callers where
they were. A publication that was under way when the service stopped has failed.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts.audit import Actor, Audit
from voicebot.accounts.keys import utc_now
from voicebot.dialogue.client import DialogueClient
from voicebot.errors import RecordsUnavailable, VoicebotError
from voicebot.flows.aloud import chosen, rehearse_aloud
from voicebot.flows.drafts import CallResult, DraftState, Stage, TestReport
from voicebot.flows.errors import FlowError
from voicebot.flows.hosting import Host
from voicebot.flows.models import model_of
from voicebot.flows.project import Project
from voicebot.flows.running import Dialogue
from voicebot.flows.tables import DraftRow, LiveRow, PublicationRow
from voicebot.flows.training import learn_safety, model_for
from voicebot.flows.trials import compared, probe, rehearse, scripts_of
from voicebot.flows.versions import Versions
from voicebot.records.database import Database
from voicebot.settings import Settings

log = structlog.get_logger(__name__)

_LOOK_EVERY_S = 0.5
_SHARE = {Stage.WAITING: 0.0, Stage.TRAINING: 0.05, Stage.STARTING: 0.5, Stage.TESTING: 0.7, Stage.DONE: 1.0}
_CALL_S = 5.0


class ChangedByHand(FlowError):
    """The files in ``dialogues/`` are not those of the live version."""


class Publisher:
    """Takes publications one after another. ``token`` is what the dialogues want to hear."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        host: Host,
        token: str,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._database = database
        self._host = host
        self._token = token
        self._now = now
        self._versions = Versions()
        self._audit = Audit(database, now)
        self._learning: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Look for publications until cancelled."""
        with suppress(RecordsUnavailable):
            await self._bury()
        try:
            await self._work()
        finally:
            if self._learning is not None:
                self._learning.cancel()
                await asyncio.gather(self._learning, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            try:
                row = await self._next()
                if row is not None:
                    await self.carry_out(row)
                    continue
            except RecordsUnavailable:
                log.warning("publisher.no_database")
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _bury(self) -> None:
        ended = (Stage.WAITING, Stage.DONE, Stage.FAILED)
        async with self._database.session() as session:
            await session.execute(
                update(PublicationRow)
                .where(PublicationRow.stage.not_in(ended))
                .values(stage=Stage.FAILED, message="The service was stopped meanwhile. Nothing has changed.")
            )

    async def _next(self) -> PublicationRow | None:
        async with self._database.session() as session:
            query = select(PublicationRow).where(PublicationRow.stage == Stage.WAITING).order_by(PublicationRow.at)
            return (await session.execute(query.limit(1))).scalars().first()

    async def carry_out(self, row: PublicationRow) -> None:
        """One publication to its end, whatever that is."""
        way = _Way(self._database, row.id)
        try:
            message, report = await self._do(row, way)
        except VoicebotError as error:
            log.warning("publication.failed", publication=row.id, kind=row.kind, stage=way.stage)
            await way.tell(Stage.FAILED, f"{error} Nothing has changed for callers.")
            return
        except OSError as error:
            log.error("publication.failed", publication=row.id, kind=row.kind, error=str(error.strerror))
            await way.tell(Stage.FAILED, f"The disk refused it ({error.strerror}). Nothing has changed for callers.")
            return
        await way.tell(Stage.DONE, message, report=report)
        log.info("publication.done", publication=row.id, kind=row.kind, version=row.version, seconds=way.seconds)

    async def _started(self, project: Project, folder: Path, way: "_Way", *, apart: bool) -> Dialogue:
        """The version's processes, which load while its model is made."""

        async def made() -> Path:
            model = await model_for(self._settings, project, folder, way.note)
            await way.tell(Stage.STARTING, "Starting it beside the live version")
            return model

        model = model_of(self._settings, project)
        return await self._host.start(project.name, folder, model, made=made, apart=apart)

    async def _stopped_unless(self, dialogue: Dialogue, there: Dialogue | None) -> None:
        if there is None:
            await self._host.stop(dialogue)

    async def _do(self, row: PublicationRow, way: "_Way") -> tuple[str, TestReport | None]:
        async with self._database.session() as session:
            project = await self._versions.project(session, row.version)
            live = await self._versions.live(session)
            before = await self._versions.project(session, live)
        to_use = row.kind in ("publish", "roll_back")
        if to_use:
            await asyncio.to_thread(self._files_must_be, before)
        folder = versions_folder(self._settings) / row.version
        await way.tell(Stage.TRAINING, "Looking for its model")
        await asyncio.to_thread(project.write, folder)
        there = self._host.running(row.version) if to_use else None
        dialogue = there or await self._started(project, folder, way, apart=not to_use)
        await way.tell(Stage.TESTING, "Asking it some questions")
        try:
            async with DialogueClient(dialogue.url, self._token, timeout_s=_CALL_S) as client:
                await probe(client, project)
                report = await self._tested(client, project, before, dialogue, way) if row.kind == "test" else None
            if to_use:
                # Somebody may have edited by hand while it was trained.
                await asyncio.to_thread(self._files_must_be, before)
        except VoicebotError:
            await self._stopped_unless(dialogue, there)
            raise
        if row.kind == "test":
            await self._host.stop(dialogue)
            return "Tested. Nothing has changed for callers.", report
        if row.kind == "trial":
            return "It can be talked to and rung now. Callers don't hear it.", None
        await self._put_into_use(row, project, before, dialogue)
        return "New calls hear it now; calls in progress end as they began.", None

    async def _tested(
        self, client: DialogueClient, project: Project, before: Project, dialogue: Dialogue, way: "_Way"
    ) -> TestReport:
        """Hold the scripted calls, in text and some aloud, and those that fail once more on the live version."""
        report = await rehearse(client, self._settings, project, way.part)
        aloud = await asyncio.to_thread(chosen, self._settings, project, before)
        heard = await self._aloud(project, dialogue, aloud, way)
        report = report.model_copy(update={"calls": (*report.calls, *heard)})
        known = {script.name for script in scripts_of(before)}
        doubtful = {
            (result.name, result.aloud) for result in report.calls if not result.passed and result.name in known
        }
        if not doubtful:
            return compared(report, known, ())
        # What is rehearsed writes reports: the live version's are held on a copy of the records too.
        folder = versions_folder(self._settings) / before.name
        await asyncio.to_thread(before.write, folder)
        beside = await self._started(before, folder, way, apart=True)
        typed = {name for name, spoken in doubtful if not spoken}
        try:
            again = await self._aloud(before, beside, [name for name, spoken in doubtful if spoken], way)
            if typed:
                async with DialogueClient(beside.url, self._token, timeout_s=_CALL_S) as live:
                    again += (await rehearse(live, self._settings, before, way.part, only=typed)).calls
        finally:
            await self._host.stop(beside)
        return compared(report, known, again)

    async def _aloud(self, project: Project, dialogue: Dialogue, names: Sequence[str], way: "_Way") -> list[CallResult]:
        folder = versions_folder(self._settings) / project.name
        return await rehearse_aloud(self._settings, self._token, folder, dialogue.url, names, way.part)

    def _files_must_be(self, live: Project) -> None:
        if self._settings.flows.write_files and Project.read(self._settings.dialogue.project).files != live.files:
            raise ChangedByHand(
                "The files of the dialogue were changed by hand since the service was started: start it again, so that "
                "they become a version of their own."
            )

    async def _put_into_use(self, row: PublicationRow, project: Project, before: Project, dialogue: Dialogue) -> None:
        async with self._database.session() as session:
            session.add(LiveRow(version=row.version, at=self._now(), by_name=row.by_name, reason=row.reason))
            await self._draft_is_published(session, row.draft_id)
            actor = Actor("account", row.by_id, row.by_name)
            self._audit.put(session, actor, "flow.live", row.version, detail={"instead_of": before.name})
        await self._host.switch(dialogue)
        if self._settings.flows.write_files:
            await asyncio.to_thread(project.write, self._settings.dialogue.project)
            self._learn_safety()

    def _learn_safety(self) -> None:
        """Begin it, once no earlier one is at work: what that learns from may have changed meanwhile."""
        earlier = self._learning

        async def learn() -> None:
            if earlier is not None:
                await asyncio.gather(earlier, return_exceptions=True)
            try:
                await learn_safety(self._settings)
            except (VoicebotError, OSError) as error:
                log.warning("publisher.safety_not_learned", error=str(error))

        self._learning = asyncio.create_task(learn())

    @staticmethod
    async def _draft_is_published(session: AsyncSession, draft_id: str) -> None:
        draft = await session.get(DraftRow, draft_id) if draft_id else None
        if draft is not None:
            draft.state = DraftState.PUBLISHED
            draft.revision += 1


class _Way:
    """How far a publication is, in the database."""

    def __init__(self, database: Database, publication_id: str) -> None:
        self._database = database
        self._id = publication_id
        self._began = time.monotonic()
        self._told: set[asyncio.Task[None]] = set()
        self.stage = Stage.WAITING

    @property
    def seconds(self) -> float:
        """Since it was begun."""
        return round(time.monotonic() - self._began, 1)

    async def tell(self, stage: Stage, message: str, *, report: TestReport | None = None) -> None:
        """It is at a stage."""
        self.stage = stage if stage is not Stage.FAILED else self.stage
        if self._told:
            await asyncio.wait(self._told)
        values: dict[str, object] = {"stage": stage, "message": message, "seconds": self.seconds}
        if stage is not Stage.FAILED:
            values["progress"] = _SHARE[stage]
        if report is not None:
            values["report"] = report.model_dump(mode="json")
        await self._write(values)

    def note(self, message: str) -> None:
        """Something is being done."""
        self._later({"message": message})

    def part(self, share: float, message: str) -> None:
        """A share of the stage is done."""
        self._later({"message": message, "progress": 0.7 + 0.29 * share})

    def _later(self, values: dict[str, object]) -> None:
        task = asyncio.ensure_future(self._write({**values, "seconds": self.seconds}))
        self._told.add(task)
        task.add_done_callback(self._told.discard)

    async def _write(self, values: dict[str, object]) -> None:
        async with self._database.session() as session:
            await session.execute(update(PublicationRow).where(PublicationRow.id == self._id).values(**values))


def versions_folder(settings: Settings) -> Path:
    """Where the files of versions lie while they run."""
    return settings.data / "dialogue" / "versions"
