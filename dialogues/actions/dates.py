"""Days that callers name, and days as they are said."""

import re
from datetime import date, timedelta
from typing import Literal

from .figures import digits, with_figures

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip


When = Literal["near", "past", "future"]

_FULL = "|".join((*MONTHS, "sept", *(month[:3] for month in MONTHS)))
_MONTH = rf"(?P<month>{_FULL})"
_NUMBER = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_COUNT = r"(?P<count>\d{1,3}|an?|couple of|a couple of|a few|few)"
_COUNTS = {"a": 1, "an": 1, "couple of": 2, "a couple of": 2, "a few": 3, "few": 3}
_UNIT = r"(?P<unit>day|week|fortnight|month|year)s?"
_DAYS = {"day": 1, "week": 7, "fortnight": 14, "month": 30, "year": 365}
_RELATIVE = (
    ("day before yesterday", -2), ("yesterday", -1), ("last night", -1), ("day after tomorrow", 2), ("tomorrow", 1),
    ("the morrow", 1), ("today", 0), ("tonight", 0), ("this (?:morning|afternoon|evening)", 0),
)  # fmt: skip
_FEASTS = {
    "christmas day": (12, 25), "christmas eve": (12, 24), "boxing day": (12, 26), "new year's eve": (12, 31),
    "new years eve": (12, 31), "new year's day": (1, 1), "new years day": (1, 1), "bonfire night": (11, 5),
}  # fmt: skip
_BARE = re.compile(
    r"\b(?:(?:on|since|from|by|until|till|it's|was|is) )?the (\d{1,2})(?:st|nd|rd|th)?"
    r"(?: of (?P<which>this|next|last|the) month)?"
    r"(?=$| (?:please|and|then|i|we|he|she|they|so|if|actually|no|sorry|at|in the (?:morning|afternoon)|love|mate)\b)"
)
"""A day without its month stands alone, or "the first time" were one."""


def day(text: str, today: date, when: When = "near") -> date | None:
    """The day that is named, seen from ``today``: "last tuesday", "a week on friday", "third of the sixth".

    A day without its year is the nearest one and a bare weekday the one to come, but for what can only have been
    (``past``) both are the latest that is over, and for what is planned (``future``) the first to come.
    """
    said = in_figures(text)
    if when == "near" and _OVER.search(said) and not _AHEAD.search(said):
        when = "past"
    for find in (_of_a_month, _calendar_day, _feast, _relative, _weekday, _counted, _alone):
        found = find(said, today, when)
        if found is not None:
            return found
    return None


_SEASONS = {"spring": 3, "easter": 4, "summer": 6, "autumn": 9, "winter": 12}
_ABOUT = re.compile(
    rf"\b(?:(?P<part>early|beginning of|start of|mid|middle of|late|end of|back end of|in|since|from|around|about|back in) )?"
    rf"(?:the )?(?:{_MONTH}|(?P<season>{'|'.join(_SEASONS)})|(?P<weekend>weekend))\b"
)


def about(text: str, today: date) -> date | None:
    """A day for what was asked for by day and told more loosely: "since march", "early december", "last weekend"."""
    said = in_figures(text)
    found = _ABOUT.search(said)
    if found is None:
        return None
    if found["weekend"]:
        past = re.search(r"\b(last|was|were|moved|at the)\b", said) and not _AHEAD.search(said)
        saturday = today + timedelta(days=(5 - today.weekday()) % 7)
        return saturday - timedelta(days=7) if past else saturday
    month = _month(found["month"]) if found["month"] else _SEASONS[found["season"]]
    number = {"mid": 15, "middle of": 15, "late": 25, "end of": 28, "back end of": 25}.get(found["part"] or "", 1)
    when: When = (
        "past" if found["part"] == "since" or _OVER.search(said) else "future" if _AHEAD.search(said) else "near"
    )
    return _nearest([date(year, month, number) for year in _years_around(today)], today, when)


def in_figures(text: str) -> str:
    """The text with numbers and ordinals as figures: "the twenty third" is "the 23th"."""
    return _ordinals(with_figures(text))


def _ordinals(said: str) -> str:
    """ "20 first of june" and "third of june" as "21st of june" and "3rd of june", in figures."""
    number = "|".join(sorted(ORDINALS, key=len, reverse=True))
    said = re.sub(rf"\b(20|30) ({number})\b", lambda m: f"{int(m[1]) + ORDINALS[m[2]]}th", said)
    return re.sub(rf"\b({number})\b", lambda m: f"{ORDINALS[m[1]]}th", said)


def year(text: str) -> int | None:
    """A year of the last two centuries or this one: "nineteen ninety eight", "two thousand and four", "1975"."""
    found = re.search(r"\b(?:18|19|20)\d\d\b", _years(with_figures(text)))
    return int(found[0]) if found else None


def year_from(text: str, today: date) -> int | None:
    """The same, or one told from today: "last year", "two years ago"."""
    said = with_figures(text)
    if found := re.search(
        r"\b(?:(?P<count>\d{1,2}|a couple of|a few) years? (?:ago|back|since)|(?P<which>this|last) year)\b", said
    ):
        back = 1 if found["which"] == "last" else 0 if found["which"] else _number(found["count"])
        return today.year - back
    return year(text)


def names_a_month(text: str) -> bool:
    """Whether a day of a month is told by the month's name."""
    return re.search(rf"\b{_MONTH}\b", with_figures(text)) is not None


def _made(year: int, month: int, number: int) -> date | None:
    """The day, if there is such a one."""
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _years_around(today: date) -> tuple[int, int, int]:
    """Last year, this one and the next: a day that is named without its year is of one of them."""
    return today.year - 1, today.year, today.year + 1


def _shifted(today: date, months: int) -> tuple[int, int]:
    """(year, month) so many months from today."""
    index = today.year * 12 + today.month - 1 + months
    return index // 12, index % 12 + 1


def _last_of(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _nearest(candidates: list[date | None], today: date, when: When) -> date | None:
    there = [
        each
        for each in candidates
        if each is not None and not (when == "past" and each > today) and not (when == "future" and each < today)
    ]
    return min(there, key=lambda each: abs((each - today).days), default=None)


def _relative(said: str, today: date, when: When) -> date | None:
    if found := re.search(r"\bweek (?:on |from |ago )?(today|tomorrow|yesterday)\b", said):
        return today + timedelta(days={"today": 7, "tomorrow": 8, "yesterday": -8}[found[1]])
    for words, offset in _RELATIVE:
        if re.search(rf"\b{words}\b", said):
            return today + timedelta(days=offset)
    return None


def _feast(said: str, today: date, when: When) -> date | None:
    for words, (month, number) in _FEASTS.items():
        if words in said:
            return _nearest([date(year, month, number) for year in _years_around(today)], today, when)
    return None


def _of_a_month(said: str, today: date, when: When) -> date | None:
    """Beginning and end of a month, a numbered day of the next or the last one, and "the first saturday in june"."""
    which = rf"(?:(?P<which>this|the|next|last) month|{_MONTH})"
    if found := re.search(rf"\b(?P<end>end|start|beginning|middle) of {which}\b", said):
        number = {"end": 0, "start": 1, "beginning": 1, "middle": 15}[found["end"]]
    elif found := re.search(rf"\b{_NUMBER} (?:of|day of) (?P<which>this|the|next|last) month\b", said):
        number = int(found["day"])
    elif found := re.search(rf"\b(?P<nth>\d)(?:st|nd|rd|th) (?P<name>{'|'.join(WEEKDAYS)}) (?:of|in) {which}\b", said):
        number = -1
    else:
        return None
    months = {"next": 1, "last": -1}.get(found["which"] or "", 0)
    if found["which"]:
        wanted = [_shifted(today, months)]
    else:
        month = _month(found["month"])
        wanted = [(year, month) for year in _years_around(today)]
    made: list[date | None] = []
    for year, month in wanted:
        if number > 0:
            made.append(_made(year, month, number))
        elif number == 0:
            made.append(_last_of(year, month))
        else:
            ahead = (WEEKDAYS.index(found["name"]) - date(year, month, 1).weekday()) % 7
            made.append(_made(year, month, 1 + ahead + 7 * (int(found["nth"]) - 1)))
    return _nearest(made, today, when)


def _month(name: str) -> int:
    return next(index for index, month in enumerate(MONTHS, 1) if month.startswith(name[:3]))


def _calendar_day(said: str, today: date, when: When) -> date | None:
    """A day of a month that is named ("3rd of june") or counted ("3rd of the 6th", "3 6 2026")."""
    found = (
        re.search(rf"\b{_NUMBER} (?:day )?(?:of )?{_MONTH}\b", said)
        or re.search(rf"\b{_MONTH} (?:the )?{_NUMBER}\b", said)
        or re.search(
            rf"\b{_NUMBER} (?:of |of the |the )(?P<counted>\d{{1,2}})(?:st|nd|rd|th)?\b(?! weeks?| days?| months?)",
            said,
        )
        or re.search(rf"\b{_NUMBER} (?P<counted>\d{{1,2}}) (?=(?:19|20)\d\d\b)", f"{said} ")
        # Two numbers alone are a day only where nothing else is said: in "zed b 3 8 l p" they are a postcode's.
        or re.fullmatch(rf"(?:(?:it's|on|since|from|the) )*{_NUMBER} (?P<counted>\d{{1,2}})(?:st|nd|rd|th)?", said)
    )
    if found is None:
        return None
    named = found.groupdict().get("month")
    month = _month(named) if named else int(found["counted"])
    if not 1 <= month <= 12:
        return None
    if stated := re.match(r"(?: of| in)? ?((?:19|20)\d\d)\b", _years(said[found.end() :])):
        return _made(int(stated[1]), month, int(found["day"]))
    return _nearest([_made(year, month, int(found["day"])) for year in _years_around(today)], today, when)


def _weekday(said: str, today: date, when: When) -> date | None:
    named = re.search(rf"\b({'|'.join(WEEKDAYS)})s?\b", said)
    if named is None:
        return None
    name, wanted, week = named[1], WEEKDAYS.index(named[1]), timedelta(days=7)
    monday = today - timedelta(days=today.weekday())
    coming = today + timedelta(days=(wanted - today.weekday()) % 7 or 7)
    latest = today - timedelta(days=(today.weekday() - wanted) % 7 or 7)
    of_week = monday + timedelta(days=wanted)
    if back := re.search(rf"\b{_COUNT} (?P<unit>week|fortnight)s? (?:ago|back)\b", said):
        return of_week - _number(back["count"]) * _DAYS[back["unit"]] * timedelta(days=1)
    if ahead := re.search(rf"\b{_COUNT} (?P<unit>week|fortnight)s? (?:on |from |this )?{name}\b", said):
        return coming + _number(ahead["count"]) * _DAYS[ahead["unit"]] * timedelta(days=1)
    rules = (
        (rf"\b{name} before last\b", latest - week),
        (r"\bweek before last\b", of_week - 2 * week),
        (rf"\b{name} after next\b|\bweek after next\b", of_week + 2 * week),
        (rf"\bweek last {name}\b|\blast week\b", of_week - week),
        (rf"\b{name} week\b|\bweek (?:on |from |this )?{name}\b", coming + week),
        (rf"\bnext {name}\b|\bnext week\b", of_week + week),
        (rf"\b(?:last|past) {name}\b|\b{name} (?:just )?(?:gone|past)\b", latest),
    )
    for pattern, day_meant in rules:
        if re.search(pattern, said):
            return day_meant
    if when == "past" or (
        re.search(rf"\b(?:since|on) (?:the )?{name}\b", said) and when == "near" and not _AHEAD.search(said)
    ):
        return today if wanted == today.weekday() else latest
    return coming


_AHEAD = re.compile(r"\b(moving|leaving|going|getting|starting|will|'ll|(?:i|we|she|he|they)'ll|coming)\b")
"""What says that something is still to come."""


_OVER = re.compile(r"\b(was|were|happened|moved|did|ago|since|started|stopped|left|came|changed|ended|finished|died)\b")
"""What says that something is over."""


def _number(counted: str) -> int:
    return int(counted) if counted.isdecimal() else _COUNTS[counted]


def _counted(said: str, today: date, when: When) -> date | None:
    """So long ago, or from now: "a fortnight ago", "in three weeks"."""
    span = re.search(rf"\b{_COUNT} {_UNIT}\b(?P<ago> ago| back| since| old)?", said)
    if span is None and (span := re.search(r"\b(?P<unit>week|fortnight|month)(?P<ago> ago)\b", said)):
        return today - timedelta(days=_DAYS[span["unit"]])
    if span is None:
        near = re.search(r"\b(next|last) (week|month)\b", said)
        return today + timedelta(days=_DAYS[near[2]] * (1 if near[1] == "next" else -1)) if near else None
    if span["count"] in ("a", "an") and not span["ago"] and not re.search(r"\bin (a|an)\b|\btime\b", said):
        # "a week" alone is how long, not when.
        return None
    days = _number(span["count"]) * _DAYS[span["unit"]]
    return today - timedelta(days=days) if span["ago"] or when == "past" else today + timedelta(days=days)


def _alone(said: str, today: date, when: When) -> date | None:
    found = _BARE.search(said) or re.fullmatch(r"(?:\w+ )?(\d{1,2})(?:st|nd|rd|th)", said)
    if found is None:
        return None
    number = int(found[1])
    months = [_made(*_shifted(today, shift), number) for shift in (-2, -1, 0, 1, 2)]
    if when == "past":
        return _nearest(months, today, when)
    return next((each for each in months if each is not None and each >= today), None)


_YEAR = r"(?P<year>\d{4}|\d{2})"
_PUT_RIGHT = re.compile(r"\b(?:no|sorry|i mean|make that|i tell a lie)\b(?:(?!\d).)*\b(\d{4}|\d{2})\s*$")
"""A year that is put right in the same breath: "nineteen forty nine, no sorry, forty eight"."""


_FIGURES_ONLY = re.compile(r"(?:it's |oh |o |zero |nought |double )*(?:(?:oh|o|zero|nought|\d{1,2}) ?){4,8}")
"""A date read out figure by figure, each nought with it: "oh three oh six fifty two"."""


def birthday(text: str, today: date) -> date | None:
    """A date of birth: "the third of june nineteen fifty two", "3 6 52", "03061952" as it is keyed."""
    said = _years(_ordinals(with_figures(text)))
    said = re.sub(r"\b(20|30) (\d)\b(?! \d{2}\b)", lambda m: str(int(m[1]) + int(m[2])), said)
    if keyed := re.fullmatch(r"\D*(\d{2}) ?(\d{2}) ?(\d{4})\D*", said):
        return _born(int(keyed[1]), int(keyed[2]), int(keyed[3]), today)
    read = digits(text) if _FIGURES_ONLY.fullmatch(said) else ""
    if len(read) in (6, 8) and (born := _born(int(read[:2]), int(read[2:4]), int(read[4:]), today)):
        return born
    found = (
        re.search(rf"\b{_NUMBER} (?:day )?(?:of )?{_MONTH} (?:in )?{_YEAR}\b", said)
        or re.search(rf"\b{_MONTH} (?:the )?{_NUMBER} {_YEAR}\b", said)
        or re.search(rf"\b{_NUMBER} (?:of )?(?:the )?(?P<counted>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{_YEAR}\b", said)
    )
    if found is None:
        return None
    named = found.groupdict().get("month")
    month = _month(named) if named else int(found["counted"])
    put_right = _PUT_RIGHT.search(said)
    return _born(int(found["day"]), month, int(put_right[1] if put_right else found["year"]), today)


def _years(said: str) -> str:
    """Years that are said in two halves: "19 52" is 1952, "2000 and 4" is 2004."""
    said = re.sub(r"\b(19|20) (\d{2})\b", r"\1\2", said)
    said = re.sub(r"\b19 (?:0|oh|o) ?(\d)\b", r"190\1", said)
    return re.sub(r"\b(?:2 thousand|2000)(?: and)?(?: (\d{1,2}))?\b", lambda m: str(2000 + int(m[1] or 0)), said)


def _born(day_of_month: int, month: int, year: int, today: date) -> date | None:
    if year < 100:
        year += 2000 if 2000 + year <= today.year else 1900
    born = _made(year, month, day_of_month)
    return born if born and today.year - 120 <= born.year and born <= today else None


def spoken_date(value: date) -> str:
    """A date with its year, as it is said: "3 June 1952"."""
    return f"{value.day} {MONTHS[value.month - 1].capitalize()} {value.year}"


def spoken_day(value: date) -> str:
    """A date as it is said: "Tuesday 24 November"."""
    return f"{WEEKDAYS[value.weekday()].capitalize()} {value.day} {MONTHS[value.month - 1].capitalize()}"
