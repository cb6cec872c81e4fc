"""Bins and waste, the rarer requests: each to its reference, each question to its answer."""

from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import ADDRESS, ends_answered, ends_reported, ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

REPORTS: dict[str, tuple[str, ...]] = {
    "sharps": ("can you collect my sharps box", *ADDRESS, "margaret jones", "no number", "yes"),
    "tip with a van": ("i need a permit for the tip", "it's a van", *ADDRESS, "the first", "yes"),
    "calendar": ("can you send me a bin calendar", *ADDRESS, "yes"),
}

ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "side waste": (("can i leave extra bags next to the bin",), "lid must be shut"),
    "tag": (("there's a tag on my bin",), "doesn't belong there"),
    "assisted": (
        ("what's happening with my assisted collection", "two four seven six eight five", "zb3 8lp"),
        "by Monday 30 November",
    ),
}


@pytest.mark.parametrize("turns", REPORTS.values(), ids=REPORTS.keys())
async def test_requests_end_with_a_reference(caller: "Caller", dialogue: "Running", turns: tuple[str, ...]) -> None:
    await ends_reported(caller, dialogue, turns, "waste")


@pytest.mark.parametrize(("turns", "words"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_questions_are_answered(caller: "Caller", turns: tuple[str, ...], words: str) -> None:
    await ends_answered(caller, turns, words, "waste")


async def test_who_is_missed_again_and_again_gets_a_person(caller: "Caller") -> None:
    await ends_with_a_person(caller, ("you've missed my bin three weeks on the trot",), "waste_street", "waste")
