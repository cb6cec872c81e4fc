"""Actions that belong to no service: yes and no outside forms, repeating, starting again, goodbye, a person."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, AllSlotsReset, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from . import parsing
from .agreement import agrees
from .either import alike
from .endings import anything_else, besides, transfer
from .form_asides import SURE_WISH
from .forms import topic_now
from .project_domain import project_domain
from .told import told_for_a_person
from .topics import DEFAULT_QUEUE, TAKEN_FOR, WORTH_ASKING, person_queue, topics
from .wishes import BYE, ENOUGH, PERSON, REPEAT

Events = list[dict[str, Any]]
MAX_FALLBACKS = 3


def _asked(tracker: Tracker) -> str:
    """The slot of the last question that the bot asked."""
    for event in reversed(tracker.events):
        if event.get("event") == "bot":
            ask = ((event.get("data") or {}).get("custom") or {}).get("ask")
            if ask:
                return str(ask.get("slot", ""))
    return ""


class AnswerYes(Action):
    """ "Yes" outside a form."""

    def name(self) -> str:
        return "action_yes"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        asked = _asked(tracker)
        if asked == "resume" and tracker.get_slot("paused_form"):
            return [FollowupAction(tracker.get_slot("paused_form"))]
        if asked == "guess" and tracker.get_slot("guess"):
            return self._take(str(tracker.get_slot("guess")), dispatcher)
        dispatcher.utter_message(response="utter_ask_need")
        return []

    @staticmethod
    def _take(intent: str, dispatcher: CollectingDispatcher) -> Events:
        """Go on as if the caller had said clearly what was guessed."""
        domain = project_domain()
        if f"{intent}_form" in domain["forms"]:
            return [SlotSet("guess", None), SlotSet("other_guess", None), FollowupAction(f"{intent}_form")]
        topic = topics().of(intent)
        if f"utter_{intent}" in domain["responses"]:
            dispatcher.utter_message(response=f"utter_{intent}")
        if topic.need == "human":
            reason = f"About {topic.title}: a person is needed."
            transfer(dispatcher, person_queue(topic), reason, topic.priority)
        else:
            dispatcher.utter_message(response="utter_ask_anything_else")
        return [SlotSet("guess", None), SlotSet("said_before", None), SlotSet(TAKEN_FOR, intent)]


class AnswerNo(Action):
    """ "No" outside a form: after "anything else?" it is goodbye."""

    def name(self) -> str:
        return "action_no"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        asked = _asked(tracker)
        if asked == "anything_else":
            return [FollowupAction("action_goodbye")]
        if asked == "resume":
            return [SlotSet("paused_form", None), *anything_else(dispatcher, tracker)]
        if asked == "guess" and tracker.get_slot("other_guess"):
            dispatcher.utter_message(response="utter_ask_need")
            return [SlotSet("guess", None), SlotSet("other_guess", None)]
        if asked == "guess" and tracker.get_slot("said_before"):
            dispatcher.utter_message(response="utter_ask_anything_else")
            return [SlotSet("guess", None), SlotSet("said_before", None)]
        dispatcher.utter_message(response="utter_ask_need")
        return []


class Goodbye(Action):
    """Say goodbye and end the call; ask first when it is not sure that the caller meant it."""

    def name(self) -> str:
        return "action_goodbye"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        intent = tracker.latest_message.get("intent") or {}
        said = parsing.clean(tracker.latest_message.get("text") or "")
        guessed = intent.get("name") == "goodbye" and float(intent.get("confidence") or 0) < SURE_WISH
        if guessed and not BYE.search(said):
            dispatcher.utter_message(response="utter_ask_anything_else")
            return []
        dispatcher.utter_message(response="utter_goodbye")
        outcome = "reported" if tracker.get_slot("reference") else "answered"
        dispatcher.utter_message(json_message={"act": "hangup", "outcome": outcome})
        return []


class ToPerson(Action):
    """The caller asks for a person: hand over to the service that the call is about."""

    def name(self) -> str:
        return "action_to_person"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        topic = topic_now(tracker)
        transfer(dispatcher, person_queue(topic), "The caller asked for a person.", topic.priority)
        return told_for_a_person(tracker, topic)


class ServicePerson(Action):
    """A need that only a person can meet: say why, and hand over to its queue."""

    def name(self) -> str:
        return "action_service_person"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        intent = tracker.get_slot("next_intent") or (tracker.latest_message.get("intent") or {}).get("name") or ""
        topic = topics().of(intent)
        if f"utter_{intent}" in project_domain()["responses"]:
            dispatcher.utter_message(response=f"utter_{intent}")
        else:
            dispatcher.utter_message(response="utter_other_team", team=topic.title)
        reason = f"About {topic.title}: a person is needed.{besides(tracker)}"
        transfer(dispatcher, person_queue(topic), reason, topic.priority)
        return [*told_for_a_person(tracker, topic), SlotSet("next_intent", None)]


class AnythingElse(Action):
    """After an answer: is there anything else?"""

    def name(self) -> str:
        return "action_anything_else"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return anything_else(dispatcher, tracker)


class Repeat(Action):
    """Say again what was said last."""

    def name(self) -> str:
        return "action_repeat"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        said: list[dict[str, Any]] = []
        before = False
        for event in reversed(tracker.events):
            if event.get("event") == "bot" and before:
                said.insert(0, event)
            elif event.get("event") == "user":
                # What has been said in this turn ("of course, more slowly") is not what they want to hear again.
                if said:
                    break
                before = True
        for event in said:
            text, custom = event.get("text"), (event.get("data") or {}).get("custom") or {}
            if "english" in custom and not _in_its_language(custom, tracker):
                text, custom = custom["english"]["text"], custom["english"]["custom"]
            dispatcher.utter_message(text=text, json_message=custom)
        if not said:
            dispatcher.utter_message(response="utter_ask_need")
        return []


def _in_its_language(custom: dict[str, Any], tracker: Tracker) -> bool:
    """Whether the caller still speaks the language of what was said (``channel/tongues.py``)."""
    language = ((tracker.latest_message or {}).get("metadata") or {}).get("language")
    return bool((custom.get("ask") or custom.get("say") or {}).get("language") == language)


class Slower(Action):
    """Speak slower from now on, and say it again."""

    def name(self) -> str:
        return "action_slower"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        dispatcher.utter_message(response="utter_slower")
        return [SlotSet("rate", 0.85), FollowupAction("action_repeat")]


class StartAgain(Action):
    """Forget what was said and ask for the need."""

    def name(self) -> str:
        return "action_start_again"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        dispatcher.utter_message(response="utter_start_again")
        dispatcher.utter_message(response="utter_ask_need")
        keep = {slot: tracker.get_slot(slot) for slot in ("rate", "reference")}
        return [AllSlotsReset(), ActiveLoop(None), *(SlotSet(slot, value) for slot, value in keep.items())]


class Fallback(Action):
    """Not understood outside a form: ask for other words, with help; at last a person."""

    def name(self) -> str:
        return "action_fallback"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        text = tracker.latest_message.get("text") or ""
        said = parsing.clean(text)
        if PERSON.search(said):
            return [FollowupAction("action_to_person")]
        if REPEAT.search(said):
            return [FollowupAction("action_repeat")]
        enough = _asked(tracker) == "anything_else" and bool(ENOUGH.search(said)) and len(said.split()) <= 8
        answer = False if enough else agrees(text)
        if answer is not None and (enough or len(said.split()) <= 5) and _asked(tracker) != "need":
            return [FollowupAction("action_yes" if answer else "action_no")]
        misses = self._in_a_row(tracker)
        if misses >= MAX_FALLBACKS:
            topic = topic_now(tracker)
            queue = person_queue(topic) if topic.service != "none" else DEFAULT_QUEUE
            transfer(dispatcher, queue, "The assistant could not understand the caller.", topic.priority)
            return told_for_a_person(tracker, topic)
        either = alike(tracker.latest_message.get("intent_ranking") or [])
        asked = _asked(tracker)
        likeliest = either[0] if either else self._guess(tracker)
        if asked == "guess" and likeliest and likeliest == tracker.get_slot("guess"):
            # Asked whether it is about that, they said it all again.
            return AnswerYes._take(likeliest, dispatcher)
        if either and asked != "anything_else" and either[0] != tracker.get_slot("guess"):
            task, other = (topics().of(intent).title for intent in either)
            dispatcher.utter_message(response="utter_ask_either", task=task, other=other)
            return [SlotSet("guess", either[0]), SlotSet("other_guess", either[1])]
        guess = self._guess(tracker)
        if guess and guess != tracker.get_slot("guess"):
            dispatcher.utter_message(response="utter_ask_guess", task=topics().of(guess).title)
            return [SlotSet("guess", guess), SlotSet("other_guess", None)]
        dispatcher.utter_message(response="utter_ask_rephrase" if misses <= 1 else "utter_ask_rephrase_again")
        return []

    @staticmethod
    def _guess(tracker: Tracker) -> str | None:
        """The likeliest need, if it is likely enough to be worth a question."""
        for entry in tracker.latest_message.get("intent_ranking") or []:
            about = topics().of(entry["name"])
            if about.need == "out_of_scope":
                # It is rather somebody else's business.
                return None
            if about.service != "none":
                if _asked(tracker) == "anything_else" and about == topic_now(tracker):
                    # It has just been done: whoever says more than no is not asked whether they want it again.
                    return None
                return str(entry["name"]) if float(entry["confidence"]) >= WORTH_ASKING else None
        return None

    @staticmethod
    def _in_a_row(tracker: Tracker) -> int:
        misses = 0
        for event in reversed(tracker.events):
            if event.get("event") == "user":
                if ((event.get("parse_data") or {}).get("intent") or {}).get("name") != "nlu_fallback":
                    break
                misses += 1
        return misses
