"""What is read out of a caller's words; pure functions, run in our own Python."""

import importlib.util
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

PROJECT = Path(__file__).parents[2] / "dialogues"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dialogue_parsing", PROJECT / "actions" / "parsing.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


parsing = _load()
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("yes", True), ("aye go on", True), ("er yeah", True), ("no problem", True), ("1", True),
        ("no", False), ("no that's not right", False), ("that's not correct", False), ("nope", False), ("2", False),
        ("quarry close", None), ("", None),
    ],
)  # fmt: skip
def test_yes_and_no(said: str, meant: bool | None) -> None:
    assert parsing.yes_no(said) is meant


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Actually it's number 11, not 12", "actually it's number 11"),
        ("it's not the black one, it's the blue one", "it's it's the blue one"),
        ("not 12 but 11", "but 11"), ("eleven instead of twelve", "eleven"), ("that's not right", "that's not right"),
        ("no, nine A", "no nine a"),
    ],
)  # fmt: skip
def test_what_is_denied_is_taken_away_if_something_is_left(said: str, left: str) -> None:
    assert parsing.affirmed(said) == left


@pytest.mark.parametrize(
    "said",
    ["ZB3 8LP", "zb38lp", "zed bee three eight ell pea", "zulu bravo 3 8 lima papa"],
)
def test_postcodes_however_they_are_spelled(said: str) -> None:
    assert parsing.postcode(said) == "ZB3 8LP"


@given(st.from_regex(r"ZB[1-9] [0-9][A-Z]{2}", fullmatch=True))
def test_every_postcode_is_read_back(code: str) -> None:
    assert parsing.postcode(f"it's {code.lower()} thanks") == code


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("nine A", "9A"), ("no, nine A, it's the flat above", "9A"), ("number twenty one", "21"), ("flat 3b", "3B"),
        ("two hundred and twelve", "212"), ("no it's the blue one", None), ("one", "1"), ("flat b 12", "12B"),
        ("quarry close", None),
    ],
)  # fmt: skip
def test_house_numbers(said: str, number: str | None) -> None:
    assert parsing.house_number(said) == number


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("oh seven seven double oh nine hundred one two three", "07700900123"),
        ("07700 900 123", "07700900123"),
        ("plus 44 7700 900123", "07700900123"),
        ("oh one six three two nine six oh one two three", "01632960123"),
        ("nine", None),
    ],
)
def test_phone_numbers(said: str, number: str | None) -> None:
    assert parsing.phone(said) == number


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("tomorrow", date(2026, 11, 25)),
        ("yesterday", date(2026, 11, 23)),
        ("last tuesday", date(2026, 11, 17)),
        ("friday", date(2026, 11, 27)),
        ("the third of november", date(2026, 11, 3)),
        ("twenty third of december", date(2026, 12, 23)),
        ("15th march", date(2027, 3, 15)),
        ("in two weeks", date(2026, 12, 8)),
        ("the thirty first of february", None),
        ("when i get round to it", None),
    ],
)
def test_days(said: str, day: date | None) -> None:
    assert parsing.day(said, TODAY) == day


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("my name is john smith", "John Smith"),
        ("er it's jane o'brien", "Jane O'brien"),
        ("amir hussain speaking", "Amir Hussain"),
        ("what's that for", None),
        ("12", None),
    ],
)
def test_names(said: str, name: str | None) -> None:
    assert parsing.person_name(said) == name


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("no my name is john smith", "John Smith"),
        ("the name's susan khan and it is the blue one", "Susan Khan"),
        ("no the name is wrong", None),
        ("the name is not right", None),
        ("my name is spelt with a k", None),
        ("it is the blue one", None),
    ],
)
def test_a_name_given_beside_something_else(said: str, name: str | None) -> None:
    assert parsing.named(said) == name


def test_a_street_is_found_though_misheard() -> None:
    streets = ["Quarry Close", "High Street", "Featherstonehaugh Way"]

    assert parsing.closest("it's nine quary close", streets) == "Quarry Close"
    assert parsing.closest("feather stone haugh way", streets) == "Featherstonehaugh Way"
    assert parsing.closest("the moon", streets) is None


@given(st.text(max_size=60))
def test_nothing_that_is_said_breaks_the_reading(said: str) -> None:
    parsing.yes_no(said)
    parsing.postcode(said)
    parsing.house_number(said)
    parsing.phone(said)
    parsing.day(said, TODAY)
    parsing.person_name(said)
    parsing.option(said, 3)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("the third of june nineteen fifty two", date(1952, 6, 3)),
        ("june the third 1952", date(1952, 6, 3)),
        ("3 6 52", date(1952, 6, 3)),
        ("03061952", date(1952, 6, 3)),
        ("03/06/1952", date(1952, 6, 3)),
        ("twenty first of march two thousand and four", date(2004, 3, 21)),
        ("er it's the fifth of may nineteen oh six", date(1906, 5, 5)),
        ("tenth of the tenth nineteen ninety", date(1990, 10, 10)),
        ("the thirty first of february 1990", None),
        ("in june", None),
        ("the third of june 2030", None),
    ],
)
def test_dates_of_birth(said: str, meant: date | None) -> None:
    assert parsing.birthday(said, TODAY) == meant


@pytest.mark.parametrize(
    ("read", "said", "meant"),
    [
        ("ni_number", "a b one two three four five six c", "AB123456C"),
        ("ni_number", "alpha bravo 12 34 56 charlie", "AB123456C"),
        ("ni_number", "it's AB 12 34 56 C", "AB123456C"),
        ("ni_number", "one two three four", None),
        ("registration", "a b one two c d e", "AB12CDE"),
        ("registration", "AB12 CDE", "AB12CDE"),
        ("registration", "alpha bravo twelve charlie delta echo", "AB12CDE"),
        ("registration", "p 123 abc", "P123ABC"),
        ("registration", "it's AB12 CDE", "AB12CDE"),
        ("registration", "kp nineteen hjt", "KP19HJT"),
        ("registration", "a red one", None),
        ("email", "jane dot burns at example dot com", "jane.burns@example.com"),
        ("email", "it's j underscore b at council dot gov dot uk", "j_b@council.gov.uk"),
        ("email", "no email", None),
    ],
)
def test_what_is_spelled(read: str, said: str, meant: str | None) -> None:
    assert getattr(parsing, read)(said) == meant


@given(st.dates(date(1910, 1, 1), date(2026, 11, 1)))
def test_every_keyed_date_of_birth_is_read_back(born: date) -> None:
    assert parsing.birthday(born.strftime("%d%m%Y"), TODAY) == born
