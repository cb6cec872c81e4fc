"""What the caller told in this call: the values, where each came from, and what was said before any form asked."""

from collections.abc import Iterable
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from . import council, parsing
from .answers import SLOTS, Answer, Values
from .topics import Topic, topics

OF_THE_CALLER = ("name", "phone", "postcode")
"""What is kept for the call whenever it is told, though nothing at hand has a use for it."""

OF_WHO_VOTES = ("electoral_nationality",)
"""What is kept besides for a form that asks for it."""

_OF_A_NEED = {
    "council_tax": ("account_ref",),
    "parking": ("pcn", "registration"),
    "benefits": ("benefit_claim",),
    "council_housing": ("tenancy_ref", "housing_ref"),
    "highways": ("column_number", "road"),
    "street_scene": ("road",),
    "waste": ("bin",),
}
"""What a person who takes over wants to see besides, by service, where the caller said it unasked."""

_ELSEWHERE = frozenset(("highways", "street_scene", "environmental_health", "planning"))
"""Services of which an address that is told is where the trouble is, and not where the caller lives."""

_FEW = 8
"""So many sentences before are looked at."""


def answer_of(tracker: Tracker, form: str) -> Answer:
    """The latest message as an answer inside ``form``."""
    message = tracker.latest_message
    intent = message.get("intent") or {}
    if intent.get("name") == "nlu_fallback":
        ranking = [i for i in message.get("intent_ranking") or [] if i["name"] != "nlu_fallback"]
        intent = ranking[0] if ranking else {}
    metadata = message.get("metadata") or {}
    ranked = ((str(each["name"]), float(each["confidence"])) for each in message.get("intent_ranking") or [])
    return Answer(
        text=message.get("text") or "",
        slots=dict(tracker.slots),
        today=council.today(),
        intent=intent.get("name") or "",
        confidence=float(intent.get("confidence") or 0.0),
        keyed=metadata.get("event") == "keyed",
        caller=metadata.get("caller") or "",
        form=form,
        ranking=tuple(each for each in ranked if each[0] not in ("nlu_fallback", intent.get("name"))),
    )


def said_outside_forms(events: Iterable[dict[str, Any]]) -> list[str]:
    """What the caller said while no form was asking, the latest first; what came before "start again" is forgotten."""
    said: list[str] = []
    loop = None
    for event in events:
        kind = event.get("event")
        if kind == "active_loop":
            loop = event.get("name")
        elif kind == "reset_slots":
            said = []
        elif kind == "user" and not loop and event.get("text") and not str(event["text"]).startswith("/"):
            said.insert(0, str(event["text"]))
    return said[:_FEW]


class Told:
    """The values of a call in one turn; ``changes`` are the slots that the turn sets."""

    def __init__(self, tracker: Tracker, form: str = "") -> None:
        self.tracker = tracker
        self.answer = answer_of(tracker, form)
        self.changes: Values = {}
        self.metadata = tracker.latest_message.get("metadata") or {}
        self.log: dict[str, dict[str, Any]] = dict(tracker.get_slot("facts_log") or {})

    def value(self, slot: str) -> Any:
        return self.answer.slots.get(slot)

    def set(self, values: Values, *, learned: bool = True) -> None:
        """Take values; ``learned`` ones are facts with their provenance."""
        for slot, value in values.items():
            self.changes[slot] = value
            self.answer.slots[slot] = value
            if not learned:
                continue
            if value is None:
                self.log.pop(slot, None)
            elif slot in topics().labels:
                if slot in self.log and self.log[slot].get("value") == value:
                    continue
                spelled = parsing.postcode(self.answer.text) is not None
                found = (
                    slot in ("uprn", "address", "verified", "parking_zone")
                    or (slot == "street" and spelled)
                    or (slot == "postcode" and not spelled)
                    # where a street light stands is known from the number on its column
                    or (slot in ("road", "road_spot") and "column_number" in values)
                )
                source = "looked_up" if found else "keyed" if self.answer.keyed else "said"
                confidence = float(self.metadata.get("confidence") or 1.0)
                self.log[slot] = {"value": value, "source": source, "confidence": confidence, "confirmed": False}

    def confirm(self, slots: tuple[str, ...] | list[str]) -> None:
        """The caller said that these are right."""
        for slot in slots:
            if slot in self.log:
                self.log[slot] = {**self.log[slot], "confirmed": True}

    def events(self) -> list[dict[str, Any]]:
        """The slots that the turn sets, with the log of facts."""
        return [SlotSet(slot, value) for slot, value in {**self.changes, "facts_log": self.log}.items()]

    def told_before(self, slots: Iterable[str], service: str) -> None:
        """Take values of ``slots`` that are not known from what was said while nothing asked for them."""
        wanted = tuple(slots)
        now = self.answer.text
        for text in said_outside_forms(self.tracker.events):
            self.answer.text = text
            for slot in wanted:
                kind = SLOTS.get(slot)
                if (
                    kind is None
                    or kind.spot is None
                    or self.value("street" if slot == "postcode" else slot) is not None
                ):
                    continue
                if slot == "postcode" and (service in _ELSEWHERE or not self._is_home()):
                    continue
                if values := kind.spot(self.answer):
                    self.set(values)
        self.answer.text = now
        self.answer.messages = [each for each in self.answer.messages if each[0] != "utter_no_such_address"]

    def _is_home(self) -> bool:
        """Whether an address in the text is told as a whole: the name of a street alone is anybody's."""
        spot = SLOTS["postcode"].spot
        values = spot(self.answer) if spot else None
        return bool(values and (values.get("uprn") or values.get("postcode")))


def told_for_a_person(tracker: Tracker, topic: Topic) -> list[dict[str, Any]]:
    """What a person who takes the call is to see, though no form asked for it."""
    told = Told(tracker)
    told.told_before((*OF_THE_CALLER, *_OF_A_NEED.get(topic.service, ())), topic.service)
    return told.events() if told.changes else []
