"""What the net must catch and what it must let through: the project's examples, and sentences kept from it."""

from dataclasses import replace
from pathlib import Path

import pytest

from voicebot.errors import ConfigurationError
from voicebot.safety.detector import Certainty, SafetyNet
from voicebot.safety.learned import HARMLESS_FILE, SecondOpinion, load_examples
from voicebot.safety.rules import RULES_FILE, RuleWords, load_rules

PROJECT = Path(__file__).parents[2] / "dialogues"
UNFORESEEN = Path(__file__).parent / "unforeseen.txt"
RULE = (
    "rules:\n- {id: a, title: t, queue: q, severity: life, priority: urgent, question: Are you there?, "
    f"script: {'x' * 30}, "
)
QUEUES = {
    "emergency_999",
    "gas_emergency",
    "power_emergency",
    "homelessness_urgent",
    "safeguarding_adults",
    "safeguarding_children",
    "repairs_emergency",
    "highways_emergency",
    "dangerous_structures",
    "priority_human",
}


def sentences(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


EXAMPLES = load_examples(PROJECT)
CAUGHT = EXAMPLES.caught
HARMLESS = sentences(PROJECT / HARMLESS_FILE)


@pytest.fixture(scope="module")
def net() -> SafetyNet:
    """The patterns alone, so that the examples can't vouch for themselves."""
    return SafetyNet(load_rules(PROJECT / RULES_FILE))


@pytest.fixture(scope="module")
def whole(safety_net: SafetyNet) -> SafetyNet:
    """The net as a call uses it."""
    return safety_net


def test_the_tables_are_large_enough() -> None:
    assert all(len(set(said)) >= 80 for said in CAUGHT.values())
    assert len(set(HARMLESS)) >= 700


def test_rules_are_complete(net: SafetyNet) -> None:
    assert {rule.id for rule in net.rules.rules} == set(CAUGHT)
    assert {rule.queue for rule in net.rules.rules} == QUEUES
    for rule in net.rules.rules:
        assert len(rule.script.split()) <= 75, f"{rule.id}: too long to be heard"
        assert rule.question.endswith("?") or rule.id == "cannot_talk"
        assert "999" in rule.script


def test_the_same_net_speaks_in_other_words(net: SafetyNet) -> None:
    other = net.saying({"life_at_risk": RuleWords(script="Get out now and ring 999.", question="Is it burning?")})
    found = other.check("my house is on fire")
    assert found is not None and found.rule.script == "Get out now and ring 999."
    assert net.rules.by_id("life_at_risk").script != "Get out now and ring 999."
    assert other.rules.words().keys() == net.rules.words().keys()


@pytest.mark.parametrize("rule", sorted(CAUGHT))
def test_the_patterns_alone_catch_most(net: SafetyNet, rule: str) -> None:
    # The rest is for the sense of meaning (tests/dialogue/test_safety_meaning.py): these stand when it is not there.
    # Half of these sentences were written because no pattern could foresee them.
    found = [net.findings(said) for said in CAUGHT[rule]]
    assert sum(map(bool, found)) >= len(found) * 0.62
    assert sum(rule in {one.rule.id for one in every} for every in found) >= len(found) * 0.57
    assert sum(bool(every) and every[0].certainty is Certainty.CERTAIN for every in found) >= len(found) * 0.42


def test_shouting_capitals_and_curly_quotes_change_nothing(net: SafetyNet) -> None:
    for said in [item for items in CAUGHT.values() for item in items]:
        shouted = net.check(said.upper().replace("'", "’") + "!!")
        assert (shouted is None) == (net.check(said) is None), said


def test_the_patterns_alone_seldom_raise_an_alarm_at_council_business(net: SafetyNet) -> None:
    # Most of these sentences were written because patterns alone must take them for danger ("my phone is dying").
    found = [net.check(said) for said in HARMLESS]
    assert sum(one is not None and one.certainty is Certainty.CERTAIN for one in found) <= len(found) * 0.05
    assert sum(one is not None for one in found) <= len(found) * 0.17


@pytest.mark.parametrize(
    ("said", "certainty"),
    [
        ("there's no smell of gas", None),
        ("I'm not suicidal", None),
        ("he didn't hit me", None),
        ("he won't stop hitting me", Certainty.CERTAIN),
        ("no, I can smell gas in the kitchen", Certainty.CERTAIN),
        ("I'm not sure but I think I can smell gas", Certainty.CERTAIN),
        ("there was a gas leak here two years ago", Certainty.ASK),
        ("what should I do if I smell gas", Certainty.ASK),
        ("my husband used to hit me", Certainty.ASK),
    ],
)
def test_negation_past_and_hypothesis(net: SafetyNet, said: str, certainty: Certainty | None) -> None:
    found = net.check(said)
    assert (found.certainty if found else None) == certainty


def test_the_gravest_rule_comes_first(net: SafetyNet) -> None:
    found = net.findings("I can smell gas and my wife has collapsed")
    assert [f.rule.id for f in found][:2] == ["life_at_risk", "gas_or_co"]


def test_a_long_monologue_is_searched_to_the_end(net: SafetyNet) -> None:
    talk = "so I was saying to the lady last time about my bins and the recycling " * 12
    found = net.check(talk + "and now there's water pouring through my ceiling")
    assert found and found.rule.id == "repairs_emergency"


def test_the_examples_help_with_what_no_pattern_foresaw(net: SafetyNet, whole: SafetyNet) -> None:
    unforeseen = sentences(UNFORESEEN)
    assert not set(unforeseen) & {said for items in CAUGHT.values() for said in items}
    by_patterns = sum(net.check(said) is not None for said in unforeseen)
    together = sum(whole.check(said) is not None for said in unforeseen)
    assert by_patterns >= len(unforeseen) * 0.6
    assert together >= len(unforeseen) * 0.75


def test_the_second_opinion_asks_and_no_more(net: SafetyNet, whole: SafetyNet) -> None:
    suggested = [f for said in sentences(UNFORESEEN) for f in whole.findings(said) if f.learned]
    assert suggested and all(f.certainty is Certainty.ASK for f in suggested)
    assert whole.findings("my lad says he wants to end", partial=True) == ()
    assert whole.check("there's no smell of gas in the kitchen now") is None


def test_everyday_sentences_that_were_not_learned_are_seldom_asked_about(net: SafetyNet) -> None:
    harmless = tuple(said for said in EXAMPLES.harmless if net.check(said) is None)
    learned = SecondOpinion(replace(EXAMPLES, harmless=tuple(s for n, s in enumerate(harmless) if n % 5)))
    unseen = harmless[::5]
    asked = [said for said in unseen if learned.rule(said)]
    assert len(unseen) > 200 and len(asked) <= len(unseen) * 0.05, asked


def test_examples_of_an_unknown_rule_are_refused() -> None:
    strange = replace(EXAMPLES, caught={**EXAMPLES.caught, "flying_saucer": ("a saucer has landed on the lawn",)})
    with pytest.raises(ConfigurationError, match="flying_saucer"):
        SafetyNet(load_rules(PROJECT / RULES_FILE), strange)


@pytest.mark.parametrize(
    "broken",
    [
        "rules: []",
        "rules: [{id: x}]",
        "not yaml: [",
        RULE + "certain: ['(a|b']}",
        RULE + "certain: ['{nobody} fell']}",
    ],
)
def test_wrong_rules_are_refused_with_a_reason(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(broken)
    with pytest.raises(ConfigurationError, match="safety"):
        load_rules(path)
