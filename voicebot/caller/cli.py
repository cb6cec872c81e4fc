"""``voicebot call`` and ``voicebot agent-phone``."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from voicebot.audio.encodings import encoding
from voicebot.caller import voices
from voicebot.caller.agent_phone import AgentPhone, desk_line
from voicebot.caller.call import Print, ring
from voicebot.caller.citizen import Citizen, Say
from voicebot.caller.phones import is_stream, phone_for
from voicebot.caller.report import CallReport, record
from voicebot.caller.script import Word, build, typed_order
from voicebot.caller.stream_phone import DialHandler, Dialled, StreamCall, StreamPhone, handed_on
from voicebot.errors import ConfigurationError, DialFailed
from voicebot.settings import Codec, Settings, load
from voicebot.telephony.leg import Line

RATE = 8000
_LABELS = {
    "ringing": "rings",
    "answered": "answered",
    "bot_speech_start": "bot speaks",
    "bot_speech_end": "bot has finished",
    "caller_speech_start": "caller speaks",
    "caller_speech_end": "caller has finished",
    "key": "caller presses",
    "handed_on": "the provider dials a",
    "ended": "over",
}


def call_command(
    address: Annotated[str, typer.Argument(help="who to ring; the service of this machine by default")] = "",
    say: Annotated[list[str] | None, typer.Option(help="say this, once the other side has finished")] = None,
    wav: Annotated[list[Path] | None, typer.Option(help="say what this WAV file holds")] = None,
    keys: Annotated[list[str] | None, typer.Option(help="press these keys (0-9 * # A-D)")] = None,
    silent: Annotated[
        int, typer.Option("--silent", count=True, help="let a turn pass in silence (may be repeated)")
    ] = 0,
    hang_up: Annotated[
        bool, typer.Option("--hang-up", help="hang up at this point of the script, not only after the last answer")
    ] = False,
    barge_in: Annotated[
        list[int] | None,
        typer.Option(metavar="MS", help="do the next thing when the other side has spoken for so long"),
    ] = None,
    after: Annotated[
        list[int] | None, typer.Option(metavar="MS", help="do the next thing only after so much more silence")
    ] = None,
    voice: Annotated[
        str, typer.Option(help="the caller's voice: en+f2, en-gb-scotland+m1, flite:slt …; @120 sets words a minute")
    ] = voices.DEFAULT_VOICE,
    caller: Annotated[str, typer.Option(help="the caller's number, as it is shown")] = "",
    codec: Annotated[
        list[str] | None,
        typer.Option(help="SIP: speak only this, best first where repeated: PCMA, PCMU, G722 (in 16 kHz)"),
    ] = None,
    srtp: Annotated[bool, typer.Option("--srtp", help="SIP: insist on encrypted audio")] = False,
    patience: Annotated[
        int, typer.Option(metavar="MS", help="silence that means that the other side has finished")
    ] = 900,
    linger: Annotated[float, typer.Option(metavar="S", help="hang up so long after the last answer")] = 5.0,
    timeout: Annotated[float, typer.Option(metavar="S", help="hang up after so long, whatever happens")] = 300.0,
    record_to: Annotated[
        Path | None, typer.Option("--record", metavar="DIR", help="write what was heard and said, as WAV files")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object a line, at last a summary")] = False,
) -> None:
    """Ring a line as a citizen, talk to it, and measure how fast it answers.

    Rings sip:… addresses; and as a caller at a provider ws://host:8081/twilio/stream, ws://host:8081/telnyx/stream, or
    audiosocket://host:9092 as one at an Asterisk.
    --say, --wav, --keys, --silent and --hang-up may be repeated and are done in the order in which they are typed, each
    once the other side has spoken and finished; --barge-in and --after hold for the one that follows them.
    Ctrl-C hangs up. The status is 1 when the call was not answered.
    """
    given = [
        *(Word("say", text) for text in say or ()),
        *(Word("wav", str(path)) for path in wav or ()),
        *(Word("keys", value) for value in keys or ()),
        *(Word("silent") for _ in range(silent)),
        *([Word("hang-up")] if hang_up else []),
        *(Word("barge-in", str(value)) for value in barge_in or ()),
        *(Word("after", str(value)) for value in after or ()),
    ]
    codecs = _codecs(codec)
    rate = max(encoding(name).rate for name in codecs) if codec else RATE
    steps = build(
        typed_order(sys.argv[1:], given),
        speak=partial(voices.render, rate=rate, voice=voice),
        load=partial(voices.from_file, rate=rate),
    )
    citizen = Citizen(
        steps, rate=rate, patience_ms=patience, linger_ms=round(linger * 1000), limit_ms=round(timeout * 1000)
    )
    settings = load()
    target = address or f"sip:council@127.0.0.1:{settings.sip_port}"
    if not target.startswith("sip:") and not is_stream(target):
        target = f"sip:{target}"

    def phone(on_dial: DialHandler) -> AbstractAsyncContextManager[Line]:
        return phone_for(target, settings.streams, on_dial, codecs=codecs, encrypted=srtp)

    report = _until_interrupted(_call(target, citizen, caller, timeout, phone, _printer(as_json)))
    if report is not None and record_to is not None and report.answered:
        paths = record(report.citizen, record_to, report.call_id)
        _say_where(paths, as_json)
    if report is not None and not as_json:
        _show(report)
    if report is None:
        raise typer.Exit(130)
    if not report.answered:
        raise typer.Exit(1)


def _codecs(names: list[str] | None) -> tuple[Codec, ...]:
    known: tuple[Codec, ...] = get_args(Codec)
    wanted = tuple(one for name in names or known for one in known if one == name.upper())
    if names and len(wanted) < len(names):
        raise ConfigurationError(f"--codec takes {', '.join(known)}")
    return wanted


async def _call(
    target: str,
    citizen: Citizen,
    caller: str,
    timeout_s: float,
    phone: Callable[[DialHandler], AbstractAsyncContextManager[Line]],
    tell: Print,
) -> CallReport:
    began = time.monotonic()

    async def dialled(phone: StreamPhone, call: StreamCall, to: Dialled) -> Mapping[str, str]:
        at_ms = round((time.monotonic() - began) * 1000)
        tell({"event": "handed_on", "at_ms": at_ms, "call_id": call.call_id, "to": to.noun})
        return await handed_on(phone, call, to)

    async with phone(dialled) as line:
        return await ring(line, target, citizen, caller=caller, timeout_s=timeout_s, tell=tell)


def agent_phone_command(
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="where it rings")] = "127.0.0.1:5070",
    accept_key: Annotated[str, typer.Option(help="pressed when the whisper is over; empty presses nothing")] = "1",
    say: Annotated[list[str] | None, typer.Option(help="say this once the caller has stopped; may be repeated")] = None,
    answer_after: Annotated[float, typer.Option(metavar="S", help="let it ring so long first")] = 0.0,
    decline: Annotated[int, typer.Option(metavar="STATUS", help="refuse every call with this SIP status")] = 0,
    no_answer: Annotated[bool, typer.Option("--no-answer", help="let every call ring")] = False,
    voice: Annotated[str, typer.Option(help="the agent's voice")] = "en+m3",
    calls: Annotated[int, typer.Option(help="stop after so many calls; 0: go on until Ctrl-C")] = 0,
    record_to: Annotated[
        Path | None, typer.Option("--record", metavar="DIR", help="write what was heard and said, as WAV files")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object a line")] = False,
) -> None:
    """Be an agent's telephone: answer calls, take them with a key after the whisper, talk, and hang up.

    With --say it hangs up when all is said and answered; without, it stays until the caller goes.
    """
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigurationError(f"--listen takes HOST:PORT, not {listen!r}")
    if decline and not 400 <= decline <= 699:
        raise ConfigurationError(f"--decline takes a SIP status of 400 to 699, not {decline}")
    lines = [Say(samples=voices.render(text, RATE, voice), text=text) for text in say or ()]
    phone = AgentPhone(
        lines,
        accept_key=accept_key,
        answer_after_s=answer_after,
        decline=decline,
        no_answer=no_answer,
        record_to=record_to,
        tell=_printer(as_json),
    )
    _until_interrupted(_answer(phone, host.strip("[]"), int(port), load(), calls, as_json))


async def _answer(phone: AgentPhone, host: str, port: int, settings: Settings, calls: int, as_json: bool) -> None:
    line = desk_line(settings.sip, host, port)
    enough = asyncio.Event()

    async def handle(leg: Any) -> None:
        await phone.handle(leg)
        if calls and phone.rung >= calls:
            enough.set()

    await line.start(handle)
    if as_json:
        print(json.dumps({"event": "listening", "address": f"sip:agent@{host}:{line.port}"}), flush=True)
    else:
        Console().print(f"The agent's phone waits at sip:agent@{host}:{line.port}. Ctrl-C ends it.", highlight=False)
    try:
        await enough.wait()
    finally:
        await line.stop()


def _until_interrupted(work: Coroutine[Any, Any, CallReport | None]) -> CallReport | None:
    """Run ``work``; SIGINT and SIGTERM cancel it, so that it hangs up. None when it was cancelled."""

    async def guarded() -> CallReport | None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            return None
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    try:
        return uvloop.run(guarded())
    except DialFailed as error:
        raise ConfigurationError(str(error)) from error


def _printer(as_json: bool) -> Print:
    if as_json:
        return lambda shaped: print(json.dumps(shaped, ensure_ascii=False), flush=True)
    console = Console(highlight=False)

    def show(shaped: dict[str, Any]) -> None:
        if shaped["event"] == "summary":
            return
        more = " ".join(str(shaped[name]) for name in ("key", "reason", "status", "to") if name in shaped)
        console.print(f"{shaped['at_ms'] / 1000:8.2f} s  {_LABELS.get(shaped['event'], shaped['event'])} {more}")

    return show


def _say_where(paths: Sequence[Path], as_json: bool) -> None:
    console = Console(stderr=as_json, highlight=False)
    for path in paths:
        console.print(f"wrote {path}", soft_wrap=True)


def _show(report: CallReport) -> None:
    console = Console(highlight=False)
    if not report.answered:
        console.print(f"The call was not answered: {report.status} {report.reason}")
        return
    table = Table(title="What the caller did, and how soon the answer began", box=None)
    for heading in ("at", "what", "answer after"):
        table.add_column(heading)
    for turn in report.citizen.turns:
        ms = report.citizen.ms
        after = "–" if turn.answered_at is None else f"{ms(turn.answered_at - turn.said_to):.0f} ms"
        kind = "" if isinstance(turn.step, Say) else f"({type(turn.step).__name__.lower()}) "
        table.add_row(f"{ms(turn.said_from) / 1000:.1f} s", f"{kind}{turn.text}", after)
    console.print(table)
    latency = report.summary()["latency_ms"]
    if latency["all"]:
        console.print(f"Median {latency['p50']:.0f} ms, 95th percentile {latency['p95']:.0f} ms.")
