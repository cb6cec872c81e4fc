"""Call scripts: read, refused with the place, and judged."""

from pathlib import Path

import pytest

from voicebot.dialogue.acts import Fact, FactSource
from voicebot.errors import ConfigurationError
from voicebot.rehearsal.script import CallScript, Line, ScriptedCaller, find_scripts, load_script
from voicebot.rehearsal.verdict import CallEnd, judge

PROJECT = Path(__file__).parents[2] / "dialogues"


def script(**content: object) -> CallScript:
    return CallScript.model_validate({"name": "a call", "opening": "hello", "expect": {}, **content})


def test_every_script_of_the_project_is_valid_and_there_are_enough() -> None:
    scripts = [load_script(path) for path in find_scripts(PROJECT)]
    assert len(scripts) >= 20
    assert sum(1 for one in scripts if one.expect.emergency) >= 5
    services = {one.expect.service for one in scripts}
    assert {"waste", "council_tax", "highways", "housing_repairs", "corporate"} <= services


def test_the_caller_answers_what_was_asked_in_turn() -> None:
    caller = ScriptedCaller(script(answers={"postcode": ["z b three", "z b four"]}, otherwise="no"))
    assert caller.next_line(None) == Line(say="hello")
    assert caller.next_line("postcode").say == "z b three"
    assert caller.next_line("postcode").say == "z b four"
    assert caller.next_line("postcode").say == "z b four"
    assert caller.next_line("something else").say == "no"
    assert caller.next_line("need").say == "hello", "asked how to help, a person says again what they want"


def test_a_caller_who_listens_says_no_to_a_wrong_read_back() -> None:
    answer = {"say": "yes", "if_hears": "12 Mill Lane", "else_say": "no"}
    caller = ScriptedCaller(script(answers={"address_ok": answer}))
    caller.next_line(None)
    assert caller.next_line("address_ok", "That's 12 Mill Lane. Is that right?").say == "yes"
    assert caller.next_line("address_ok", "That's 20 Mill Lane. Is that right?").say == "no"
    assert caller.next_line("address_ok", None).say == "yes"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: [", "not valid YAML"),
        ("name: x\nopening: hello\nexpect: {outcom: reported}", "expect.outcom"),
        ("opening: hello\nexpect: {}", "name"),
    ],
)
def test_a_broken_script_is_refused_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "broken.yml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=problem) as caught:
        load_script(path)
    assert "broken.yml" in str(caught.value)


def test_no_scripts_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no call scripts"):
        find_scripts(tmp_path)


def test_the_verdict_names_each_difference() -> None:
    wanted = script(expect={"outcome": "reported", "queue": "waste_street", "facts": {"bin": "food"}, "said": ["ref"]})
    facts = [Fact(name="bin", value="garden", source=FactSource.SAID)]
    end = CallEnd("transferred", "waste", "report", "waste_street", None, facts, "Goodbye.")
    verdict = judge(wanted, "en", end)
    assert not verdict.passed
    assert len(verdict.problems) == 3
    good = CallEnd(
        "reported", "waste", "report", "waste_street", None, [facts[0].model_copy(update={"value": "Food"})], "Your ref"
    )
    assert judge(wanted, "en", good).passed
