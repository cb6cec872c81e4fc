"""Being rung back: when it suits, and that there is a number to ring."""

import re
from dataclasses import replace

from . import council, parsing
from .answers import SLOTS, Answer, SlotKind, Values, one_of
from .forms import ServiceForm, Work

_WHEN = {
    "in the morning": r"mornings?|before work|(?:about |after |at |from |half )?(?:half )?(?:past )?(?:nine|ten|eleven|9|10|11)(?: (?:thirty|o'clock|am|a m|ish))*|before (noon|lunch|dinner|twelve)|a m|early|first thing",
    "in the afternoon": r"afternoons?|(?:after|from|between|about|at|gone) (?:about )?(?:half past )?(?:one|two|three|four|five|half|[1-6])\b.*|"
    r"after (noon|lunch|dinner|work|school)|p m|evenings?|late(r)?|tea ?time",
    "at any time": r"any ?time|any(?: day| of them)?|tomorrow|when(?:ever)? you (?:can|like|want)|either|whenever|don't mind|doesn't matter|not bothered|all day|as soon as|now|asap",
}


def _when(answer: Answer) -> Values | None:
    if not_then := re.search(
        r"\b(?:not|no|can't do|never)(?: in| on)?(?: the)? (morning|afternoon|evening)s?\b", parsing.clean(answer.text)
    ):
        return {"callback_when": "in the afternoon" if not_then[1] == "morning" else "in the morning"}
    found = one_of("callback_when", _WHEN)(answer)
    if found is None and parsing.yes_no(answer.text) is True:
        return {"callback_when": "at any time"}
    return found


def _spot_when(answer: Answer) -> Values | None:
    """When it suits, told with the wish to be rung back."""
    said = parsing.clean(answer.text)
    asks = re.search(
        r"\b(ring|call|phone)\w* (me |us |him |her |them )?(back )?(in the|after|before|any ?time|tomorrow)\b", said
    )
    return one_of("callback_when", _WHEN)(replace(answer, text=said[asks.start() :])) if asks else None


SLOTS["callback_when"] = SlotKind(
    _when,
    _spot_when,
    change="time|when|morning|afternoon",
    clears=("callback_when",),
    in_words=True,
    otherwise={"callback_when": "at any time"},
)


class CallBack(ServiceForm):
    """A call back of a team; without a number to ring, a person takes over at once."""

    queue = ""
    kept: tuple[str, ...] = ()
    """The slots that go into the report beside name, number and time."""

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("phone") == "not given":
            return self.queue, "A call back is wanted, but the caller gives no number."
        return None

    def keep(self, work: Work) -> None:
        """Write the report and tell the reference."""
        slots = (*self.kept, "name", "phone", "callback_when")
        reference = work.report("callback", **{slot: work.values.get(slot) for slot in slots})
        work.say("utter_callback_done", reference=reference, spoken=council.spoken_reference(reference))
