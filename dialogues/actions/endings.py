"""What follows when something is done: a person, the other need of the same breath, or whether that was all."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

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


def anything_else(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
    """Ask whether that was all; or take up what was asked in the same breath as what has just been done."""
    also = tracker.get_slot("also_need") or also_asked(tracker)
    if not also:
        dispatcher.utter_message(response="utter_ask_anything_else")
        return []
    dispatcher.utter_message(response="utter_ask_also", task=topics().of(also["intent"]).title)
    return [SlotSet("guess", also["intent"]), SlotSet("said_before", also["text"]), SlotSet("also_need", None)]
