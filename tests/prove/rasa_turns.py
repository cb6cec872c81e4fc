"""The part of ``make prove`` about turns through Rasa: how long one takes, how many a core takes, where time goes."""

import asyncio
import json
import os
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from ruamel.yaml import YAML

from tests.postgres_server import Server, binaries, running_server
from voicebot.app.prepare import prepare
from voicebot.caller.report import percentile
from voicebot.dialogue.acts import Ask, Hangup, Say, Transfer, Turn, TurnEvent, TurnReply
from voicebot.dialogue.client import DialogueClient
from voicebot.dialogue.processes import action_server_command, rasa_command
from voicebot.errors import DialogueUnavailable
from voicebot.rehearsal.script import ScriptedCaller, find_scripts, load_script
from voicebot.settings import DialogueSettings, Settings

ROOT = Path(__file__).parents[2]
TIMED = Path(__file__).with_name("timed_rasa.py")
CALLS = (
    *("missed_bin", "three_errands", "moving", "living_alone", "pothole", "tap", "balance_proven", "register"),
    *("permit", "noise", "how_to_pay", "opening_hours", "report_status", "callback", "bus_pass", "arrears"),
)
ALONE_S, CROWDED_S = 50.0, 25.0
AT_ONCE = 4
TOKEN = "measured-and-thrown-away"
TODAY = "2026-11-24"
START_S = 120.0


@dataclass
class Running:
    """Rasa and its actions. ``processes`` are both, ``places`` where each writes what its parts took."""

    client: DialogueClient
    processes: list[asyncio.subprocess.Process]
    places: list[Path]

    def parts(self) -> Counter[str]:
        """Seconds by part so far; what the actions took is taken out of the way to them and back."""
        seconds: Counter[str] = Counter()
        for place in self.places:
            if place.is_file():
                seconds.update(Counter(json.loads(place.read_text())))
        seconds["way to the actions and back"] -= seconds["work of the actions"]
        return seconds


@dataclass
class Taken:
    """How long turns took, in ms, and all of them together."""

    turns: list[float] = field(default_factory=list)
    wall_s: float = 0.0

    @property
    def a_second(self) -> float:
        """Turns in a second."""
        return len(self.turns) / self.wall_s


async def rasa_turns() -> dict[str, Any]:
    """Turns of scripted calls, with histories in memory and in PostgreSQL, alone and on one core."""
    rows: list[list[Any]] = []
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        stores: dict[str, Server | None] = {"in memory": None}
        if binaries() is not None:
            stores["in PostgreSQL"] = stack.enter_context(running_server())
        settings = Settings(
            data=Path(place), dialogue=DialogueSettings(project=ROOT / "dialogues", environment=ROOT / ".venv-rasa")
        )
        model = await asyncio.to_thread(prepare, settings, Console(stderr=True))
        for name, server in stores.items():
            async with running(settings, model, server) as dialogue:
                await _for(dialogue.client, 1, 5.0)
                before = dialogue.parts()
                alone = await _for(dialogue.client, 1, ALONE_S)
                notes += [f"{name}: {_where(dialogue.parts(), before, len(alone.turns))}"]
            async with running(settings, model, server, timed=False) as dialogue:
                await _for(dialogue.client, 1, 5.0)
                plain = await _for(dialogue.client, 1, ALONE_S / 2)
                core = max(os.sched_getaffinity(0))
                for process in dialogue.processes:
                    _on_one_core(process.pid, core)
                crowded = await _for(dialogue.client, AT_ONCE, CROWDED_S)
            rows.append(
                [
                    name,
                    len(plain.turns),
                    round(percentile(plain.turns, 0.5) or 0),
                    round(percentile(plain.turns, 0.95) or 0),
                    round(crowded.a_second, 1),
                ]
            )
            print(rows[-1], notes[-1], flush=True)
    return {
        "title": "Turns through Rasa",
        "about": f"Turns of {len(CALLS)} scripted calls over Rasa's channel and the actions. Milliseconds: one call at "
        f"a time. A second: {AT_ONCE} calls at once, Rasa and its action server on one core (goals: 40 and 80 ms, 28).",
        "columns": ["histories", "turns", "p50 ms", "p95 ms", "turns a second on one core"],
        "rows": rows,
        "notes": notes,
    }


def _where(after: Mapping[str, float], before: Mapping[str, float], turns: int) -> str:
    spent = {part: 1000 * (seconds - before.get(part, 0.0)) / turns for part, seconds in after.items()}
    parts = sorted(spent.items(), key=lambda item: -item[1])
    return f"{sum(spent.values()):.1f} ms a turn with the stopwatch: " + ", ".join(
        f"{part} {milliseconds:.1f}" for part, milliseconds in parts if milliseconds >= 0.05
    )


def _on_one_core(pid: int, core: int) -> None:
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {core})


async def _for(client: DialogueClient, at_once: int, seconds: float) -> Taken:
    """Hold calls for so long, so many at once."""
    taken = Taken()
    scripts = [path for path in find_scripts(ROOT / "dialogues") if path.stem in CALLS]
    until = time.monotonic() + seconds

    async def one(first: int) -> None:
        number = first
        while time.monotonic() < until:
            await _call(client, scripts[number % len(scripts)], f"{first}-{number}-{time.monotonic_ns()}", taken, until)
            number += at_once

    began = time.monotonic()
    await asyncio.gather(*(one(number) for number in range(at_once)))
    taken.wall_s = time.monotonic() - began
    return taken


async def _call(client: DialogueClient, path: Path, sender: str, taken: Taken, until: float) -> None:
    script = load_script(path)
    citizen = ScriptedCaller(script)
    turn = Turn(sender=sender, event=TurnEvent.START)
    for _ in range(script.max_turns):
        began = time.perf_counter()
        reply = await client.turn(turn)
        taken.turns.append((time.perf_counter() - began) * 1000)
        if time.monotonic() >= until or isinstance(reply.acts[-1], Hangup | Transfer):
            return
        asked, words = _asked(reply)
        line = citizen.next_line(asked, words)
        event = TurnEvent.KEYED if line.keys else TurnEvent.SAID
        text = line.keys or line.say or "hello"
        turn = Turn(sender=sender, event=event, text=text, keys=line.keys, asked=asked, caller=script.caller)


def _asked(reply: TurnReply) -> tuple[str | None, str]:
    spoken = [act for act in reply.acts if isinstance(act, Say | Ask)]
    asked = next((act.slot for act in spoken if isinstance(act, Ask)), None)
    return asked, " ".join(act.text for act in spoken)


@asynccontextmanager
async def running(
    settings: Settings, model: Path, server: Server | None, *, timed: bool = True
) -> AsyncIterator[Running]:
    """Rasa and its action server on free ports, with histories in ``server`` or in memory."""
    ports = {"port": _free_port(), "action_port": _free_port()}
    own = settings.model_copy(update={"dialogue": settings.dialogue.model_copy(update=ports)})
    places: list[Path] = []
    processes: list[asyncio.subprocess.Process] = []
    client = DialogueClient(f"http://127.0.0.1:{own.dialogue.port}", TOKEN, timeout_s=20)
    try:
        for name, (argv, env) in {
            "rasa": rasa_command(own, model, TOKEN),
            "rasa_sdk": action_server_command(own),
        }.items():
            place = settings.data / f"{name}-{own.dialogue.port}.json"
            argv = [str(_endpoints(own, server)) if one.endswith("endpoints.yml") else one for one in argv]
            if timed:
                argv = [argv[0], str(TIMED), *argv[2:]]
                places.append(place)
            environment = {**os.environ, **env, "VOICEBOT_TODAY": TODAY, "VOICEBOT_TIMED": str(place)}
            processes.append(
                await asyncio.create_subprocess_exec(*argv, env=environment, stdout=sys.stderr, stderr=sys.stderr)
            )
        await _ready(client, own.dialogue.action_port)
        yield Running(client, processes, places)
    finally:
        await client.close()
        for process in processes:
            if process.returncode is None:
                process.terminate()
        await asyncio.gather(*(process.wait() for process in processes))


def _endpoints(settings: Settings, server: Server | None) -> Path:
    """The project's endpoints, with another place for histories."""
    yaml = YAML()
    content = yaml.load(settings.dialogue.project / "endpoints.yml")
    if server is not None:
        content["tracker_store"] = {
            "type": SQL_STORE,
            "dialect": "postgresql",
            "db": "postgres",
            "username": "voicebot",
            "query": {"host": server.url.partition("host=")[2]},
        }
    path = settings.data / f"endpoints-{settings.dialogue.port}.yml"
    with path.open("w") as file:
        yaml.dump(content, file)
    return path


SQL_STORE = "channel.histories.KeptInSql"


async def _ready(client: DialogueClient, action_port: int) -> None:
    async with asyncio.timeout(START_S), httpx.AsyncClient(trust_env=False) as http:
        while True:
            try:
                await client.health()
                (await http.get(f"http://127.0.0.1:{action_port}/health")).raise_for_status()
                return
            except (DialogueUnavailable, httpx.HTTPError):
                await asyncio.sleep(0.25)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
