"""Planning: how applications stand, comments on them, and visits by building inspectors."""

import re
from dataclasses import dataclass
from datetime import date

from . import council, dates, figures, parsing
from .answers import SLOTS, Answer, SlotKind, Values, free_text, one_of
from .appointments import offer_days
from .forms import ServiceForm, Work, service_form
from .shared_slots import NOT_KNOWN

_BY_NUMBER = "SELECT * FROM planning_applications WHERE reference = ?"
_ON_STREET = "SELECT * FROM planning_applications WHERE street = ? ORDER BY reference DESC LIMIT 1"

BUILDING_DIGITS = 5


@dataclass(frozen=True)
class Application:
    """A planning application; ``outcome`` holds from ``decided_by`` on."""

    number: str
    street: str
    works: str
    decided_by: date
    comments_until: date
    outcome: str

    @property
    def open(self) -> bool:
        """Whether comments are still taken."""
        return council.today() <= self.comments_until

    def standing(self) -> str:
        """How it stands, as a sentence."""
        day = dates.spoken_date(self.decided_by)
        if self.decided_by > council.today():
            return f"It's being looked at, and a decision is due by {day}."
        return f"It was {self.outcome} on {day}."


def _find(query: str, value: str) -> Application | None:
    with council.connection() as opened:
        row = opened.execute(query, (value,)).fetchone()
    if row is None:
        return None
    return Application(row[0], row[1], row[2], date.fromisoformat(row[3]), date.fromisoformat(row[4]), row[5])


def _number(text: str) -> str | None:
    """The six digits of an application, the first two of which are its year."""
    found = re.search(r"2\d{5}", parsing.digits(text))
    return f"{found.group(0)[:2]} {found.group(0)[2:]}" if found else None


def _spot_ref(answer: Answer) -> Values | None:
    number = _number(answer.text)
    found = _find(_BY_NUMBER, number) if number else None
    # Once the application is known, a street that is named is something else's.
    if found is None and not answer.slots.get("planning_ref"):
        street = parsing.closest(answer.text, council.streets(), floor=0.9)
        found = _find(_ON_STREET, street) if street else None
    return {"planning_ref": found.number} if found else None


def _ref(answer: Answer) -> Values | None:
    found = _spot_ref(answer)
    if found:
        return found
    if parsing.refusal(answer.text):
        asked_street = int(answer.slots.get("misses") or 0) or re.search(
            r"\b(?:street|road|neither|nor)\b", answer.text.lower()
        )
        # Who has no number may well know the street, which is asked for next.
        return {"planning_ref": NOT_KNOWN} if asked_street else None
    if parsing.digits(answer.text):
        answer.say("utter_planning_no_such")
    return None


_VIEWS = {
    "against": r"object\w*|against|oppos\w*|not (?:for|happy|agree\w*)|don't want|disagree",
    "neutral about": r"neither|neutral|neither one|just (?:a )?(?:comment|asking)|not sure|no view",
    "for": r"support\w*|in favour|for|agree|like it",
}
_SPOKEN_VIEWS = {"against": r"object\w*|against|oppos\w*|stop it", "for": r"support\w*|in favour"}


def _building_ref(answer: Answer) -> Values | None:
    number = figures.number(answer.text, BUILDING_DIGITS)
    if number:
        with council.connection() as opened:
            if opened.execute("SELECT 1 FROM building_works WHERE reference = ?", (number,)).fetchone():
                return {"building_ref": number}
        answer.say("utter_building_no_such")
    return {"building_ref": NOT_KNOWN} if parsing.refusal(answer.text) else None


_STAGES = {
    "foundations": r"foundations?|footings?|trench(?:es)?|concrete|dug",
    "drains": r"drains?|drainage|pipes?|sewer",
    "structure": r"structure|steels?|beams?|roof\w*|timbers?|joists?|walls?|damp proof course|insulation|loft",
    "finished work": r"finish\w*|final|complet\w*|sign(?:ed|ing)? (?:it )?off|done|end",
}

SLOTS.update(
    {
        "planning_ref": SlotKind(_ref, _spot_ref, change="number|application|reference", clears=("planning_ref",)),
        "planning_view_of": SlotKind(
            one_of("planning_view_of", _VIEWS),
            one_of("planning_view_of", _SPOKEN_VIEWS),
            change="view|for|against",
            clears=("planning_view_of",),
        ),
        "planning_remark": SlotKind(
            free_text("planning_remark", 4),
            change="comment|words|said",
            clears=("planning_remark",),
            free=True,
            story=True,
        ),
        "building_ref": SlotKind(_building_ref, change="number|reference", clears=("building_ref",)),
        "building_stage": SlotKind(
            one_of("building_stage", _STAGES),
            one_of("building_stage", _STAGES),
            change="stage|work",
            in_words=True,
            otherwise={"building_stage": "work"},
        ),
        "building_visit": offer_days("building", "building_visit", 1),
    }
)


def _known(values: Values) -> Application | None:
    number = values.get("planning_ref")
    return _find(_BY_NUMBER, number) if number and number != NOT_KNOWN else None


class _ByNumber(ServiceForm):
    """What the forms about one application have in common: who can't name it needs a person."""

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("planning_ref") == NOT_KNOWN:
            return "planning", "A planning application has to be found; the caller knows neither number nor street."
        return None


@service_form
class Status(_ByNumber):
    """How an application stands."""

    intent = "planning_status"

    def finish(self, work: Work) -> None:
        found = _known(work.values)
        if found is None:
            work.to_person("The planning application is not on record.")
            return
        work.say(
            "utter_planning_found",
            number=found.number,
            works=found.works,
            street=found.street,
            standing=found.standing(),
        )


@service_form
class View(_ByNumber):
    """What an application is for, where its plans are, and until when comments are taken."""

    intent = "planning_view"

    def finish(self, work: Work) -> None:
        found = _known(work.values)
        if found is None:
            work.to_person("The planning application is not on record.")
            return
        until = f"Comments are taken until {dates.spoken_date(found.comments_until)}."
        work.say(
            "utter_planning_seen",
            number=found.number,
            works=found.works,
            street=found.street,
            until=until if found.open else "Comments have closed.",
        )


@service_form
class Comment(_ByNumber):
    """A comment on an application, while comments are taken."""

    intent = "planning_comment"
    place_is_another = True

    def needed(self, slot: str, values: Values) -> bool:
        found = _known(values)
        return super().needed(slot, values) and (found is None or found.open)

    def finish(self, work: Work) -> None:
        found = _known(work.values)
        if found is None or not found.open:
            work.say("utter_planning_closed")
            return
        slots = ("planning_ref", "planning_view_of", "planning_remark", "name")
        details = {slot: work.values[slot] for slot in slots} | {"home": work.values["address"]}
        reference = work.report("planning_comment", place=found.street, **details)
        work.say("utter_planning_comment_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class Inspection(ServiceForm):
    """A visit by a building inspector to works that building control knows of."""

    intent = "planning_inspection"

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("building_ref") == NOT_KNOWN:
            return "planning", "A building inspection is wanted; the caller does not have the building control number."
        return None

    def finish(self, work: Work) -> None:
        slots = ("building_ref", "building_stage", "building_visit_at", "name", "phone")
        reference = work.report("building_inspection", **{slot: work.values[slot] for slot in slots})
        council.book(reference, "building", *work.values["building_visit_at"])
        work.say("utter_planning_inspection_done", reference=reference, spoken=council.spoken_reference(reference))
