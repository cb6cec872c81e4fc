"""Benefits: what is answered, what needs proof of who rings, and what only a person can look at."""

from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import ends_answered, ends_reported, ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

BORN = "the third of june nineteen fifty two"
CLAIM = "four one seven two nine three five"
INSURED = "zed zed four eight two nine one three c"

REPORTS: dict[str, tuple[str, ...]] = {
    "change, claim number": (
        "i need to report a change to my benefit claim", "my rent has gone up", "the first of november", CLAIM, BORN,
        "this number", "yes",
    ),
    "change, national insurance number": (
        "change of circumstances", "i've got a pay rise", "last monday", INSURED, BORN, "no number", "yes please",
    ),
    "change, told at once": (
        "i've started a new job and i get housing benefit", "the second of november", CLAIM, BORN, "no number", "yes",
    ),
}  # fmt: skip

ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "entitlement": (("what benefits can i get",), "benefits calculator"),
    "council tax support": (("how do i claim council tax support",), "income is low"),
    "housing benefit": (("i want to claim housing benefit",), "pension age"),
    "evidence": (("where do i send my payslips for my benefit claim",), "Town Hall"),
    "payment dates": (("how often is housing benefit paid",), "four weeks"),
    "extra help with rent": (("my housing benefit doesn't cover all my rent",), "discretionary"),
    "decision": (("i disagree with your decision on my housing benefit",), "one month"),
    "claim paid": (("what's happening with my benefit claim", CLAIM, BORN), "Monday 30 November"),
    "claim by insurance number": (("i want to check on my benefit claim", INSURED, BORN), "in payment"),
    "claim waiting": (
        ("has my claim for council tax support gone through", "5386417", "21 september 1984"), "bank statements",
    ),
    "claim new": (("any news on my housing benefit claim", "7418293", "30 december 1957"), "working on it"),
    "claim awarded": (("status of my council tax support claim", "8251746", "8 april 1979"), "awarded"),
}  # fmt: skip

PEOPLE: dict[str, tuple[tuple[str, ...], str]] = {
    "overpayment": (("i've had a letter about an overpayment of benefit",), "benefits"),
    "crisis": (("i've no money for food",), "benefits"),
    "stopped": (("you've stopped my council tax support",), "benefits"),
    "team": (("put me through to the benefits team",), "benefits"),
    "refused": (("what's happening with my benefit claim", "6925148", "14 february 1990"), "benefits"),
    "no number at hand": (("what's happening with my benefit claim", "i don't know"), "benefits"),
}


@pytest.mark.parametrize("turns", REPORTS.values(), ids=REPORTS.keys())
async def test_changes_end_with_a_reference(caller: "Caller", dialogue: "Running", turns: tuple[str, ...]) -> None:
    await ends_reported(caller, dialogue, turns, "benefits")


@pytest.mark.parametrize(("turns", "words"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_questions_are_answered(caller: "Caller", turns: tuple[str, ...], words: str) -> None:
    await ends_answered(caller, turns, words, "benefits")


@pytest.mark.parametrize(("turns", "queue"), PEOPLE.values(), ids=PEOPLE.keys())
async def test_what_needs_a_person_gets_one(caller: "Caller", turns: tuple[str, ...], queue: str) -> None:
    await caller.say(*turns)

    assert caller.queue == queue, caller.words


async def test_three_wrong_details_bring_a_person_and_tell_nothing(caller: "Caller") -> None:
    await caller.say("what's happening with my benefit claim", CLAIM, "the first of may nineteen sixty")
    assert "don't match" in caller.words
    assert caller.asked == "benefit_claim"
    await caller.say("one two three four five six seven", BORN)
    assert "don't match" in caller.words
    await caller.say(CLAIM, "the second of may nineteen sixty")
    assert caller.queue == "benefits"
    assert "in payment" not in caller.words


async def test_the_change_is_corrected_at_the_end(caller: "Caller") -> None:
    await caller.say("change of circumstances", "my rent has gone up", "the first of november", CLAIM, BORN, "no")
    assert "my rent has gone up, from Sunday 1 November" in caller.words
    await caller.say("no it was from the fifth of november")
    assert "Thursday 5 November" in caller.words
    await caller.say("yes")
    assert caller.asked == "anything_else"


async def test_who_rings_is_proven_once_in_a_call(caller: "Caller") -> None:
    await caller.say("what's happening with my benefit claim", CLAIM, BORN, "yes")
    await caller.say("change of circumstances", "my wages have gone down", "the first of november")
    assert caller.asked == "phone"
    assert caller.facts["verified"].value


async def test_a_stopped_benefit_says_why_a_person_follows(caller: "Caller") -> None:
    await ends_with_a_person(caller, ("my benefit's been suspended",), "benefits", "benefits")
    assert "why it stopped" in caller.words
