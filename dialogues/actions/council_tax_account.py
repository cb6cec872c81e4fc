"""What is done on a council tax account: its balance, refunds, how it is paid, whose it is. All of it takes proof."""

from dataclasses import dataclass
from datetime import date

from . import council, dates
from .answers import SLOTS, SlotKind, Values, free_text, one_of
from .council_tax import holds_account
from .forms import ServiceForm, Work, service_form
from .shared_slots import NOT_KNOWN

PARTS = 10
FIRST_MONTH = 4
"""Council tax is paid in ten parts from April."""


@dataclass(frozen=True)
class Account:
    """How an account stands; sums are in pounds."""

    part: int
    pay_day: int
    method: str
    missed: int

    def due_days(self, today: date) -> list[date]:
        """The days on which the parts of this tax year fall due."""
        year = today.year if today.month >= FIRST_MONTH else today.year - 1
        months = [FIRST_MONTH + index for index in range(PARTS)]
        return [date(year + (month - 1) // 12, (month - 1) % 12 + 1, self.pay_day) for month in months]

    def left(self, today: date) -> int:
        """What is still to pay this year."""
        return self.part * (sum(day > today for day in self.due_days(today)) + self.missed)

    def following(self, today: date) -> date | None:
        """When the next part falls due, if any is to come this year."""
        return next((day for day in self.due_days(today) if day > today), None)


def account(reference: str) -> Account | None:
    """How an account stands."""
    with council.connection() as opened:
        query = "SELECT part, pay_day, method, missed FROM council_tax_payments WHERE reference = ?"
        row = opened.execute(query, (reference,)).fetchone()
    return Account(*row) if row else None


_CHANGES = {
    "to stop the direct debit": r"cancel\w*|stop\w*|end(ing)?",
    "to pay on another day": r"day|date|on the (?:\d+\w*|\w+th|\w+st)|first|earlier|later|when",
    "to change the bank details": r"new bank|bank|details|account|changed banks?|new card",
    "to set up a direct debit": r"set(ting)? (it |one )?up|start\w*|new|direct debit|monthly|join",
}

SLOTS.update(
    {
        "payment_change": SlotKind(
            one_of("payment_change", _CHANGES),
            one_of(
                "payment_change",
                {
                    "to stop the direct debit": r"(cancel|stop)\w* (my |me |the |a )?(council tax )?direct debit",
                    "to pay on another day": r"(different|another|change (the|my|me)|move (the|my|me)) (payment )?(day|date)|"
                    r"comes out on|go(es)? out on|paid on the",
                    "to change the bank details": r"bank details|changed banks?|new bank|different bank",
                    "to set up a direct debit": r"(set|sort|start)\w* (up )?(a |my |me )?(council tax )?direct debit",
                },
            ),
            change="what|change|direct debit|day|bank",
            otherwise={"payment_change": "to change how you pay"},
        ),
        "new_details": SlotKind(free_text("new_details", 4), change="details|what|new", free=True),
    }
)


class _OnAccount(ServiceForm):
    """What the forms about an account have in common."""

    proof = ("account_ref", "name")
    without_number = ""

    def proven(self, values: Values) -> bool:
        return holds_account(values)

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("account_ref") == NOT_KNOWN:
            return "revenues", f"{self.without_number}; the caller does not have the account number."
        return None


@service_form
class Balance(_OnAccount):
    """What is left to pay, and when the next part is due. Who is behind talks to a person."""

    intent = "council_tax_balance"
    without_number = "A balance is wanted"

    def finish(self, work: Work) -> None:
        found = account(work.values["account_ref"])
        if found is None:
            work.to_person("The account has no payments on record.")
            return
        today = council.today()
        if found.missed:
            work.say("utter_balance_behind")
            work.to_person("The account is behind; the caller asked for the balance and was verified.")
            return
        following = found.following(today)
        if following is None:
            work.say("utter_balance_paid")
            return
        work.say("utter_balance", left=found.left(today), part=found.part, day=dates.spoken_day(following))
        if found.method == "direct debit":
            work.say("utter_balance_direct_debit")


@service_form
class Refund(_OnAccount):
    """Money back from an account in credit: the team checks, and rings."""

    intent = "council_tax_refund"
    without_number = "A refund is wanted"

    def finish(self, work: Work) -> None:
        values = work.values
        reference = work.report("council_tax_refund", account=values["account_ref"], phone=values["phone"])
        work.say("utter_refund_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class ChangePayment(_OnAccount):
    """Direct debit or another day: bank details are never spoken here, so the team rings back."""

    intent = "council_tax_change_payment"
    without_number = "A change of payment is wanted"

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("phone") == "not given":
            return "revenues", f"Wants {values.get('payment_change')}, and gave no number to ring back."
        return super().check(values)

    def finish(self, work: Work) -> None:
        values = work.values
        details = {"account": values["account_ref"], "change": values["payment_change"], "phone": values["phone"]}
        reference = work.report("council_tax_payment_change", **details)
        work.say("utter_change_payment_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class ChangeDetails(_OnAccount):
    """Another name, phone number or address to write to."""

    intent = "council_tax_details"
    without_number = "Details on an account are to be changed"

    def finish(self, work: Work) -> None:
        values = work.values
        reference = work.report("council_tax_details", account=values["account_ref"], new=values["new_details"])
        work.say("utter_details_done", reference=reference, spoken=council.spoken_reference(reference))
