"""Numbers in words to figures: "one oh seven", "double oh", "nine hundred and one", "nineteen eighty four"."""

from collections.abc import Sequence
from dataclasses import dataclass

from voicebot.spoken.lexicon import DOUBTFUL_UNITS, REPEATS, TEENS, TENS, UNITS


@dataclass(frozen=True, slots=True)
class Spoken:
    """Figures that ``count`` words stand for. ``single`` says that it was one lone word from zero to nine."""

    figures: str
    count: int
    single: bool = False


def unit(word: str, *, loose: bool) -> int | None:
    """Value 0–9 of a word or figure; ``loose`` also takes "to", "for", "ate", "won" and "oh"."""
    if len(word) == 1 and word.isdecimal() and word.isascii():
        return int(word)
    value = UNITS.get(word)
    return DOUBTFUL_UNITS.get(word) if value is None and loose else value


def group(words: Sequence[str], at: int, *, loose: bool) -> Spoken | None:
    """The longest number that begins at ``words[at]`` and is said as one: "twenty three", "two thousand and six"."""
    word = words[at] if at < len(words) else ""
    if word in REPEATS and at + 1 < len(words):
        repeated = unit(words[at + 1], loose=True)
        return None if repeated is None else Spoken(str(repeated) * REPEATS[word], 2)
    if word.isdecimal() and word.isascii() and len(word) > 1:
        return Spoken(word, 1)
    below = _below_hundred(words, at, loose=loose)
    if below is None:
        return None
    value, count = below
    after = words[at + count] if at + count < len(words) else ""
    if after == "hundred" and 0 < value < 100:
        value, more = _rest(words, at + count + 1, value * 100, 100, loose=loose)
        count += 1 + more
        after = words[at + count] if at + count < len(words) else ""
    if after == "thousand" and value > 0:
        value, more = _rest(words, at + count + 1, value * 1000, 1000, loose=loose)
        count += 1 + more
    return Spoken(str(value), count, single=count == 1 and value < 10)


def _below_hundred(words: Sequence[str], at: int, *, loose: bool) -> tuple[int, int] | None:
    """Value and number of words of "seven", "seventeen", "seventy" or "seventy seven"."""
    word = words[at] if at < len(words) else ""
    if word in TEENS:
        return TEENS[word], 1
    if word in TENS:
        following = unit(words[at + 1], loose=False) if at + 1 < len(words) else None
        return (TENS[word] + following, 2) if following else (TENS[word], 1)
    value = unit(word, loose=loose)
    return None if value is None else (value, 1)


def _rest(words: Sequence[str], at: int, value: int, below: int, *, loose: bool) -> tuple[int, int]:
    """What follows "hundred" or "thousand": added after "and", or directly when it can't be read out figures."""
    joint = at < len(words) and words[at] == "and"
    start = at + 1 if joint else at
    more: Spoken | None
    if below == 1000:
        more = _hundreds(words, start, loose=False)
    else:
        pair = _below_hundred(words, start, loose=False)
        more = None if pair is None else Spoken(str(pair[0]), pair[1])
    if more is None or int(more.figures) >= below or int(more.figures) == 0:
        return value, 0
    beyond = unit(words[start + more.count], loose=True) if start + more.count < len(words) else None
    if not joint and len(more.figures) == 1 and beyond is not None:
        return value, 0  # "nine hundred one two three" is read out: 900 123
    return value + int(more.figures), more.count + (1 if joint else 0)


def _hundreds(words: Sequence[str], at: int, *, loose: bool) -> Spoken | None:
    pair = _below_hundred(words, at, loose=loose)
    if pair is None:
        return None
    value, count = pair
    if at + count < len(words) and words[at + count] == "hundred" and 0 < value < 10:
        value, more = _rest(words, at + count + 1, value * 100, 100, loose=loose)
        count += 1 + more
    return Spoken(str(value), count)
