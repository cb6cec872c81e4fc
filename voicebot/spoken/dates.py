"""Days that callers name: "the third of march", "next tuesday", "the tuesday before last", "a week on friday"."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Literal

from voicebot.spoken.lexicon import MONTHS, ORDINALS, WEEKDAYS, listed
from voicebot.spoken.normalise import normalise

Prefer = Literal["nearest", "past", "future"]

_SHORT_MONTHS = {month[:3]: month for month in MONTHS}
_MONTH = rf"(?P<month>{'|'.join(MONTHS)}|sept|{'|'.join(_SHORT_MONTHS)})"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,? (?:of )?(?P<year>(?:19|20)\d\d))?"
_WEEKDAY = rf"(?P<weekday>{'|'.join(WEEKDAYS)})"
_COUNT = r"(?P<count>\d+|a|an|one|two|three|four|five|six|seven|eight|nine|ten|couple of|a couple of)"
_WORDS = {"a": 1, "an": 1, "couple of": 2, "a couple of": 2} | {
    word: n for n, word in enumerate(listed("one two three four five six seven eight nine ten"), start=1)
}

_ISO = re.compile(r"\b((?:19|20)\d\d)-(\d\d)-(\d\d)\b")
_SLASHED = re.compile(r"(?<![\d/.])(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d{2})(?!\d)")
_DAY_FIRST = re.compile(rf"\b{_DAY} (?:of )?(?:{_MONTH}|the (?P<counted>\d{{1,2}})(?:st|nd|rd|th))\b{_YEAR}")
_MONTH_FIRST = re.compile(rf"\b{_MONTH} (?:the )?{_DAY}\b{_YEAR}")

_RELATIVE = {
    "day before yesterday": -2,
    "day after tomorrow": 2,
    "yesterday": -1,
    "last night": -1,
    "tomorrow": 1,
    "the morrow": 1,
    "today": 0,
    "this morning": 0,
    "this afternoon": 0,
    "tonight": 0,
}


def find_date(text: str, today: date, *, prefer: Prefer = "nearest") -> date | None:
    """The day that ``text`` names, seen from ``today``; None when it names none, or one that doesn't exist.

    A day without its year, or a bare weekday, is the nearest one, or the nearest that isn't after (``past``) or
    before (``future``) today. "Next tuesday" is the Tuesday of next week, "this tuesday" the coming one; say
    the found date back to the caller, since people differ on this.
    """
    if any(figures.search(text) for figures in (_ISO, _SLASHED)):
        return _written(text, today)
    said = _prepared(text)
    if match := (_DAY_FIRST.search(said) or _MONTH_FIRST.search(said)):
        return _named(match, today, prefer)
    for find in (_relative, _weekday, _counted, _bare):
        found = find(said, today, prefer)
        if found is not None:
            return found
    return None


def _prepared(text: str) -> str:
    said = f" {text.lower().replace('-', ' ')} "
    for word in sorted(ORDINALS, key=len, reverse=True):
        said = re.sub(rf"\b{word}\b", f"{ORDINALS[word]}th", said)
    said = normalise(said)
    return re.sub(r"[?!]|\.(?!\d)", "", said.lower())


def _number(count: str) -> int:
    return min(int(count), 10_000) if count.isdecimal() else _WORDS[count]


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _choose(candidates: list[date], today: date, prefer: Prefer) -> date | None:
    if prefer == "past":
        return max((found for found in candidates if found <= today), default=None)
    if prefer == "future":
        return min((found for found in candidates if found >= today), default=None)
    return min(candidates, key=lambda found: abs((found - today).days), default=None)


def _written(text: str, today: date) -> date | None:
    """Figures: 24/11/2026, 3.3.26, 2026-11-24."""
    if match := _ISO.search(text):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    match = _SLASHED.search(text)
    if match is None:
        return None
    year = int(match[3])
    if year < 100:
        year += 2000 if year <= today.year % 100 + 10 else 1900
    return _day(year, int(match[2]), int(match[1]))


def _named(match: re.Match[str], today: date, prefer: Prefer) -> date | None:
    """A day of a named month, or of one that is counted ("the twelfth of the eleventh")."""
    named = match["month"]
    month = MONTHS.index(_SHORT_MONTHS[named[:3]]) + 1 if named else int(match["counted"])
    day = int(match["day"])
    if match["year"]:
        return _day(int(match["year"]), month, day)
    years = range(today.year - 4, today.year + 5)
    return _choose([found for year in years if (found := _day(year, month, day))], today, prefer)


def _relative(said: str, today: date, prefer: Prefer) -> date | None:
    for words, days in _RELATIVE.items():
        if re.search(rf"\b{words}\b", said) and not re.search(rf"\bweeks? (on |from )?{words}\b", said):
            return today + timedelta(days=days)
    if re.search(r"\bweek (?:on |from )?(?:tomorrow|today)\b", said):
        return today + timedelta(days=8 if "tomorrow" in said else 7)
    return None


def _weekday(said: str, today: date, prefer: Prefer) -> date | None:
    match = re.search(rf"\b{_WEEKDAY}s?\b", said)
    if match is None:
        return None
    wanted = WEEKDAYS.index(match["weekday"])
    coming = today + timedelta(days=(wanted - today.weekday()) % 7 or 7)
    latest = today - timedelta(days=(today.weekday() - wanted) % 7 or 7)
    monday = today - timedelta(days=today.weekday())
    week = timedelta(days=7)
    if ahead := re.search(
        rf"\b(?:{_COUNT} weeks|(?P<fortnight>fortnight)) (?:on |from |this )?{match['weekday']}\b", said
    ):
        weeks = 2 if ahead["fortnight"] else _number(ahead["count"])
        return coming + weeks * week if weeks <= 520 else None
    day = rf"{match['weekday']}"
    rules: tuple[tuple[str, Callable[[], date]], ...] = (
        (rf"\b{day} before last\b", lambda: latest - week),
        (rf"\b{day} after next\b", lambda: monday + 2 * week + timedelta(days=wanted)),
        (
            rf"\b(?:a )?week last {day}\b|\b{day} last week\b|\blast week'?s? (?:on )?{day}\b",
            lambda: monday - week + timedelta(days=wanted),
        ),
        (rf"\bweek (?:on |from |this )?{day}\b|\b{day} week\b", lambda: coming + week),
        (rf"\bnext {day}\b|\b{day} next week\b|\bnext week on {day}\b", lambda: monday + week + timedelta(days=wanted)),
        (rf"\blast {day}\b|\b{day} (?:just )?(?:gone|past)\b|\bpast {day}\b", lambda: latest),
        (
            rf"\b(?:this|coming|on the coming) (?:coming )?{day}\b",
            lambda: today if wanted == today.weekday() else coming,
        ),
    )
    for pattern, find in rules:
        if re.search(pattern, said):
            return find()
    if wanted == today.weekday():
        return today
    return _choose([coming, latest], today, prefer)


def _counted(said: str, today: date, prefer: Prefer) -> date | None:
    match = re.search(rf"\b{_COUNT} (?P<unit>days?|weeks?|fortnights?) (?P<way>ago|back|before)\b", said)
    sign = -1
    if match is None:
        match = re.search(rf"\bin (?:about )?{_COUNT} (?P<unit>days?|weeks?|fortnights?)\b", said) or re.search(
            rf"\b{_COUNT} (?P<unit>days?|weeks?|fortnights?) (?:from now|from today|time)\b", said
        )
        sign = 1
    if match is None:
        return None
    days = _number(match["count"]) * (
        1 if match["unit"].startswith("day") else 7 if match["unit"].startswith("week") else 14
    )
    return today + sign * timedelta(days=days) if days <= 3660 else None


def _bare(said: str, today: date, prefer: Prefer) -> date | None:
    """ "The third": of this month or one beside it."""
    match = re.search(r"\b(\d{1,2})(?:st|nd|rd|th)\b", said)
    if match is None:
        return None
    months = [(today.year * 12 + today.month - 1 + shift) for shift in (-2, -1, 0, 1, 2)]
    found = [_day(month // 12, month % 12 + 1, int(match[1])) for month in months]
    return _choose([day for day in found if day is not None], today, prefer)
