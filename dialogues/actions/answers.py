"""One answer of a caller in its context, and the kinds of slot that can be asked for.

A :class:`SlotKind` turns an answer into values. ``parse`` reads the answer to its own question; ``spot`` finds the
value in a sentence about something else: at the start of a form, in an over-full answer, or in a correction.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Values = dict[str, Any]


@dataclass
class Answer:
    """What was said or keyed, with what is known so far.

    ``slots`` are the present values; ``ranking`` holds what else than ``intent`` it may have been, the likeliest first;
    ``messages`` collects (response, variables) to be said before the next question.
    """

    text: str
    slots: dict[str, Any]
    today: date
    intent: str = ""
    confidence: float = 0.0
    keyed: bool = False
    caller: str = ""
    form: str = ""
    ranking: tuple[tuple[str, float], ...] = ()
    messages: list[tuple[str, Values]] = field(default_factory=list)

    def say(self, response: str, **variables: Any) -> None:
        """Say ``response`` before the next question."""
        self.messages.append((response, variables))


Parser = Callable[[Answer], "Values | None"]


@dataclass(frozen=True)
class SlotKind:
    """How a slot is filled.

    ``change`` are words with which a caller names the slot ("the address is wrong"); ``clears`` are the slots that
    fall with it; ``free`` says that any text is an answer; ``in_words`` that the caller's own words will do where they
    fit none of the choices; ``otherwise`` is what counts once it was asked for in vain, unless it is a proof: without
    it a person takes over; ``prepare`` gives values to set before it is asked; ``offers_days`` says
    that these are days to choose from; ``story`` that more of it may be told at any question: it is added.
    """

    parse: Parser
    spot: Parser | None = None
    change: str = ""
    clears: tuple[str, ...] = ()
    free: bool = False
    in_words: bool = False
    offers_days: bool = False
    otherwise: "Values | None" = None
    prepare: Parser | None = None
    story: bool = False


SLOTS: dict[str, SlotKind] = {}
"""All kinds of slot by slot name; services add theirs."""


def free_text(slot: str, shortest: int = 2) -> Parser:
    """A parser that takes any answer of at least ``shortest`` letters as it is."""

    def parse(answer: Answer) -> Values | None:
        text = answer.text.strip(" .,")
        return {slot: text} if len(text) >= shortest else None

    return parse


def one_of(slot: str, choices: dict[str, str]) -> Parser:
    """A parser that looks for regular expressions; ``choices`` maps each value to its expression."""

    def parse(answer: Answer) -> Values | None:
        said = " ".join(re.sub(r"[^\w' ]+", " ", answer.text.lower()).split())
        found = [
            (m.start(), value) for value, pattern in choices.items() if (m := re.search(rf"\b({pattern})\b", said))
        ]
        return {slot: min(found)[1]} if found else None

    return parse


def whole_if(slot: str, words: str, least: int = 7) -> Parser:
    """A parser that takes a sentence as it is when it tells what would be asked: it is long enough and has the words."""

    def parse(answer: Answer) -> Values | None:
        text = answer.text.strip(" .,")
        told = len(text.split()) >= least and re.search(rf"\b({words})\b", text.lower())
        return {slot: text} if told else None

    return parse
