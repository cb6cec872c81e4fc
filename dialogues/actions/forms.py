"""The form engine: one validation for every form, so that each form is only its slots and what it does at the end.

A turn inside a form goes through, in this order: control (a person, cancel, repeat, go back, start again); the
answer to the question; a correction or a value for another slot; a question about something else, which is answered
before the form's question is asked again, or another task, to which the call switches; at last a misunderstanding,
which is counted.
"""

import re
from collections.abc import Callable
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from . import council, parsing
from .answers import SLOTS, Answer, SlotKind, Values, free_text
from .corrections import in_passing, put_right
from .endings import also_asked, anything_else, transfer
from .project_domain import project_domain
from .service_form import ServiceForm, Work
from .shared_slots import ADDRESS_SLOTS, NOT_KNOWN, PERSON_SLOTS
from .topics import current, person_queue, topics
from .wishes import AGAIN, BACK, BYE, CANCEL, PERSON, REPEAT

LONG = 5
"""An answer of so many words may be about something else than the question, even if it could be an answer."""

SURE_ELSEWHERE = 0.75
"""How sure the classifier must be of that."""

MAX_MISSES = 3
"""After so many answers to one question that could not be used, a person takes over."""

MAX_PROOFS = 3
"""After so many details that did not fit together, a person takes over."""

KEPT = frozenset((*ADDRESS_SLOTS, *PERSON_SLOTS))
"""What one form learned and the next may use."""

SWITCH = 0.5
INTERRUPT = 0.4
SURE_WISH = 0.6
"""How sure the classifier must be that the caller left the question, when the words were no answer to it: for another
task, for a question, to cancel or end the call."""

FREE_INTERRUPT = 0.62
SURE_FREE = 0.75
"""The same where any text would be an answer: for a question, and for all else."""

TOLD = re.compile(
    r"(my|our|the) (\w+ ){0,2}\w+('s| has| have| had) (gone|been|come|stopped|changed|started)( \w+){0,3}"
)
"""What says that something changed and asks nothing: where it can be the answer it is, whatever else it sounds like."""


def _answer(tracker: Tracker, form: str) -> Answer:
    message = tracker.latest_message
    intent = message.get("intent") or {}
    if intent.get("name") == "nlu_fallback":
        ranking = [i for i in message.get("intent_ranking") or [] if i["name"] != "nlu_fallback"]
        intent = ranking[0] if ranking else {}
    metadata = message.get("metadata") or {}
    return Answer(
        text=message.get("text") or "",
        slots=dict(tracker.slots),
        today=council.today(),
        intent=intent.get("name") or "",
        confidence=float(intent.get("confidence") or 0.0),
        keyed=metadata.get("event") == "keyed",
        caller=metadata.get("caller") or "",
        form=form,
    )


class Turn:
    """One turn inside a form; :meth:`run` gives the events."""

    def __init__(self, form: ServiceForm, tracker: Tracker, domain: dict[str, Any]) -> None:
        self.form = form
        self.name = f"{form.intent}_form"
        self.domain = domain
        self.tracker = tracker
        self.answer = _answer(tracker, self.name)
        self.kinds = SLOTS
        self.required: list[str] = list(domain["forms"][self.name]["required_slots"])
        self.changes: Values = {}
        self.metadata = tracker.latest_message.get("metadata") or {}
        self.log: dict[str, dict[str, Any]] = dict(tracker.get_slot("facts_log") or {})

    # -- values ---------------------------------------------------------------------------------------------

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

    def kind(self, slot: str) -> SlotKind:
        return self.kinds.get(slot) or SlotKind(free_text(slot), free=True)

    def missing(self, slot: str) -> bool:
        if slot == "postcode":
            return not self.value("street") and self.form.needed(slot, self.answer.slots)
        return self.form.needed(slot, self.answer.slots)

    def next_slot(self) -> str | None:
        return next((slot for slot in self.required if self.missing(slot)), None)

    # -- the turn -------------------------------------------------------------------------------------------

    def run(self, dispatcher: CollectingDispatcher) -> list[dict[str, Any]]:
        asked = self.tracker.get_slot("requested_slot")
        if self.tracker.get_slot("form_open") != self.name:
            asked = None
            self.begin()
        elif asked:
            self.hear(str(asked))
        return self.close(asked, dispatcher)

    def begin(self) -> None:
        """The form has just started: forget what an earlier one of its kind left, use what was said already."""
        resumed = self.tracker.get_slot("paused_form") == self.name
        if not resumed:
            self.set({slot: None for slot in self.required if slot not in KEPT}, learned=False)
            for slot in self.required:
                if slot not in KEPT:
                    self.log.pop(slot, None)
            if self.value("address") and self.value("address_ok"):
                self.answer.say("utter_same_address", address=self.value("address"))
            intro = f"utter_{self.form.intent}_intro"
            if intro in self.domain["responses"]:
                self.answer.say(intro)
            self.recall()
            self.spot(skip="")
        else:
            # What another form was confirmed with does not confirm this one.
            self.set({"paused_form": None, "confirm": None}, learned=False)
        self.set({"form_open": self.name, "form_end": None, "misses": 0, "what_to_change": None}, learned=False)
        self.answer.messages = [m for m in self.answer.messages if m[0] != "utter_no_such_address"]

    def recall(self) -> None:
        """Use the part of an earlier or a double sentence that was about this form, and keep the other part for later."""
        also = also_asked(self.tracker)
        if also and also["intent"] in self.form.covers:
            also = None
        elif also:
            self.set({"also_need": also}, learned=False)
            self.answer.text = also["first"]
        if not also and (before := self.value("said_before")):
            self.answer.text = before
        self.set({"said_before": None}, learned=False)

    def spot(self, skip: str) -> bool:
        """Take values of other slots that the sentence holds; return whether there were any."""
        found = False
        for slot in self.required:
            kind = self.kind(slot)
            if slot == skip or kind.spot is None or slot == "address_ok":
                continue
            if self.form.place_is_another and slot in ADDRESS_SLOTS:
                continue
            if not self.missing(slot) and slot != "postcode":
                continue
            if slot == "postcode" and self.value("uprn"):
                continue
            values = kind.spot(self.answer)
            if values:
                self.set(values)
                found = True
        return found

    def hear(self, asked: str) -> None:
        """Understand the answer to ``asked``."""
        if self.command(asked):
            return
        kind = self.kind(asked)
        long = len(self.answer.text.split()) >= LONG
        told = TOLD.fullmatch(self.answer.text.lower().strip(" .")) and kind.parse(self.answer) is not None
        if kind.free and long and not told and (self.wish(SURE_FREE) or self.elsewhere(SURE_FREE, FREE_INTERRUPT)):
            return
        # "Actually there's a pothole on Mill Lane" is no answer to "what's the postcode?", though a street is in it.
        if not kind.free and long and not told and self.elsewhere(SURE_ELSEWHERE, SURE_ELSEWHERE):
            return
        if asked not in ("address_ok", "confirm", "what_to_change") and self.correct_in_passing(asked, kind):
            understood = True
        elif asked == "confirm":
            understood = self.hear_confirm()
        elif asked == "what_to_change":
            understood = self.change(self.answer.text)
        else:
            values = kind.parse(self.answer)
            understood = values is not None
            if values is not None:
                self.set(values)
                if values.get("address_ok") is True:
                    self.confirm(ADDRESS_SLOTS)
            if not kind.free and self.spot(skip=asked):
                # Something else was told, perhaps with the answer: no misunderstanding.
                understood = True
        if understood:
            self.set({"misses": 0}, learned=False)
        elif not (self.wish(SURE_WISH) or self.elsewhere(SWITCH, INTERRUPT)):
            self.miss(asked)

    def command(self, asked: str) -> bool:
        """What is a wish about the call itself, whatever was asked: told by its words alone."""
        said = parsing.clean(self.answer.text)
        if PERSON.search(said):
            self.end("human")
        elif CANCEL.search(said):
            self.end("cancelled")
        elif BYE.search(said):
            self.end("goodbye")
        elif AGAIN.search(said):
            self.set(dict.fromkeys([*self.required, *ADDRESS_SLOTS]))
            self.set({"misses": 0}, learned=False)
            self.answer.say("utter_start_again")
        elif BACK.search(said):
            self.go_back(asked)
        elif not REPEAT.search(said):
            return False
        return True

    def wish(self, sure: float) -> bool:
        """The same, told by the classifier, when the words were no answer."""
        if self.answer.confidence < sure:
            return False
        intent = self.answer.intent
        if intent == "human":
            self.end("human")
        elif intent == "cancel":
            self.end("cancelled")
        elif intent == "goodbye":
            self.end("goodbye")
        elif intent == "go_back":
            self.go_back(self.tracker.get_slot("requested_slot"))
        elif intent in ("slower", "louder"):
            self.answer.say(f"utter_{intent}")
            if intent == "slower":
                self.set({"rate": 0.85}, learned=False)
        elif intent != "repeat":
            return False
        return True

    def go_back(self, asked: str) -> None:
        """Ask the question before ``asked`` again."""
        before = self.required[: self.required.index(asked)] if asked in self.required else self.required
        answered = [slot for slot in before if self.value(slot) is not None]
        if answered:
            kind = self.kind(answered[-1])
            self.set(dict.fromkeys(kind.clears or (answered[-1],)))
            self.set({answered[-1]: None})
        self.set({"misses": 0}, learned=False)

    def hear_confirm(self) -> bool:
        """Yes; or no with a correction; or no without one."""
        said = parsing.yes_no(self.answer.text)
        if said is True:
            self.set({"confirm": True})
            self.confirm(list(self.log))
            return True
        if self.correct():
            return True
        if said is False:
            self.set({"confirm": None})
            self.ask_instead = "what_to_change"
            return True
        return False

    ask_instead: str | None = None

    def told(self) -> list[tuple[str, SlotKind]]:
        """The slots that a sentence may put right; the address last: a number may belong to something else."""
        slots = sorted(self.required, key=lambda slot: slot == "address_ok")
        return [(slot, self.kind(slot)) for slot in slots if slot != "postcode" and self.kind(slot).spot is not None]

    def correct(self) -> bool:
        """Take the corrected value of whichever slot the sentence speaks of."""
        values = put_right(self.answer, self.told())
        self.set(values or {})
        return bool(values)

    def correct_in_passing(self, asked: str, kind: SlotKind) -> bool:
        """The same, in a sentence that was to answer something else. A new address is read back."""
        told = [(slot, each) for slot, each in self.told() if slot != asked and self.value(slot) is not None]
        values = in_passing(self.answer, kind, told)
        if values is None:
            return False
        if "address_ok" in values:
            values["address_ok"] = None
        elif values:
            self.answer.messages.insert(0, ("utter_put_right", {}))
        self.set(values)
        return True

    def change(self, text: str) -> bool:
        """After "which part is wrong?": a corrected value, or the name of what is wrong."""
        if self.correct():
            return True
        said = parsing.clean(text)
        if re.fullmatch(r"(nothing|none|all (good|fine|right)|no|it's (fine|right))", said):
            return True
        for slot in self.required:
            kind = self.kind(slot)
            if kind.change and re.search(rf"\b({kind.change})\b", said):
                self.set(dict.fromkeys(kind.clears or (slot,)))
                return True
        return False

    def elsewhere(self, switch: float, interrupt: float) -> bool:
        """The caller asked something else: answer it, or go there."""
        intent, confidence = self.answer.intent, self.answer.confidence
        topic = topics().of(intent)
        if intent == self.form.intent:
            return False
        if f"utter_{intent}" in self.domain["responses"] and topic.need in ("answer", "smalltalk"):
            if confidence < interrupt:
                return False
            self.answer.say(f"utter_{intent}")
        elif f"{intent}_form" in self.domain["forms"] and confidence >= switch:
            self.set({"next_action": f"{intent}_form", "paused_form": self.name}, learned=False)
            self.end("switch")
        elif topic.need == "human" and topic.service != "none" and confidence >= switch:
            self.set({"next_action": "action_service_person", "next_intent": intent}, learned=False)
            self.end("switch")
        else:
            return False
        self.set({"misses": 0}, learned=False)
        return True

    def prove(self) -> None:
        """Once all of the proof is told, see whether it fits. Which part does not is never said: it would help a thief.

        What was proven once in the call holds for as long as nobody tells something else.
        """
        proof = self.form.to_prove(self.answer.slots)
        told = [self.value(slot) for slot in proof]
        if not told or any(value is None for value in told) or self.form.check(self.answer.slots):
            return
        key = "|".join(map(str, (*proof, *told)))
        if self.value("proven") == key:
            return
        if self.form.proven(self.answer.slots):
            by = " and ".join(topics().labels.get(slot, slot.replace("_", " ")).lower() for slot in proof)
            self.set({"verified": by})
            self.set({"proven": key}, learned=False)
            self.confirm(("verified", *proof))
            return
        failures = int(self.value("proof_failures") or 0) + 1
        self.set({"verified": None})
        self.set({"proven": None, "proof_failures": failures}, learned=False)
        if failures >= MAX_PROOFS:
            self.end("not_proven")
            return
        for slot in proof:
            self.set(dict.fromkeys(self.kind(slot).clears or (slot,)))
        self.answer.say("utter_not_proven")

    def miss(self, asked: str) -> None:
        """The answer could not be used."""
        misses = int(self.value("misses") or 0) + 1
        self.set({"misses": misses}, learned=False)
        if misses >= MAX_MISSES and self.kind(asked).optional and asked not in self.form.proof:
            self.set({asked: NOT_KNOWN})
        elif misses >= MAX_MISSES:
            self.end("not_understood")

    def end(self, how: str) -> None:
        self.set({"form_end": how}, learned=False)

    def close(self, asked: Any, dispatcher: CollectingDispatcher) -> list[dict[str, Any]]:
        """Say what was collected and name the next question."""
        if not self.value("form_end"):
            self.prove()
        for response, variables in self.answer.messages:
            dispatcher.utter_message(response=response, **variables)
        following: str | None = None
        if not self.value("form_end"):
            needs = self.form.check(self.answer.slots)
            if needs:
                self.set(
                    {"form_end": "person_needed", "person_reason": needs[1], "person_queue": needs[0]}, learned=False
                )
            else:
                following = self.ask_instead or self.next_slot()
                if following is None:
                    self.end("done")
                elif (prepare := self.kind(following).prepare) is not None:
                    self.set(prepare(self.answer) or {}, learned=False)
        if following != asked and following is not None:
            self.set({"misses": 0}, learned=False)
        if following is None:
            self.set({"form_open": None}, learned=False)
        self.changes["facts_log"] = self.log
        return [SlotSet(slot, value) for slot, value in self.changes.items()] + [SlotSet("requested_slot", following)]


def _finish(form: ServiceForm, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
    """What follows a form, however it ended."""
    how = tracker.get_slot("form_end") or "done"
    topic = topics().of(form.intent)
    if how == "switch":
        return [FollowupAction(tracker.get_slot("next_action"))]
    if how == "human":
        transfer(dispatcher, person_queue(topic), "The caller asked for a person.", topic.priority)
        return []
    if how == "not_understood":
        transfer(dispatcher, person_queue(topic), "The assistant could not understand an answer.", topic.priority)
        return []
    if how == "not_proven":
        dispatcher.utter_message(response="utter_not_proven_person")
        reason = "The details given did not match the council's records."
        transfer(dispatcher, person_queue(topic), reason, topic.priority)
        return []
    if how == "person_needed":
        if any(tracker.get_slot(slot) == NOT_KNOWN for slot in form.proof):
            dispatcher.utter_message(response="utter_proof_missing_person")
        # A duty queue makes it urgent; a missing account number does not let anybody jump the queue.
        transfer(dispatcher, tracker.get_slot("person_queue"), tracker.get_slot("person_reason"), topic.priority)
        return []
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
