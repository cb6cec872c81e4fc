"""One turn inside a form: what the caller said is understood, and the next question named.

A turn goes through, in this order: control (a person, cancel, repeat, go back, start again); the answer to the
question; a correction or a value for another slot; a question about something else, which is answered before the
form's question is asked again, or another task, to which the call switches; at last a misunderstanding, which is
counted.
"""

import re
from dataclasses import replace
from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from . import parsing
from .agreement import agrees
from .answers import SlotKind, Values
from .corrections import WRONG, before_correction, in_passing, put_right, second_thought
from .endings import also_asked
from .form_asides import INTERRUPT, SURE_BEGUN, SURE_WISH, SWITCH, Asides
from .shared_slots import ADDRESS_SLOTS, HEARD_SO_FAR, PERSON_SLOTS, RESERVED, WHOLE_POSTCODE
from .told import said_outside_forms
from .topics import topics
from .wishes import DONT_KNOW, OPEN_QUESTION

LONG = 5
"""An answer of so many words may be about something else than the question, even if it could be an answer."""

SURE_ELSEWHERE = 0.75
"""How sure the classifier must be of that."""

SURE_OWN = 0.5
"""The same of a question about the form's own service, whose words may hold what could be an answer ("what do I do
first?")."""

SHORT_YES = 3

MAX_PROOFS = 3
"""After so many details that did not fit together, a person takes over."""

KEPT = frozenset((*ADDRESS_SLOTS, *PERSON_SLOTS))
"""What one form learned and the next may use."""

FREE_INTERRUPT = 0.62
SURE_FREE = 0.75
"""The same where any text would be an answer: for a question, and for all else."""

TOLD = re.compile(
    r"(my|our|the) (\w+ ){0,2}\w+('s| has| have| had) (gone|been|come|stopped|changed|started)( \w+){0,3}"
)
"""What says that something changed and asks nothing: where it can be the answer it is, whatever else it sounds like."""


_BORN = re.compile(r"\b(?:born|birthday|date of birth)\b")


def _names(asked: str, said: str) -> bool:
    """Whether words of the question stand in what may answer it: "she was born in May" registers no birth."""
    return "birth" in asked and _BORN.search(said) is not None


class Turn(Asides):
    """One turn inside a form; :meth:`run` gives the events."""

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
            self.set({"options_of": None, **dict.fromkeys(self.form.in_passing)}, learned=False)
            for slot in (*self.required, *self.form.in_passing):
                if slot not in KEPT:
                    self.log.pop(slot, None)
            if self.value("address") and self.value("address_ok"):
                self.answer.say("utter_same_address", address=self.value("address"))
            intro = f"utter_{self.form.intent}_intro"
            if intro in self.domain["responses"]:
                self.answer.say(intro)
            guessed = self.answer.intent == self.form.intent and self.answer.confidence < SURE_BEGUN
            self.set({"form_sure": not guessed}, learned=False)
            self.recall()
            self.spot_put_right()
            self.spot(skip="")
            self.spot_earlier()
        else:
            # What another form was confirmed with does not confirm this one.
            self.set({"paused_form": None, "confirm": None}, learned=False)
        self.set({"form_open": self.name, "form_end": None, "misses": 0, "what_to_change": None}, learned=False)
        self.answer.messages = [m for m in self.answer.messages if m[0] != "utter_no_such_address"]

    def spot_put_right(self) -> None:
        """Of "a recycling box, no sorry, not the box, the food caddy" take first what was said last."""
        whole = self.answer.text
        if second := second_thought(whole):
            self.answer.text = parsing.affirmed(second)
            self.spot(skip="")
            self.answer.text = whole

    def recall(self) -> None:
        """Use the part of an earlier or a double sentence that was about this form, and keep the other part for later."""
        also = also_asked(self.tracker)
        if also and also["intent"] in self.form.covers:
            also = None
        elif also:
            self.set({"also_need": also}, learned=False)
            self.answer.text = also["first"]
        if not also and (before := self.value("said_before") or self.guessed_from()):
            self.answer.text = before
        self.set({"said_before": None}, learned=False)

    def guessed_from(self) -> str:
        """What was said before a bare "yes" to "is it about …?", or before one of two was chosen; empty for other words."""
        agreed = parsing.yes_no(self.answer.text) is True and len(self.answer.text.split()) <= SHORT_YES
        if not agreed and not self.answer.text.startswith("/"):
            return ""
        return next((text for text in said_outside_forms(self.tracker.events) if len(text.split()) > SHORT_YES), "")

    def hear(self, asked: str) -> None:
        """Understand the answer to ``asked``."""
        if self.command(asked):
            return
        kind = self.kind(asked)
        long = len(self.answer.text.split()) >= LONG
        if not kind.free and self.asks_of_service() and self.elsewhere(SURE_ELSEWHERE, SURE_OWN):
            return
        told = (TOLD.fullmatch(said := self.answer.text.lower().strip(" .")) or _names(asked, said)) and (
            kind.parse(self.answer) is not None
        )
        if kind.free and long and not told and (self.wish(SURE_FREE) or self.elsewhere(SURE_FREE, FREE_INTERRUPT)):
            return
        # "Actually there's a pothole on Mill Lane" is no answer to "what's the postcode?", though a street is in it.
        if not kind.free and long and not told and self.elsewhere(SURE_ELSEWHERE, SURE_ELSEWHERE):
            return
        if asked not in ("confirm", "what_to_change") and self.correct_in_passing(asked, kind):
            understood = True
        elif asked == "confirm":
            understood = self.hear_confirm()
        elif asked == "what_to_change":
            understood = self.change(self.answer.text)
        else:
            values = self.read(kind)
            understood = values is not None
            if values is not None:
                self.set(values)
                if values.keys() == {HEARD_SO_FAR}:
                    self.ask_instead = WHOLE_POSTCODE
                if values.get("address_ok") is True:
                    self.confirm(ADDRESS_SLOTS)
            if not kind.free and self.spot(skip=asked):
                # Something else was told, perhaps with the answer: no misunderstanding.
                understood = True
        if understood:
            self.set({"misses": 0}, learned=False)
        elif DONT_KNOW.match(parsing.clean(self.answer.text)) and not self.asks():
            self.miss(asked)
        elif not (self.wish(SURE_WISH) or self.elsewhere(SWITCH, INTERRUPT)):
            if self.asks():
                self.answer.say("utter_no_answer_here")
            elif self.tells_on():
                self.answer.say("utter_added")
            self.miss(asked)

    def asks_of_service(self) -> bool:
        """Whether it is a question to which the service of the form has an answer."""
        topic = topics().of(self.answer.intent)
        asks = OPEN_QUESTION.match(parsing.clean(self.answer.text)) is not None
        return asks and topic.need == "answer" and topic.service == topics().of(self.form.intent).service

    def read(self, kind: SlotKind) -> Values | None:
        """The answer to the question; of "fifty nine, no sorry, fifty eight" what was said last."""
        second = None if kind.free else second_thought(self.answer.text)
        # Of "sorry, it's the recycling not the food" nothing says no to what was asked.
        trial = replace(self.answer, text=parsing.affirmed(second), messages=[]) if second else None
        values = kind.parse(trial) if trial else None
        if values is not None:
            self.answer.messages += trial.messages if trial else []
            return values
        values = kind.parse(self.answer)
        if values is None and not kind.free and (before := self.value(HEARD_SO_FAR)):
            # "It's six five nine five" and, in a turn of its own, "eight two two three".
            values = kind.parse(replace(self.answer, text=f"{before} {self.answer.text}", messages=[]))
            if values is not None:
                self.answer.messages.clear()
        return values

    def hear_confirm(self) -> bool:
        """Yes; or no with a correction, or with the name of what is wrong; or no without one."""
        said = agrees(self.answer.text)
        words = parsing.clean(self.answer.text)
        reserved = RESERVED.search(words) is not None
        if (said is not True or reserved) and self.correct():
            return True
        if (said is False or reserved) and len(words.split()) > 1 and WRONG.search(words) and self.name_wrong(words):
            return True
        if said is True:
            self.set({"confirm": True})
            self.confirm(list(self.log))
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
        if values and (first := before_correction(self.answer.text)):
            # "Yes it was, oh actually it's the blue one": what was asked is answered before.
            self.set(kind.parse(replace(self.answer, text=first, messages=[])) or {})
        return True

    def change(self, text: str) -> bool:
        """After "which part is wrong?": a corrected value, or the name of what is wrong."""
        if self.correct():
            return True
        said = parsing.clean(text)
        if re.fullmatch(r"(nothing|none|all (good|fine|right)|no|it's (fine|right))", said):
            return True
        return self.name_wrong(said)

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
                if asked == WHOLE_POSTCODE and following == "postcode":
                    # The same question, of which a part was told: tries at it go on being counted.
                    following = WHOLE_POSTCODE
                if following is None:
                    self.end("done")
                elif (prepare := self.kind(following).prepare) is not None:
                    self.set(prepare(self.answer) or {}, learned=False)
        if following != asked and following is not None:
            kept = self.value(HEARD_SO_FAR) if following == WHOLE_POSTCODE else None
            self.set({"misses": 0, HEARD_SO_FAR: kept}, learned=False)
        if following is None:
            self.set({"form_open": None}, learned=False)
        return [*self.events(), SlotSet("requested_slot", following)]
