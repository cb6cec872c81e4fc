"""Roads: hedges and flooding are reported, what is licensed, gritted and closed is told, blocked roads are urgent."""

from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import ends_answered, ends_reported

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

REPORTS: dict[str, tuple[str, ...]] = {
    "hedge": ("there's a hedge overhanging the pavement", "school lane", "by the gates", "yes"),
    "flooding": ("there's a flood on mill lane", "near the bridge", "no", "yes"),
}

ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "gritting": (("when are you gritting the roads",), "main roads"),
    "skip": (("do i need a licence for a skip",), "needs a licence"),
    "dropped kerb": (("i want a dropped kerb",), "apply for a dropped kerb"),
    "closures": (("which roads are closed today",), "map on our website"),
}


@pytest.mark.parametrize("turns", REPORTS.values(), ids=REPORTS.keys())
async def test_reports_end_with_a_reference(caller: "Caller", dialogue: "Running", turns: tuple[str, ...]) -> None:
    await ends_reported(caller, dialogue, turns, "highways")


@pytest.mark.parametrize(("turns", "words"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_questions_are_answered(caller: "Caller", turns: tuple[str, ...], words: str) -> None:
    await ends_answered(caller, turns, words, "highways")


async def test_water_in_buildings_is_an_emergency(caller: "Caller") -> None:
    await caller.say("there's a flood on mill lane", "near the bridge", "yes it's going into the houses")
    assert caller.queue == "highways_emergency"
