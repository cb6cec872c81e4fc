"""Written forms to spoken ones, by table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.spoken.say import for_voice, sentences, spell


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Your postcode is ZB3 8LP.", "Your postcode is Z B 3, 8 L P."),
        ("Is it 9A Mill Lane?", "Is it 9 eigh Mill Lane?"),
        ("Your reference is NVC 482 913.", "Your reference is N V C, 4 8 2, 9 1 3."),
        ("Call 01632 960 123.", "Call oh 1 6 3 2, 9 6 oh, 1 2 3."),
        ("Call 07700900123.", "Call oh double 7 double oh, 9 double oh, 1 2 3."),
        ("+44 7700 900123", "oh double 7 double oh, 9 double oh, 1 2 3"),
        ("Call 020 7946 0000", "Call oh 2 oh, 7 9 4 6, double oh double oh"),
        ("Call 0800 111 999 now.", "Call oh 8 double oh, 1 1 1, 9 9 9 now."),
        ("Call 999.", "Call 9 9 9."),
        ("Ring 105 now", "Ring 1 oh 5 now"),
        ("There are 105 bins.", "There are 105 bins."),
        ("On Tuesday 24 November 2026 at 14:30.", "On Tuesday the 24th of November 20 26 at 2 30 in the afternoon."),
        ("on 1st May", "on the 1st of May"),
        ("the 22nd of June 2005", "the 22nd of June 2005"),
        ("by 03/03/2027", "by the 3rd of March 20 27"),
        ("by 2026-11-24", "by the 24th of November 20 26"),
        ("by 99/99/2027", "by 99/99/2027"),
        ("Open 9am to 4.05pm", "Open 9 in the morning to 4 oh 5 in the afternoon"),
        ("at 12:00", "at midday"),
        ("until 7.30pm", "until 7 30 in the evening"),
        ("12:15am", "12 15 in the morning"),
        ("£12.50, £1, £0.50 or £1,250", "12 pounds 50, 1 pound, 50 pence or 1 thousand 2 hundred-and 50 pounds"),
        ("5p a bag", "5 pence a bag"),
        ("St Mary's, Albert St, Queens Rd.", "Saint Mary's, Albert Street, Queens Road."),
        ("PCN NV12345678", "P C N N V, 1 2 3 4, 5 6 7 8"),
        ("account 1234567", "account 1 2 3, 4 5 6 7"),
        ("account 123456789", "account 1 2 3, 4 5 6, 7 8 9"),
        ("account 1234567890", "account 1 2 3, 4 5 6, 7 8 9 oh"),
        ("account 50321146", "account 5 oh 3 2, double 1 4 6"),
        ("band A", "band eigh"),
        ("www.norburyvale.gov.uk/bins", "W W W dot norburyvale dot gov dot U K slash bins"),
        ("help@norburyvale.gov.uk", "help at norburyvale dot gov dot U K"),
        ("bins & tax, e.g. bands", "bins and tax, for example bands"),
        ("I can help with bins, and more.", "I can help with bins, and more."),
        ("1.5 metres, 24/7", "1.5 metres, 24/7"),
    ],
)
def test_for_voice(written: str, spoken: str) -> None:
    assert for_voice(written) == spoken


def test_what_is_spoken_needs_no_second_pass() -> None:
    once = for_voice("ZB3 8LP, NVC 482 913, 01632 960123, £3.50 on Tuesday 24 November at 9am")
    assert for_voice(once) == once


def test_spell() -> None:
    assert spell("a0-b c") == "eigh oh, B, C"
    assert spell("ZB3 9TJ") == "Z B 3, 9, T J", "not ninety"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hello there. What is it? Call 999! Now.", ["Hello there.", "What is it?", "Call 999!", "Now."]),
        ("I am Mr. Smith, of St. Mary's. Yes.", ["I am Mr. Smith, of St. Mary's.", "Yes."]),
        ("It costs £3.50. Thanks.", ["It costs £3.50.", "Thanks."]),
        ("It is 9. 9A Mill Lane.", ["It is 9.", "9A Mill Lane."]),
        ("One", ["One"]),
        ("  ", []),
    ],
)
def test_sentences(text: str, parts: list[str]) -> None:
    assert sentences(text) == parts


@given(st.text(alphabet="ABZ019 .,:/£p@-nvcStRd\n", max_size=80))
def test_any_text_is_taken(text: str) -> None:
    for_voice(text)
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
