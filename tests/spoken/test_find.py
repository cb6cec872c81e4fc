"""Values in answers, by table."""

from datetime import date
from itertools import pairwise

import pytest

from voicebot.council.words import postcodes
from voicebot.spoken.dates import Prefer, find_date
from voicebot.spoken.find import (
    complete,
    find_account,
    find_house_number,
    find_insurance_number,
    find_penalty_charge,
    find_phone,
    find_postcodes,
    find_reference,
    find_registration,
    repair_postcode,
)

TUESDAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("zed bee three eight ell pea", ["ZB3 8LP"]),
        ("my postcode is ZB38LP thanks", ["ZB3 8LP"]),
        ("zb1 4dn or zb2 4gt", ["ZB1 4DN", "ZB2 4GT"]),
        ("zed bee three", []),
        ("i have no idea", []),
    ],
)
def test_postcodes(said: str, found: list[str]) -> None:
    assert find_postcodes(said) == found


_BEFORE = ("", "oh ", "oh erm ", "a ", "to ", "i think it's ", "yeah it's ", "right so that's ")
_AFTER = (
    *("", " i think", " i believe it is", " to be honest", " for my mum", " oh no sorry", " you see", " are you there"),
    *(" why", " eh", " ta", " ok", " isn't it", " please", " or is it", " if that helps"),
)


@pytest.mark.parametrize("before", _BEFORE)
@pytest.mark.parametrize("after", _AFTER)
def test_what_is_said_around_a_whole_code_is_no_part_of_it(before: str, after: str) -> None:
    def around(code: str) -> str:
        return f"{before}{code}{after}"

    assert find_postcodes(around("zed bee three eight ell pea")) == ["ZB3 8LP"]
    assert find_postcodes(around("ZB3 8LP")) == ["ZB3 8LP"]
    assert find_phone(around("oh seven seven double oh nine double oh one two three")) == "07700900123"
    assert find_reference(around("n v c one two three four five six")) == "NVC 123 456"
    assert find_account(around("one two three four five six seven eight")) == "12345678"
    assert find_penalty_charge(around("n v four five six one two three four five")) == "NV45612345"
    assert find_registration(around("a b one two c d e")) == "AB12 CDE"
    assert find_insurance_number(around("q q one two three four five six c")) == "QQ123456C"


@pytest.mark.parametrize(
    "said",
    [
        "zed bee three eight ell pea",
        "zed bee three eight ell bee",
        "zed d three eight el pee",
        "z b three eight l t",
        "z v three a l p",
        "bee three eight ell pea",
        "zed bee three eight ell",
        "it's said bee three ate ell pea",
    ],
)
def test_a_misheard_postcode_is_repaired(said: str) -> None:
    found = repair_postcode(said, postcodes())
    assert found[0][0] == "ZB3 8LP"
    assert all(best >= other for (_, best), (_, other) in pairwise(found))


def test_repair_knows_what_is_certain_and_what_is_nothing() -> None:
    assert repair_postcode("zb3 8lp", postcodes())[0] == ("ZB3 8LP", 1.0)
    assert repair_postcode("zb3 8lb", postcodes())[0][1] < 1.0
    assert repair_postcode("i don't know", postcodes()) == []
    assert repair_postcode("m k seven seven q q", postcodes()) == []


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("nine a", "9A"),
        ("number twelve mill lane", "12"),
        ("it's one oh seven a station road", "107A"),
        ("no nine b", "9B"),
        ("no it's not eight it's nine", "9"),
        ("flat 2 14 mill lane zb3 8lp", "14"),
        ("12 Mill Lane, ZB3 8LP", "12"),
        ("twenty two b chapel street", "22B"),
        ("the house with the red door", None),
    ],
)
def test_house_numbers(said: str, number: str | None) -> None:
    assert find_house_number(said) == number


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("oh seven seven double oh nine hundred one two three", "07700900123"),
        ("zero seven seven double zero nine double zero one two three", "07700900123"),
        ("07700 900 123 thank you", "07700900123"),
        ("+44 7700 900123", "07700900123"),
        ("oh one six three two nine six oh triple one", "01632960111"),
        ("plus four four seven seven double oh nine hundred one two three", "07700900123"),
        ("+33 1 42 68 53 00", "+33142685300"),
        ("oh seven seven", None),
        ("12 mill lane", None),
    ],
)
def test_phone_numbers(said: str, number: str | None) -> None:
    assert find_phone(said) == number


def test_other_codes() -> None:
    assert find_reference("it's n v c four eight two nine one three") == "NVC 482 913"
    assert find_reference("NVC-123 456") == "NVC 123 456"
    assert find_reference("four eight two") is None
    assert find_account("five oh three two double one four six") == "50321146"
    assert find_account("five oh three") is None
    assert find_penalty_charge("n v one two three four five six seven eight") == "NV12345678"
    assert find_registration("a b one two c d e") == "AB12 CDE"
    assert find_insurance_number("q q one two three four five six c") == "QQ123456C"


@pytest.mark.parametrize(
    ("said", "slot", "whole"),
    [
        ("zed bee three eight ell pea", "postcode", True),
        ("zed bee three", "postcode", False),
        ("oh seven seven double oh nine hundred one two three", "phone", True),
        ("oh seven seven double oh", "phone", False),
        ("five oh three two double one four six", "account_ref", True),
        ("n v c four eight two nine one three", "reference", True),
        ("nine", "house_number", False),
        ("yes", "confirm", False),
    ],
)
def test_complete(said: str, slot: str, whole: bool) -> None:
    assert complete(said, slot) is whole


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("today", date(2026, 11, 24)),
        ("tomorrow", date(2026, 11, 25)),
        ("the day before yesterday", date(2026, 11, 22)),
        ("monday", date(2026, 11, 23)),
        ("last monday", date(2026, 11, 23)),
        ("this friday", date(2026, 11, 27)),
        ("next tuesday", date(2026, 12, 1)),
        ("the tuesday before last", date(2026, 11, 10)),
        ("tuesday last week", date(2026, 11, 17)),
        ("friday week", date(2026, 12, 4)),
        ("a week on friday", date(2026, 12, 4)),
        ("three weeks on monday", date(2026, 12, 21)),
        ("two weeks ago", date(2026, 11, 10)),
        ("in three days", date(2026, 11, 27)),
        ("a couple of days ago", date(2026, 11, 22)),
        ("in a fortnight", date(2026, 12, 8)),
        ("24/11/2026", date(2026, 11, 24)),
        ("3.3.26", date(2026, 3, 3)),
        ("2026-11-24", date(2026, 11, 24)),
        ("it was on monday the 16th of november", date(2026, 11, 16)),
        ("twenty first of december", date(2026, 12, 21)),
        ("the third of march", date(2027, 3, 3)),
        ("first of may twenty twenty six", date(2026, 5, 1)),
        ("march the third nineteen eighty four", date(1984, 3, 3)),
        ("the fifth of november two thousand and five", date(2005, 11, 5)),
        ("the twelfth of the twelfth", date(2026, 12, 12)),
        ("Monday, 3rd March 2027.", date(2027, 3, 3)),
        ("the third", date(2026, 12, 3)),
        ("31st of february", None),
        ("32/13/2026", None),
        ("may i pay", None),
        ("my bin", None),
        ("", None),
    ],
)
def test_dates(said: str, day: date | None) -> None:
    assert find_date(said, TUESDAY) == day


@pytest.mark.parametrize(
    ("said", "prefer", "day"),
    [
        ("the third of march", "past", date(2026, 3, 3)),
        ("the third of march", "future", date(2027, 3, 3)),
        ("friday", "past", date(2026, 11, 20)),
        ("friday", "future", date(2026, 11, 27)),
        ("the third", "past", date(2026, 11, 3)),
        ("the twenty ninth of february", "future", date(2028, 2, 29)),
    ],
)
def test_dates_with_a_preference(said: str, prefer: Prefer, day: date) -> None:
    assert find_date(said, TUESDAY, prefer=prefer) == day
