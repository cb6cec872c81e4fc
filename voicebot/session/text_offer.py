"""A text with the reference of a report: offered once in a call, and nothing is sent without a yes.

The offer names the number that it would go to: the mobile that the caller gave, read back whole, or the one that they
ring from. Where there is neither, the number is asked for and read back. Silence, or an answer that can't be understood
twice, is no yes.
"""

import re

from voicebot.dialogue.acts import Ask, BotAct, Profile, Reported, Say, Send
from voicebot.session.ledger import Ledger
from voicebot.spoken.control import yes_no
from voicebot.spoken.find import find_phone

OFFER_SLOT, PHONE_SLOT, PHONE_OK_SLOT = "text_offer", "text_phone", "text_phone_ok"
"""Whether a text is wanted; to which number; whether that was heard right."""

TEXT_SLOTS = frozenset((OFFER_SLOT, PHONE_SLOT, PHONE_OK_SLOT))

REPORT_TEMPLATE = "report_made"
"""The template of GOV.UK Notify for it; its one personalisation is ``reference``."""

AGREED, DECLINED = "text_agreed", "text_declined"
"""Steps of a call's record."""

_MOBILE = re.compile(r"07[1-57-9]\d{8}|07624\d{6}")
_FIGURES = re.compile(r"(?<!\d)(?:\+44 ?|0)7(?:[ -]?\d){9}(?!\d)")
_LINE = re.compile(r"sip:|tel:|@.*|[^\d+]")
_TOLD_DIGITS = 3
_MOST_UNCLEAR = 1
_MOST_NUMBERS = 2
_SHORT = 3
"""An answer of so many words is no more than yes or no."""

_KEYS = {"1": "yes", "2": "no"}
_WILL_SEND = Say(text="I'll text it to you now.")
_WILL_SEND_TOO = Say(text="I'll text you that reference too.")
_WONT_SEND = Say(text="All right, I won't send a text.")


def mobile(number: str) -> str:
    """The UK mobile number that a line or an answer tells, in national figures; empty when it is none."""
    figures = re.sub(r"^(\+44|0044)0?", "0", _LINE.sub("", number))
    return figures if _MOBILE.fullmatch(figures) else ""


def _mobile_told(text: str) -> str:
    """The mobile number in an answer: as figures stand there, or spelled out ("to 07700…" is no 2 before it)."""
    figures = _FIGURES.search(text)
    return mobile(figures[0] if figures else find_phone(text) or "")


def _written(number: str) -> str:
    """In the groups in which it is read back."""
    return f"{number[:5]} {number[5:8]} {number[8:]}"


class TextOffer:
    """One call's offer. ``possible`` says that texts can be sent at all; otherwise nothing is ever offered."""

    def __init__(self, ledger: Ledger, *, possible: bool) -> None:
        self._ledger = ledger
        self._possible = possible
        self._references: list[str] = []
        self._offered = False
        self._agreed = False
        self._number = ""
        self._numbers_heard = 0
        self._unclear = 0
        self._asked = OFFER_SLOT
        self._instead: Ask | None = None

    @property
    def instead(self) -> Ask | None:
        """The question that was put off for the offer."""
        return self._instead

    def reported(self, report: Reported) -> None:
        """A report was made in this turn."""
        if self._possible:
            self._references.append(report.reference)

    def made(self, acts: tuple[BotAct, ...]) -> tuple[BotAct, ...]:
        """What is said once a reference was given, with the offer in the place of the question that ends it."""
        last = acts[-1] if acts else None
        if not self._references or not isinstance(last, Ask):
            return acts
        if self._offered:
            if not self._agreed:
                self._references.clear()
                return acts
            self._send()
            return (*acts[:-1], _WILL_SEND_TOO, last)
        self._offered, self._instead = True, last
        return (*acts[:-1], self._offer())

    def answered(self, text: str, at_ms: float) -> tuple[BotAct, ...] | None:
        """The answer to the offer, the number or its reading back; None when it is about something else."""
        number, said = _mobile_told(text), yes_no(text)
        if number:
            return self._read_back(number, at_ms)
        if said is True and self._asked != PHONE_SLOT:
            return self._send_to(self._number, at_ms) if self._number else (self._ask(self._which()),)
        if said is False and self._asked == PHONE_OK_SLOT:
            return self._another(at_ms)
        if said is False:
            declined = self._declined(at_ms)
            return declined if len(text.split()) <= _SHORT else None
        if self._asked == PHONE_SLOT and re.search(r"\d", text):
            return self.unclear(at_ms)
        self._declined(at_ms)
        return None

    def unclear(self, at_ms: float) -> tuple[BotAct, ...]:
        """Nothing was said, or nothing that could be understood."""
        self._unclear += 1
        if self._unclear > _MOST_UNCLEAR:
            return self._declined(at_ms)
        return (self._ask(self._again()),)

    def _read_back(self, number: str, at_ms: float) -> tuple[BotAct, ...]:
        self._numbers_heard += 1
        if self._numbers_heard > _MOST_NUMBERS:
            return self._declined(at_ms)
        self._number = number
        return (self._ask(self._check()),)

    def _another(self, at_ms: float) -> tuple[BotAct, ...]:
        self._number = ""
        return self._declined(at_ms) if self._numbers_heard >= _MOST_NUMBERS else (self._ask(self._which()),)

    def _send_to(self, number: str, at_ms: float) -> tuple[BotAct, ...]:
        self._agreed = True
        self._ledger.step(AGREED, at_ms)
        self._send()
        return (_WILL_SEND, *self._due())

    def _send(self) -> None:
        for reference in self._references:
            self._ledger.to_send(
                Send(
                    channel="sms",
                    to=self._number,
                    template=REPORT_TEMPLATE,
                    values={"reference": reference},
                    consent=self._agreed,
                )
            )
        self._references.clear()

    def _declined(self, at_ms: float) -> tuple[BotAct, ...]:
        self._references.clear()
        self._ledger.step(DECLINED, at_ms)
        return (_WONT_SEND, *self._due())

    def _due(self) -> tuple[BotAct, ...]:
        return (self._instead,) if self._instead is not None else ()

    def _ask(self, question: Ask) -> Ask:
        self._asked = question.slot
        return question

    def _offer(self) -> Ask:
        given = next((fact.value for fact in self._ledger.facts if fact.name == "phone"), "")
        ringing = mobile(self._ledger.call.caller)
        self._number = mobile(given) or ringing
        where = ""
        if self._number == ringing and ringing:
            where = f" to the number you're ringing from, ending in {' '.join(ringing[-_TOLD_DIGITS:])}"
        elif self._number:
            where = f" to {_written(self._number)}"
        return Ask(
            slot=OFFER_SLOT,
            text=f"Shall I text you that reference{where}?",
            profile=Profile.YES_NO,
            keypad=_KEYS,
            retries=("Do you want the reference as a text? Say yes or no.",),
        )

    def _which(self) -> Ask:
        return Ask(
            slot=PHONE_SLOT,
            text="Which mobile number shall I text?",
            profile=Profile.SPELLING,
            digits=11,
            retries=("Please say or key in the mobile number. If you'd rather not, say no.",),
        )

    def _check(self) -> Ask:
        return Ask(
            slot=PHONE_OK_SLOT,
            text=f"That's {_written(self._number)}. Is that right?",
            profile=Profile.YES_NO,
            keypad=_KEYS,
            retries=(f"I have {_written(self._number)}. Is that right? Say yes or no.",),
        )

    def _again(self) -> Ask:
        question = {OFFER_SLOT: self._offer, PHONE_SLOT: self._which, PHONE_OK_SLOT: self._check}[self._asked]()
        return question.model_copy(update={"text": question.retries[0]})
