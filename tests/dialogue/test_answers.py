"""What is read out of a caller's words; pure functions, run in our own Python."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dialogue.action_modules import load

parsing, dates, figures, agreement = load("parsing"), load("dates"), load("figures"), load("agreement")
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("yes", True), ("aye go on", True), ("er yeah", True), ("no problem", True), ("1", True),
        ("it certainly was", True), ("it sertonly was", True), ("it hardly was", None),
        ("aye it were", True), ("they have yes", True), ("there is", True),
        ("it hasn't", False), ("no they aren't", False),
        ("no", False), ("no that's not right", False), ("that's not correct", False), ("nope", False), ("2", False),
        ("quarry close", None), ("", None),
    ],
)  # fmt: skip
def test_yes_and_no(said: str, meant: bool | None) -> None:
    assert parsing.yes_no(said) is meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("go for it", True), ("book it in please", True), ("that'll be grand, send it off", None), ("please", True),
        ("no that's all fine", True), ("nothing to change", True), ("all good", True), ("happy with that", True),
        ("no please", False), ("no", False), ("not quite", False), ("send a man", None), ("you can't", None),
    ],
)  # fmt: skip
def test_what_is_read_back_is_agreed_to_in_more_words_than_yes(said: str, meant: bool | None) -> None:
    assert agreement.agrees(said) is meant


def test_all_is_well_is_no_yes_to_a_question_of_fact() -> None:
    assert parsing.yes_no("all good") is None
    assert parsing.yes_no("no that's fine") is False


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
        ("it's 12 mill lane and my mobile is 07700 900331", "07700900331"),
        ("twenty one station road oh seven seven double oh nine double oh one two four", "07700900124"),
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
        ("a week on tuesday", date(2026, 12, 8)),
        ("friday week", date(2026, 12, 4)),
        ("two weeks on saturday", date(2026, 12, 12)),
        ("the tuesday before last", date(2026, 11, 10)),
        ("last friday", date(2026, 11, 20)),
        ("friday just gone", date(2026, 11, 20)),
        ("on monday", date(2026, 11, 23)),
        ("we're moving on monday", date(2026, 11, 30)),
        ("a fortnight ago", date(2026, 11, 10)),
        ("it was a fortnight ago on monday", date(2026, 11, 9)),
        ("the week before last on the monday", date(2026, 11, 9)),
        ("in a couple of weeks", date(2026, 12, 8)),
        ("the third of next month", date(2026, 12, 3)),
        ("the end of the month", date(2026, 11, 30)),
        ("the beginning of january", date(2027, 1, 1)),
        ("the first saturday in december", date(2026, 12, 5)),
        ("christmas eve", date(2026, 12, 24)),
        ("the 3rd", date(2026, 12, 3)),
        ("it's the third please", date(2026, 12, 3)),
        ("the tenth of january", date(2027, 1, 10)),
        ("3rd of the 12th", date(2026, 12, 3)),
        ("03/12/2026", date(2026, 12, 3)),
        ("the sixth of june nineteen ninety eight", date(1998, 6, 6)),
        ("i'm ringing today because we moved on the third of november", date(2026, 11, 3)),
        ("this is the first time i've rung", None),
        ("just a second", None),
        ("zed bee three eight ell pea", None),
        ("on the 3 12", date(2026, 12, 3)),
        ("we separated", None),
        ("for about a week", None),
        ("when i get round to it", None),
    ],
)
def test_days(said: str, day: date | None) -> None:
    assert dates.day(said, TODAY) == day


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("on tuesday", TODAY),
        ("thursday", date(2026, 11, 19)),
        ("the 28th", date(2026, 10, 28)),
        ("five weeks old", date(2026, 10, 20)),
        ("the tenth of december", date(2025, 12, 10)),
    ],
)
def test_days_that_can_only_have_been(said: str, day: date) -> None:
    assert dates.day(said, TODAY, "past") == day


def test_days_that_are_still_to_come() -> None:
    assert dates.day("the first saturday in june", TODAY, "future") == date(2027, 6, 5)
    assert dates.day("the tenth of may", TODAY, "future") == date(2027, 5, 10)


@pytest.mark.parametrize(
    ("said", "year"),
    [
        ("nineteen ninety eight", 1998), ("two thousand and twenty four", 2024), ("it was 1975 i think", 1975),
        ("twenty nineteen", 2019), ("i don't know", None),
    ],
)  # fmt: skip
def test_years(said: str, year: int | None) -> None:
    assert dates.year(said) == year


def test_days_told_loosely() -> None:
    assert dates.about("since march", TODAY) == date(2026, 3, 1)
    assert dates.about("we've been in since the summer", TODAY) == date(2026, 6, 1)
    assert dates.about("early december", TODAY) == date(2026, 12, 1)
    assert dates.about("it was last weekend", TODAY) == date(2026, 11, 21)
    assert dates.about("the black one", TODAY) is None


def test_years_told_from_today() -> None:
    assert dates.year_from("last year", TODAY) == 2025
    assert dates.year_from("about ten years ago", TODAY) == 2016
    assert dates.year_from("nineteen sixty two", TODAY) == 1962


def test_a_day_that_is_told_as_over_is_over() -> None:
    assert dates.day("it was the third", TODAY) == date(2026, 11, 3)
    assert dates.day("moving on the third", TODAY) == date(2026, 12, 3)


@pytest.mark.parametrize(
    ("said", "lengths", "number"),
    [
        ("it's for brian chen two four nine eight seven nine three eight", (8,), "24987938"),
        ("21 station road and the number is 24987938", (8,), "24987938"),
        ("four eight six, two one three two", (7,), "4862132"),
        ("double four 9 7", (4,), "4497"),
        ("twelve", (8,), None),
    ],
)
def test_a_number_among_other_words(said: str, lengths: tuple[int, ...], number: str | None) -> None:
    assert figures.number(said, *lengths) == number


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("imran khan", "Imran Khan"),
        ("Khan, Susan Khan", "Susan Khan"),
        ("surname's khan first name susan", "Susan Khan"),
        ("it's under my husband's name, imran khan", "Imran Khan"),
        ("i'm itsuki tanaka", "Itsuki Tanaka"),
        ("my name is john smith", "John Smith"),
        ("er it's jane o'brien", "Jane O'brien"),
        ("amir hussain speaking", "Amir Hussain"),
        ("what's that for", None),
        ("12", None),
        ("brian chen and my date of birth is the first of may", "Brian Chen"),
        ("it's brian chen two four nine eight", "Brian Chen"),
        ("susan smythe spelt with a y", "Susan Smythe"),
        ("his name's callum reid", "Callum Reid"),
        ("yes", None),
        ("one moment", None),
        ("it's on the bill", None),
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
        ("hello it's michael patel here my bin was missed", "Michael Patel"),
        ("this is mrs o'brien", "Mrs O'brien"),
        ("i'm brian chen from 21 station road", "Brian Chen"),
        ("two four nine eight seven nine three eight and it's brian chen", "Brian Chen"),
        ("i'm ringing up from number 9", None),
        ("it's really annoying", None),
        ("hiya it's priya davies 34 station road", "Priya Davies"),
        ("number 10 mill lane z b 2 4 g t it's private rented", None),
        ("i'm still waiting here", None),
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
    dates.day(said, TODAY)
    parsing.person_name(said)
    parsing.option(said, 3)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("oh three oh six fifty two", date(1952, 6, 3)),
        ("one one nineteen ninety", date(1990, 1, 1)),
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
        ("third of june nineteen forty nine, no sorry, forty eight", date(1948, 6, 3)),
        ("twelfth of the third fifty one", date(1951, 3, 12)),
        ("the twenty first of july 1967", date(1967, 7, 21)),
        ("nine seven eighty eight", date(1988, 7, 9)),
        ("27th December 1999", date(1999, 12, 27)),
    ],
)
def test_dates_of_birth(said: str, meant: date | None) -> None:
    assert dates.birthday(said, TODAY) == meant


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
    assert dates.birthday(born.strftime("%d%m%Y"), TODAY) == born
