"""Welsh that an officer writes in the editor is what a call hears that goes on in Welsh, in a real dialogue."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rich.console import Console

from tests.flows.conftest import DIALOGUES
from voicebot.app.dialogue_session import own_dialogue
from voicebot.dialogue.acts import Ask, BotAct, Say
from voicebot.dialogue.training import MODELS_FOLDER, ensure_trained
from voicebot.dialogue.welsh import load_welsh
from voicebot.flows.commands import Command, SetQuestion, SetText
from voicebot.flows.edits import carry_out
from voicebot.flows.project import Project
from voicebot.flows.training import model_for, remember
from voicebot.safety.detector import SafetyNet
from voicebot.safety.guard import SafetyGuard
from voicebot.session import typed
from voicebot.session.ledger import Ledger
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.talk import Talk
from voicebot.session.welsh import CODE, WELSH_SLOT
from voicebot.settings import CallSettings, DialogueSettings, Settings
from voicebot.telephony.leg import CallFacts, Direction

pytestmark = pytest.mark.rasa

SORRY = "Mae'n ddrwg gen i am eich bin. Fe'i riportiaf."
WHICH, WHICH_AGAIN = "Pa fin yw e? Du, glas, brown neu wyrdd?", "Pwyswch 1 am ddu, 2 am las, 3 am frown neu 4 am wyrdd."
RIGHT = "Fe riportiaf y bin {bin_name} yn {address}. Ydy hynny'n iawn?"
WRITTEN: tuple[Command, ...] = (
    SetText(response="utter_waste_missed_bin_intro", text=SORRY, language=CODE),
    SetQuestion(response="utter_ask_bin", text=WHICH, retries=(WHICH_AGAIN,), language=CODE),
    SetQuestion(
        response="utter_ask_waste_missed_bin_form_confirm", text=RIGHT, retries=("Pwyswch 1 neu 2.",), language=CODE
    ),
)


@pytest.fixture
async def talk(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Talk]:
    """A call with a dialogue in which some Welsh was written, and nothing else changed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "voicebot" / "dialogue-models"
    monkeypatch.setenv(MODELS_FOLDER, str(cache))
    environment = DIALOGUES.parent / ".venv-rasa"
    before = Settings(data=tmp_path, dialogue=DialogueSettings(project=DIALOGUES, environment=environment))
    await asyncio.to_thread(ensure_trained, before, Console(stderr=True))
    remember(before, project)
    for command in WRITTEN:
        project = carry_out(project, command).project
    folder = tmp_path / "dialogues"
    project.write(folder)
    own = DialogueSettings(project=folder, environment=environment, timeout_s=20.0)
    settings = Settings(data=tmp_path, dialogue=own)
    said: list[str] = []
    await model_for(settings, project, folder, said.append)
    assert not any("Training" in one for one in said), "words alone need no training"
    ledger = Ledger(CallFacts("call-1", "text", Direction.INBOUND), "NV-12345", NothingKept())
    async with own_dialogue(settings) as mind:
        guard = SafetyGuard(SafetyNet.load(folder))
        yield Talk(ledger, mind, guard, CallSettings(), welsh=load_welsh(folder))


def words(acts: tuple[BotAct, ...]) -> list[tuple[str, str]]:
    """What is said and asked, each with its language."""
    return [(act.text, act.language) for act in acts if isinstance(act, Say | Ask)]


async def test_what_is_written_in_welsh_is_heard_in_a_call_that_goes_on_in_welsh(talk: Talk) -> None:
    await talk.start()
    await typed.keyed(talk, "9")
    acts = await typed.said(talk, "dwi ddim yn gwybod")
    assert talk.asked is not None and talk.asked.slot == WELSH_SLOT, f"no English, so no need: {words(acts)}"
    acts = await typed.said(talk, "my bin was not collected")
    assert (SORRY, CODE) in words(acts)
    assert talk.asked.slot == "postcode" and not talk.asked.language, "in English where no Welsh is written"
    for answer in ("zb3 8lp", "nine", "yes"):
        acts = await typed.said(talk, answer)
    assert words(acts)[-1] == (WHICH, CODE)
    asked = talk.asked
    assert (asked.slot, asked.keypad["2"], asked.retries) == ("bin", "recycling", (WHICH_AGAIN,))
    assert words(talk.silence(0.0))[-1] == (WHICH_AGAIN, CODE)
    await typed.keyed(talk, "2")
    acts = await typed.said(talk, "yes")
    text, language = words(acts)[-1]
    assert text.startswith("Fe riportiaf y bin recycling yn ") and "{" not in text and language == CODE
    # The caller would rather have English: the same question, and all that follows.
    acts = await typed.said(talk, "in english please")
    text, language = words(acts)[-1]
    assert text.startswith("I'll report your recycling bin as missed at ") and "{" not in text and not language
    acts = await typed.keyed(talk, "1")
    assert "reference" in str(acts) and not any(language for _, language in words(acts))
