"""Blue badges and bus passes."""

import calendar
import re
from datetime import date, timedelta

from . import council, dates, parsing
from .answers import SLOTS, Answer, SlotKind, Values, one_of
from .forms import ServiceForm, Work, service_form
from .shared_slots import NOT_KNOWN

EARLY = timedelta(weeks=4)
"""How long before State Pension age a pass may be asked for."""

_LAST_OF_66 = date(1960, 4, 6)
"""Born from this day on, people wait a month longer for each month, up to a year (Pensions Act 2014, section 26)."""

_RECORDS = {
    "badge": "SELECT name, expires FROM blue_badges WHERE born = ?",
    "pass": "SELECT name, expires FROM bus_passes WHERE born = ?",
    "application": "SELECT name, received, stage FROM badge_applications WHERE born = ?",
}


def pension_day(born: date) -> date:
    """The day on which somebody reaches State Pension age: 66, or up to 67 for those born since April 1960."""
    since = (born.year - _LAST_OF_66.year) * 12 + born.month - _LAST_OF_66.month + (born.day >= _LAST_OF_66.day)
    months = born.month - 1 + min(max(since, 0), 12)
    year, month = born.year + 66 + months // 12, months % 12 + 1
    return date(year, month, min(born.day, calendar.monthrange(year, month)[1]))


def record_of(kind: str, values: Values) -> tuple[str, ...] | None:
    """The record of ``kind`` for the name and date of birth told; the surname must be right, the first name may differ."""
    said = set(re.findall(r"[a-z']+", str(values.get("name")).lower()))
    with council.connection() as opened:
        rows = opened.execute(_RECORDS[kind], (values.get("date_of_birth_at"),)).fetchall()
    return next((tuple(map(str, row)) for row in rows if str(row[0]).lower().split()[-1] in said), None)


def _crime_number(answer: Answer) -> Values | None:
    number = parsing.digits(answer.text)
    if len(number) >= 4:
        return {"crime_number": number}
    if parsing.refusal(answer.text) or parsing.yes_no(answer.text) is False:
        return {"crime_number": NOT_KNOWN}
    return None


_HAPPENED = {
    "stolen": r"stolen|nicked|pinched|took|taken|robbed|broke into|broken into|thieves?|burgled",
    "damaged": r"damaged?|broken?|broke|snapped|chewed|faded|washed|torn|ripped|can't read|cracked|wash\w*",
    "lost": r"lost|lose|missing|can't find|mislaid|left|dropped|thrown|gone|misplaced",
}
_loss = one_of("badge_loss", _HAPPENED)
_FAULTS = {
    "not working": r"(not|isn't|won't|stopped|doesn't) (\w+ )?(work\w*|scan\w*|read)|beeps?|faulty|"
    + _HAPPENED["damaged"],
    "stolen": _HAPPENED["stolen"] + r"|purse|handbag|wallet",
    "lost": _HAPPENED["lost"],
}
_KINDS = {
    "disabled": r"disab\w+|(?:my|me|his|her) (?:eyes|legs?|sight|condition|health)|blind|deaf|wheelchair|learning|epilep\w+|sight|can't walk",
    "older person's": r"old|older|elderly|pension\w*|retired|seniors?|age|sixty \w+|seventy|concession\w*",
}

_ASKED_TOO = {
    "disabled": "second|latter|other",
    "older person's": r"first|former|oap\w*|[6-9]\d|years old",
}
_KINDS_ASKED = {kind: f"{words}|{_ASKED_TOO[kind]}" for kind, words in _KINDS.items()}
"""The same as answers to the question, which names the older person's first."""

SLOTS.update(
    {
        "badge_loss": SlotKind(_loss, _loss, change="lost|stolen|damaged|happened", clears=("badge_loss",)),
        "crime_number": SlotKind(_crime_number, change="crime|police|number", clears=("crime_number",)),
        "pass_loss": SlotKind(
            one_of("pass_loss", _FAULTS), one_of("pass_loss", _FAULTS), change="lost|happened", clears=("pass_loss",)
        ),
        "pass_kind": SlotKind(
            one_of("pass_kind", _KINDS_ASKED), one_of("pass_kind", _KINDS), change="kind|pass", clears=("pass_kind",)
        ),
    }
)


class _Proven(ServiceForm):
    """A form about somebody's badge or pass, which their name and date of birth prove."""

    proof = ("name", "date_of_birth")
    record = ""

    def proven(self, values: Values) -> bool:
        return record_of(self.record, values) is not None


@service_form
class LostBadge(_Proven):
    """A badge that was lost, stolen or damaged: the old one is cancelled. A theft has a crime number."""

    intent = "blue_badge_lost"
    price = "utter_new_badge_price"
    of_holder = True
    record = "badge"

    def needed(self, slot: str, values: Values) -> bool:
        return super().needed(slot, values) and not (slot == "crime_number" and values.get("badge_loss") != "stolen")

    def finish(self, work: Work) -> None:
        values = work.values
        slots = ("badge_loss", "crime_number", "name", "date_of_birth_at")
        reference = work.report("blue_badge_replacement", **{slot: values.get(slot) for slot in slots})
        work.say("utter_badge_lost_done", reference=reference, spoken=council.spoken_reference(reference))


_STAGES = {
    "received": "utter_badge_received",
    "assessed": "utter_badge_assessed",
    "approved": "utter_badge_approved",
    "more needed": "utter_badge_more_needed",
    "decided": "utter_badge_decided",
}


@service_form
class BadgeProgress(_Proven):
    """Where an application stands; a decision against it is a person's to explain."""

    intent = "blue_badge_progress"
    of_holder = True
    record = "application"

    def finish(self, work: Work) -> None:
        found = record_of(self.record, work.values)
        if found is None:
            work.to_person("The application is not on record.")
            return
        _, received, stage = found
        work.say(_STAGES[stage], day=dates.spoken_day(date.fromisoformat(received)))
        if stage == "decided":
            work.to_person("There is a decision on the blue badge application.")


@service_form
class BusPass(ServiceForm):
    """A first bus pass: from State Pension age, or for a disability at any age."""

    intent = "blue_badge_bus_pass"
    price = "utter_it_is_free"
    of_holder = True

    def too_young(self, values: Values) -> bool:
        born = values.get("date_of_birth_at")
        if values.get("pass_kind") != "older person's" or not born:
            return False
        return pension_day(date.fromisoformat(born)) - EARLY > council.today()

    def needed(self, slot: str, values: Values) -> bool:
        return super().needed(slot, values) and not self.too_young(values)

    def finish(self, work: Work) -> None:
        values = work.values
        if self.too_young(values):
            day = pension_day(date.fromisoformat(values["date_of_birth_at"]))
            work.say("utter_bus_pass_too_young", day=dates.spoken_date(day))
            return
        slots = ("pass_kind", "name", "date_of_birth_at", "phone")
        reference = work.report("bus_pass", **{slot: values[slot] for slot in slots})
        work.say("utter_bus_pass_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class BusPassRenewal(_Proven):
    """Another pass for whoever has one."""

    intent = "blue_badge_bus_pass_renew"
    of_holder = True
    record = "pass"

    def finish(self, work: Work) -> None:
        reference = work.report("bus_pass_renewal", name=work.values["name"])
        work.say("utter_bus_pass_renew_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class LostBusPass(_Proven):
    """A pass that was lost or stolen, or that no machine reads: the old one is stopped."""

    intent = "blue_badge_bus_pass_lost"
    price = "utter_new_pass_price"
    of_holder = True
    record = "pass"

    def finish(self, work: Work) -> None:
        values = work.values
        reference = work.report("bus_pass_replacement", pass_loss=values["pass_loss"], name=values["name"])
        work.say("utter_bus_pass_lost_done", reference=reference, spoken=council.spoken_reference(reference))
