"""Bins and waste, the rarer requests: clinical waste, the recycling centre, the calendar, how an application stands."""

from . import council
from .answers import SLOTS, SlotKind, one_of
from .appointments import offer_days
from .follow_up import ReportStatus
from .forms import ServiceForm, Work, service_form

_CLINICAL = one_of(
    "clinical_kind",
    {
        "a sharps box": r"sharps?|needles?|syringes?|yellow box|box|insulin|injections?",
        "bags": r"bags?|dressings?|dialysis|stoma|catheters?|pads|bandages?|orange",
    },
)
_VEHICLE = one_of(
    "tip_vehicle",
    {
        "a van or trailer": r"van|trailer|pick ?up|truck|transit|camper|horse ?box|lorry|works? vehicle",
        "a car": r"car|motor|suv|jeep|fiesta|corsa|astra|focus|golf|polo|estate|hatchback|saloon|taxi|people carrier|mini ?bus|just my own",
    },
)

SLOTS.update(
    {
        "clinical_kind": SlotKind(
            _CLINICAL,
            _CLINICAL,
            change="kind|waste|box|bags",
            in_words=True,
            otherwise={"clinical_kind": "clinical waste"},
        ),
        "tip_vehicle": SlotKind(_VEHICLE, _VEHICLE, change="car|van|vehicle|trailer", in_words=True),
        "tip_day": offer_days("recycling_centre", "tip_day", notice=1),
    }
)


@service_form
class AssistedStatus(ReportStatus):
    """How an application for help with the bins stands."""

    intent = "waste_assisted_status"


@service_form
class ClinicalWaste(ServiceForm):
    """A collection of sharps or of bags from treatment at home."""

    intent = "waste_clinical"
    price = "utter_it_is_free"

    def finish(self, work: Work) -> None:
        details = {slot: work.values[slot] for slot in ("clinical_kind", "name", "phone")}
        reference = work.report("clinical_waste", **details)
        work.say("utter_clinical_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class RecyclingCentreVisit(ServiceForm):
    """A place at the recycling centre; with a van or trailer it is the permit, too."""

    intent = "waste_tip_visit"

    def finish(self, work: Work) -> None:
        day, part = work.values["tip_day_at"]
        reference = work.report("tip_visit", vehicle=work.values["tip_vehicle"], day=day, part=part)
        council.book(reference, "recycling_centre", day, part)
        work.say("utter_tip_visit_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class Calendar(ServiceForm):
    """The collection calendar on paper."""

    intent = "waste_calendar"

    def finish(self, work: Work) -> None:
        reference = work.report("collection_calendar")
        work.say("utter_calendar_done", reference=reference, spoken=council.spoken_reference(reference))
