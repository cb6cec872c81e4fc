"""Answers to a question, read by what was asked for."""

from datetime import date

import pytest

from voicebot.spoken.amounts import find_money, find_time
from voicebot.spoken.answer import answered, find_email
from voicebot.spoken.normalise import normalise

WEDNESDAY = date(2026, 11, 25)
POSTCODES = {"ZB3 8LP", "ZB1 4DN", "ZB1 2QP", "ZB2 1AA", "ZB3 8LB"}


@pytest.mark.parametrize(
    ("slot", "said", "value"),
    [
        ("postcode", "let me see z b one four d n", "ZB1 4DN"),
        ("postcode", "zed bee three, eight ell pea", "ZB3 8LP"),
        ("postcode", "said b three eight l p", "ZB3 8LP"),
        ("postcode", "it is z b one two q p thank you", "ZB1 2QP"),
        ("postcode", "i can see zb1 4dn on the letter", "ZB1 4DN"),
        ("postcode", "zulu bravo one four delta november", "ZB1 4DN"),
        ("report_postcode", "erm zed bee one for dee en", "ZB1 4DN"),
        ("house_number", "nine a", "9A"),
        ("house_number", "flat two number forty", "40"),
        ("phone", "oh seven seven double oh nine hundred one two three", "07700900123"),
        ("phone", "it is 01632 960 double one two", "01632960112"),
        ("email", "jane dot burns at example dot com", "jane.burns@example.com"),
        ("email", "j a n e dot b at example dot co dot uk", "jane.b@example.co.uk"),
        ("email", "it is mary underscore smith seven two at example dot org", "mary_smith72@example.org"),
        ("registration", "alpha bravo one two charlie delta echo", "AB12 CDE"),
        ("registration", "a b one two c d e", "AB12 CDE"),
        ("registration", "it is p four two one a b c", "P421ABC"),
        ("pcn", "n v one two three four five six seven eight", "NV12345678"),
        ("ni_number", "q q one two three four five six c", "QQ123456C"),
        ("ni_number", "quebec quebec twelve thirty four fifty six charlie", "QQ123456C"),
        ("date_of_birth", "the third of june nineteen fifty two", "3 June 1952"),
        ("date_of_birth", "third of the sixth fifty two", "3 June 1952"),
        ("date_of_birth", "14 3 62", "14 March 1962"),
        ("date_of_birth", "fourteenth march sixty two", "14 March 1962"),
        ("date_of_birth", "nineteenth of october two thousand and four", "19 October 2004"),
        ("move_date", "the tuesday before last", "17 November 2026"),
        ("move_date", "next friday", "4 December 2026"),
        ("put_out", "yesterday", "24 November 2026"),
        ("name", "my name is margaret ellis", "Margaret Ellis"),
        ("name", "m a r k", "Mark"),
        ("confirm", "aye that is right", "yes"),
        ("account_ref", "eight oh double one two three four five", "80112345"),
        ("report_ref", "n v c four eight two nine one three", "NVC 482 913"),
        ("income", "thirty four pounds fifty", "34.50"),
        ("visit_time", "half past nine", "09:30"),
    ],
)
def test_an_answer_is_the_fact_that_was_asked_for(slot: str, said: str, value: str) -> None:
    assert answered(said, slot, WEDNESDAY, POSTCODES) == {slot: value}


@pytest.mark.parametrize(
    ("slot", "said"),
    [
        ("postcode", "i don't know it"),
        ("phone", "no thanks"),
        ("name", "why do you need my name"),
        ("date_of_birth", "my bin wasn't collected"),
        ("email", "i haven't got one"),
        ("registration", "it's a blue one"),
        ("what_happened", "zb1 4dn"),
    ],
)
def test_what_is_no_answer_is_no_fact(slot: str, said: str) -> None:
    assert answered(said, slot, WEDNESDAY, POSTCODES) == {}


def test_a_misheard_postcode_is_repaired_to_one_that_exists_and_never_guessed() -> None:
    assert answered("z d one four d m", "postcode", WEDNESDAY, POSTCODES) == {"postcode": "ZB1 4DN"}
    # As near to ZB3 8LP as to ZB3 8LB: what was heard stands, and is read back.
    assert answered("z b three eight l d", "postcode", WEDNESDAY, POSTCODES) == {"postcode": "ZB3 8LD"}


@pytest.mark.parametrize(
    ("said", "sum_of_money"),
    [
        ("five hundred and twelve pounds a month", "512.00"),
        ("about six grand", "6000.00"),
        ("twenty quid", "20.00"),
        ("fifty p", "0.50"),
        ("£1,250.75", "1250.75"),
        ("three pounds", "3.00"),
        ("a fiver", "5.00"),
        ("not ten pounds, twelve pounds ninety nine", "12.99"),
        ("two pounds five", "2.05"),
        ("i have no idea", None),
        ("number nine", None),
    ],
)
def test_money(said: str, sum_of_money: str | None) -> None:
    assert find_money(said) == sum_of_money


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("quarter to two", "13:45"),
        ("ten past eight in the evening", "20:10"),
        ("twenty five to nine in the morning", "08:35"),
        ("nine thirty", "09:30"),
        ("two o'clock", "14:00"),
        ("11am", "11:00"),
        ("half nine", "09:30"),
        ("18:30", "18:30"),
        ("midday", "12:00"),
        ("midnight", "00:00"),
        ("whenever", None),
    ],
)
def test_times(said: str, time: str | None) -> None:
    assert find_time(said) == time


def test_an_email_needs_its_parts() -> None:
    assert (
        find_email("my email is j dot o dash brien at mail dot example dot org please") == "j.o-brien@mail.example.org"
    )
    assert find_email("jane at example") is None


@pytest.mark.parametrize(
    ("said", "slot", "written"),
    [
        ("let me see z b one four d n", "postcode", "let me see ZB1 4DN"),
        ("i see it's zed bee three eight ell pea", "", "i see it's ZB3 8LP"),
        ("you see c b one two a a", "postcode", "you see CB1 2AA"),
        ("see bee one two a a", "postcode", "CB1 2AA"),
    ],
)
def test_seeing_is_no_letter(said: str, slot: str, written: str) -> None:
    assert normalise(said, slot=slot) == written
