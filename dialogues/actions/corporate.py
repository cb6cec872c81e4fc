"""The council itself: offices, councillors, complaints."""

import re
from datetime import timedelta

from . import council, dates, parsing
from .answers import SLOTS, Answer, SlotKind, Values, free_text
from .forms import ServiceForm, Work, service_form

TELLING = 6
"""A complaint of so many words tells what happened."""

_COMPLAIN = re.compile(
    r"(?i:\b(?:(?:and|so) )?(?:(?:i|we)(?:'d| would)? (?:want|need|like|wish)s? to |can i |how do i )?(?:put in |make |lodge |raise )?"
    r"(?:a )?(?:formal )?complain(?:t|ts|ing)?\b(?: (?:about|that|because|regarding|against|please|as))*)"
)

HOLIDAYS_AHEAD = 40
"""Days before a bank holiday from which callers are told of it."""


def _office(answer: Answer) -> Values | None:
    said = parsing.clean(answer.text)
    found = [
        (len(called), name)
        for name, (names, _, _) in council.offices().items()
        for called in (*names, parsing.clean(name))
        if re.search(rf"\b{re.escape(called)}\b", said)
    ]
    return {"office": max(found)[1]} if found else None


def _office_asked(answer: Answer) -> Values | None:
    found = _office(answer)
    if found is None and int(answer.slots.get("misses") or 0) >= 1:
        return {"office": "Norbury Vale Town Hall"}
    return found


def _spot_complaint(answer: Answer) -> Values | None:
    """What happened, where it is told with the wish to complain: "one of your men swore at me and I want to complain"."""
    parts = _COMPLAIN.split(answer.text)
    told = max((part.strip(" .,") for part in parts), key=lambda part: len(part.split())) if len(parts) > 1 else ""
    return {"complaint_about": told} if len(told.split()) >= TELLING else None


SLOTS.update(
    {
        "office": SlotKind(_office_asked, _office, change="office|place"),
        "complaint_about": SlotKind(
            free_text("complaint_about", 4), _spot_complaint, change="complaint|about|details", free=True, story=True
        ),
    }
)


@service_form
class OpeningHours(ServiceForm):
    """When and where an office is open."""

    intent = "corporate_opening_hours"

    def finish(self, work: Work) -> None:
        name = work.values["office"]
        _, place, hours = council.offices()[name]
        work.say("utter_office", office=name, place=place, hours=hours)
        work.act({"act": "tell", "about": "place", "name": name})
        today = council.today()
        closed = next(iter(council.holidays(today, today + timedelta(days=HOLIDAYS_AHEAD))), None)
        if closed:
            response = "utter_office_open_daily_holiday" if hours.endswith("every day") else "utter_office_holiday"
            work.say(response, day=dates.spoken_day(closed))


@service_form
class Councillor(ServiceForm):
    """Who the councillors of an address are."""

    intent = "corporate_councillor"

    def finish(self, work: Work) -> None:
        with council.connection() as opened:
            row = opened.execute("SELECT ward FROM addresses WHERE street = ?", (work.values["street"],)).fetchone()
        named = council.councillors(row[0])
        spoken = " and ".join(f"{name}, on {phone}" for name, phone in named)
        work.say("utter_councillors", ward=row[0], councillors=spoken)


@service_form
class Complaint(ServiceForm):
    """A complaint at stage one."""

    intent = "corporate_complaint"

    def finish(self, work: Work) -> None:
        values = work.values
        details = {slot: values[slot] for slot in ("complaint_about", "name", "phone")}
        reference = work.report("complaint", **details)
        work.say("utter_complaint_done", reference=reference, spoken=council.spoken_reference(reference))
