"""The grammar of what callers say, and how numbers and letters are spoken."""

from __future__ import annotations

import random
import re

import pytest

from audio_models.recipe import grammar, spoken
from voicebot.council import words

SERVICES = {
    "waste",
    "council_tax",
    "benefits",
    "housing_repairs",
    "council_housing",
    "homelessness",
    "adult_social_care",
    "childrens_services",
    "parking",
    "blue_badge",
    "highways",
    "street_scene",
    "registrars",
    "electoral",
    "planning",
    "school_admissions",
    "environmental_health",
    "corporate",
}


def test_every_service_is_covered() -> None:
    assert set(grammar.services()) == SERVICES
    met = {s.section for s in (grammar.sentence(1, i) for i in range(4000)) if s.kind == "service"}
    assert met == SERVICES


def test_every_danger_is_covered() -> None:
    met = {s.section for s in (grammar.sentence(1, i) for i in range(4000)) if s.kind == "safety"}
    assert met == set(grammar.SAFETY_SECTIONS)


def test_same_seed_same_sentences_and_another_seed_others() -> None:
    first = [grammar.sentence(5, i) for i in range(300)]
    assert first == [grammar.sentence(5, i) for i in range(300)]
    assert first != [grammar.sentence(6, i) for i in range(300)]


def test_there_are_enough_distinct_sentences() -> None:
    assert len({grammar.sentence(20, i).text for i in range(40_000)}) >= 20_000


def test_transcripts_are_lower_case_spoken_forms() -> None:
    for index in range(5000):
        said = grammar.sentence(2, index)
        assert re.fullmatch(r"[a-z' ]*", said.text), said
        assert said.text == " ".join(said.text.split())
        assert "~" not in said.speech


def test_held_out_templates_are_not_in_the_training_text() -> None:
    trained = {grammar.sentence(20, i).text for i in range(20_000)}
    kept = {s.text for s in (grammar.sentence(3, i, held_out=True) for i in range(3000)) if s.kind == "service"}
    assert len(kept) > 100
    # One may be said in another template's words.
    assert len(kept & trained) <= len(kept) // 100


@pytest.mark.parametrize("kind", ["yes", "no", "postcode", "house", "name"])
def test_short_answers_come_often(kind: str) -> None:
    found = sum(grammar.sentence(20, i).kind == kind for i in range(2000))
    assert found > 60


def test_expand_takes_every_choice() -> None:
    rng = random.Random(1)
    seen = {grammar.expand("(a|b (c|d)|) end", rng) for _ in range(200)}
    assert seen == {"a end", "b c end", "b d end", "end"}


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (42, "forty two"),
        (112, "one hundred and twelve"),
        (2005, "two thousand and five"),
    ],
)
def test_numbers(number: int, said: str) -> None:
    assert spoken.cardinal(number) == said


@pytest.mark.parametrize(
    ("number", "said"), [(1, "first"), (20, "twentieth"), (22, "twenty second"), (31, "thirty first")]
)
def test_ordinals(number: int, said: str) -> None:
    assert spoken.ordinal(number) == said


def test_a_postcode_is_written_in_single_letters_and_spoken_by_their_names() -> None:
    marked = "~z ~b three eight ~l ~p"
    assert grammar.transcript(marked) == "z b three eight l p"
    assert grammar.speech_form(marked) == "zed bee three eight ell pee"


def test_postcodes_belong_to_one_street_each() -> None:
    codes = words.postcodes()
    assert len(set(codes)) == len(codes) == 3 * len(words.STREETS)
    assert all(re.fullmatch(r"ZB[1-9] [0-9][A-Z]{2}", code) for code in codes)
    assert words.street_of("zb38lp") == "Quarry Close"
    assert words.street_of("ZB0 1AA") is None
    assert words.town_of("Quarry Close") in words.TOWNS
