"""Every scripted call, heard and spoken by the real engines through the real dialogue, in two voices."""

import asyncio
from pathlib import Path

import pytest

from voicebot.app.dialogue_session import own_dialogue
from voicebot.cli.rehearse import renderer, summary
from voicebot.rehearsal.script import find_scripts, load_script
from voicebot.rehearsal.stage import Stage
from voicebot.rehearsal.verdict import Verdict, judge
from voicebot.session.nothing_kept import NothingKept
from voicebot.settings import DialogueSettings, Settings
from voicebot.speech.local import LocalSpeech

ROOT = Path(__file__).parents[2]
VOICES = ("en+f2", "en+m3")

pytestmark = [pytest.mark.rasa, pytest.mark.slow, pytest.mark.rehearsal]


async def _rehearse(settings: Settings) -> list[Verdict]:
    scripts = [load_script(path) for path in find_scripts(settings.dialogue.project)]
    verdicts: list[Verdict] = []
    async with own_dialogue(settings) as mind:
        speech = await asyncio.to_thread(LocalSpeech.open, settings, second=False)
        stage = Stage(settings, speech, mind, NothingKept())
        await stage.open()
        try:
            for script in scripts:
                ends = {voice: await stage.rehearse(script, renderer(voice)) for voice in VOICES}
                verdicts += [judge(script, voice, end) for voice, end in ends.items()]
        finally:
            await stage.close()
            await speech.close()
    return verdicts


async def test_nine_calls_in_ten_end_where_they_must_and_every_safety_call_does(tmp_path: Path) -> None:
    dialogue = DialogueSettings(project=ROOT / "dialogues", environment=ROOT / ".venv-rasa")
    verdicts = await _rehearse(Settings(data=tmp_path, dialogue=dialogue))
    total = summary(verdicts)
    failed = [f"{v.script.name} ({v.voice}): {'; '.join(v.problems)}" for v in verdicts if not v.passed]
    print(total, *failed, sep="\n")
    assert total["calls"] >= 40
    assert total["safety_passed"] == total["safety_calls"] >= 10, failed
    assert total["passed"] >= 0.9 * total["calls"], failed
    assert total["latency_ms"]["p50"] <= 1200
    assert total["latency_ms"]["p95"] <= 2000
