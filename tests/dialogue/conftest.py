"""A real dialogue for the tests: trained once for each content of the project, started once for each run."""

import asyncio
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from rich.console import Console

from voicebot.council.seed import build
from voicebot.dialogue.acts import Ask, BotAct, Fact, Hangup, Say, Transfer, Turn, TurnEvent, TurnReply
from voicebot.dialogue.client import DialogueClient
from voicebot.dialogue.processes import action_server_command, rasa_command
from voicebot.dialogue.trained import ensure_all_trained
from voicebot.errors import DialogueUnavailable
from voicebot.settings import DialogueSettings, Settings

PROJECT = Path(__file__).parents[2] / "dialogues"
TODAY = "2026-11-24"
START_S = 120.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Running:
    """A dialogue that answers."""

    url: str
    token: str
    model: Path
    council: Path


@pytest.fixture(scope="session")
def project() -> Path:
    """The example dialogue project."""
    return PROJECT


@pytest.fixture(scope="session")
def dialogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Rasa and its action server on free ports, with a council of their own."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "voicebot" / "dialogue-models"
    ports = DialogueSettings(
        project=PROJECT,
        environment=PROJECT.parent / ".venv-rasa",
        port=_free_port(),
        action_port=_free_port(),
    )
    settings = Settings(data=tmp_path_factory.mktemp("data"), dialogue=ports)
    model = ensure_all_trained(settings, Console(stderr=True), folder=cache)
    build(settings.council_database)
    token = uuid4().hex
    logs = tmp_path_factory.mktemp("logs")
    parts = []
    for name, (argv, env) in {
        "rasa": rasa_command(settings, model, token),
        "actions": action_server_command(settings),
    }.items():
        with (logs / f"{name}.log").open("wb") as log:
            environment = {**os.environ, **env, "VOICEBOT_TODAY": TODAY}
            parts.append(subprocess.Popen(argv, env=environment, stdout=log, stderr=subprocess.STDOUT))
    running = Running(f"http://127.0.0.1:{ports.port}", token, model, settings.council_database)
    try:
        if not asyncio.run(_ready(running, ports.action_port, parts)):
            tails = {path.name: path.read_text("utf-8", "replace")[-1500:] for path in logs.iterdir()}
            pytest.fail(f"the dialogue did not start: {tails}")
        yield running
    finally:
        for part in parts:
            part.terminate()
        for part in parts:
            try:
                part.wait(timeout=15)
            except subprocess.TimeoutExpired:
                part.kill()
                part.wait()


async def _ready(running: Running, action_port: int, parts: list[subprocess.Popen[bytes]]) -> bool:
    deadline = time.monotonic() + START_S
    async with DialogueClient(running.url, running.token) as client:
        while time.monotonic() < deadline and all(part.poll() is None for part in parts):
            try:
                await client.health()
                _, writer = await asyncio.open_connection("127.0.0.1", action_port)
            except (DialogueUnavailable, OSError):
                await asyncio.sleep(0.25)
                continue
            writer.close()
            await writer.wait_closed()
            return True
    return False


@pytest.fixture
async def client(dialogue: Running) -> AsyncIterator[DialogueClient]:
    """A client of the running dialogue; its limit allows for a busy machine."""
    async with DialogueClient(dialogue.url, dialogue.token, timeout_s=20) as opened:
        yield opened


@dataclass
class Caller:
    """One call in text."""

    client: DialogueClient
    sender: str = field(default_factory=lambda: uuid4().hex)
    reply: TurnReply | None = None
    milliseconds: list[float] = field(default_factory=list)

    async def ring(self) -> TurnReply:
        """Start the call."""
        return await self._turn(Turn(sender=self.sender, event=TurnEvent.START))

    async def ring_anew(self) -> TurnReply:
        """Start another call, of which nothing is known."""
        self.sender = uuid4().hex
        return await self.ring()

    async def say(self, *texts: str) -> TurnReply:
        """Say each text in turn; give the last reply."""
        reply = None
        for text in texts:
            turn = Turn(sender=self.sender, text=text, confidence=0.9, asked=self.asked, caller="07700900123")
            reply = await self._turn(turn)
        assert reply is not None
        return reply

    async def key(self, keys: str) -> TurnReply:
        """Press keys."""
        return await self._turn(Turn(sender=self.sender, event=TurnEvent.KEYED, keys=keys, text=keys, asked=self.asked))

    async def _turn(self, turn: Turn) -> TurnReply:
        began = time.perf_counter()
        self.reply = await self.client.turn(turn)
        self.milliseconds.append((time.perf_counter() - began) * 1000)
        return self.reply

    @property
    def asked(self) -> str | None:
        """The slot of the present question."""
        return next((act.slot for act in self._acts() if isinstance(act, Ask)), None)

    @property
    def words(self) -> str:
        """All that was said in the last turn."""
        return " ".join(act.text for act in self._acts() if isinstance(act, Say | Ask))

    @property
    def queue(self) -> str | None:
        """The queue that the call was handed to in the last turn."""
        return next((act.queue for act in self._acts() if isinstance(act, Transfer)), None)

    @property
    def ended(self) -> str | None:
        """The outcome, when the last turn ended the call."""
        return next((act.outcome for act in self._acts() if isinstance(act, Hangup)), None)

    @property
    def facts(self) -> dict[str, Fact]:
        """What is known, by name."""
        return {fact.name: fact for fact in self.reply.facts} if self.reply else {}

    def _acts(self) -> tuple[BotAct, ...]:
        return self.reply.acts if self.reply else ()


@pytest.fixture
async def caller(client: DialogueClient) -> Caller:
    """A caller who has been greeted."""
    ringing = Caller(client)
    await ringing.ring()
    return ringing
