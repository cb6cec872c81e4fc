"""Forms of the services: how they are made into actions, and what follows when one has ended."""

from collections.abc import Callable
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from . import council
from .endings import anything_else, besides, transfer
from .form_turn import Turn
from .project_domain import project_domain
from .service_form import ServiceForm, Work
from .shared_slots import NOT_KNOWN
from .told import told_for_a_person
from .topics import current, likely_needs, person_queue, topics


def _finish(form: ServiceForm, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
    """What follows a form, however it ended."""
    how = tracker.get_slot("form_end") or "done"
    topic = topics().of(form.intent)
    if how == "switch":
        return [FollowupAction(tracker.get_slot("next_action"))]
    if how == "human":
        transfer(dispatcher, person_queue(topic), f"The caller asked for a person.{besides(tracker)}", topic.priority)
        return told_for_a_person(tracker, topic)
    if how == "not_understood":
        reason = f"The assistant could not understand an answer.{besides(tracker)}"
        transfer(dispatcher, person_queue(topic), reason, topic.priority)
        return told_for_a_person(tracker, topic)
    if how == "not_proven":
        dispatcher.utter_message(response="utter_not_proven_person")
        reason = "The details given did not match the council's records."
        transfer(dispatcher, person_queue(topic), reason, topic.priority)
        return []
    if how == "person_needed":
        if any(tracker.get_slot(slot) == NOT_KNOWN for slot in form.proof):
            dispatcher.utter_message(response="utter_proof_missing_person")
        # A duty queue makes it urgent; a missing account number does not let anybody jump the queue.
        reason = f"{tracker.get_slot('person_reason')}{besides(tracker)}"
        transfer(dispatcher, tracker.get_slot("person_queue"), reason, topic.priority)
        return []
    if how == "elsewhere":
        return [SlotSet("paused_form", None), *anything_else(dispatcher, tracker)]
    if how == "not_meant":
        return _ask_instead(form, dispatcher, tracker)
    if how == "goodbye":
        return [FollowupAction("action_goodbye")]
    if how == "cancelled":
        dispatcher.utter_message(response="utter_cancelled")
        return [SlotSet("paused_form", None), *anything_else(dispatcher, tracker)]
    work = Work(form, tracker, dispatcher)
    form.finish(work)
    if work.transferred:
        return work.events
    paused = tracker.get_slot("paused_form")
    if paused and paused != f"{form.intent}_form":
        dispatcher.utter_message(response="utter_ask_resume", task=topics().of(paused).title)
        return work.events
    return [*work.events, *anything_else(dispatcher, tracker)]


def _ask_instead(form: ServiceForm, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
    """The form was not what the caller meant: ask whether it is what else their words may have meant, or what it is."""
    dispatcher.utter_message(response="utter_not_meant")
    guess = next(iter(likely_needs(tracker.events, form.intent)), None)
    if guess is None:
        dispatcher.utter_message(response="utter_ask_need")
        return [SlotSet("paused_form", None)]
    dispatcher.utter_message(response="utter_ask_guess", task=topics().of(guess).title)
    return [SlotSet("guess", guess), SlotSet("paused_form", None)]


def service_form(cls: type[ServiceForm]) -> type[ServiceForm]:
    """Make the two actions of a form: ``validate_<intent>_form`` and ``action_<intent>``."""
    form = cls()

    def validate(
        self: Action, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        ahead = bool((tracker.latest_message.get("metadata") or {}).get("ahead"))
        with council.reading_only(ahead):
            return Turn(form, tracker, project_domain()).run(dispatcher)

    def submit(
        self: Action, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        return _finish(form, dispatcher, tracker)

    names: dict[str, Callable[..., Any]] = {f"validate_{form.intent}_form": validate, f"action_{form.intent}": submit}
    for name, run in names.items():
        made = type(name, (Action,), {"name": lambda self, n=name: n, "run": run, "__module__": cls.__module__})
        _MADE.append(made)
    return cls


_MADE: list[type[Action]] = []
"""Keeps the made classes alive: the SDK finds actions among the subclasses that exist."""


def topic_now(tracker: Tracker) -> Any:
    """What the call is about."""
    return current(tracker.events)
