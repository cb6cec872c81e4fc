"""How long does a caller wait for an answer, on the wire? ``python -m bench.voice --help``.

The same caller rings our whole service over SIP, with the settings as they are shipped, and a Pipecat pipeline over its
Twilio transport: with our small model, and with an untrained one of base.en's size, of which the time counts and the
text comes from the script. Delay and cut-offs are measured in the same run: a cut-off is speech sent, or a turn
taken as over, before the caller's last word.
"""

import argparse
import asyncio
import json
import math
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import cycle, product
from pathlib import Path
from typing import Any

import httpx
import uvloop
from rich.console import Console
from rich.table import Table

from bench.conversation import CALLS, VOICES, Conversation, speak
from bench.lines import PIPECAT
from bench.ringing import ring_ours, ring_theirs
from bench.speech import SIZES, TOKENS, Size
from bench.subject import ROOT, Subject
from tests.service.running import Service, running
from voicebot.app.parts import Part
from voicebot.caller.answers import Answer
from voicebot.caller.breakdown import TakenApart, shares, take_apart
from voicebot.caller.call import citizens_phone
from voicebot.caller.report import percentile
from voicebot.cli.rehearse import call_record
from voicebot.models.blank import build_blank_whisper
from voicebot.models.store import shipped_stt
from voicebot.rehearsal.script import CallScript
from voicebot.telephony.rtp.clock import MediaClock

CALLERS = 4
"""Calls at once, with everybody: as many as leave two cores with something to spare."""

OUR_ANSWERS, THEIR_ANSWERS = 100, 40
_OURS_S, _THEIRS_S = 270.0, 130.0
"""What one of ours, and one of Pipecat's, may take at the most, with the start of the service."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is rung: ours or Pipecat's, with which model; ``timeout_s`` None is Pipecat's own turn detection."""

    name: str
    ours: bool
    size: str
    timeout_s: float | None = None


KINDS = (
    Kind("ours, small model", True, "small"),
    Kind("ours, base.en's size", True, "base.en"),
    Kind("Pipecat, small model", False, "small"),
    Kind("Pipecat, base.en's size", False, "base.en"),
    Kind("Pipecat, small model, 0.6 s", False, "small", 0.6),
    Kind("Pipecat, base.en's size, 0.6 s", False, "base.en", 0.6),
    Kind("Pipecat, small model, 0.1 s", False, "small", 0.1),
    Kind("Pipecat, base.en's size, 0.1 s", False, "base.en", 0.1),
)


@dataclass(slots=True)
class Measured:
    """One kind. ``wire_ms`` are the answers to lines that were not cut off.

    ``apart`` are the same answers by what they were spent on, as far as the service's record has them.
    """

    kind: str
    lines: int = 0
    cut_off: int = 0
    unanswered: int = 0
    wire_ms: list[float] = field(default_factory=list)
    apart: list[TakenApart] = field(default_factory=list)
    guessed: dict[str, int] = field(default_factory=dict)
    ends: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def take(self, answers: Sequence[Answer], taken: Sequence[float] = (), turns: int | None = None) -> None:
        """A call. ``taken`` are the moments at which turns were taken as over, ``turns`` how many there were."""
        early = sum(one.cut_off or any(one.first_s < moment < one.last_s for moment in taken) for one in answers)
        # A line that became two turns was taken as over before its end, whether anything was said then or not.
        extra = max(0, turns - len(answers)) if turns is not None else 0
        self.lines += len(answers)
        self.cut_off += max(early, extra)
        self.unanswered += sum(one.wire_ms is None and not one.cut_off for one in answers)
        self.wire_ms += [one.wire_ms for one in answers if one.wire_ms is not None]

    def explain(self, answers: Sequence[Answer], record: dict[str, Any], began_s: float) -> None:
        """What the service's record says of a call's answers. ``began_s`` is when the call's audio began."""
        for step in record["steps"]:
            if step["kind"] == "guessed_ahead":
                self.guessed = dict(Counter(self.guessed) + Counter(step["data"]))
        self.apart += take_apart(answers, record["latency_ms"], began_s)


# The calls


async def _many(callers: int, enough: Callable[[], bool], one: Callable[[CallScript, str], Awaitable[None]]) -> None:
    """Hold calls, so many at once, until there are enough answers."""
    wanted = cycle(product(CALLS, VOICES))

    async def caller(number: int) -> None:
        await asyncio.sleep(number * 1.7)  # not all at the same moment
        while not enough():
            script, voice = next(wanted)
            await one(script, voice)

    await asyncio.gather(*(caller(number) for number in range(callers)))


async def _ours(kind: Kind, service: Service, answers: int, callers: int, prompts: Path | None) -> Measured:
    measured = Measured(kind.name)
    address = f"sip:council@127.0.0.1:{service.settings.sip_port}"
    transport = httpx.AsyncHTTPTransport(uds=str(service.settings.media_socket))
    async with (
        citizens_phone(address, ("PCMA",)) as line,
        httpx.AsyncClient(transport=transport, base_url="http://media", timeout=5.0) as client,
    ):

        async def one(script: CallScript, voice: str) -> None:
            conversation, call_id = await ring_ours(line, address, script, voice, client, prompts)
            record = await call_record(service.settings, call_id)
            turns = sum(turn["who"] == "caller" for turn in record["transcript"])
            measured.take(conversation.answers(), turns=turns)
            measured.explain(conversation.answers(), record, conversation.began_s)
            measured.ends.append(f"{script.name} {record['outcome']}")

        await _many(callers, lambda: len(measured.wire_ms) >= answers, one)
    return measured


async def _theirs(kind: Kind, server: Subject, answers: int, callers: int) -> Measured:
    measured, clock = Measured(kind.name), MediaClock()
    held: list[tuple[Conversation, str]] = []

    async def one(script: CallScript, voice: str) -> None:
        held.append(await ring_theirs(server.ready["port"], script, voice, clock))

    def enough() -> bool:
        return sum(len(call.lines) for call, _ in held) >= answers

    await _many(callers, enough, one)
    clock.stop()
    taken = server.counts()["taken"]
    for conversation, call_id in held:
        measured.take(conversation.answers(), taken=taken.get(call_id, ()))
    return measured


# The services


@contextmanager
def _models() -> Iterator[dict[str, Path]]:
    """The small model, and an untrained one of base.en's size."""
    own = shipped_stt()
    if own is None:
        raise FileNotFoundError("this copy has no small model")
    size: Size = next(size for size in SIZES if size.name == "base.en")
    with tempfile.TemporaryDirectory() as place:
        untrained = build_blank_whisper(
            Path(place) / size.name,
            width=size.width,
            heads=size.heads,
            encoder_layers=size.layers,
            decoder_layers=size.layers,
        )
        yield {"small": own, size.name: untrained}


@asynccontextmanager
async def _our_service(kind: Kind, models: dict[str, Path], place: Path) -> AsyncIterator[tuple[Service, Path | None]]:
    """Our service with a model, and where its recogniser looks for what was said, if it looks at all."""
    prompts = place / "prompts" if kind.size != "small" else None

    def changed(part: Part) -> Part:
        if prompts is None or part.name != "speech":
            return part
        return replace(
            part,
            argv=(sys.executable, "-m", "bench.scripted_speech", str(models[kind.size]), str(prompts)),
            env={**part.env, "PYTHONPATH": str(ROOT)},
        )

    async with running(place, changed=changed) as service:
        yield service, prompts


async def measure(kind: Kind, models: dict[str, Path], answers: int, callers: int) -> Measured:
    """Ring one kind until there are so many answers."""
    for script, voice in product(CALLS, VOICES):
        for line in (script.opening, *(line for lines in script.answers.values() for line in lines)):
            speak(line.say, voice)
    began = time.monotonic()
    if kind.ours:
        with tempfile.TemporaryDirectory() as place:
            async with _our_service(kind, models, Path(place)) as (service, prompts):
                began = time.monotonic()
                measured = await _ours(kind, service, answers, callers, prompts)
    else:
        flags = ["--calls", str(callers)]
        flags += ["--tokens", str(TOKENS)] if kind.size != "small" else []
        flags += ["--timeout", str(kind.timeout_s)] if kind.timeout_s is not None else []
        with Subject(
            "bench.serve_voice_pipecat", str(models[kind.size]), *flags, python=PIPECAT, pinned=False
        ) as server:
            began = time.monotonic()
            measured = await _theirs(kind, server, answers, callers)
    measured.seconds = round(time.monotonic() - began, 1)
    return measured


async def run(
    kinds: Sequence[Kind],
    kept: Path,
    *,
    ours: int = OUR_ANSWERS,
    theirs: int = THEIR_ANSWERS,
    callers: int = CALLERS,
    seconds: float = math.inf,
) -> list[Measured]:
    """Measure what has no result in the folder ``kept``; each is kept as soon as it is there.

    Nothing is begun that may not be over within ``seconds``: it is missing then.
    """
    kept.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + seconds
    with _models() as models:
        for kind in kinds:
            path = kept / f"{KINDS.index(kind)}.json"
            if path.is_file() or not (kind.ours or PIPECAT.is_file()):
                continue
            if time.monotonic() + (_OURS_S if kind.ours else _THEIRS_S) > until:
                break
            print(f"{kind.name}: calls begin", file=sys.stderr, flush=True)
            measured = await measure(kind, models, ours if kind.ours else theirs, callers)
            path.write_text(json.dumps(asdict(measured), indent=1))
    paths = [kept / f"{KINDS.index(kind)}.json" for kind in kinds]
    return [_read(path) for path in paths if path.is_file()]


def _read(path: Path) -> Measured:
    kept = json.loads(path.read_text())
    return Measured(**kept | {"apart": [TakenApart(**one) for one in kept["apart"]]})


# Tables

COLUMNS = ("", "lines", "answers", "p50 ms", "p95 ms", "cut off", "not answered")
SPENT = ("of an answer of ours, ms", "p50", "p95", "mean", "share")


def row(one: Measured) -> list[Any]:
    """One kind under :data:`COLUMNS`."""
    wire = one.wire_ms
    share = f"{one.cut_off} ({100 * one.cut_off / max(1, one.lines):.1f} %)"
    return [one.kind, one.lines, len(wire), *_spread(wire), share, one.unanswered]


def spent(one: Measured) -> list[list[Any]]:
    """Where the time went, under :data:`SPENT`: each answer's parts, and so the means, add up to the wire's."""
    return [
        [f"{one.kind}: {name.replace('_', ' ')}", round(p50), round(p95), round(mean), f"{share:.0%}"]
        for name, p50, p95, mean, share in shares(one.apart)
    ]


def parts_of(one: Measured) -> str:
    """The same in a sentence."""
    told = ", ".join(
        f"{part.name.replace('_', ' ')} {round(part.p50)}/{round(part.p95)}/{round(part.mean)} ({part.share:.0%})"
        for part in shares(one.apart)
    )
    known = f"{len(one.apart)} of {len(one.wire_ms)} answers in parts"
    return f"{one.kind}: {known}, p50/p95/mean ms (share of all): {told}"


def worth(one: Measured) -> str:
    """What guessing ahead was worth."""
    guessed = Counter(one.guessed)
    for_nothing = {what: guessed[what] - guessed[f"{what}_used"] for what in ("heard", "foreseen")}
    return (
        f"{one.kind}: of {guessed['turns']} turns the words were there before the end in {guessed['heard_used']}, the "
        f"answer in {guessed['foreseen_used']}; guessed for nothing: words {for_nothing['heard']} times, answers "
        f"{for_nothing['foreseen']} times, {guessed['wasted_ms']} ms of work in all; turns that went on were read "
        f"{guessed['between']} times, {guessed['between_ms']} ms of work in all"
    )


def _spread(values: Sequence[float]) -> list[int]:
    return [round(percentile(values, 0.5) or 0.0), round(percentile(values, 0.95) or 0.0)]


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m bench.voice", description="Voice to voice, on the wire.")
    parser.add_argument("--kind", action="append", type=int, choices=range(len(KINDS)), help="these only, by number")
    parser.add_argument("--ours", type=int, default=OUR_ANSWERS, help="answers of ours")
    parser.add_argument("--theirs", type=int, default=THEIR_ANSWERS, help="answers of each kind of Pipecat")
    parser.add_argument("--callers", type=int, default=CALLERS, help="calls at once")
    parser.add_argument("--kept", type=Path, help="folder of results: what is there is not measured again")
    options = parser.parse_args()
    kinds = [KINDS[number] for number in options.kind] if options.kind else list(KINDS)
    with tempfile.TemporaryDirectory() as place:
        found = uvloop.run(
            run(
                kinds,
                options.kept or Path(place),
                ours=options.ours,
                theirs=options.theirs,
                callers=options.callers,
            )
        )
    console = Console()
    tables = ((COLUMNS, [row(one) for one in found]), (SPENT, [cells for one in found for cells in spent(one)]))
    for columns, rows in tables:
        if not rows:
            continue
        table = Table(*columns)
        for cells in rows:
            table.add_row(*(str(cell) for cell in cells))
        console.print(table)
    for one in found:
        if one.apart:
            console.print(f"{one.kind}: {len(one.apart)} of {len(one.wire_ms)} answers in parts")
        if one.guessed:
            console.print(worth(one))
        if one.ends:
            console.print(f"{one.kind}, calls: {', '.join(sorted(set(one.ends)))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
