"""What is said inside a form that answers no question of it: wishes about the call, questions, other tasks, and what
was not understood.
"""

import re

from . import parsing
from .corrections import VAGUE, WRONG
from .form_values import FormValues
from .shared_slots import ADDRESS_SLOTS, HEARD_SO_FAR, WHOLE_POSTCODE
from .topics import likely_needs, topics
from .wishes import AGAIN, BACK, BYE, CANCEL, HOW_LONG, INSTEAD, NOT_THIS, ONLINE, PERSON, PRICE, QUESTION, REPEAT, WHY

SHORT = 10
"""A question about the form at hand has no more words than this."""

SURE_BEGUN = 0.45
"""How sure the classifier must have been of a form for the call to offer to go back to it."""

MAX_MISSES = 3
"""After so many answers to one question that could not be used, a person takes over."""

SWITCH = 0.5
INTERRUPT = 0.4
SURE_WISH = 0.6
"""How sure the classifier must be that the caller left the question, when the words were no answer to it: for another
task, for a question, to cancel or end the call."""

INTERRUPT_FROM_AFAR = 0.5
"""The same for a question, where it is another service's: not that of the form."""

NEARLY = 0.5
"""What is asked is rather a question than a task, if it is by so much as likely as the task."""

_IN_WORDS = 8
"""An answer of no more words is taken as it was said, where words of the caller's own will do."""

_STORY = 6
_TELLS = re.compile(
    r"^(?!.*\b(?:you|i said|i told|already)\b).*\b(?:i|i've|he|he's|she|she's|they|they've|it|it's|we|we've|nobody|somebody|someone|"
    r"my \w+|the \w+) (?:\w+ ){0,2}?(?:was|were|had|has|have|got|been|told|said|came|went|did|didn't|never|left|took|made|\w+ed)\b"
)
"""What goes on telling what happened, in so many words or more."""

_READ_BACK = frozenset(("confirm", "address_ok", "what_to_change"))
_DIGITS = re.compile(r"\d")


class Asides(FormValues):
    """What one turn inside a form holds besides an answer."""

    def name_wrong(self, said: str) -> bool:
        """Forget the value that the words name, so that it is asked for: of "the phone number" the phone's."""
        named: list[tuple[bool, str]] = []
        for slot in self.required:
            change = self.kind(slot).change
            words = [found[0] for found in re.finditer(rf"\b(?:{change})\b", said)] if change else []
            if words:
                named.append((all(word in VAGUE for word in words), slot))
        if not named:
            return False
        _, slot = min(named, key=lambda each: each[0])
        self.set(dict.fromkeys(self.kind(slot).clears or (slot,)))
        return True

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
        elif NOT_THIS.search(said) and asked not in _READ_BACK:
            self.not_meant()
        elif BACK.search(said) and not (WRONG.search(said) and self.name_wrong(said)):
            self.go_back(asked)
        elif self.form.price and len(said.split()) <= SHORT and PRICE.match(said):
            self.answer.say(self.form.price)
        elif len(said.split()) <= SHORT and HOW_LONG.match(said) and (told := self.how_long()):
            self.answer.say(told)
        elif WHY.fullmatch(said):
            self.answer.say("utter_why_asked")
        elif len(said.split()) <= SHORT and ONLINE.search(said):
            self.answer.say("utter_do_online")
            self.miss(asked)
        elif not REPEAT.search(said):
            return False
        return True

    def how_long(self) -> str:
        """The response to how long it takes, where the form comes to that; empty where it does not."""
        if any(self.kind(slot).offers_days and self.missing(slot) for slot in self.required):
            return "utter_how_long_days"
        return "utter_how_long_later" if "confirm" in self.required else ""

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

    def not_meant(self) -> None:
        """The form is not what the caller wants: do what they do want, or ask for it."""
        self.set({"form_sure": False}, learned=False)
        if not self.elsewhere(SURE_BEGUN, INTERRUPT):
            self.end("not_meant")

    def asks(self) -> bool:
        """Whether it is a question, by its words."""
        return QUESTION.match(parsing.clean(self.answer.text)) is not None

    def meant(self) -> tuple[str, float]:
        """What it was taken for, and how surely. A question is rather an answer's that is nearly as likely as a task."""
        intent, confidence = self.answer.intent, self.answer.confidence
        if topics().of(intent).need in ("report", "transact") and self.asks():
            for other, likely in self.answer.ranking:
                if topics().of(other).need == "answer" and likely >= NEARLY * confidence:
                    return other, confidence
        return intent, confidence

    def elsewhere(self, switch: float, interrupt: float) -> bool:
        """The caller asked something else: answer it, or go there."""
        intent, confidence = self.meant()
        topic = topics().of(intent)
        if intent == self.form.intent:
            return False
        if f"utter_{intent}" in self.domain["responses"] and topic.need == "out_of_scope":
            if confidence < switch:
                return False
            self.answer.say(f"utter_{intent}")
            if not any(self.value(slot) is not None for slot in self.required):
                # Nothing was told to this form: it was not what the caller rang about.
                self.end("elsewhere")
        elif f"utter_{intent}" in self.domain["responses"] and topic.need in ("answer", "smalltalk"):
            from_afar = topic.need == "answer" and topic.service != topics().of(self.form.intent).service
            if confidence < max(interrupt, INTERRUPT_FROM_AFAR if from_afar else 0.0):
                return False
            again = self.value("last_aside") == intent
            self.answer.say(f"utter_{intent}")
            self.set({"last_aside": intent}, learned=False)
            if again:
                # Told once already: whoever says the same again is not helped by it.
                self.miss(str(self.tracker.get_slot("requested_slot")))
                return True
            if topic.need == "smalltalk":
                # Answered, but no progress: whoever is greeted three times for an answer needs a person.
                self.miss(str(self.tracker.get_slot("requested_slot")))
                return True
        elif f"{intent}_form" in self.domain["forms"] and confidence >= (
            interrupt if topic.need == "answer" and self.asks() else switch
        ):
            paused = self.name if self.value("form_sure") is not False and not self.left_for_good() else None
            self.set({"next_action": f"{intent}_form", "paused_form": paused}, learned=False)
            self.end("switch")
        elif topic.need == "human" and topic.service != "none" and confidence >= switch:
            self.set({"next_action": "action_service_person", "next_intent": intent}, learned=False)
            self.end("switch")
        else:
            return False
        self.set({"misses": 0}, learned=False)
        return True

    def left_for_good(self) -> bool:
        """Whether the caller leaves a form that they have told nothing, and says that it is not what they want."""
        told = any(self.value(slot) is not None for slot in self.required)
        return not told and INSTEAD.search(parsing.clean(self.answer.text)) is not None

    def miss(self, asked: str) -> None:
        """The answer could not be used."""
        kind = self.kind(asked)
        misses = int(self.value("misses") or 0) + 1
        if kind.in_words and misses > 1 and self.says_something():
            self.set({asked: self.answer.text.strip(" .,")})
            return
        heard = self.answer.text if _DIGITS.search(self.answer.text) else None
        if asked == WHOLE_POSTCODE:
            heard = self.value(HEARD_SO_FAR)
        self.set({"misses": misses, HEARD_SO_FAR: heard}, learned=False)
        if misses > 1 and self.doubtful():
            self.not_meant()
        if misses < MAX_MISSES:
            return
        if kind.otherwise is not None and asked not in self.form.proof:
            self.set(kind.otherwise)
        else:
            self.end("not_understood")

    def doubtful(self) -> bool:
        """Whether the form was a guess, has been told nothing, and something else may have been meant."""
        told = any(self.value(slot) is not None for slot in self.required)
        guessed = self.value("form_sure") is False and not told
        return guessed and bool(likely_needs(self.tracker.events, self.form.intent))

    def says_something(self) -> bool:
        """Whether the words may be an answer that fits none of the choices; a yes, a no and a question are none."""
        said = parsing.clean(self.answer.text)
        short = 1 <= len(said.split()) <= _IN_WORDS and len(said) > 2
        return short and not self.asks() and parsing.yes_no(said) is None and not parsing.refusal(said)

    def tells_on(self) -> bool:
        """Add words that answer no question to what happened, where the form has been told of that: whether it was so."""
        said = self.answer.text.strip(" .,")
        story = next((slot for slot in self.required if self.kind(slot).story and self.value(slot)), None)
        told = _TELLS.search(parsing.clean(said)) is not None and len(said.split()) >= _STORY
        if story is None or not told or self.answer.keyed or _DIGITS.search(said) or parsing.yes_no(said) is not None:
            return False
        self.set({story: f"{self.value(story)}; {said}"})
        return True

    def end(self, how: str) -> None:
        self.set({"form_end": how}, learned=False)
