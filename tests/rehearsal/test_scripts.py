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
    services = {service for one in scripts for service in one.expect.service or ()}
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


def test_a_caller_goes_by_the_words_of_the_question() -> None:
    by_words = {"which bin|rubbish, recycling": "the blue one", "post ?code": ["hang on", "z b two"]}
    caller = ScriptedCaller(script(when_bot_says=by_words, answers={"phone": "oh one six three two"}, otherwise="no"))
    caller.next_line(None)
    assert caller.next_line("any_slot", "Sorry about your bin. What's the postcode?").say == "hang on"
    assert caller.next_line("any_slot", "Take your time. What's your post code?").say == "z b two"
    assert caller.next_line("bin", "Is it rubbish, recycling, garden or food?").say == "the blue one"
    assert caller.next_line("bin", "Which bin is it, again? The postcode is noted.").say == "the blue one"
    assert caller.next_line("phone", "Which bin?").say == "oh one six three two", "an answer by slot comes first"
    assert caller.next_line("other", "Shall I?").say == "no"
    assert caller.next_line("other", None).say == "no", "what was not heard cannot be answered by its words"


def test_the_last_question_counts_before_what_else_was_said() -> None:
    caller = ScriptedCaller(script(when_bot_says={"road": "mill lane", "column": "one oh four"}, otherwise="no"))
    caller.next_line(None)
    assert caller.next_line("x", "Which road? I see. Is there a column number?").say == "one oh four"
    assert caller.next_line("x", "That road is ours. Is anyone hurt?").say == "mill lane"


def test_the_script_comes_before_what_its_person_always_answers(tmp_path: Path) -> None:
    (tmp_path / "ann.yml").write_text("when_bot_says: {postcode: z b one, 'right.$': 'yes', name: ann lee}\n")
    path = tmp_path / "call.yml"
    path.write_text(
        "name: x\nopening: hello\nperson: ann.yml\nwhen_bot_says: {9 Mill: 'no', name: mind your own}\nexpect: {}\n"
    )
    caller = ScriptedCaller(load_script(path))
    caller.next_line(None)
    assert caller.next_line("a", "What's the postcode?").say == "z b one"
    assert caller.next_line("a", "That's 9 Mill Lane. Is that right?").say == "no"
    assert caller.next_line("a", "That's 8 Mill Lane. Is that right?").say == "yes"
    assert caller.next_line("a", "What's your name?").say == "mind your own"


def test_a_person_who_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "call.yml"
    path.write_text("name: x\nopening: hello\nperson: nobody.yml\nexpect: {}\n")
    with pytest.raises(ConfigurationError, match=r"nobody\.yml"):
        load_script(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: [", "not valid YAML"),
        ("name: x\nopening: hello\nexpect: {outcom: reported}", "expect.outcom"),
        ("opening: hello\nexpect: {}", "name"),
        ("name: x\nopening: hello\nwhen_bot_says: {'(': 'no'}\nexpect: {}", "not a regular expression"),
        ("name: x\nopening: hello\nexpect: {says: ['(']}", "not a regular expression"),
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


def test_a_list_of_what_is_right_and_expressions_are_judged() -> None:
    wanted = script(
        expect={
            "outcome": ["reported", "callback"],
            "known": ["12 Mill Lane", "07700900456"],
            "says": ["reference [A-Z0-9]+"],
            "never_says": ["you owe"],
            "asks_once": ["postcode"],
        }
    )
    facts = [
        Fact(name="address", value="12 Mill Lane, ZB2 4GT", source=FactSource.LOOKED_UP),
        Fact(name="phone", value="07700 900456", source=FactSource.SAID),
    ]
    turns = [("bot", "What's the postcode?"), ("caller", "z b"), ("bot", "Your reference AB12. The postcode is kept.")]
    end = CallEnd("callback", "waste", "report", "waste_street", None, facts, "Your reference AB12.", (), turns)
    assert judge(wanted, "en", end).problems == ()

    turns = [*turns, ("bot", "Sorry. What's your postcode?")]
    worse = CallEnd("answered", "waste", "report", "waste_street", None, facts[:1], "You owe 3 pounds.", (), turns)
    assert judge(wanted, "en", worse).problems == (
        "outcome is answered, not reported or callback",
        "nothing known is '07700900456'",
        "the bot never said 'reference [A-Z0-9]+'",
        "the bot said 'you owe'",
        "the bot asked for 'postcode' again",
    )
