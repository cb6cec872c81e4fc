"""Schools: places in the year, catchments, free school meals and school transport."""

import re
from functools import lru_cache

from . import council, parsing
from .answers import SLOTS, Answer, SlotKind, Values
from .forms import ServiceForm, Work, service_form
from .shared_slots import date_of_birth

LONGEST_NAME = 6
"""A school's name has no more words; a longer answer is about something else."""


@lru_cache(maxsize=1)
def schools() -> tuple[str, ...]:
    """The council's own schools; a child may go to others too."""
    with council.connection() as opened:
        return tuple(row[0] for row in opened.execute("SELECT name FROM schools ORDER BY name"))


def _spot_school(answer: Answer) -> Values | None:
    said = re.sub(r"\bprimary\b(?! school)", "primary school", parsing.clean(answer.text))
    found = parsing.closest(said, schools(), floor=0.88)
    return {"school_wanted": found} if found else None


def _school(answer: Answer) -> Values | None:
    found = _spot_school(answer)
    if found:
        return found
    words = re.sub(r"^(it's|it is|he goes to|she goes to|they go to|the) ", "", parsing.clean(answer.text)).split()
    if not words or len(words) > LONGEST_NAME or parsing.refusal(answer.text):
        return None
    return {"school_wanted": " ".join(word.capitalize() for word in words)}


def _child(answer: Answer) -> Values | None:
    said = re.sub(r"^(his|her|the child's|their) name('s| is) ", "", parsing.clean(answer.text))
    name = parsing.person_name(said)
    return {"school_child": name} if name else None


def _spot_child(answer: Answer) -> Values | None:
    found = re.search(r"\b(?:his|her|child's|son's|daughter's) name(?:'s| is) (.+)", parsing.clean(answer.text))
    name = parsing.person_name(" ".join(found.group(1).split()[:2])) if found else None
    return {"school_child": name} if name else None


SLOTS.update(
    {
        "school_child": SlotKind(
            _child, _spot_child, change="child|child's name|son|daughter", clears=("school_child",)
        ),
        "school_child_birth": date_of_birth(
            "school_child_birth",
            r"\b(he|she|they|he's|she's) (was |is |were )?born\b|\b(his|her|their) (birthday|date of birth)\b",
        ),
        "school_wanted": SlotKind(_school, _spot_school, change="school", clears=("school_wanted",)),
    }
)


class _Application(ServiceForm):
    """What the applications have in common: about a child, sent to the schools team."""

    kind = ""
    done = ""
    details: tuple[str, ...] = ()

    def finish(self, work: Work) -> None:
        slots = ("school_child", "school_child_birth_at", "school_wanted", "name", "phone", *self.details)
        reference = work.report(self.kind, **{slot: work.values.get(slot) for slot in slots})
        work.say(self.done, reference=reference, spoken=council.spoken_reference(reference))


@service_form
class InYear(_Application):
    """Changing or starting school during the year."""

    intent = "school_admissions_in_year"
    kind = "in_year_school_place"
    done = "utter_school_in_year_done"


@service_form
class FreeMeals(_Application):
    """Free school meals, which depend on the parent's benefits."""

    intent = "school_admissions_free_meals_apply"
    kind = "free_school_meals"
    done = "utter_school_meals_done"
    details = ("date_of_birth_at", "ni_number")


@service_form
class Transport(_Application):
    """Free transport to school, or another pass for it."""

    intent = "school_admissions_transport_apply"
    kind = "school_transport"
    done = "utter_school_transport_done"


@service_form
class Catchment(ServiceForm):
    """Which schools serve an address."""

    intent = "school_admissions_catchment"

    def finish(self, work: Work) -> None:
        values = work.values
        with council.connection() as opened:
            row = opened.execute(
                "SELECT primary_school, secondary_school FROM catchments WHERE street = ?", (values["street"],)
            ).fetchone()
        if row is None:
            work.to_person("The street has no catchment on record.")
            return
        work.say("utter_school_catchment", address=values["address"], primary=row[0], secondary=row[1])
