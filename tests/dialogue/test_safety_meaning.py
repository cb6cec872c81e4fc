"""The safety net with its sense of meaning, as a call uses it, on what it was trained on and what it was not."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from voicebot.dialogue.trained import ensure_all_trained
from voicebot.errors import ConfigurationError
from voicebot.measure.held_out import load_utterances
from voicebot.safety.detector import Certainty, SafetyNet
from voicebot.safety.learned import load_examples
from voicebot.safety.meaning import Meaning
from voicebot.safety.training import ensure_safety_trained, safety_file
from voicebot.settings import DialogueSettings, Settings

if TYPE_CHECKING:
    from tests.dialogue.conftest import Running

pytestmark = pytest.mark.rasa

APART = Path(__file__).parents[1] / "safety"
VOICES = load_utterances(APART / "voices" / "utterances.yml")
PROJECT = Path(__file__).parents[2] / "dialogues"
ENVIRONMENT = PROJECT.parent / ".venv-rasa"


@pytest.fixture(scope="module")
def net(dialogue: "Running") -> SafetyNet:
    """The net with what was trained for the running dialogue."""
    settings = Settings(dialogue=DialogueSettings(project=PROJECT, environment=ENVIRONMENT))
    learned = safety_file(settings, dialogue.model.parent)
    return SafetyNet.load(PROJECT, Meaning.load(learned, PROJECT, ENVIRONMENT))


def _lines(name: str) -> Iterator[tuple[str, str]]:
    rule = ""
    for line in (APART / name).read_text("utf-8").splitlines():
        if line.startswith("["):
            rule = line.strip("[]")
        elif line and not line.startswith("#"):
            yield rule, line


def test_emergencies_that_were_not_learned_are_caught(net: SafetyNet) -> None:
    apart = [*_lines("apart_caught.txt"), *_lines("unforeseen.txt")]
    missed = [said for _, said in apart if net.check(said) is None]
    assert len(apart) >= 150 and len(missed) <= len(apart) * 0.16, missed


def test_the_rule_is_mostly_the_right_one(net: SafetyNet) -> None:
    found = [(rule, one.rule.id) for rule, said in _lines("apart_caught.txt") if (one := net.check(said)) is not None]
    assert sum(rule == got for rule, got in found) >= len(found) * 0.85


def test_harmless_sentences_that_were_not_learned_are_let_through(net: SafetyNet) -> None:
    apart = [said for _, said in _lines("apart_harmless.txt")]
    found = {said: one for said in apart if (one := net.check(said)) is not None}
    assert len(apart) >= 100 and len(found) <= len(apart) * 0.07, sorted(found)
    assert sum(one.certainty is Certainty.CERTAIN for one in found.values()) <= len(apart) * 0.02


def test_voices_that_were_not_learned_are_told_apart(net: SafetyNet) -> None:
    grave = [(one, net.check(one.text)) for one in VOICES if one.is_emergency]
    mild = [(one, net.check(one.text)) for one in VOICES if one.is_harmless]
    missed = [one.text for one, found in grave if found is None]
    other = [(one.text, found.rule.id) for one, found in grave if found and found.rule.id not in one.emergency]
    false = [(one.text, found.rule.id) for one, found in mild if found is not None]
    assert len(grave) >= 100 and len(mild) >= 100
    assert len(missed) <= len(grave) * 0.05, missed
    assert len(missed) + len(other) <= len(grave) * 0.12, (missed, other)
    assert len(false) <= len(mild) * 0.06, false


@pytest.mark.parametrize(
    ("name", "missed_at_most", "wrong_at_most", "false_at_most"),
    [("probe", 0.01, 0.04, 0.02), ("blind", 0.08, 0.18, 0.03)],
)
def test_callers_of_every_kind_are_heard(
    net: SafetyNet, name: str, missed_at_most: float, wrong_at_most: float, false_at_most: float
) -> None:
    # The rules were mended with the first set in view, and not with the second.
    grave = [(rule.split(), said, net.check(said)) for rule, said in _lines(f"{name}_caught.txt")]
    missed = [said for _, said, found in grave if found is None]
    other = [(said, found.rule.id) for rules, said, found in grave if found and found.rule.id not in rules]
    mild = [said for _, said in _lines(f"{name}_harmless.txt")]
    false = [said for said in mild if net.check(said) is not None]

    assert len(grave) >= 180 and min(Counter(rules[0] for rules, _, _ in grave).values()) >= 15
    assert len(mild) >= 120
    assert len(missed) <= len(grave) * missed_at_most, missed
    assert len(other) <= len(grave) * wrong_at_most, other
    assert len(false) <= len(mild) * false_at_most, false


def test_what_was_learned_is_known(net: SafetyNet) -> None:
    examples = load_examples(PROJECT)
    caught = [said for every in examples.caught.values() for said in every]
    assert sum(net.check(said) is not None for said in caught[::4]) >= len(caught[::4]) * 0.98


def test_what_matters_is_found_at_the_end_of_a_story(net: SafetyNet) -> None:
    story = "i was only ringing about my brown bin because they never came again on tuesday but "
    assert net.check(story + "my husband has just collapsed in the kitchen and he won't wake up") is not None
    assert net.check(story + "it's been like that for weeks and i would like somebody to come") is None


def test_a_denied_danger_is_not_asked_about(net: SafetyNet) -> None:
    assert net.check("there's no smell of gas in the kitchen now") is None


def test_without_the_encoder_the_reason_is_given(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="encoder"):
        Meaning.load(tmp_path / "learned.npz", PROJECT, tmp_path)


def test_training_is_done_once(dialogue: "Running") -> None:
    settings = Settings(dialogue=DialogueSettings(project=PROJECT, environment=ENVIRONMENT))
    learned = safety_file(settings, dialogue.model.parent)
    before = learned.stat().st_mtime_ns
    assert ensure_safety_trained(settings, dialogue.model.parent, Console(quiet=True)) == learned
    assert learned.stat().st_mtime_ns == before


def test_a_net_that_cannot_be_trained_stops_the_start_and_says_why(dialogue: "Running", tmp_path: Path) -> None:
    project = tmp_path / "dialogues"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("__pycache__"))
    (project / "safety" / "caught.txt").write_text("no rule\n    there is a fire\n", "utf-8")
    settings = Settings(data=tmp_path, dialogue=DialogueSettings(project=project, environment=ENVIRONMENT))
    shutil.copy(dialogue.model, tmp_path)

    with pytest.raises(ConfigurationError, match=r"caught\.txt"):
        ensure_all_trained(settings, Console(quiet=True), folder=tmp_path)


def test_other_sentences_of_the_dialogue_ask_for_another_training(tmp_path: Path) -> None:
    project = tmp_path / "dialogues"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("__pycache__"))
    settings = Settings(data=tmp_path, dialogue=DialogueSettings(project=project, environment=ENVIRONMENT))
    seen = {safety_file(settings, tmp_path)}
    for folder in ("shared", "services/waste"):
        with (project / folder / "nlu.yml").open("a") as file:
            file.write("      - another example\n")
        seen.add(safety_file(settings, tmp_path))

    assert len(seen) == 3
