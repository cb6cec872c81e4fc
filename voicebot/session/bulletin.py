"""What holds today, woven into one call: notices at their topic, the truth about opening, and closed queues.

A transfer to a queue that is closed would leave the caller ringing nobody: instead they are told until when, and go the
queue's own way out of hours. Urgent transfers always go through.
"""

import re
from collections.abc import Sequence

from voicebot.dialogue.acts import Ask, BotAct, Callback, Hangup, Message, Profile, Say, Tell, TellAbout, Transfer
from voicebot.facts.model import Notice
from voicebot.facts.reader import FactsReader
from voicebot.session.ledger import Ledger
from voicebot.session.phrases import without_a_person
from voicebot.session.question import apart

RING_BACK_SLOT = "ring_back"
"""The slot of the question whether people should ring back once they are there."""

_NUMBER_DIGITS = 10
_TOLD_DIGITS = 3


class Bulletin:
    """One call's use of the facts: says every notice once."""

    def __init__(self, facts: FactsReader, ledger: Ledger) -> None:
        self._facts = facts
        self._ledger = ledger
        self._said: set[str] = set()
        self._offered: Transfer | None = None

    def greeted(self, acts: tuple[BotAct, ...]) -> tuple[BotAct, ...]:
        """The greeting with what everybody is told, before the question that ends it."""
        notices = self._new(self._facts.greeting_notices())
        if not notices or not acts or not isinstance(acts[-1], Ask):
            return acts
        greeting, question = apart(acts[-1])
        return (*acts[:-1], *greeting, *notices, question)

    def noticed(self, acts: tuple[BotAct, ...], service: str, topic: str) -> tuple[BotAct, ...]:
        """What is said about a topic, after the notices on it that were not said yet."""
        return (*self._new(self._facts.notices_for(service, topic)), *acts)

    def _new(self, notices: Sequence[tuple[str, Notice]]) -> tuple[Say, ...]:
        told: list[Say] = []
        for name, notice in notices:
            if name not in self._said:
                self._said.add(name)
                told.append(Say(text=notice.text))
        return tuple(told)

    def told(self, act: Tell) -> tuple[Say, ...]:
        """The sentence that an act asks for; nothing where nothing is known."""
        match act.about:
            case TellAbout.PLACE:
                text = self._facts.place_today(act.name)
            case TellAbout.QUEUE:
                text = self._facts.queue_today(act.name)
            case TellAbout.NUMBER:
                number = self._facts.number(act.name)
                text = f"The number is {number}." if number else ""
        return (Say(text=text),) if text else ()

    def within_hours(self, acts: tuple[BotAct, ...]) -> tuple[BotAct, ...]:
        """The acts as they can be carried out now: those of a transfer to a closed queue become its other way."""
        transfer = acts[-1] if acts else None
        if not isinstance(transfer, Transfer) or transfer.priority == "urgent":
            return acts
        closed = self._facts.closed_words(transfer.queue)
        if not closed:
            return acts
        kept = tuple(said for act in acts[:-1] if (said := without_a_person(act)) is not None)
        number = self._number()
        offered_before = self._offered is not None
        if self._facts.out_of_hours(transfer.queue) == "callback" and number and not offered_before:
            self._offered = transfer
            return (*kept, Say(text=closed), self._offer(number))
        words = () if offered_before and self._offered == transfer else (Say(text=closed),)
        return (*kept, *words, Message(queue=transfer.queue, text=transfer.reason))

    def ring_back(self, wanted: bool) -> tuple[BotAct, ...]:
        """The answer to the offer: whoever it was made for rings back, or a message is taken."""
        assert self._offered is not None
        transfer = self._offered
        if not wanted:
            return (Say(text="All right."), Message(queue=transfer.queue, text=transfer.reason))
        when = self._facts.opens_words(transfer.queue)
        return (
            Callback(queue=transfer.queue, number=self._number(), when=when, reason=transfer.reason),
            Say(text=f"Thank you. They'll ring you back {when or 'when they open'}. Goodbye.", interruptible=False),
            Hangup(outcome="callback"),
        )

    def _offer(self, number: str) -> Ask:
        end = " ".join(number[-_TOLD_DIGITS:])
        return Ask(
            slot=RING_BACK_SLOT,
            text=f"Shall they ring you back then, on your number that ends in {end}?",
            profile=Profile.YES_NO,
            keypad={"1": "yes", "2": "no"},
            retries=(
                "Shall they ring you back? Say yes, or say no to leave a message.",
                "Press 1 for yes, or 2 to leave a message.",
            ),
        )

    def _number(self) -> str:
        """Where the caller can be rung: the number that they gave, or the one that they ring from."""
        given = next((fact.value for fact in self._ledger.facts if fact.name == "phone"), "")
        for number in (given, self._ledger.call.caller):
            digits = re.sub(r"\D", "", number.removeprefix("sip:").partition("@")[0])
            if len(digits) >= _NUMBER_DIGITS:
                return digits
        return ""
