"""Choosing a day: what is free is offered, and chosen by number, day or part of the day; or another day is wished for."""

import re
from datetime import date, timedelta

from . import council, dates, parsing
from .answers import Answer, SlotKind, Values

_NONE_SUITS = re.compile(
    r"\b(none|neither|nothing)\b|\b(can't|cannot|couldn't|won't|don't|not) (\w+ ){0,3}(do|make|any|those|them|suit|free|work|good)\b|"
    r"\b(any|some)thing (later|else|after|sooner)\b|\b(later|another|other|different) (day|date|time|week)s?\b|\bfurther (on|ahead)\b"
)
_ALL_SUIT = re.compile(
    r"\b(don't|doesn't|not) (mind|matter|fussed|bothered)\b|^(?!.*\b(can't|cannot|not|don't)\b).*\bany\b"
)
_FURTHER = re.compile(r"\b(weeks?|fortnight|next|after)\b")
"""Words that make "friday" another than the first to come."""

_ONE_OF_THEM = re.compile(r"\b(first|second|third|last|but)\b")
_PARTS = {
    "morning": r"mornings?|\d ?a ?m|before (noon|dinner|lunch)",
    "afternoon": r"afternoons?|\d ?p ?m|after (dinner|lunch|work)",
}


def offer_days(kind: str, slot: str, notice: int) -> SlotKind:
    """A choice of the free days for ``kind`` (``capacity`` in the council's data), ``notice`` days from today at least.

    They are said in ``option_1`` to ``option_3``; the choice is in ``slot`` as it is said and in ``<slot>_at`` as
    [day, part of the day], for :func:`~actions.council.book`. ``options_of`` holds what they are offered from: [kind,
    first day, the day from which the caller wants to hear of others].
    """

    def prepare(answer: Answer) -> Values | None:
        first = (answer.today + timedelta(days=notice)).isoformat()
        _, _, wished = answer.slots.get("options_of") or (kind, first, first)
        days = council.free_days(kind, date.fromisoformat(max(first, wished)))
        days = days or council.free_days(kind, date.fromisoformat(first))
        values: Values = {
            "options": [[day.isoformat(), part] for day, part in days],
            "options_of": [kind, first, max(first, wished)],
        }
        for index in range(3):
            values[f"option_{index + 1}"] = _said(*days[min(index, len(days) - 1)])
        return values

    def parse(answer: Answer) -> Values | None:
        options = [(date.fromisoformat(day), part) for day, part in answer.slots.get("options") or []]
        if not options:
            return None
        said = parsing.clean(answer.text)
        of, first, _ = answer.slots.get("options_of") or (kind, options[0][0].isoformat(), "")
        if _NONE_SUITS.search(said) and not (_ONE_OF_THEM.search(said) or _ALL_SUIT.search(said)):
            return _others(answer, of, first, options[-1][0] + timedelta(days=1))
        part = next((name for name, words in _PARTS.items() if re.search(rf"\b({words})\b", said)), "")
        index = parsing.option(said, len(options)) if not dates.names_a_month(said) else None
        # "The second" is the second of the days that were offered.
        wished = dates.day(said, answer.today, "future") if index is None or _FURTHER.search(said) else None
        far = wished and _FURTHER.search(said)
        chosen = next((each for each in options if each[0] == wished and part in ("", each[1])), None)
        chosen = chosen or (None if far else _by_day(said, part, options))
        if chosen is None and index is not None and not far:
            chosen = options[index]
        if chosen is None and (wished or part):
            earliest = max(date.fromisoformat(first), wished or options[0][0])
            free = council.free_days(of, earliest, 1, part)
            if wished and wished < earliest:
                answer.say("utter_no_sooner")
                return {"options_of": [of, first, first]}
            if not free or (wished and free[0][0] != wished):
                return _others(answer, of, first, earliest, full=wished)
            chosen = free[0]
        if chosen is None and parsing.yes_no(said) is True:
            chosen = options[0]
        if chosen is None:
            return None
        return {slot: _said(*chosen), f"{slot}_at": [chosen[0].isoformat(), chosen[1]]}

    return SlotKind(
        parse, prepare=prepare, change="day|date|time|appointment|morning|afternoon", clears=(slot,), offers_days=True
    )


def _said(day: date, part: str) -> str:
    return f"{dates.spoken_day(day)} in the {part}"


def _others(answer: Answer, kind: str, first: str, since: date, full: date | None = None) -> Values:
    """Other days are to be offered: those from ``since`` on. ``full`` is the day that was wished for."""
    if full is not None:
        answer.say("utter_day_full", day=dates.spoken_day(full))
    else:
        answer.say("utter_other_days")
    return {"options_of": [kind, first, since.isoformat()]}


def _by_day(said: str, part: str, options: list[tuple[date, str]]) -> tuple[date, str] | None:
    """The option of which the day is named, or, if no day is, the part of the day. "The first" counts the options."""
    for day, offered in options:
        weekday, number, _ = dates.spoken_day(day).lower().split()
        told = int(number) > len(options) or dates.names_a_month(said)
        if weekday in said or (told and re.search(rf"\b{number}(st|nd|rd|th)?\b", dates.in_figures(said))):
            return (day, offered) if part in ("", offered) else None
    names_a_day = any(name in said for name in dates.WEEKDAYS) or dates.names_a_month(said)
    return None if names_a_day else next((each for each in options if each[1] == part), None)
