"""Keys: 0 is a person, except where it is the first digit of a number."""

import pytest

from voicebot.dialogue.acts import Ask
from voicebot.session.keys import KeyCollector, KeyEntry, KeyMeaning

RATE = 8000
YES_NO = Ask(slot="confirm", text="Is that right?", keypad={"1": "yes", "2": "no"})
PHONE = Ask(slot="phone", text="What's your number?", digits=11)


def collector(asked: Ask | None) -> KeyCollector:
    keys = KeyCollector(RATE)
    keys.expect(asked)
    return keys


@pytest.mark.parametrize("asked", [None, YES_NO])
def test_zero_is_a_person_at_once(asked: Ask | None) -> None:
    assert collector(asked).press("0", 0) == KeyEntry(KeyMeaning.PERSON, keys="0")


@pytest.mark.parametrize("asked", [None, YES_NO, PHONE])
def test_star_repeats(asked: Ask | None) -> None:
    entry = collector(asked).press("*", 0)
    assert entry is not None
    assert entry.meaning is KeyMeaning.REPEAT


def test_mapped_keys_answer() -> None:
    assert collector(YES_NO).press("2", 0) == KeyEntry(KeyMeaning.ANSWER, "no", "2")


def test_a_key_that_means_nothing_here() -> None:
    entry = collector(YES_NO).press("7", 0)
    assert entry is not None
    assert entry.meaning is KeyMeaning.NOTHING


def test_a_number_may_begin_with_zero_and_ends_when_it_is_full() -> None:
    keys = collector(PHONE)
    for position, key in enumerate("0163296012"):
        assert keys.press(key, position) is None
    assert keys.press("3", 11) == KeyEntry(KeyMeaning.DIGITS, "01632960123", "01632960123")


def test_hash_ends_a_number() -> None:
    keys = collector(PHONE)
    keys.press("4", 0)
    keys.press("2", 1)
    assert keys.press("#", 2) == KeyEntry(KeyMeaning.DIGITS, "42", "42")


def test_a_lone_zero_where_digits_are_asked_is_a_person_after_a_gap() -> None:
    keys = collector(PHONE)
    assert keys.press("0", 0) is None
    assert keys.tick(3 * RATE - 1) is None
    assert keys.tick(3 * RATE) == KeyEntry(KeyMeaning.PERSON, keys="0")


def test_a_gap_ends_a_number_and_a_new_question_forgets_it() -> None:
    keys = collector(PHONE)
    keys.press("4", 100)
    assert keys.tick(100 + 3 * RATE) == KeyEntry(KeyMeaning.DIGITS, "4", "4")
    keys.press("5", 0)
    keys.expect(YES_NO)
    assert not keys.pending
    assert keys.tick(10 * RATE) is None


def test_hash_out_of_habit_after_a_full_number_means_nothing_even_at_the_next_question() -> None:
    keys = collector(PHONE)
    for key in "01632960123":
        entry = keys.press(key, 0)
    assert entry is not None
    keys.expect(YES_NO)
    assert keys.press("#", RATE) is None
    assert keys.press("#", RATE) == KeyEntry(KeyMeaning.NOTHING, keys="#"), "once"
    keys.expect(PHONE)
    for key in "01632960123":
        keys.press(key, 2 * RATE)
    keys.expect(YES_NO)
    assert keys.press("#", 9 * RATE) == KeyEntry(KeyMeaning.NOTHING, keys="#"), "and soon"
