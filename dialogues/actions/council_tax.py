"""Council tax."""

import re

from . import council, figures, parsing
from .answers import SLOTS, Answer, SlotKind, Values, one_of
from .forms import ServiceForm, Work, service_form
from .shared_slots import NOT_KNOWN, day_slot

ACCOUNT_DIGITS = 8


def _account(answer: Answer) -> Values | None:
    found = _spot_account(answer)
    if found:
        return found
    if parsing.refusal(answer.text):
        return {"account_ref": NOT_KNOWN}
    if len(parsing.digits(answer.text)) > 1:
        answer.say("utter_account_eight_digits")
    return None


def _spot_account(answer: Answer) -> Values | None:
    number = figures.number(answer.text, ACCOUNT_DIGITS)
    return {"account_ref": number} if number else None


_MOVING = {
    "out of": r"mov(e|ed|ing) out|leav(e|ing)|left|moved away|moving away|sold|selling|giving up|vacat\w+|out",
    "into": r"mov(e|ed|ing) (in|into|to)|bought|buying|rent(ed|ing)|new (house|home|flat|place|tenant)|got the keys|in|into",
}


def _moving_asked(answer: Answer) -> Values | None:
    """Into or out of; who does both within the area is asked about the new home, where the bill goes."""
    found = one_of("moving", _MOVING)(answer)
    return found or one_of("moving", {"into": r"both|from one|within|moving house", "out of": r"going"})(answer)


SLOTS.update(
    {
        "account_ref": SlotKind(_account, _spot_account, change="account|reference", clears=("account_ref",)),
        "moving": SlotKind(_moving_asked, one_of("moving", _MOVING), change="moving|in|out"),
        "move_date": day_slot("move_date"),
    }
)


@service_form
class Band(ServiceForm):
    """The band of a home."""

    intent = "council_tax_bands"

    def finish(self, work: Work) -> None:
        with council.connection() as opened:
            row = opened.execute("SELECT band FROM council_tax WHERE uprn = ?", (work.values["uprn"],)).fetchone()
        if row is None:
            work.to_person("The home has no band on record.")
            return
        work.say("utter_band", band=row[0])


@service_form
class Moving(ServiceForm):
    """Moving in or out."""

    intent = "council_tax_moving"

    def finish(self, work: Work) -> None:
        values = work.values
        details = {slot: values[slot] for slot in ("moving", "move_date_at", "name", "phone")}
        reference = work.report("council_tax_move", **details)
        work.say("utter_moving_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class SinglePerson(ServiceForm):
    """The discount for those who live alone."""

    intent = "council_tax_single_person"

    def finish(self, work: Work) -> None:
        values = work.values
        details = {slot: values[slot] for slot in ("name", "move_date_at", "phone")}
        reference = work.report("single_person_discount", **details)
        work.say("utter_single_person_done", reference=reference, spoken=council.spoken_reference(reference))


def holds_account(values: Values) -> bool:
    """Whether the name belongs to the account: first name or title may differ, the surname may not."""
    account = council.account(values["account_ref"])
    said = set(re.findall(r"[a-z']+", str(values["name"]).lower()))
    return account is not None and account[0].lower().split()[-1] in said


@service_form
class CopyBill(ServiceForm):
    """A copy of the bill, posted to the address on the account and to no other."""

    intent = "council_tax_copy_bill"
    proof = ("account_ref", "name")

    def proven(self, values: Values) -> bool:
        return holds_account(values)

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("account_ref") == NOT_KNOWN:
            return "revenues", "A copy bill is wanted; the caller does not have the account number."
        return None

    def finish(self, work: Work) -> None:
        reference = work.report("copy_bill", account=work.values["account_ref"])
        work.say("utter_copy_bill_done", reference=reference, spoken=council.spoken_reference(reference))
