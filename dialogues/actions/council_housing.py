"""The housing register and council tenancies."""

import re

from . import council, figures, parsing
from .answers import SLOTS, Answer, SlotKind, Values, one_of
from .forms import ServiceForm, Work, service_form
from .shared_slots import NOT_KNOWN

_DIGITS = {"housing_ref": 6, "tenancy_ref": 7}
_WORDS = {6: "six", 7: "seven"}

_CHANGES = {
    "take someone off": r"(tak(e|ing|en)|remov\w+|get|com(e|ing)) (\w+ ){0,4}off|remov\w+|moved out|left",
    "add someone": r"add\w*|put (\w+ ){0,4}on|joint|moved in|moving in|both our names",
    "change your name": r"(chang\w+|new|different) (of )?(my |me |our )?(sur)?name|name(?:'s| has| is)? change\w*|got married|married name",
    "pass the tenancy on": r"pass(ing)? (it|the|my|tenancy)|pass(ed)? (away|on)|succe\w+|take over|taking over|assign\w*|died",
}


def _reference(slot: str) -> SlotKind:
    """A number of so many digits, which the caller may not have at hand."""

    def spot(answer: Answer) -> Values | None:
        number = figures.number(answer.text, _DIGITS[slot])
        return {slot: number} if number else None

    def parse(answer: Answer) -> Values | None:
        found = spot(answer)
        if found is None and parsing.refusal(answer.text):
            return {slot: NOT_KNOWN}
        if found is None and len(parsing.digits(answer.text)) > 1:
            answer.say("utter_housing_digits", digits=_WORDS[_DIGITS[slot]])
        return found

    return SlotKind(parse, spot, change="number|reference|application|tenancy", clears=(slot,))


def _who(answer: Answer) -> Values | None:
    said = parsing.clean(answer.text)
    relative = re.search(r"\b(?:my|me|our) \w+(?: in law)?((?: \w+)*)$", said)
    # "My son David Smith" is David Smith; "my son" alone says enough for the housing officer to ring about.
    name = parsing.person_name(relative[1].strip() if relative else said)
    name = name or (relative[0] if relative else None)
    return {"tenancy_change_who": name} if name else None


SLOTS.update(
    {
        "housing_ref": _reference("housing_ref"),
        "tenancy_ref": _reference("tenancy_ref"),
        "tenancy_change": SlotKind(
            one_of("tenancy_change", _CHANGES), one_of("tenancy_change", _CHANGES), change="change|what"
        ),
        "tenancy_change_who": SlotKind(_who, change="name|who|person", clears=("tenancy_change_who",)),
    }
)


def _row(query: str, value: str) -> tuple[str, ...] | None:
    with council.connection() as opened:
        row: tuple[str, ...] | None = opened.execute(query, (value,)).fetchone()
    return row


def application(reference: str) -> tuple[str, ...] | None:
    """(born, band, place, bedrooms) of an application for a home; band and place are empty until it is decided."""
    return _row("SELECT born, band, place, bedrooms FROM housing_applications WHERE reference = ?", reference)


def tenancy(reference: str) -> tuple[str, ...] | None:
    """(born, weekly rent, balance) of a tenancy, in pence; a balance below nought is owed."""
    return _row("SELECT born, rent, balance FROM tenancies WHERE reference = ?", reference)


def pounds(pence: int) -> str:
    """An amount as it is said: "£84.20", "£90"."""
    whole, rest = divmod(pence, 100)
    return f"£{whole}.{rest:02d}" if rest else f"£{whole}"


class WithTenancy(ServiceForm):
    """A form about a tenancy: who rings is proven by its number and the tenant's date of birth."""

    proof = ("tenancy_ref", "date_of_birth")

    def proven(self, values: Values) -> bool:
        found = tenancy(values["tenancy_ref"])
        return found is not None and found[0] == values.get("date_of_birth_at")

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("tenancy_ref") == NOT_KNOWN:
            return "housing", "The caller is a tenant and does not have the tenancy number at hand."
        return None


@service_form
class Position(ServiceForm):
    """The place on the housing register."""

    intent = "council_housing_position"
    proof = ("housing_ref", "date_of_birth")

    def proven(self, values: Values) -> bool:
        found = application(values["housing_ref"])
        return found is not None and found[0] == values.get("date_of_birth_at")

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("housing_ref") == NOT_KNOWN:
            return "housing", "The caller asks about a housing application and does not have its number at hand."
        return None

    def finish(self, work: Work) -> None:
        found = application(work.values["housing_ref"])
        assert found is not None, "it was proven"
        _, band, place, bedrooms = found
        if not band:
            work.say("utter_housing_position_checked")
            return
        rooms = "one bedroom" if int(bedrooms) == 1 else f"{bedrooms} bedrooms"
        work.say("utter_housing_position", band=band, place=place, bedrooms=rooms)


@service_form
class RentBalance(WithTenancy):
    """How a rent account stands."""

    intent = "council_housing_rent_balance"

    def finish(self, work: Work) -> None:
        found = tenancy(work.values["tenancy_ref"])
        assert found is not None, "it was proven"
        rent, balance = pounds(int(found[1])), int(found[2])
        if balance < 0:
            work.say("utter_rent_balance_behind", balance=f"You're {pounds(-balance)} behind with your rent", rent=rent)
        elif balance:
            work.say("utter_rent_balance", balance=f"You're {pounds(balance)} in credit", rent=rent)
        else:
            work.say("utter_rent_balance", balance="Your rent is paid up to date", rent=rent)


@service_form
class TenancyChange(WithTenancy):
    """A change of who holds a tenancy, or of their name."""

    intent = "council_housing_tenancy_change"

    def finish(self, work: Work) -> None:
        values = work.values
        details = {slot: values[slot] for slot in ("tenancy_change", "tenancy_change_who", "phone")}
        reference = work.report("tenancy_change", tenancy=values["tenancy_ref"], **details)
        work.say("utter_tenancy_change_done", reference=reference, spoken=council.spoken_reference(reference))
