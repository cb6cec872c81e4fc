"""Weekly opening hours: from the words that people write to the minutes of a week."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = "always"
CLOSED = "closed"
DAY_MINUTES = 24 * 60

Span = tuple[int, int]
"""Minutes of a day from which and until which something is open; 1440 is midnight at the day's end."""

_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class Week:
    """When something is open on each day, Monday first. The spans of a day are in order and don't overlap."""

    days: tuple[tuple[Span, ...], ...]

    @property
    def always(self) -> bool:
        """Whether it never closes."""
        return all(day == ((0, DAY_MINUTES),) for day in self.days)


NEVER_CLOSED = Week((((0, DAY_MINUTES),),) * 7)


def read_spans(text: str) -> tuple[Span, ...]:
    """The spans of a day from "09:00-12:30, 13:30-17:00", "always" or "closed". Raises :class:`ValueError`."""
    words = text.strip().lower()
    if words == CLOSED:
        return ()
    if words == ALWAYS:
        return ((0, DAY_MINUTES),)
    spans: list[Span] = []
    for part in words.split(","):
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            raise ValueError(f'"{part.strip()}" is no time of opening; write it like 09:00-17:00, or "closed"')
        from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
        begins, ends = from_hour * 60 + from_minute, to_hour * 60 + to_minute
        if from_minute > 59 or to_minute > 59 or ends > DAY_MINUTES:
            raise ValueError(f'"{part.strip()}" has a time that is not on the clock; the last is 24:00')
        if begins >= ends:
            raise ValueError(f'"{part.strip()}" ends before it begins; hours past midnight belong to the next day')
        if spans and begins < spans[-1][1]:
            raise ValueError(f'"{part.strip()}" begins before the time in front of it ends')
        spans.append((begins, ends))
    return tuple(spans)


def read_week(text: Mapping[str, str] | str) -> Week:
    """A week from {"mon-fri": "09:00-17:00", "sat": "10:00-13:00"}, or "always"; days not named are closed.

    Raises :class:`ValueError` in words for the person who wrote it.
    """
    if isinstance(text, str):
        if text != ALWAYS:
            raise ValueError('hours are "always", or a list of days with times')
        return NEVER_CLOSED
    days: dict[int, tuple[Span, ...]] = {}
    for name, times in text.items():
        first, _, last = name.strip().lower().partition("-")
        last = last or first
        if first not in WEEKDAYS or last not in WEEKDAYS:
            raise ValueError(f'"{name}" names no days; write mon, or mon-fri, with the first three letters')
        begins, ends = WEEKDAYS.index(first), WEEKDAYS.index(last)
        if begins > ends:
            raise ValueError(f'"{name}" goes past the end of the week; write it in two lines')
        try:
            spans = read_spans(times)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        for day in range(begins, ends + 1):
            if day in days:
                raise ValueError(f"{WEEKDAYS[day]} is there twice")
            days[day] = spans
    return Week(tuple(days.get(day, ()) for day in range(7)))
