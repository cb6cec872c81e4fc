"""Visits to council homes: a booked repair is told or moved, a gas service booked, a shared part of a building reported."""

from . import council, dates
from .answers import SLOTS, SlotKind, Values, free_text, whole_if
from .appointments import offer_days
from .follow_up import by_reference
from .forms import ServiceForm, Work, service_form
from .shared_slots import NOT_KNOWN

REPAIRS = ("repair", "damp_and_mould", "gas_service")
"""Kinds of report that come with a visit."""

_BROKEN = (
    r"lifts?|lights?|lighting|bulbs?|doors?|entry ?phone|intercom|buzzer|fob|gates?|banisters?|handrails?|stairwell|bins? (?:room|store|chute)|"
    r"chute|aerial|roof|leak\w*|broken|broke|smashed|stuck|not (?:working|lit)|doesn't (?:work|shut|lock|close)|won't (?:shut|lock|close|open)"
)
"""Words of somebody who says what is wrong in a shared part before they are asked."""

SLOTS.update(
    {
        "gas_day": offer_days("gas_service", "gas_day", notice=2),
        "communal_fault": SlotKind(
            free_text("communal_fault", 4),
            whole_if("communal_fault", _BROKEN),
            change="fault|problem|what",
            free=True,
            story=True,
        ),
    }
)


class _Booked(ServiceForm):
    """What the forms about a booked visit have in common: its reference and the home's postcode prove it."""

    proof = ("report_ref", "report_postcode")

    def proven(self, values: Values) -> bool:
        report = by_reference(str(values["report_ref"]))
        return report is not None and report.kind in REPAIRS and report.fits(values["report_postcode"])

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("report_ref") == NOT_KNOWN:
            return "repairs", "About a booked repair; the caller does not have its reference."
        return None


@service_form
class Appointment(_Booked):
    """When somebody comes."""

    intent = "housing_repairs_appointment"

    def finish(self, work: Work) -> None:
        report = by_reference(str(work.values["report_ref"]))
        if report is None or report.state != "booked" or report.state_day < council.today():
            work.say("utter_no_visit")
            work.to_person("About a repair that has no visit to come.")
            return
        booked = council.booking(report.reference)
        day = dates.spoken_day(report.state_day)
        work.say("utter_visit", visit=f"{day} in the {booked[2]}" if booked else day)


@service_form
class Rearrange(_Booked):
    """Another day for a booked visit."""

    intent = "housing_repairs_rearrange"

    def finish(self, work: Work) -> None:
        reference = str(work.values["report_ref"])
        day, part = work.values["appointment_at"]
        booked = council.booking(reference)
        council.move_booking(reference, booked[0] if booked else "general", day, part)
        work.say("utter_visit_moved", appointment=work.values["appointment"])


@service_form
class GasService(ServiceForm):
    """The yearly gas safety check."""

    intent = "housing_repairs_gas_service"
    price = "utter_it_is_free"

    def finish(self, work: Work) -> None:
        values = work.values
        day, part = values["gas_day_at"]
        reference = work.report("gas_service", day=day, part=part, phone=values["phone"])
        council.book(reference, "gas_service", day, part)
        work.say("utter_gas_service_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class Communal(ServiceForm):
    """A fault in what neighbours share: lift, entrance, stairs, lights."""

    intent = "housing_repairs_communal"
    covers = ("highways_street_light", "housing_repairs_log")

    def finish(self, work: Work) -> None:
        values = work.values
        reference = work.report("communal_repair", fault=values["communal_fault"], phone=values["phone"])
        work.say("utter_communal_done", reference=reference, spoken=council.spoken_reference(reference))
