"""Card numbers in speech, keys and text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.safety.card import REMOVED, CardWatch, check, luhn, redact

VISA = "4539148803436467"
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def spoken(digits: str) -> str:
    return " ".join(WORDS[int(d)] for d in digits)


@pytest.mark.parametrize(
    "text",
    [
        "4539148803436467",
        "my card number is 4539 1488 0343 6467",
        "it's 4539-1488-0343-6467 expiry 09 27 and the code is 123",
        "four five three nine one four double eight zero three four three six four six seven",
        "four five three nine um one four eight eight then oh three four three and six four six seven",
        "forty five thirty nine fourteen eighty eight oh three forty three sixty four sixty seven",
        "45 39 14 88 oh three 43 64 67",
        "Four, five, three, nine. One, four, eight, eight. O, three, four, three. Six, four, six, seven.",
        "the amex is 378282246310005",
        "maestro 6759649826438453",
        "I'll pay now five five five five, five five five five, double five treble four, double four four four",
    ],
)
def test_finds_card_numbers(text: str) -> None:
    result = check(text)
    assert result.found
    assert REMOVED in result.text
    assert not any(part in result.text for part in ("6467", "six four six", "0005", "8453", "123"))


@pytest.mark.parametrize(
    "text",
    [
        "my phone number is oh one six three two nine six oh one two three",
        "07700 900123",
        "my account number is 12345678",
        "the UPRN is one double oh oh two three four five six seven eight nine",
        "my postcode is ZB3 8LP and I live at number 12",
        "call me on 01632 960123 between 9 and 5",
        "I waited for two hours to talk to one person",
        "penalty charge notice NV 1234567 8",
        "",
    ],
)
def test_leaves_other_numbers(text: str) -> None:
    assert check(text).text == text
    assert not check(text).found


def test_a_misheard_digit_is_still_removed() -> None:
    result = check("4539 1488 0343 6468")
    assert result.found and not result.checked
    assert "4539" not in result.text


def test_a_number_said_over_three_turns_is_found() -> None:
    watch = CardWatch()
    assert not watch.hear("sure it's 4539 1488").found
    assert not watch.hear("0343").found
    last = watch.hear("six four six seven")
    assert last.found and last.checked and last.text == REMOVED


def test_other_talk_between_numbers_breaks_the_run() -> None:
    watch = CardWatch()
    assert not watch.hear("my account is 12345678").found
    assert not watch.hear("and I would like to know when my bin is collected on Station Road").found
    assert not watch.hear("01632 960123").found


def test_keyed_card_number() -> None:
    watch = CardWatch()
    pressed = [watch.press(key) for key in VISA]
    assert any(pressed) and not any(pressed[:12])
    phone = CardWatch()
    assert not any(phone.press(key) for key in "07700900123")


@given(st.text(alphabet="0123456789", min_size=14, max_size=18), st.sampled_from(["4", "5", "34", "6"]))
def test_every_luhn_number_is_removed_spoken_or_written(body: str, start: str) -> None:
    stem = (start + body)[:15]
    number = next(stem + d for d in "0123456789" if luhn(stem + d))
    for text in (number, spoken(number), " ".join(number[i : i + 4] for i in range(0, 16, 4))):
        assert redact(f"my card is {text} thanks") == f"my card is {REMOVED} thanks"


def test_redaction_is_stable() -> None:
    once = redact(f"card {VISA}")
    assert redact(once) == once
