"""What a caller is told about opening: short spoken sentences."""

from datetime import date, datetime

from voicebot.facts.model import CouncilFacts, OutOfHours
from voicebot.facts.opening import Opening, place_opening, queue_opening

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_HOURS = ("twelve", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven")
_WEEK = 7
_NOON = 12


def spoken_time(moment: datetime) -> str:
    """ "nine", "half past four", "twelve noon", "ten forty": as people say it."""
    hour, minute = moment.hour, moment.minute
    if minute == 0 and hour % _NOON == 0:
        return "twelve noon" if hour else "midnight"
    name = _HOURS[hour % 12]
    if minute == 0:
        return name
    quarters = {15: f"quarter past {name}", 30: f"half past {name}", 45: f"quarter to {_HOURS[(hour + 1) % 12]}"}
    return quarters.get(minute, f"{hour % 12 or 12}.{minute:02d}")


def spoken_day(day: date, today: date) -> str:
    """ "today", "tomorrow", "on Tuesday", "on Monday 4 January": as it is said on ``today``."""
    ahead = (day - today).days
    if ahead in (0, 1):
        return ("today", "tomorrow")[ahead]
    return f"on {_DAYS[day.weekday()] if ahead < _WEEK else full_day(day)}"


def full_day(day: date) -> str:
    """ "Friday 4 December": whatever day it is today."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def opening_sentence(opening: Opening, at: datetime, who: str = "It", is_: str = "It's") -> str:
    """How it stands, in a sentence or two: "It's open until five today."

    ``who`` begins a sentence about it, ``is_`` the same with the verb ("The repairs team is").
    """
    today = at.date()
    if opening.open:
        if opening.until is None:
            return f"{is_} open day and night."
        if opening.until.date() != today:
            return f"{is_} open until midnight."
        return f"{is_} open until {spoken_time(opening.until)} today."
    reason = f" for {opening.because}" if opening.because else " now"
    if opening.opens is None:
        return f"{is_} closed{reason}."
    again = "again " if opening.opens.date() != today else ""
    return f"{is_} closed{reason}. {who} opens {again}{_when(opening.opens, today)}."


def _when(moment: datetime, today: date) -> str:
    return f"{spoken_day(moment.date(), today)} at {spoken_time(moment)}"


def opens_words(facts: CouncilFacts, queue: str, at: datetime) -> str:
    """When a closed queue opens, such as "tomorrow at nine"; empty when it is open or that is not planned."""
    opens = queue_opening(facts, queue, at).opens
    return _when(opens, at.astimezone(facts.zone).date()) if opens is not None else ""


def place_sentence(facts: CouncilFacts, place: str, at: datetime) -> str:
    """How a place stands at ``at``; empty when nothing is known of it."""
    opening = place_opening(facts, place, at)
    return opening_sentence(opening, at.astimezone(facts.zone)) if opening is not None else ""


def queue_sentence(facts: CouncilFacts, queue: str, at: datetime) -> str:
    """How a queue stands at ``at``; empty when nothing is known of it."""
    known = facts.queue.get(queue)
    if known is None:
        return ""
    title = known.title[0].upper() + known.title[1:]
    opening = queue_opening(facts, queue, at)
    return opening_sentence(opening, at.astimezone(facts.zone), who="It", is_=f"{title} is")


def closed_words(facts: CouncilFacts, queue: str, at: datetime) -> str:
    """What a caller is told instead of being put through to a closed queue: that it is closed, and the other way."""
    words = [queue_sentence(facts, queue, at)]
    known = facts.queue[queue]
    if known.out_of_hours_text:
        words.append(known.out_of_hours_text)
    if known.out_of_hours is OutOfHours.NUMBER:
        words.append(f"If it can't wait, ring {known.out_of_hours_number}.")
    return " ".join(words)
