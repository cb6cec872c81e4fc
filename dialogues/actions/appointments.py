"""Choosing a day: what is free is offered, and chosen by number, day or part of the day."""

import re
from datetime import date, timedelta

from . import council, parsing
from .answers import Answer, SlotKind, Values


def offer_days(kind: str, slot: str, notice: int) -> SlotKind:
    """A choice of the free days for ``kind`` (``capacity`` in the council's data), ``notice`` days from today at least.

    They are said in ``option_1`` to ``option_3``; the choice is in ``slot`` as it is said and in ``<slot>_at`` as
    [day, part of the day], for :func:`~actions.council.book`.
    """

    def prepare(answer: Answer) -> Values | None:
        days = council.free_days(kind, answer.today + timedelta(days=notice))
        values: Values = {"options": [[day.isoformat(), part] for day, part in days]}
        for index in range(3):
            day, part = days[min(index, len(days) - 1)]
            values[f"option_{index + 1}"] = f"{parsing.spoken_day(day)} in the {part}"
        return values

    def parse(answer: Answer) -> Values | None:
        options = answer.slots.get("options") or []
        said = parsing.clean(answer.text)
        chosen = parsing.option(said, len(options))
        if chosen is None:
            for index, (day, part) in enumerate(options):
                name = parsing.spoken_day(date.fromisoformat(day)).lower().split()
                if name[0] in said or re.search(rf"\b{name[1]}(st|nd|rd|th)?\b", said) or part in said:
                    chosen = index
                    break
        if chosen is None and parsing.yes_no(said) is True:
            chosen = 0
        if chosen is None or chosen >= len(options):
            return None
        day, part = options[chosen]
        return {slot: f"{parsing.spoken_day(date.fromisoformat(day))} in the {part}", f"{slot}_at": [day, part]}

    return SlotKind(parse, prepare=prepare, change="day|date|time|appointment|morning|afternoon", clears=(slot,))
