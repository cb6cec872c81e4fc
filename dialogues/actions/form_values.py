"""What is known inside a form: the values of its slots, and which of them are still to be asked for."""

import re
from typing import Any

from rasa_sdk import Tracker

from .answers import SLOTS, SlotKind, free_text
from .service_form import ServiceForm
from .shared_slots import ADDRESS_SLOTS
from .told import OF_THE_CALLER, OF_WHO_VOTES, Told
from .topics import topics

ANOTHER = re.compile(
    r"\b(my|our|me) (\w+ )?(mum|mam|mom|mother|dad|father|nan|nana|gran|grandma|grandad|husband|wife|partner|son|daughter|"
    r"brother|sister|aunt|auntie|uncle|friend|neighbour|lad|lass)\b|\b(on behalf of|for (her|him))\b"
)
"""Words for somebody else whom a call is about."""


class FormValues(Told):
    """The values of one form in one turn."""

    def __init__(self, form: ServiceForm, tracker: Tracker, domain: dict[str, Any]) -> None:
        self.form = form
        self.name = f"{form.intent}_form"
        super().__init__(tracker, self.name)
        self.domain = domain
        self.kinds = SLOTS
        self.required: list[str] = list(domain["forms"][self.name]["required_slots"])

    def kind(self, slot: str) -> SlotKind:
        return self.kinds.get(slot) or SlotKind(free_text(slot), free=True)

    def missing(self, slot: str) -> bool:
        if slot == "postcode":
            return not self.value("street") and self.form.needed(slot, self.answer.slots)
        return self.form.needed(slot, self.answer.slots)

    def next_slot(self) -> str | None:
        return next((slot for slot in self.required if self.missing(slot)), None)

    def spot(self, skip: str) -> bool:
        """Take values of other slots that the sentence holds; return whether there were any."""
        found = False
        for slot in (*self.required, *(slot for slot in self.in_passing() if slot not in self.required)):
            kind = self.kind(slot)
            if slot == skip or kind.spot is None or slot == "address_ok":
                continue
            if self.form.place_is_another and slot in ADDRESS_SLOTS:
                continue
            if self.form.of_holder and slot in ("name", "date_of_birth") and ANOTHER.search(self.answer.text.lower()):
                continue
            known = self.value(slot) is not None if slot not in self.required else not self.missing(slot)
            if known and slot != "postcode":
                continue
            if slot == "postcode" and self.value("uprn"):
                continue
            values = kind.spot(self.answer)
            if values:
                self.set(values)
                found = True
        return found

    def in_passing(self) -> tuple[str, ...]:
        """What is taken when it is told, and never asked for."""
        return (*self.form.in_passing, *(slot for slot in OF_THE_CALLER if slot != "postcode"))

    def spot_earlier(self) -> None:
        """Take what the caller told of themselves before this form began."""
        if not self.form.of_holder:
            told = (*OF_THE_CALLER, *OF_WHO_VOTES)
            self.told_before((slot for slot in told if slot in self.required), topics().of(self.name).service)
