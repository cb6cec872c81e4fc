"""What follows when something is done: a person, the other need of the same breath, or whether that was all."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .bereavement import worth_offering
from .project_domain import project_domain
from .topics import topics


def transfer(dispatcher: CollectingDispatcher, queue: str, reason: str, priority: str = "normal") -> None:
    """Say that a person follows, and hand over."""
    dispatcher.utter_message(response="utter_to_person")
    dispatcher.utter_message(
        json_message={"act": "transfer", "queue": queue, "reason": reason, "priority": priority},
    )


def also_asked(tracker: Tracker) -> dict[str, Any] | None:
    """What the caller asked for in the same breath as something else, when it was said just now."""
    also = tracker.latest_message.get("also")
    return dict(also) if also and topics().of(also.get("intent")).service != "none" else None


def besides(tracker: Tracker) -> str:
    """What a person who takes the call is told of another need that was not come to; empty when there is none."""
    also = also_asked(tracker) or tracker.get_slot("also_need")
    return f" The caller also asked about {topics().of(also['intent']).title}." if also else ""


def _only_answers(intent: str) -> bool:
    """Whether a need is met by saying its answer: who asked two questions is not asked whether they want the second."""
    domain = project_domain()
    answered = topics().of(intent).need == "answer" and f"utter_{intent}" in domain["responses"]
    return answered and f"{intent}_form" not in domain["forms"]


def anything_else(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
    """Ask whether that was all; or take up what was asked in the same breath as what has just been done."""
    also = tracker.get_slot("also_need") or also_asked(tracker)
    offered: list[dict[str, Any]] = []
    if not also and not tracker.get_slot("after_death") and worth_offering(tracker.events):
        dispatcher.utter_message(response="utter_after_death")
        offered = [SlotSet("after_death", True)]
    if not also:
        dispatcher.utter_message(response="utter_ask_anything_else")
        return offered
    if _only_answers(also["intent"]):
        dispatcher.utter_message(response="utter_also_asked", task=topics().of(also["intent"]).title)
        dispatcher.utter_message(response=f"utter_{also['intent']}")
        dispatcher.utter_message(response="utter_ask_anything_else")
        return [SlotSet("also_need", None)]
    dispatcher.utter_message(response="utter_ask_also", task=topics().of(also["intent"]).title)
    return [
        *(SlotSet("guess", also["intent"]), SlotSet("said_before", also["text"])),
        *(SlotSet("also_need", None), SlotSet("other_guess", None)),
    ]
