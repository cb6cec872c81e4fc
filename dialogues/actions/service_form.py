"""What a service writes to have a form: the class of the form, and the work at its end."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from . import council
from .answers import Values
from .endings import besides, transfer
from .topics import person_queue, topics


class ServiceForm:
    """What a service's form is: its intent, and what it does once all is known."""

    intent = ""
    proof: tuple[str, ...] = ()
    """Slots that together prove who is ringing. Two facts at least, for whatever is personal."""
    place_is_another = False
    """An address told in passing is where the trouble is, not where the caller lives: that is asked for."""
    price = ""
    """The response that says what it costs, for callers who ask in the middle; empty where that isn't written down."""
    in_passing: tuple[str, ...] = ()
    """Slots that are taken when the caller tells them, and not asked for."""
    of_holder = False
    """Name and date of birth are a holder's, who need not be the caller: told beside "my dad" they may be either's."""
    covers: tuple[str, ...] = ()
    """Intents that are part of this need when they are told in the same breath, and no second one."""

    def proven(self, values: Values) -> bool:
        """Whether what was told in ``proof`` fits together in the council's records."""
        raise NotImplementedError

    def to_prove(self, values: Values) -> tuple[str, ...]:
        """The slots of ``proof`` that count, where that depends on what was told; by default all of them."""
        return self.proof

    def needed(self, slot: str, values: Values) -> bool:
        """Whether ``slot`` has to be asked; by default when it has no value."""
        return values.get(slot) is None

    def check(self, values: Values) -> tuple[str, str] | None:
        """(queue, reason) when what was said means that a person is needed now."""
        return None

    def finish(self, work: "Work") -> None:
        """Do it, and tell the caller."""
        raise NotImplementedError


class Work:
    """What the end of a form works with: the known values, and ways to answer."""

    def __init__(self, form: ServiceForm, tracker: Tracker, dispatcher: CollectingDispatcher) -> None:
        self.values: Values = dict(tracker.slots)
        self.call: str = tracker.sender_id
        self.events: list[dict[str, Any]] = []
        self.transferred = False
        self._form = form
        self._dispatcher = dispatcher
        self._besides = besides(tracker)
        self._topic = topics().of(form.intent)

    def say(self, response: str, **variables: Any) -> None:
        """Say a response of the domain."""
        self._dispatcher.utter_message(response=response, **variables)

    def act(self, act: dict[str, Any]) -> None:
        """Have the call do something that is no response of the domain (see docs/dialogue-contract.md)."""
        self._dispatcher.utter_message(json_message=act)

    def report(self, kind: str, place: str | None = None, **details: Any) -> str:
        """Write a report; its reference becomes the call's."""
        # A problem on a road is not at the caller's own address, even if that is known.
        uprn, where = (None, place) if place else (self.values.get("uprn"), self.values.get("address"))
        reference = council.report(kind, self._topic.service, self.call, uprn, where, details)
        self.events.append(SlotSet("reference", reference))
        told = {name: str(value) for name, value in details.items() if value is not None}
        about = {"kind": kind, "service": self._topic.service, "place": where or "", "uprn": uprn or ""}
        self.act({"act": "report", "reference": reference, **about, "details": told})
        return reference

    def to_person(self, reason: str, queue: str = "", priority: str = "") -> None:
        """Hand over to the service's people, as soon as ``service.yml`` says or ``priority``."""
        told = f"{reason}{self._besides}"
        transfer(self._dispatcher, queue or person_queue(self._topic), told, priority or self._topic.priority)
        self.transferred = True
