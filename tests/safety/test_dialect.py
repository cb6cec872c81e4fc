"""Dialects are read as the standard language, by the safety net as by the intent classifier."""

import shutil
from pathlib import Path

import pytest

from voicebot.errors import ConfigurationError
from voicebot.safety.borrowed import DIALECT, DIALECT_WORDS, borrowed, opener
from voicebot.safety.detector import SafetyNet
from voicebot.safety.training import safety_file
from voicebot.settings import DialogueSettings, Settings

PROJECT = Path(__file__).parents[2] / "dialogues"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("they havenae lifted oor bins", "they haven't lifted our bins"),
        ("the light oot oor street's no workin", "the light out our street's no working"),
        ("are yous open the morn", "are you open tomorrow"),
        ("it's doon t'road", "it's down the road"),
        ("me ma's no well", "me mum's no well"),
        ("the tomato mattress is at the door", "the tomato mattress is at the door"),
    ],
)
def test_words_are_opened(said: str, meant: str) -> None:
    assert opener(PROJECT)(said) == meant


def test_what_was_opened_stays_as_it_is() -> None:
    opened = opener(PROJECT)
    words = borrowed(PROJECT / DIALECT).YAML(typ="safe").load((PROJECT / DIALECT_WORDS).read_text("utf-8"))["dialect"]
    assert len(words) > 200
    assert {said: meant for said, meant in words.items() if opened(meant) != meant} == {}


def test_a_project_without_such_words_says_everything_as_it_is(tmp_path: Path) -> None:
    assert opener(tmp_path)("oot aboot") == "oot aboot"
    project = tmp_path / "dialogues"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("__pycache__", "dialect.*"))
    settings = Settings(dialogue=DialogueSettings(project=project))
    assert safety_file(settings, tmp_path) != safety_file(
        Settings(dialogue=DialogueSettings(project=PROJECT)), tmp_path
    )
    with pytest.raises(ConfigurationError, match=r"dialect\.py"):
        borrowed(tmp_path / "missing" / "dialect.py")


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("ah can smell gas oot in the close", "gas_or_co"),
        ("the polis were roon last night he wis batterin her", "abuse_adult"),
        ("there's watter pourin doon through the ceilin", "repairs_emergency"),
    ],
)
def test_dangers_in_dialect_are_found(safety_net: SafetyNet, said: str, rule: str) -> None:
    assert rule in {one.rule.id for one in safety_net.findings(said)}


def test_under_the_bridge_is_a_place(safety_net: SafetyNet) -> None:
    for said in ("there's graffiti under the bridge on Mill Lane", "I saw a mattress dumped under the railway bridge"):
        assert safety_net.by_patterns(said)[0] == ()
    assert "suicide" in {one.rule.id for one in safety_net.by_patterns("I'm stood on the railway bridge")[0]}
