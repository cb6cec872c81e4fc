"""Parking: penalty charges, permits, disabled bays, badly parked cars."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from . import council, dates, figures, parsing
from .answers import SLOTS, Answer, SlotKind, Values, free_text, one_of
from .forms import ServiceForm, Work, service_form
from .shared_slots import NOT_KNOWN, code

PCN_DIGITS = 8

MOST_BOOKS = 5
"""Books of visitor permits that a home may order at a time."""

_PLATE = re.compile(r"\b[a-z]{2}\d{2} ?[a-z]{3}\b")
_PLATE_NAMED = re.compile(r"\b(?:reg|registration|number plate|plate)(?: (?:mark|number|is|it's))* (.+)$")


@dataclass(frozen=True)
class Zone:
    """A permit zone: its prices in pounds, and when permits are needed."""

    name: str
    year: int
    half: int
    hours: str


@lru_cache(maxsize=256)
def zone_at(street: str | None) -> Zone | None:
    """The zone of a street, ``None`` where anyone may park."""
    query = "SELECT z.* FROM parking_zones z JOIN parking_streets s ON s.zone = z.zone WHERE s.street = ?"
    with council.connection() as opened:
        row = opened.execute(query, (street,)).fetchone()
    return Zone(*row) if row else None


def permit_of(registration: str | None) -> tuple[str, str, str] | None:
    """(holder, street, last day) of the permit for a vehicle."""
    query = (
        "SELECT p.name, a.street, p.expires FROM parking_permits p JOIN addresses a ON a.uprn = p.uprn"
        " WHERE p.registration = ?"
    )
    with council.connection() as opened:
        row = opened.execute(query, (registration,)).fetchone()
    return (str(row[0]), str(row[1]), str(row[2])) if row else None


def notice_of(pcn: str | None) -> tuple[str, str, str, int, str] | None:
    """(registration mark, day, reason, pounds, stage) of a penalty charge notice."""
    query = "SELECT registration, day, why, amount, stage FROM parking_notices WHERE pcn = ?"
    with council.connection() as opened:
        row = opened.execute(query, (pcn,)).fetchone()
    return (str(row[0]), str(row[1]), str(row[2]), int(row[3]), str(row[4])) if row else None


_STAGES = {
    "new": "utter_pcn_new",
    "full": "utter_pcn_full",
    "challenged": "utter_pcn_challenged",
    "paid": "utter_pcn_paid",
    "cancelled": "utter_pcn_cancelled",
}


def _pcn(answer: Answer) -> Values | None:
    found = _spot_pcn(answer)
    if found:
        return found
    if parsing.refusal(answer.text):
        return {"pcn": NOT_KNOWN}
    if len(parsing.digits(answer.text)) > 1:
        answer.say("utter_pcn_eight_digits")
    return None


def _spot_pcn(answer: Answer) -> Values | None:
    number = figures.number(answer.text, PCN_DIGITS)
    return {"pcn": number} if number else None


def _spot_registration(answer: Answer) -> Values | None:
    """A plate in a longer sentence: as it is written, or after the word for it. House numbers look much like one."""
    said = parsing.clean(answer.text)
    found = _PLATE.search(said)
    named = _PLATE_NAMED.search(said)
    mark = parsing.registration(found.group(0) if found else named.group(1)) if found or named else None
    return {"registration": mark} if mark else None


def _offer_length(answer: Answer) -> Values:
    """The zone and its prices, of the caller's street or of the permit that is renewed."""
    street = answer.slots.get("street")
    if answer.form == "parking_permit_renew_form":
        permit = permit_of(answer.slots.get("registration"))
        street = permit[1] if permit else None
    zone = zone_at(street)
    return {"parking_zone": zone.name, "price_year": zone.year, "price_half": zone.half} if zone else {}


def _length(answer: Answer) -> Values | None:
    found = one_of(
        "permit_length",
        {
            "six months": r"six|6|half|short(er|est)?|cheap(er|est)?|second|2",
            "a year": r"years?|yearly|twelve|twelvemonth|12|annual|long(er|est)?|whole|full|first|1",
        },
    )(answer)
    named = figures.count(answer.text)
    for length, price in (("a year", "price_year"), ("six months", "price_half")):
        # "The sixty pound one": chosen by what it costs.
        if named is not None and str(named) == str(answer.slots.get(price)):
            found = {"permit_length": length}
    if found is None and parsing.yes_no(answer.text) is True and int(answer.slots.get("misses") or 0):
        # "Yes" to a choice of two means nothing the first time; the second time it was asked about a year.
        found = {"permit_length": "a year"}
    if found is None:
        return None
    price = answer.slots.get("price_half" if found["permit_length"] == "six months" else "price_year")
    return {**found, "permit_price": price, "parking_zone": answer.slots.get("parking_zone")}


def _books(answer: Answer) -> Values | None:
    number = figures.count(answer.text)
    if number is None:
        number = 1 if re.search(r"\b(a|just the|single) (book|one)\b|\bone\b", parsing.clean(answer.text)) else None
    if number is None:
        return None
    if not 1 <= number <= MOST_BOOKS:
        answer.say("utter_visitor_books_five")
        return None
    return {"visitor_books": "one book" if number == 1 else f"{number} books"}


def _spot_books(answer: Answer) -> Values | None:
    return _books(answer) if re.search(r"\b\w+ books?\b", parsing.clean(answer.text)) else None


def _yes_or_said(slot: str, yes: str, no: str) -> SlotKind:
    """A yes or no that callers often give in a sentence before they are asked; "no" is looked for first."""

    def spot(answer: Answer) -> Values | None:
        said = parsing.clean(answer.text)
        if re.search(rf"\b({no})\b", said):
            return {slot: False}
        return {slot: True} if re.search(rf"\b({yes})\b", said) else None

    def parse(answer: Answer) -> Values | None:
        said = parsing.yes_no(answer.text)
        return {slot: said} if said is not None else spot(answer)

    return SlotKind(parse, spot, clears=(slot,))


_PARKED = {
    "across a drive": r"(across|over|in front of|blocking) (\w+ )?(drive|driveway|dropped kerb|garage|gates?|gateway)",
    "on the pavement": r"(on|over|up on|all over) (the )?(pavements?|footpath|path|kerb|causey)",
    "on yellow lines": r"(double |single )?yellow(s| lines?)?|no parking",
    "on the zigzags": r"zig ?zags?|school (entrance|gates?|keep clear)",
    "in a disabled bay": r"disabled (bay|space|spot)",
    "in a permit bay": r"(residents?'?s?|permit) (bay|space|only)|without a permit",
    "blocking the road": r"block(ing|s|ed)? (\w+ )?(road|street|lane|entrance|way|bus)|double parked|can't get (out|through|past)",
    "in a loading bay": r"loading bay",
    "on a cycle lane": r"(cycle|bike) lane",
    "on a corner": r"corner|junction",
    "on the verge": r"verge|grass",
}  # fmt: skip


def _parked(answer: Answer) -> Values | None:
    return one_of("parked_how", _PARKED)(answer) or (
        free_text("parked_how", 4)(answer) if parsing.yes_no(answer.text) is None else None
    )


SLOTS.update(
    {
        "pcn": SlotKind(_pcn, _spot_pcn, change="pcn|notice|ticket|number", clears=("pcn",)),
        "registration": SlotKind(
            code("registration", parsing.registration, "").parse,
            _spot_registration,
            change="registration|reg|plate|car|mark",
            clears=("registration",),
        ),
        "permit_length": SlotKind(
            _length,
            prepare=_offer_length,
            change="long|length|year|months|price",
            clears=("permit_length", "permit_price"),
        ),
        "visitor_books": SlotKind(_books, _spot_books, change="books?|many|permits", clears=("visitor_books",)),
        "badge_held": _yes_or_said(
            "badge_held",
            r"(have|has|'ve|'s|hold|got) (got )?(a |my |her |his |the )?(blue )?badge|badge holder",
            r"(haven't|hasn't|don't have|doesn't have|not) (got )?(a |any )?(blue )?badge|no badge|without a badge",
        ),
        "own_parking": _yes_or_said(
            "own_parking",
            r"(have|got|there's) (a |my own )?(drive|driveway|garage)",
            r"(haven't|hasn't|don't have|not) (got )?(a |any )?(drive|driveway|garage)|no (drive|driveway|garage)",
        ),
        "parked_how": SlotKind(
            _parked,
            one_of("parked_how", _PARKED),
            change="how|parked",
            clears=("parked_how",),
            otherwise={"parked_how": "where it should not be"},
        ),
    }
)


@service_form
class NoticeStatus(ServiceForm):
    """Where a penalty charge stands; told to whoever has the notice's number and the car's."""

    intent = "parking_pcn_status"
    proof = ("pcn", "registration")

    def proven(self, values: Values) -> bool:
        notice = notice_of(values["pcn"])
        return notice is not None and notice[0] == values["registration"]

    def check(self, values: Values) -> tuple[str, str] | None:
        if NOT_KNOWN in (values.get("pcn"), values.get("registration")):
            return "parking", "A penalty charge is asked about; the caller does not have its number or the car's."
        return None

    def finish(self, work: Work) -> None:
        notice = notice_of(work.values["pcn"])
        if notice is None:
            work.to_person("The penalty charge is not on record.")
            return
        _, day, why, amount, stage = notice
        if stage == "new" and (council.today() - date.fromisoformat(day)).days > 28:
            stage = "full"
        if stage == "debt":
            work.say("utter_pcn_debt")
            work.to_person("The penalty charge is past the time for paying.")
        elif stage in ("new", "full"):
            said = dates.spoken_day(date.fromisoformat(day))
            work.say(_STAGES[stage], day=said, why=why, amount=amount, half=amount // 2)
        else:
            work.say(_STAGES[stage])


class _ZoneForm(ServiceForm):
    """A form that goes no further than the address where no permit is needed."""

    address_slots = ("postcode", "house_number", "address_ok")

    def needed(self, slot: str, values: Values) -> bool:
        free = values.get("address_ok") is True and zone_at(values.get("street")) is None
        return super().needed(slot, values) and (slot in self.address_slots or not free)

    def finish(self, work: Work) -> None:
        if zone_at(work.values["street"]) is None:
            work.say("utter_parking_no_zone")
            return
        self.order(work)

    def order(self, work: Work) -> None:
        """Write it down, in a street with a zone."""
        raise NotImplementedError


@service_form
class Permit(_ZoneForm):
    """A first permit for a resident's car."""

    intent = "parking_permit"
    price = "utter_permit_price_by_zone"

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("registration") == NOT_KNOWN:
            return "parking", "A resident permit is wanted; the caller does not know the registration mark."
        return None

    def order(self, work: Work) -> None:
        values = work.values
        slots = ("parking_zone", "permit_length", "permit_price", "registration", "name", "phone")
        reference = work.report("parking_permit", **{slot: values[slot] for slot in slots})
        work.say("utter_parking_permit_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class PermitRenewal(ServiceForm):
    """Another term of a permit, for whoever knows the car and its permit's holder."""

    intent = "parking_permit_renew"
    proof = ("registration", "name")

    def proven(self, values: Values) -> bool:
        permit = permit_of(values["registration"])
        said = set(re.findall(r"[a-z']+", str(values["name"]).lower()))
        return permit is not None and permit[0].lower().split()[-1] in said

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("registration") == NOT_KNOWN:
            return "parking", "A permit is to be renewed; the caller does not know the registration mark."
        return None

    def finish(self, work: Work) -> None:
        values = work.values
        permit = permit_of(values["registration"])
        if permit is None:
            work.to_person("The permit is not on record.")
            return
        slots = ("registration", "permit_length", "permit_price")
        reference = work.report("parking_permit_renewal", **{slot: values[slot] for slot in slots})
        expires = dates.spoken_date(date.fromisoformat(permit[2]))
        spoken = council.spoken_reference(reference)
        work.say("utter_parking_renew_done", expires=expires, reference=reference, spoken=spoken)


@service_form
class PermitPrice(ServiceForm):
    """What a permit costs in a street, if one is needed at all."""

    intent = "parking_permit_price"

    def finish(self, work: Work) -> None:
        zone = zone_at(work.values["street"])
        if zone is None:
            work.say("utter_parking_no_zone")
        else:
            work.say("utter_parking_price", zone=zone.name, year=zone.year, half=zone.half, hours=zone.hours)


@service_form
class VisitorPermits(_ZoneForm):
    """Books of permits for guests, posted to the home and to nowhere else."""

    intent = "parking_visitor_permit"
    price = "utter_visitor_permit_price"

    def order(self, work: Work) -> None:
        values = work.values
        slots = ("visitor_books", "name", "phone")
        reference = work.report("visitor_permits", **{slot: values[slot] for slot in slots})
        work.say("utter_visitor_permit_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class DisabledBay(ServiceForm):
    """A bay on the road by the home of somebody with a blue badge and nowhere else to park."""

    intent = "parking_disabled_bay"
    price = "utter_it_is_free"

    def needed(self, slot: str, values: Values) -> bool:
        refused = values.get("badge_held") is False or values.get("own_parking") is True
        return super().needed(slot, values) and not refused

    def finish(self, work: Work) -> None:
        values = work.values
        if values.get("badge_held") is False:
            work.say("utter_disabled_bay_no_badge")
        elif values.get("own_parking") is True:
            work.say("utter_disabled_bay_drive")
        else:
            reference = work.report("disabled_bay", name=values["name"], phone=values["phone"])
            work.say("utter_disabled_bay_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class BadParking(ServiceForm):
    """A car where it should not stand, for the wardens."""

    intent = "parking_bad_parking"

    def finish(self, work: Work) -> None:
        values = work.values
        place = f"{values['road']}, {values['road_spot']}"
        reference = work.report("bad_parking", place=place, parked_how=values["parked_how"])
        work.say("utter_bad_parking_done", reference=reference, spoken=council.spoken_reference(reference))
