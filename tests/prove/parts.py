"""The parts of ``make prove``. Each gives a title, what it is about, columns, rows and notes."""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

from tests.service.running import Service, running
from voicebot.app.dialogue_session import own_dialogue
from voicebot.caller import voices
from voicebot.caller.breakdown import TakenApart, shares, take_apart
from voicebot.caller.report import percentile
from voicebot.cli.rehearse import renderer
from voicebot.council.postcodes import postcodes
from voicebot.measure.held_out import load_utterances
from voicebot.measure.run import HELD_OUT, calls, utterances
from voicebot.measure.score import (
    Judged,
    by_group,
    confusions,
    figures,
    percent,
    recall_by_rule,
    services,
    slices,
)
from voicebot.rehearsal.script import find_scripts, load_script
from voicebot.rehearsal.stage import Stage
from voicebot.rehearsal.verdict import Verdict, judge
from voicebot.safety.training import safety_net
from voicebot.session.nothing_kept import NothingKept
from voicebot.settings import DialogueSettings, Settings
from voicebot.speech.local import LocalSpeech

ROOT = Path(__file__).parents[2]
ESPEAK = ("en+f2", "en+m3", "en-gb-scotland+m1")
WIRE = ("demo", "pothole", "arrears", "gas", "how_to_pay", "opening_hours", "missed_bin", "corrected_number", "bands")
WIRE_ANSWERS = 100
WIRE_S = 480.0
"""No more calls are begun on the wire after so many answers, or so long."""

NOISES = (0.0, 0.1, 0.2)
FIGURES = (
    "service",
    "need",
    "queue",
    "emergency_noticed",
    "emergency_recall",
    "false_alarms",
    "false_alarms_raised",
    "out_of_scope_rejected",
    "facts",
)


async def rehearsal() -> dict[str, Any]:
    """Every scripted call in memory, in several voices."""
    dialogue = DialogueSettings(project=ROOT / "dialogues", environment=ROOT / ".venv-rasa")
    names = [*ESPEAK, *(name for name in voices.voices() if name in ("flite:slt", "flite:rms"))]
    scripts = [load_script(path) for path in find_scripts(dialogue.project)]
    rows = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as place:
        settings = Settings(data=Path(place), dialogue=dialogue)
        async with own_dialogue(settings) as mind:
            speech = await asyncio.to_thread(LocalSpeech.open, settings, second=False)
            stage = Stage(settings, speech, mind, NothingKept())
            await stage.open()
            for name in names:
                verdicts = [judge(one, name, await stage.rehearse(one, renderer(name))) for one in scripts]
                rows.append(_row(name, verdicts))
                failed += [
                    f"{one.script.name} ({name}): {'; '.join(one.problems)}" for one in verdicts if not one.passed
                ]
                print(rows[-1], flush=True)
            await stage.close()
            await speech.close()
    return {
        "title": "Rehearsed calls",
        "about": "Every script of `dialogues/`, heard by the small recogniser, answered by Rasa. "
        "Delay: last voiced sample of the caller to the bot's first.",
        "columns": ["caller's voice", "calls", "right end", "safety calls", "caught", "p50 ms", "p95 ms"],
        "rows": rows,
        "notes": failed,
    }


async def understanding() -> dict[str, Any]:
    """The utterances and calls kept apart from the examples, in text."""
    dialogue = DialogueSettings(project=ROOT / "dialogues", environment=ROOT / ".venv-rasa")
    spoken = load_utterances(ROOT / HELD_OUT / "utterances.yml")
    scripts = [load_script(path) for path in find_scripts(ROOT / HELD_OUT / "calls")]
    rows: list[list[Any]] = []
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as place:
        settings = Settings(data=Path(place), dialogue=dialogue)
        async with own_dialogue(settings) as mind:
            net, known = safety_net(settings), postcodes(settings.council_database)
            for noise in NOISES:
                judged, errors = await utterances(mind, net, spoken, noise, known)
                found = figures(judged)
                rows.append([f"{100 * errors:.0f} %", len(judged), *(percent(found[name]) for name in FIGURES)])
                print(rows[-1], flush=True)
                if not noise:
                    notes += _understood_notes(judged)
            verdicts = await calls(mind, net, scripts, settings)
    right = sum(one.passed for one in verdicts)
    notes.append(f"calls held in text that reach the right end with every fact: {right} of {len(verdicts)}")
    return {
        "title": "Understanding",
        "about": "Utterances and calls written apart from the examples, through the code that a call uses, in percent. "
        "Word errors are made as the small recogniser makes them. An emergency is noticed by any rule, recalled by the "
        "right one. False alarms count needless questions, too; of those raised, nothing was asked first.",
        "columns": ["word errors", "utterances", *(name.replace("_", " ") for name in FIGURES)],
        "rows": rows,
        "notes": notes,
    }


def _understood_notes(judged: Sequence[Judged]) -> list[str]:
    parts = {"services": by_group(judged, services), "ways of speaking": by_group(judged, slices)}
    notes = [
        f"service right, by {title}: "
        + ", ".join(f"{name.replace('_', ' ')} {percent(found['service'])}" for name, found in groups.items())
        for title, groups in parts.items()
    ]
    rules = recall_by_rule(judged).items()
    notes.append("caught, by rule: " + ", ".join(f"{rule} {caught} of {of}" for rule, (caught, of) in rules))
    mistaken = confusions(judged, "service").most_common(10)
    notes.append("most taken for another: " + ", ".join(f"{a} for {b} ({times})" for (a, b), times in mistaken))
    return notes


def _row(name: str, verdicts: Sequence[Verdict]) -> list[Any]:
    safety = [one for one in verdicts if one.script.expect.emergency]
    delays = [delay for one in verdicts for delay in one.end.latencies_ms]
    right = sum(one.passed for one in verdicts)
    caught = sum(one.passed for one in safety)
    p50, p95 = percentile(delays, 0.5) or 0.0, percentile(delays, 0.95) or 0.0
    return [name, len(verdicts), right, len(safety), caught, round(p50), round(p95)]


async def wire() -> dict[str, Any]:
    """Real SIP calls to the whole service, measured by the caller, with the service's own breakdown."""
    scripts = {path.stem: path for path in find_scripts(ROOT / "dialogues")}
    measured: list[float] = []
    apart: list[TakenApart] = []
    guessed: Counter[str] = Counter()
    ends: list[str] = []
    with tempfile.TemporaryDirectory() as place:
        async with running(Path(place)) as service:
            until = time.monotonic() + WIRE_S
            for name in cycle(WIRE):
                if len(measured) >= WIRE_ANSWERS or time.monotonic() >= until:
                    break
                ends.append(await _one(service, scripts[name], measured, apart, guessed))
    rows: list[list[Any]] = [
        [name.replace("_", " "), len(apart), round(p50), round(p95), round(mean, 1), round(100 * share, 1)]
        for name, p50, p95, mean, share in shares(apart)
    ]
    return {
        "title": "Delay on the wire",
        "about": "SIP and RTP on loopback, everything on this machine: last voiced sample sent to first voiced sample "
        "received by the caller (`wire`), and what these answers were spent on: the parts of each sum to its `wire`. "
        "The service measures, between its own sockets: how long the last sound lay in the jitter buffer, end of turn, "
        "recogniser, dialogue, voice, and `transport`, the wait for the next frame. `packets` is where in their "
        "packets the two samples lie, `line` the remainder: the network, both ways, and the caller's socket.",
        "columns": ["", "answers", "p50 ms", "p95 ms", "mean ms", "share of all, %"],
        "rows": rows,
        "notes": [
            f"answers on the wire: {len(measured)}, p50 {round(percentile(measured, 0.5) or 0)}, p95 "
            f"{round(percentile(measured, 0.95) or 0)} ms; the record explains {len(apart)} of them",
            f"calls: {', '.join(ends)}",
            f"there before the turn was over: the words in {guessed['heard_used']} of {guessed['turns']} turns, the "
            f"answer in {guessed['foreseen_used']}",
            f"guessed for nothing: words {guessed['heard'] - guessed['heard_used']} times, answers "
            f"{guessed['foreseen'] - guessed['foreseen_used']} times, {guessed['wasted_ms']} ms of work in all",
        ],
    }


async def _one(
    service: Service, path: Path, measured: list[float], apart: list[TakenApart], guessed: Counter[str]
) -> str:
    result, record = await service.ring(load_script(path))
    measured.extend(answer.wire_ms for answer in result.answers if answer.wire_ms is not None)
    apart.extend(take_apart(result.answers, record["latency_ms"], result.began_s))
    for step in record["steps"]:
        if step["kind"] == "guessed_ahead":
            guessed.update(step["data"])
    return f"{path.stem} {record['outcome']}"
