"""Payment card numbers: found in what is said or keyed, so that they are neither kept nor listened to further.

A number is 13–19 digits (ISO/IEC 7812-1) with a Luhn check digit. Because a recogniser may lose or mistake a digit,
every run of 13 or more spoken digits is removed from the text, whether its check digit is right or not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

REMOVED = "[card number removed]"
_SHORTEST, _LONGEST = 13, 19

_DIGITS = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "naught": "0", "nil": "0", "owe": "0",
    "one": "1", "won": "1", "two": "2", "too": "2", "to": "2", "three": "3", "free": "3", "four": "4", "for": "4",
    "fore": "4",
    "five": "5", "fife": "5", "six": "6", "seven": "7", "eight": "8", "ate": "8", "nine": "9", "niner": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16",
    "seventeen": "17", "eighteen": "18", "nineteen": "19",
}  # fmt: skip
_TENS = {
    "twenty": "2", "thirty": "3", "forty": "4", "fourty": "4", "fifty": "5", "sixty": "6", "seventy": "7",
    "eighty": "8", "ninety": "9",
}  # fmt: skip
_REPEATS = {"double": 2, "treble": 3, "triple": 3, "quadruple": 4}
_HUNDREDS = {"hundred": "00", "thousand": "000"}
_WEAK = frozenset({"to", "too", "for", "fore", "won", "free", "ate", "o", "oh", "owe", "nil"})
"""Digits only in the company of digits."""
_words = str.split
_FILLERS = frozenset(
    _words(
        "um uh er erm and then dash space comma so it's its is that's thats next hyphen sorry yeah yes well okay ok "
        "right full stop the last now hang on a sec dot"
    )
)
_MAX_FILLERS = 3
_TOKEN = re.compile(r"\d+|[A-Za-z]+(?:['’][A-Za-z]+)?")


@dataclass(frozen=True, slots=True)
class CardCheck:
    """``text`` with card numbers removed; ``found`` when there was one; ``checked`` when its check digit was right."""

    text: str
    found: bool
    checked: bool = False


@dataclass(frozen=True, slots=True)
class _Run:
    digits: str
    start: int
    end: int


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for index, char in enumerate(reversed(digits)):
        value = int(char)
        if index % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def check(text: str) -> CardCheck:
    """Look for card numbers in an utterance, spoken in words, digits or both."""
    runs = _runs(text)
    cards = [run for run in runs if len(run.digits) >= _SHORTEST and _could_be_card(run.digits)]
    if not cards:
        return CardCheck(text, found=False)
    first = cards[0].start
    pieces, at = [], 0
    for run in runs:
        # After a card number comes its expiry date and security code: they go as well.
        if run in cards or (run.start > first and len(run.digits) >= 2):
            pieces += [text[at : run.start], REMOVED if run in cards else "[digits removed]"]
            at = run.end
    pieces.append(text[at:])
    return CardCheck("".join(pieces), True, any(_is_card(run.digits) for run in cards))


def redact(text: str) -> str:
    """``text`` without card numbers."""
    return check(text).text


class CardWatch:
    """Follows one call, because people say a card number in groups, over several turns, or key it in."""

    def __init__(self) -> None:
        self._tail = ""
        self._keys = ""

    @property
    def gathering(self) -> bool:
        """Whether what is said next may be the rest of a number."""
        return bool(self._tail)

    def hear(self, text: str) -> CardCheck:
        """Check one utterance, together with the digits that ended the ones before it."""
        found = check(text)
        runs = _runs(text)
        digits = "".join(run.digits for run in runs)
        others = sum(1 for token in _TOKEN.findall(text) if _value(token.lower()) is None)
        only_digits = bool(digits) and others <= _MAX_FILLERS
        if found.found:
            self._tail = ""
            return found
        joined = (self._tail if only_digits else "") + digits
        if only_digits and self._tail and len(joined) >= _SHORTEST and _could_be_card(joined):
            self._tail = ""
            return CardCheck(REMOVED, True, _is_card(joined))
        ends_in_digits = bool(runs) and len(runs[-1].digits) >= 2 and not re.search(r"[A-Za-z]", text[runs[-1].end :])
        self._tail = joined if only_digits else runs[-1].digits if ends_in_digits else ""
        return found

    def press(self, key: str) -> bool:
        """Follow keypad digits; True when they have become a card number."""
        if not key.isdigit():
            self._keys = ""
            return False
        self._keys = (self._keys + key)[-_LONGEST:]
        if any(luhn(self._keys[-n:]) and self._keys[-n] in "23456" for n in range(_SHORTEST, len(self._keys) + 1)):
            self._keys = ""
            return True
        return False


def _could_be_card(digits: str) -> bool:
    """A checked number, or one as long as the usual cards that a recogniser may have got wrong."""
    return _holds_card(digits) or 14 <= len(digits) <= 17 or len(digits) > _LONGEST


def _is_card(digits: str) -> bool:
    return _SHORTEST <= len(digits) <= _LONGEST and luhn(digits)


def _holds_card(digits: str) -> bool:
    for length in range(min(_LONGEST, len(digits)), _SHORTEST - 1, -1):
        for start in range(len(digits) - length + 1):
            part = digits[start : start + length]
            if part[0] in "123456" and len(set(part)) > 1 and luhn(part):
                return True
    return False


def _value(word: str) -> str | None:
    if word.isdigit():
        return word
    return _DIGITS.get(word) or _TENS.get(word) or ("" if word in _REPEATS or word in _HUNDREDS else None)


def _runs(text: str) -> list[_Run]:
    """The runs of digits in ``text``, with their places; fillers inside a run are part of it."""
    tokens = [(m.group().lower(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
    runs: list[_Run] = []
    digits, start, end, fillers, at = "", 0, 0, 0, 0
    while at < len(tokens):
        read, used = _read(tokens, at)
        if read and not (not digits and tokens[at][0] in _WEAK):
            if not digits:
                start = tokens[at][1]
            digits += read
            end = tokens[at + used - 1][2]
            fillers = 0
            at += used
            continue
        fillers += 1
        if digits and (tokens[at][0] not in _FILLERS or fillers > _MAX_FILLERS):
            runs.append(_Run(digits, start, end))
            digits = ""
        at += 1
    if digits:
        runs.append(_Run(digits, start, end))
    return runs


def _read(tokens: Sequence[tuple[str, int, int]], at: int) -> tuple[str, int]:
    """The digits that begin at token ``at`` and how many tokens they take; ("", 0) when there are none."""
    word = tokens[at][0]
    following = tokens[at + 1][0] if at + 1 < len(tokens) else ""
    if word.isdigit():
        return word, 1
    if word in _REPEATS:
        single = following if following.isdigit() else _DIGITS.get(following, "")
        if len(single) == 1:
            return single * _REPEATS[word], 2
        return "", 0
    if word in _TENS:
        unit = following if following.isdigit() and len(following) == 1 else _DIGITS.get(following, "")
        if len(unit) == 1 and unit != "0" and following not in _WEAK:
            return _TENS[word] + unit, 2
        return _TENS[word] + "0", 1
    if word in _DIGITS:
        if following in _HUNDREDS:
            return _DIGITS[word] + _HUNDREDS[following], 2
        return _DIGITS[word], 1
    return "", 0
