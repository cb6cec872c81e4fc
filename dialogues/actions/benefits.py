"""Housing benefit and council tax support."""

import re
from datetime import date, timedelta

from . import council, dates, figures, parsing
from .answers import SLOTS, Answer, SlotKind, Values
from .forms import ServiceForm, Work, service_form
from .shared_slots import NOT_KNOWN, day_slot

CLAIM_DIGITS = 7
PAID_EVERY_DAYS = 28

_CHANGE = re.compile(
    r"\b(((started|starting|start|got|getting|lost|losing|left|leaving|finished|changed|stopped) (\w+ ){0,3}(job|work|working))|"
    r"wages?|pay rise|hours|income|pension|savings|inherit\w*|moved (in|out|house|away)|moving (in|out|house)|partner|"
    r"baby|born|left home|rent('s| has)?( gone| going)? (up|down)|bank details|sick pay|redundant|lodger|passed away|"
    r"died|split up|married|hospital|carer'?s allowance|universal credit)\b"
)
"""What changes, so that a caller who began with it is not asked again."""


_ONE = re.compile(r"\b(claim|number|ref|reference|letters?|it)\b")
_BOTH = re.compile(r"\b(neither|either|both|any|insurance|n i)\b")


def _claim(answer: Answer) -> Values | None:
    found = _spot_claim(answer)
    if found:
        return found
    if parsing.refusal(answer.text):
        # Who has no claim number may well know the other number that will do.
        said = parsing.clean(answer.text)
        neither = _BOTH.search(said) or not _ONE.search(said)
        return {"benefit_claim": NOT_KNOWN, **({"ni_number": NOT_KNOWN} if neither else {})}
    if len(parsing.digits(answer.text)) > 1:
        answer.say("utter_claim_seven_digits")
    return None


def _spot_claim(answer: Answer) -> Values | None:
    """A claim number of seven digits, or a National Insurance number."""
    if insurance := parsing.ni_number(answer.text):
        return {"benefit_claim": insurance, "ni_number": insurance}
    number = figures.number(answer.text, CLAIM_DIGITS)
    return {"benefit_claim": number} if number else None


def _change(answer: Answer) -> Values | None:
    text = answer.text.strip(" .,")
    return {"benefits_change": text} if len(text) >= 4 and parsing.yes_no(text) is None else None


def _spot_change(answer: Answer) -> Values | None:
    return {"benefits_change": answer.text.strip(" .,")} if _CHANGE.search(parsing.clean(answer.text)) else None


SLOTS.update(
    {
        "benefit_claim": SlotKind(
            _claim, _spot_claim, change="claim|national insurance|reference", clears=("benefit_claim", "ni_number")
        ),
        "benefits_change": SlotKind(_change, _spot_change, change="change|changed|what"),
        "benefits_change_date": day_slot("benefits_change_date"),
    }
)


def claim_of(claim: str) -> tuple[str, ...] | None:
    """(number, ni_number, born, benefit, status, detail) of a claim by its number or a National Insurance number."""
    with council.connection() as opened:
        query = (
            "SELECT number, ni_number, born, benefit, status, detail FROM benefit_claims"
            " WHERE number = ? OR ni_number = ?"
        )
        row: tuple[str, ...] | None = opened.execute(query, (claim, claim)).fetchone()
    return row


def _claim_slot(values: Values) -> str:
    """What names the claim: who told their National Insurance number in this call is not asked for it again."""
    told = values.get("benefit_claim") is None and values.get("ni_number") not in (None, NOT_KNOWN)
    return "ni_number" if told or values.get("benefit_claim") == NOT_KNOWN else "benefit_claim"


class WithClaim(ServiceForm):
    """A form about a claim: who rings is proven by claim or National Insurance number and date of birth."""

    proof = ("benefit_claim", "date_of_birth")

    def to_prove(self, values: Values) -> tuple[str, ...]:
        return (_claim_slot(values), "date_of_birth")

    def needed(self, slot: str, values: Values) -> bool:
        if slot == "ni_number":
            return values.get("benefit_claim") == NOT_KNOWN and super().needed(slot, values)
        named = slot == "benefit_claim" and values.get(slot) is None
        return super().needed(_claim_slot(values) if named else slot, values)

    def proven(self, values: Values) -> bool:
        claim = claim_of(values[_claim_slot(values)])
        return claim is not None and claim[2] == values.get("date_of_birth_at")

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("benefit_claim") == values.get("ni_number") == NOT_KNOWN:
            return "benefits", "The caller has neither the claim number nor the National Insurance number at hand."
        return None


@service_form
class ReportChange(WithClaim):
    """A change of circumstances."""

    intent = "benefits_report_change"
    covers = ("council_tax_moving",)

    def finish(self, work: Work) -> None:
        values = work.values
        details = {slot: values[slot] for slot in ("benefits_change", "benefits_change_date_at", "phone")}
        reference = work.report("benefit_change", claim=values[_claim_slot(values)], **details)
        work.say("utter_benefits_change_done", reference=reference, spoken=council.spoken_reference(reference))


def next_payment(first: date, after: date) -> date:
    """The next day of payment on or after ``after``; payments are four weeks apart, from ``first``."""
    return after + timedelta(days=(first - after).days % PAID_EVERY_DAYS)


@service_form
class ClaimStatus(WithClaim):
    """How a claim stands."""

    intent = "benefits_claim_status"

    def finish(self, work: Work) -> None:
        claim = claim_of(work.values[_claim_slot(work.values)])
        assert claim is not None, "it was proven"
        _, _, _, benefit, status, detail = claim
        if status == "waiting":
            work.say("utter_benefits_claim_waiting", benefit=benefit, evidence=detail)
        elif status == "paid":
            day = next_payment(date.fromisoformat(detail), council.today())
            work.say("utter_benefits_claim_paid", next_payment=dates.spoken_day(day))
        elif status == "awarded":
            work.say("utter_benefits_claim_awarded")
        elif status == "new":
            decided = dates.spoken_day(council.today() + timedelta(days=14))
            work.say("utter_benefits_claim_new", benefit=benefit, decided=decided)
        else:
            work.say("utter_benefits_claim_refused", benefit=benefit)
            work.to_person("A claim was refused; the caller wants to know more.")
