"""Corrections: which value a sentence puts right.

At the end of a form the caller is asked for them; in its middle they just say "actually it's number 11, not 12", as if
it were an answer to whatever was asked.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from . import parsing
from .answers import Answer, SlotKind, Values
from .wishes import QUESTION

MARKS = re.compile(
    r"\b(actually|sorry|i meant|i mean|wait|hang on|hold on|i said|i told you|wrong|mistake|instead of|rather than|"
    r"should (?:be|have been)|change (?:it|that|the|my)|(?:it's|it is|that's|i'm) not|not (?:number )?\w+$)"
)
"""What makes a sentence sound like one. Alone it proves nothing: "actually yes" is an answer."""

TAKEN_BACK = re.compile(r"\b(i meant|i said|i told you|mistake|should (?:be|have been)|change (?:it|that|the|my))\b")

HOUSE = re.compile(r"\b(number|house|flat|address|door)\b")


WRONG = re.compile(
    r"\b(wrong|incorrect|change|not right|isn't right|mistake|not correct|isn't correct|update|another|different)\b"
)

VAGUE = frozenset(("number", "date", "day", "what", "when", "where", "who", "kind", "time", "place", "thing", "things"))
"""Words that name more than one value: another that is named besides is meant."""


def put_right(answer: Answer, told: Iterable[tuple[str, SlotKind]]) -> Values | None:
    """The first value of ``told`` slots that the sentence gives anew; what it denies ("not the black one") is not
    looked at, if something is left. An empty answer says that one was meant and does not exist, which is then told."""
    about: list[tuple[str, Values]] = []
    slots = tuple(told)
    for text in dict.fromkeys((parsing.affirmed(answer.text), answer.text)):
        for _, kind in slots:
            trial = replace(answer, text=text, messages=[])
            values = kind.spot(trial) if kind.spot is not None else None
            if values and any(answer.slots.get(key) != value for key, value in values.items()):
                answer.messages += trial.messages
                return values
            about = about or trial.messages
    answer.messages += about
    return {} if about else None


def in_passing(answer: Answer, asked: SlotKind, told: Iterable[tuple[str, SlotKind]]) -> Values | None:
    """A correction said as the answer to something else; None when the sentence is no such thing.

    What answers the question is an answer, but for a yes or no, which the "not" of a correction sounds like. Where any
    words are an answer, only what denies something or takes it back is more than one.
    """
    said = parsing.clean(answer.text)
    if answer.keyed or not MARKS.search(said):
        return None
    if QUESTION.match(said) and not (TAKEN_BACK.search(said) or WRONG.search(said)):
        # "Hang on, can a broken telly go in the black bin?" puts nothing right.
        return None
    if asked.free and parsing.affirmed(said) == said and not TAKEN_BACK.search(said):
        return None
    if not asked.free and _answers(asked, answer):
        return None
    return put_right(answer, ((slot, kind) for slot, kind in told if slot != "address_ok" or _of_a_house(answer)))


def _answers(asked: SlotKind, answer: Answer) -> bool:
    """Whether it answers the question by more than a yes or a no."""
    whole, yes, no = (asked.parse(replace(answer, text=text, messages=[])) for text in (answer.text, "yes", "no"))
    return whole is not None and whole not in (yes, no)


def _of_a_house(answer: Answer) -> bool:
    """Whether a number in the sentence is a house's: it is named as one, or the house so far is denied."""
    text = answer.text
    denied = parsing.house_number(text) if parsing.affirmed(text) != parsing.clean(text) else None
    named = parsing.postcode(text) is not None or HOUSE.search(parsing.clean(text)) is not None
    return named or (denied is not None and denied == answer.slots.get("house_number"))


def before_correction(text: str) -> str:
    """What was said before a sentence puts something right; empty where it begins with that."""
    said = parsing.clean(text)
    mark = MARKS.search(said)
    return said[: mark.start()].strip() if mark else ""


_SECOND = re.compile(
    r"\b(?:no (?:wait|sorry|hang on|hold on|it's|it is|make that|i mean)|sorry (?:no|it's|i mean|make that)|i tell a lie|"
    r"make that|i mean|i meant|correction|scratch that|wait no)\b"
)


def second_thought(text: str) -> str | None:
    """What a caller said last where they put themselves right within one answer; None where they did not."""
    first, *others = _SECOND.split(parsing.clean(text))
    return others[-1].strip() or None if first.strip() and others else None
