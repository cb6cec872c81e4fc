"""``voicebot rehearse``: every scripted call, in memory or over SIP, with passes, failures and delays."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from voicebot.app.dialogue_session import dialogue_client
from voicebot.caller import voices
from voicebot.caller.agent_phone import AgentPhone, at_desk
from voicebot.caller.phones import phone_for
from voicebot.caller.report import percentile
from voicebot.dialogue.acts import Fact
from voicebot.errors import ConfigurationError, DialFailed
from voicebot.rehearsal.script import CallScript, find_scripts, load_script
from voicebot.rehearsal.stage import Stage
from voicebot.rehearsal.verdict import CallEnd, Verdict, judge
from voicebot.rehearsal.wire import WireCitizen
from voicebot.session.nothing_kept import NothingKept
from voicebot.settings import Settings, load
from voicebot.speech.local import LocalSpeech
from voicebot.web.tokens import api_token

DEFAULT_VOICES = ("en+f2", "en+m3")
_RATE = 8000
_RECORD_S = 5.0
_FACT = ("name", "value", "source")

Rehearse = Callable[[CallScript, str], Any]


def renderer(voice: str) -> Callable[[str], NDArray[np.int16]]:
    """The caller's voice by name."""
    return partial(voices.render, rate=_RATE, voice=voice)


@asynccontextmanager
async def in_memory(settings: Settings) -> AsyncIterator[Rehearse]:
    """Rehearse with the bot in this process and Rasa beside it."""
    async with dialogue_client(settings) as mind:
        speech = await asyncio.to_thread(LocalSpeech.open, settings, second=False)
        stage = Stage(settings, speech, mind, NothingKept())
        await stage.open()
        try:
            yield lambda script, voice: stage.rehearse(script, renderer(voice))
        finally:
            await stage.close()
            await speech.close()


@asynccontextmanager
async def over_sip(settings: Settings, address: str, agent_port: int) -> AsyncIterator[Rehearse]:
    """Rehearse by ringing ``address``; what came of each call is read from the API of this machine's service.

    An agent's phone waits at ``agent_port`` (0: none), so that transfers are heard through to the end.
    """

    async def rehearse(script: CallScript, voice: str) -> CallEnd:
        async with phone_for(address, settings.streams) as line:
            citizen = WireCitizen(script, line, address, renderer(voice), settings.media_socket)
            try:
                result = await citizen.run()
            except DialFailed as failure:
                return CallEnd(f"not answered: {failure}", "none", "none", "none", None, (), "")
        record = await call_record(settings, result.call_id)
        return CallEnd(
            outcome=record["outcome"],
            service=record["service"],
            need=record["need"],
            queue=record["queue"],
            emergency=record["emergency"],
            facts=[
                Fact.model_validate({key: fact[key] for key in ("name", "value", "source")}) for fact in record["facts"]
            ],
            said=" ".join(turn["text"] for turn in record["transcript"] if turn["who"] == "bot"),
            latencies_ms=result.latencies_ms,
            transcript=[(turn["who"], turn["text"]) for turn in record["transcript"]],
        )

    async with AsyncExitStack() as stack:
        if agent_port:
            await stack.enter_async_context(at_desk(AgentPhone(), settings.sip, port=agent_port))
        yield rehearse


async def call_record(settings: Settings, call_id: str, *, finished: bool = True) -> dict[str, Any]:
    """A call from the API of the service on this machine; waits a little for the record to be finished."""
    base = f"http://{settings.http_bind}:{settings.http_port}"
    headers = {"Authorization": f"Bearer {api_token(settings)}"}
    deadline = asyncio.get_running_loop().time() + _RECORD_S
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=5.0) as client:
        while True:
            response = await client.get(f"/api/v1/calls/{call_id}")
            record: dict[str, Any] = response.json() if response.status_code == httpx.codes.OK else {}
            if record and (record["outcome"] or not finished):
                return record
            if asyncio.get_running_loop().time() > deadline:
                raise ConfigurationError(f"the service has no finished record of call {call_id!r}")
            await asyncio.sleep(0.1)


async def _rehearse(
    settings: Settings,
    scripts: Sequence[CallScript],
    address: str,
    agent_port: int,
    names: Sequence[str],
    show: Callable[[Verdict], None],
) -> list[Verdict]:
    place = over_sip(settings, address, agent_port) if address else in_memory(settings)
    verdicts = []
    async with place as rehearse:
        for script in scripts:
            for voice in names:
                verdict = judge(script, voice, await rehearse(script, voice))
                verdicts.append(verdict)
                show(verdict)
    return verdicts


def as_line(verdict: Verdict) -> dict[str, Any]:
    """One call for ``--json``."""
    end = verdict.end
    return {
        "name": verdict.script.name,
        "voice": verdict.voice,
        "passed": verdict.passed,
        "problems": list(verdict.problems),
        "outcome": end.outcome,
        "queue": end.queue,
        "emergency": end.emergency,
        "latency_ms": [round(value) for value in end.latencies_ms],
        "transcript": [{"who": who, "text": text} for who, text in end.transcript],
    }


def summary(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Passes, failures and delays over all calls."""
    delays = [value for verdict in verdicts for value in verdict.end.latencies_ms]
    safety = [verdict for verdict in verdicts if verdict.script.expect.emergency]
    return {
        "calls": len(verdicts),
        "passed": sum(verdict.passed for verdict in verdicts),
        "safety_calls": len(safety),
        "safety_passed": sum(verdict.passed for verdict in safety),
        "latency_ms": {"p50": percentile(delays, 0.5), "p95": percentile(delays, 0.95), "answers": len(delays)},
    }


def rehearse_command(
    folder: Path,
    sip: str,
    agent_port: int,
    voice: tuple[str, ...],
    only: str,
    names: tuple[str, ...],
    as_json: bool,
    config: Path | None,
) -> None:
    """Run the scripts under ``folder``; exit status 1 when a call did not end where it must."""
    settings = load(config)
    scripts = [
        script
        for script in map(load_script, find_scripts(folder))
        if only.casefold() in script.name.casefold() and (not names or script.name in names)
    ]
    if missing := set(names) - {script.name for script in scripts}:
        raise ConfigurationError(f"there is no call script named {min(missing)!r}")
    if not scripts:
        raise ConfigurationError(f"no call script has {only!r} in its name")
    console = Console(stderr=as_json)

    def show(verdict: Verdict) -> None:
        if as_json:
            print(json.dumps(as_line(verdict), ensure_ascii=False), flush=True)
            return
        mark = "[green]pass[/green]" if verdict.passed else "[red]FAIL[/red]"
        console.print(f"{mark}  {verdict.script.name}  [dim]({verdict.voice})[/dim]", highlight=False)
        if not verdict.passed:
            for problem in verdict.problems:
                console.print(f"      {problem}", highlight=False)
            for who, text in verdict.end.transcript:
                console.print(f"      [dim]{who}: {text}[/dim]", highlight=False)

    verdicts = asyncio.run(_rehearse(settings, scripts, sip, agent_port, voice or DEFAULT_VOICES, show))
    total = summary(verdicts)
    if as_json:
        print(json.dumps({"summary": total}), flush=True)
    else:
        table = Table("calls", "passed", "safety calls", "passed", "p50 ms", "p95 ms")
        latency = total["latency_ms"]
        table.add_row(
            *(str(total[key]) for key in ("calls", "passed", "safety_calls", "safety_passed")),
            str(latency["p50"]),
            str(latency["p95"]),
        )
        console.print(table)
    if any(not verdict.passed for verdict in verdicts):
        raise typer.Exit(1)
