"""What became of a report: found by its reference, or by the phone number and the postcode that were given with it."""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from . import council, dates, parsing
from .answers import SLOTS, Answer, SlotKind, Values
from .forms import ServiceForm, Work, service_form
from .shared_slots import NOT_KNOWN
from .topics import DEFAULT_QUEUE, topics

REFERENCE_DIGITS = 6
STATES = {
    "received": "utter_report_received",
    "booked": "utter_report_booked",
    "planned": "utter_report_planned",
    "done": "utter_report_done",
    "nothing_found": "utter_report_nothing_found",
}
"""What is said of each state."""

USUAL_DAYS = 10
"""Working days that a report takes whose kind has no time of its own."""


@dataclass(frozen=True)
class Report:
    """A report as it is told. ``state`` is "received" until the offices say more; ``state_day`` goes with it."""

    reference: str
    kind: str
    service: str
    uprn: str | None
    phone: str | None
    day: date
    state: str
    state_day: date

    def second_fact(self) -> str | None:
        """The slot that must fit the report besides its reference, if it is about somebody's home or person."""
        if self.uprn is not None:
            return "report_postcode"
        return "phone" if self.phone else None

    def fits(self, postcode: object) -> bool:
        """Whether the report is about a home with that postcode."""
        home = council.address_of(self.uprn) if self.uprn else None
        return home is not None and home.postcode == postcode


def _all(condition: str, *values: object) -> list[Report]:
    """Reports, the newest first. ``condition`` is one of this module's own."""
    logged = (
        f"SELECT reference, kind, service, uprn, phone, day, state, state_day FROM logged_reports WHERE {condition}"  # noqa: S608
    )
    with council.connection() as opened:
        found = [
            Report(*row[:5], date.fromisoformat(row[5]), row[6], date.fromisoformat(row[7]))
            for row in opened.execute(logged, values)
        ]
        own = "SELECT reference, kind, service, uprn, phone, details, at FROM (SELECT *, json_extract(details, '$.phone') AS phone FROM reports)"
        for reference, kind, service, uprn, phone, details, at in opened.execute(f"{own} WHERE {condition}", values):
            day = datetime.fromisoformat(at).date()
            booked = json.loads(details).get("day")
            number = phone if phone != "not given" else None
            state = ("booked", date.fromisoformat(booked)) if booked else ("received", day)
            found.append(Report(reference, kind, service, uprn, number, day, *state))
    return sorted(map(_as_booked, found), key=lambda report: report.day, reverse=True)


def _as_booked(report: Report) -> Report:
    """The report with the day on which it is booked now: it may have been moved."""
    booked = council.booking(report.reference)
    return replace(report, state="booked", state_day=date.fromisoformat(booked[1])) if booked else report


def by_reference(reference: str) -> Report | None:
    """The report with that reference."""
    return next(iter(_all("reference = ?", reference)), None)


def by_home(phone: str, postcode: object) -> Report | None:
    """The newest report that was made with that phone number for a home with that postcode."""
    return next((report for report in _all("phone = ?", phone) if report.fits(postcode)), None)


def _heard(text: str) -> tuple[str | None, str]:
    """(a reference that exists, the six digits that were heard): "for" and "to" may be heard as digits, too."""
    number = parsing.digits(text)
    for start in range(len(number) - REFERENCE_DIGITS + 1):
        part = number[start : start + REFERENCE_DIGITS]
        reference = f"NVC {part[:3]} {part[3:]}"
        if by_reference(reference) is not None:
            return reference, part
    return None, number


def _spot_reference(answer: Answer) -> Values | None:
    if parsing.phone(answer.text):
        return None
    reference, _ = _heard(answer.text)
    return {"report_ref": reference} if reference else None


def _reference(answer: Answer) -> Values | None:
    if phone := parsing.phone(answer.text):
        return {"report_ref": NOT_KNOWN, "phone": phone}
    reference, number = _heard(answer.text)
    if reference:
        return {"report_ref": reference}
    if parsing.refusal(answer.text) or (not number and parsing.yes_no(answer.text) is False):
        return {"report_ref": NOT_KNOWN}
    if len(number) == REFERENCE_DIGITS:
        answer.say("utter_unknown_reference", heard=", ".join(number))
    return None


def _postcode(answer: Answer) -> Values | None:
    # As it was heard: a proof is not helped along to the nearest postcode that exists.
    code = parsing.postcode(answer.text)
    return {"report_postcode": code} if code else None


SLOTS.update(
    {
        "report_ref": SlotKind(_reference, _spot_reference, change="reference", clears=("report_ref",)),
        "report_postcode": SlotKind(_postcode, change="post ?code", clears=("report_postcode",)),
    }
)


def _asked_for(values: Values) -> Report | None:
    """The report that the caller means, if what was told says which."""
    if values.get("report_ref") == NOT_KNOWN:
        return by_home(str(values["phone"]), values[_postcode_slot(values)])
    return by_reference(str(values["report_ref"]))


def _postcode_slot(values: Values) -> str:
    """The slot that holds the postcode: that of the address that was told in this call, if it is the report's own."""
    home = values.get("postcode") if values.get("address_ok") else None
    if home is None or values.get("report_postcode") is not None:
        return "report_postcode"
    if values.get("report_ref") == NOT_KNOWN:
        fits = by_home(str(values.get("phone")), home) is not None
    else:
        report = by_reference(str(values.get("report_ref")))
        fits = report is not None and report.fits(home)
    return "postcode" if fits else "report_postcode"


def due(day: date, working_days: int) -> date:
    """The day by which something that came in on ``day`` is dealt with."""
    while working_days > 0:
        day += timedelta(days=1)
        working_days -= day.weekday() < 5
    return day


@service_form
class ReportStatus(ServiceForm):
    """Kind, day and state of a report. One about a home or a person takes two facts; one about a place its reference."""

    intent = "corporate_report_status"
    proof = ("report_ref", "phone", "report_postcode")

    def to_prove(self, values: Values) -> tuple[str, ...]:
        reference = values.get("report_ref")
        if reference is None:
            return ()
        if reference == NOT_KNOWN:
            return ("phone", _postcode_slot(values))
        report = by_reference(reference)
        second = report.second_fact() if report else None
        if second == "report_postcode":
            second = _postcode_slot(values)
        return ("report_ref", second) if second else ()

    def proven(self, values: Values) -> bool:
        report = _asked_for(values)
        if report is None:
            return False
        if values["report_ref"] == NOT_KNOWN:
            return True
        if report.second_fact() == "phone":
            return bool(report.phone == values["phone"])
        return report.fits(values[_postcode_slot(values)])

    def needed(self, slot: str, values: Values) -> bool:
        if slot == "report_ref":
            return values.get(slot) is None
        return slot in self.to_prove(values) and values.get(slot) is None

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("phone") == "not given" and "phone" in self.to_prove(values):
            return DEFAULT_QUEUE, "Asks about a report, and has no reference and phone number for it."
        return None

    def finish(self, work: Work) -> None:
        report = _asked_for(work.values)
        if report is None:
            work.to_person("The report was not found.")
            return
        with council.connection() as opened:
            row = opened.execute(
                "SELECT words, working_days FROM report_kinds WHERE kind = ?", (report.kind,)
            ).fetchone()
        words, days = row or (report.kind.replace("_", " "), USUAL_DAYS)
        work.say("utter_report_found", kind=words, day=dates.spoken_day(report.day))
        by = due(report.day, days)
        late = report.state == "received" and by < council.today()
        late = late or (report.state == "booked" and report.state_day < council.today())
        if late:
            work.say("utter_report_late")
            queue = topics().queues.get(report.service, DEFAULT_QUEUE)
            work.to_person(f"{report.reference} is past its day and not shown as done.", queue=queue)
            return
        work.say(
            STATES[report.state],
            reference=report.reference,
            day=dates.spoken_day(by if report.state == "received" else report.state_day),
        )
