"""A draft is published and rolled back on real dialogues while calls go on: each keeps the version it began with."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from rich.console import Console

from tests.flows.conftest import AUTHOR, DIALOGUES, PUBLISHER, REVIEWER
from voicebot.accounts.audit import Audit
from voicebot.app.dialogue_session import free_port
from voicebot.app.dialogues import Dialogues
from voicebot.app.minds import Minds
from voicebot.app.publishing import FIRST_PARTS
from voicebot.app.service import http_ready
from voicebot.app.supervisor import Supervisor
from voicebot.council.seed import build
from voicebot.dialogue.acts import Ask, Say, Turn, TurnEvent
from voicebot.dialogue.client import DialogueClient
from voicebot.dialogue.processes import action_server_part, rasa_part
from voicebot.dialogue.training import ensure_trained
from voicebot.errors import DialogueUnavailable
from voicebot.flows.commands import SetQuestion
from voicebot.flows.drafts import PublicationView, Stage
from voicebot.flows.project import Project
from voicebot.flows.publisher import Publisher
from voicebot.flows.running import Dialogue
from voicebot.flows.studio import Studio
from voicebot.flows.taking_in import take_in
from voicebot.flows.training import remember
from voicebot.flows.versions import Versions
from voicebot.records.database import Database
from voicebot.settings import DialogueSettings, Settings
from voicebot.web.media_status import MediaStatus

pytestmark = [pytest.mark.rasa, pytest.mark.slow]

OLD, NEW = "Which bin is it?", "Which of your bins was missed?"
TO_THE_BIN = ("my bin was not collected", "zb3 8lp", "nine", "yes")
_PATIENCE_S = 240.0


@dataclass
class Calls:
    """Says how many calls talk to which dialogue, as the media process does."""

    minds: Minds

    async def status(self) -> MediaStatus:
        return MediaStatus(True, self.minds.calls.total(), True, True, dialogues=dict(self.minds.calls))


@dataclass
class Service:
    """A dialogue that runs, and all that puts others in its place."""

    settings: Settings
    studio: Studio
    minds: Minds
    dialogues: Dialogues
    slowest_s: list[float] = field(default_factory=list)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    folder = tmp_path / "dialogues"
    Project.read(DIALOGUES).write(folder)
    environment = DIALOGUES.parent / ".venv-rasa"
    ports = DialogueSettings(
        project=folder, environment=environment, port=free_port(), action_port=free_port(), timeout_s=20.0
    )
    settings = Settings(data=tmp_path / "var", dialogue=ports)
    model = await asyncio.to_thread(ensure_trained, settings, Console(stderr=True))
    remember(settings, Project.read(folder))
    build(settings.council_database)
    token, url = uuid4().hex, f"http://127.0.0.1:{ports.port}"

    async def ready() -> bool:
        async with DialogueClient(url, token) as client:
            try:
                await client.health()
            except DialogueUnavailable:
                return False
        return True

    parts = [
        rasa_part(settings, model, token, ready),
        action_server_part(settings, http_ready(f"http://127.0.0.1:{ports.action_port}/health")),
    ]
    supervisor = Supervisor(settings, parts)
    database = Database(settings.database)
    minds = Minds(settings, url, token)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        stack.push_async_callback(minds.close)
        stack.push_async_callback(supervisor.stop)
        await database.upgrade()
        version = await take_in(database, Versions(), settings)
        first = Dialogue(version=version, url=url, model=model.name)
        dialogues = Dialogues(settings, supervisor, token, first, FIRST_PARTS, Calls(minds), http_ready)
        await supervisor.start(_PATIENCE_S)
        publishing = asyncio.create_task(Publisher(settings, database, dialogues, token).run())
        yield Service(settings, Studio(settings, database, Audit(database)), minds, dialogues)
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)


class TypedCall:
    """A call held in text, step by step, on the dialogue that it began with."""

    def __init__(self, service: Service, client: DialogueClient) -> None:
        self._service = service
        self._client = client
        self._sender = f"test-{uuid4().hex}"
        self._said = list(TO_THE_BIN)
        self.models: set[str] = set()

    async def take(self, text: str = "", event: TurnEvent = TurnEvent.SAID) -> str:
        """One turn; gives what the bot says."""
        began = time.perf_counter()
        reply = await self._client.turn(Turn(sender=self._sender, event=event, text=text, channel="text"))
        self._service.slowest_s.append(time.perf_counter() - began)
        self.models.add(reply.model)
        return " ".join(act.text for act in reply.acts if isinstance(act, Say | Ask))

    async def to_the_bin(self, steps: int = len(TO_THE_BIN)) -> str:
        """Go on by so many steps towards the question for the bin."""
        heard = ""
        for _ in range(steps):
            heard = await self.take(self._said.pop(0)) if self._said else await self.take("pardon")
        return heard


async def begin(service: Service, stack: AsyncExitStack) -> TypedCall:
    call = TypedCall(service, stack.enter_context(service.minds.pinned()).mind)
    await call.take(event=TurnEvent.START)
    return call


async def finished(service: Service, publication: PublicationView, calls: list[TypedCall]) -> PublicationView:
    """Wait for a publication while the calls go on talking."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        publication = await service.studio.releases.publication(publication.id)
        if publication.stage in (Stage.DONE, Stage.FAILED):
            return publication
        for call in calls:
            await call.take("say that again please")
        await asyncio.sleep(0.2)
    raise AssertionError(f"the publication did not end: {publication}")


async def test_calls_keep_the_version_that_they_began_with(service: Service) -> None:
    studio = service.studio
    before = await studio.releases.live()
    async with AsyncExitStack() as stack:
        early = [await begin(service, stack) for _ in range(3)]
        for call in early:
            await call.to_the_bin(2)
        draft = await studio.open_draft(AUTHOR, "Ask for the bin in other words")
        command = SetQuestion(response="utter_ask_bin", text=f"{NEW} Rubbish, recycling, garden or food?")
        draft = (await studio.edit(AUTHOR, draft.id, draft.revision, command)).draft
        draft = await studio.submit(AUTHOR, draft.id, draft.revision)
        draft = await studio.review(REVIEWER, draft.id, draft.revision, approve=True, comment="")
        published = await finished(
            service, await studio.releases.publish(PUBLISHER, draft.id, draft.revision, "heard by ear"), early
        )
        assert published.stage is Stage.DONE, published.message
        assert await studio.releases.live() == published.version != before

        late = await begin(service, stack)
        assert NEW in await late.to_the_bin()
        for call in early:
            assert OLD in await call.to_the_bin(2)
            assert len(call.models) == 1
        assert early[0].models.isdisjoint(late.models)

        live = Project.read(service.settings.dialogue.project).files
        original = Project.read(DIALOGUES).files
        path = "services/waste/domain.yml"
        assert [name for name in live if live[name] != original.get(name)] == [path]
        lines = list(zip(original[path].splitlines(), live[path].splitlines(), strict=True))
        assert [after.strip() for was, after in lines if was != after] == [
            f'- text: "{NEW} Rubbish, recycling, garden or food?"'
        ]

        began = time.monotonic()
        back = await finished(
            service, await studio.releases.roll_back(PUBLISHER, before, "The old words were better"), [late]
        )
        took = time.monotonic() - began
        assert back.stage is Stage.DONE, back.message
        assert await studio.releases.live() == before
        assert Project.read(service.settings.dialogue.project).files == original
        again = await begin(service, stack)
        assert OLD in await again.to_the_bin()
        assert len(late.models) == 1
        # It still ran: nothing had to be started.
        assert back.seconds < published.seconds
        print(f"\npublished in {published.seconds} s, rolled back in {took:.1f} s, ", end="")
        print(f"slowest of {len(service.slowest_s)} turns {max(service.slowest_s):.2f} s")
