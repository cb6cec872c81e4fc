"""The parts of ``make prove``. Each gives a title, what it is about, columns, rows and notes."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.service.running import Service, running
from voicebot.app.dialogue_session import own_dialogue
from voicebot.caller import voices
from voicebot.caller.report import percentile
from voicebot.cli.rehearse import renderer
from voicebot.rehearsal.script import find_scripts, load_script
from voicebot.rehearsal.stage import Stage
from voicebot.rehearsal.verdict import Verdict, judge
from voicebot.session.nothing_kept import NothingKept
from voicebot.settings import DialogueSettings, Settings
from voicebot.speech.local import LocalSpeech

ROOT = Path(__file__).parents[2]
ESPEAK = ("en+f2", "en+m3", "en-gb-scotland+m1")
WIRE = ("demo", "pothole", "arrears", "gas", "how_to_pay", "opening_hours")
STAGES = ("end_of_turn", "stt", "dialogue", "tts", "transport", "total")


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
            speech = await asyncio.to_thread(LocalSpeech.open, settings)
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
    stages: dict[str, list[float]] = {stage: [] for stage in STAGES}
    with tempfile.TemporaryDirectory() as place:
        async with running(Path(place)) as service:
            ends = [await _one(service, scripts[name], measured, stages) for name in WIRE]
    rows: list[list[Any]] = [["wire, seen by the caller", *_spread(measured)]]
    rows += [[stage.replace("_", " "), *_spread(values)] for stage, values in stages.items()]
    return {
        "title": "Delay on the wire",
        "about": "SIP and RTP on loopback, everything on this machine: last voiced sample sent to first voiced sample "
        "received by the caller, and what the service says it was spent on (the stages sum to `total`).",
        "columns": ["", "answers", "p50 ms", "p95 ms"],
        "rows": rows,
        "notes": [f"calls: {', '.join(ends)}"],
    }


async def _one(service: Service, path: Path, measured: list[float], stages: dict[str, list[float]]) -> str:
    script = load_script(path)
    result, record = await service.ring(script)
    measured.extend(result.latencies_ms)
    for latency in record["latency_ms"]:
        for stage in STAGES:
            stages[stage].append(latency[stage])
    return f"{path.stem} {record['outcome']}"


def _spread(values: Sequence[float]) -> list[Any]:
    return [len(values), round(percentile(values, 0.5) or 0.0), round(percentile(values, 0.95) or 0.0)]
