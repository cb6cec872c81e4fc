"""Whether something is open at a moment, and when it opens next: pure, over a snapshot of the facts."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from voicebot.facts.hours import Span, Week, read_spans
from voicebot.facts.model import NEVER_CLOSE, CouncilFacts, Holiday

_LOOK_AHEAD_DAYS = 30


@dataclass(frozen=True, slots=True)
class Opening:
    """How something stands at a moment. Times are in the council's time zone.

    ``until`` is when it closes today, while open (None when it never does); ``opens`` when it opens next, while
    closed (None when nothing is planned for the coming month); ``because`` names the holiday that keeps it closed.
    """

    open: bool
    until: datetime | None = None
    opens: datetime | None = None
    because: str = ""


def is_open(facts: CouncilFacts, queue: str, at: datetime) -> bool:
    """Whether people of ``queue`` answer at ``at`` (any zone). Emergency queues and unknown ones always do."""
    return queue_opening(facts, queue, at).open


def queue_opening(facts: CouncilFacts, queue: str, at: datetime) -> Opening:
    """How a queue stands."""
    known = facts.queue.get(queue)
    if known is None or queue in NEVER_CLOSE:
        return Opening(open=True)
    week = facts.timetable[known.timetable].week
    return _opening(facts, week, known.bank_holidays == "open", at)


def place_opening(facts: CouncilFacts, place: str, at: datetime) -> Opening | None:
    """How a place stands; None when nothing is known of it."""
    known = facts.place.get(place)
    if known is None:
        return None
    return _opening(facts, facts.timetable[known.timetable].week, known.bank_holidays == "open", at)


def _opening(facts: CouncilFacts, week: Week, on_holidays: bool, at: datetime) -> Opening:
    here = at.astimezone(facts.zone)
    spans, holiday = _day(facts, week, on_holidays, here.date())
    minute = here.hour * 60 + here.minute
    for begins, ends in spans:
        if begins <= minute < ends:
            until = None if week.always else _moment(facts, here.date(), ends)
            return Opening(open=True, until=until)
    because = holiday.name if holiday is not None and not spans else ""
    for days in range(_LOOK_AHEAD_DAYS):
        day = here.date() + timedelta(days=days)
        for begins, _ in _day(facts, week, on_holidays, day)[0]:
            if days or begins > minute:
                return Opening(open=False, opens=_moment(facts, day, begins), because=because)
    return Opening(open=False, because=because)


def _day(facts: CouncilFacts, week: Week, on_holidays: bool, day: date) -> tuple[tuple[Span, ...], Holiday | None]:
    """When it is open on a day, and the holiday that decides it."""
    usual = week.days[day.weekday()]
    holiday = facts.holiday.get(day)
    if holiday is None or week.always or (on_holidays and not holiday.everyone) or not usual:
        return usual, None
    return _both(usual, read_spans(holiday.hours)), holiday


def _both(usual: tuple[Span, ...], allowed: tuple[Span, ...]) -> tuple[Span, ...]:
    """What lies in both: a holiday never makes anything open longer."""
    shared = ((max(a, c), min(b, d)) for a, b in usual for c, d in allowed)
    return tuple(span for span in shared if span[0] < span[1])


def _moment(facts: CouncilFacts, day: date, minute: int) -> datetime:
    midnight = datetime.combine(day, datetime.min.time(), facts.zone)
    # Wall-clock arithmetic: a day on which the clocks change still opens at nine.
    return midnight + timedelta(minutes=minute)
