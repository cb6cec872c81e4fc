"""Clean streets: each report to its reference, whose land it is, and who takes what keeps coming back."""

from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import REFERENCE, ends_answered, ends_reported, ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

REPORTS: dict[str, tuple[str, ...]] = {
    "fly-tipping": ("someone's dumped a load of stuff", "an old fridge", "canal walk", "by the lock", "public", "yes"),
    "fly-tipping in one breath": (
        "somebody has dumped a mattress and tyres on mill lane near the bridge", "it's on the verge", "yes",
    ),
    "litter": ("the street wants sweeping", "swan street", "all along it", "it's a public road", "yes"),
    "dog fouling": ("there's dog muck all over the path", "school lane", "by the gates", "it's the pavement", "yes"),
    "graffiti": ("someone's sprayed graffiti on the bridge", "bridge street", "under the arch", "public", "no", "yes"),
    "abandoned car": (
        "there's a car been abandoned on park avenue", "it's a silver corsa with no wheels", "outside number ten",
        "on the road", "since the summer", "yes",
    ),
    "abandoned car on private land": (
        "i want to report an abandoned van", "a white van", "quarry close", "on my drive", "private", "two months",
        "yes",
    ),
    "dead animal": ("there's a dead fox on london road", "near the church", "yes"),
    "dead animal that nobody can tell": (
        "there's something dead in the road", "i can't tell i don't know", "green lane", "by the farm", "yes",
    ),
    "needles": ("i've found a used needle", "park avenue", "by the swings", "yes"),
}  # fmt: skip

ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "fly-tipping on private land": (
        ("there's rubble been dumped", "mill lane", "behind the mill", "it's private land"), "landowner",
    ),
    "graffiti on a shop": (
        ("somebody's put graffiti on the shop", "high street", "next to the bank", "it's a private building"),
        "for the owner",
    ),
    "fines": (("how much is the fine for dropping litter",), "The notice tells you"),
}  # fmt: skip

PEOPLE: dict[str, tuple[tuple[str, ...], str]] = {
    "repeated fly-tipping": (("it's the third time i've reported this fly tipping",), "waste_street"),
    "not cleaned": (("i told you about the dog mess last week and it's still there",), "waste_street"),
    "asked in a form": (("our road's full of litter", "can i speak to a person"), "waste_street"),
}


@pytest.mark.parametrize("turns", REPORTS.values(), ids=REPORTS.keys())
async def test_reports_end_with_a_reference(caller: "Caller", dialogue: "Running", turns: tuple[str, ...]) -> None:
    await ends_reported(caller, dialogue, turns, "street_scene")


@pytest.mark.parametrize(("turns", "words"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_what_is_not_ours_to_clear_and_questions_are_answered(
    caller: "Caller", turns: tuple[str, ...], words: str
) -> None:
    await ends_answered(caller, turns, words, "street_scene")


@pytest.mark.parametrize(("turns", "queue"), PEOPLE.values(), ids=PEOPLE.keys())
async def test_what_keeps_coming_back_is_a_persons_matter(caller: "Caller", turns: tuple[str, ...], queue: str) -> None:
    await ends_with_a_person(caller, turns, queue, "street_scene")


async def test_offensive_graffiti_goes_first(caller: "Caller") -> None:
    await caller.say("there's racist graffiti on the underpass", "station road", "by the steps", "public", "yes")

    assert "one working day" in caller.words


async def test_the_item_is_corrected_in_the_middle(caller: "Caller") -> None:
    await caller.say("i want to report fly tipping", "a sofa", "mill lane", "by the bridge", "public")
    assert "a sofa dumped on Mill Lane, by the bridge" in caller.words

    await caller.say("no it's a mattress")
    assert "mattress dumped on Mill Lane" in caller.words
    await caller.say("no", "the road is wrong", "swan street", "outside number two")
    assert "mattress dumped on Swan Street, outside number two" in caller.words
    await caller.say("yes")
    assert REFERENCE.search(caller.words)
