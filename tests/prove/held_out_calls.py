"""The part of ``make prove`` about the calls that were kept apart: held in text, and spoken and heard."""

import asyncio
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from voicebot.app.dialogue_session import own_dialogue
from voicebot.caller.report import percentile
from voicebot.caller.voices import ESPEAK_VOICES
from voicebot.cli.rehearse import renderer
from voicebot.errors import DialogueUnavailable
from voicebot.measure.run import HELD_OUT, calls
from voicebot.rehearsal.script import CallScript, find_scripts, load_script
from voicebot.rehearsal.stage import Stage
from voicebot.rehearsal.verdict import Verdict, judge
from voicebot.safety.training import safety_net
from voicebot.session.nothing_kept import NothingKept
from voicebot.settings import DialogueSettings, Settings
from voicebot.speech.local import LocalSpeech

ROOT = Path(__file__).parents[2]
VOICES = ESPEAK_VOICES[:4]
GOALS = {"text": 92, "spoken": 85}
PATIENCE_S = 20.0
"""What is judged is whether calls end right, not how soon on a busy machine: that is measured elsewhere."""


async def held_out_calls() -> dict[str, Any]:
    """Each call in text, and in one of the voices that the recogniser was made for."""
    scripts = [load_script(path) for path in find_scripts(ROOT / HELD_OUT / "calls")]
    dialogue = DialogueSettings(project=ROOT / "dialogues", environment=ROOT / ".venv-rasa", timeout_s=PATIENCE_S)
    with tempfile.TemporaryDirectory() as place:
        settings = Settings(data=Path(place), dialogue=dialogue)
        async with own_dialogue(settings) as mind:
            net = safety_net(settings)
            in_text = await calls(mind, net, scripts, settings)
            print(_row("text", in_text), flush=True)
            speech = await asyncio.to_thread(LocalSpeech.open, settings)
            stage = Stage(settings, speech, mind, NothingKept())
            await stage.open()
            spoken = [await _spoken(stage, script, VOICES[n % len(VOICES)]) for n, script in enumerate(scripts)]
            await stage.close()
            await speech.close()
    rows = [_row("text", in_text), _row("spoken", spoken)]
    rows += [_row(voice, [one for one in spoken if one.voice == voice]) for voice in VOICES]
    print(rows[1], flush=True)
    return {
        "title": "Calls kept apart",
        "about": "Calls written apart from the examples, of callers who know no slots: through Rasa and the session in "
        "text, and over audio in memory, heard by the small recogniser, each in one of the voices. Right: the right "
        "end, with every fact, and nothing asked twice.",
        "columns": ["", "calls", "right", "percent", "goal", "p50 ms", "p95 ms"],
        "rows": rows,
        "notes": [f"in text, {_why(in_text)}", f"spoken, {_why(spoken)}"],
    }


async def _spoken(stage: Stage, script: CallScript, voice: str) -> Verdict:
    try:
        return judge(script, voice, await stage.rehearse(script, renderer(voice)))
    except DialogueUnavailable as error:
        raise RuntimeError(f"the call {script.name!r} could not be held") from error


def _row(name: str, verdicts: Sequence[Verdict]) -> list[Any]:
    right = sum(one.passed for one in verdicts)
    delays = [delay for one in verdicts for delay in one.end.latencies_ms]
    spread = [round(percentile(delays, part) or 0) if delays else "" for part in (0.5, 0.95)]
    return [name, len(verdicts), right, round(100 * right / len(verdicts), 1), GOALS.get(name, ""), *spread]


def _why(verdicts: Sequence[Verdict]) -> str:
    """What went wrong how often, without a word of the calls."""
    kinds = Counter(_kind(one.problems[0]) for one in verdicts if not one.passed)
    return "wrong: " + (", ".join(f"{kind} ({times})" for kind, times in kinds.most_common()) or "none")


def _kind(problem: str) -> str:
    return re.sub(r"(nothing known|the bot (never )?said|the bot asked for) .*", r"\1 …", problem)
