"""What is said between the bot and a caller who waits for a person: words and keys in, moves out. No audio, no clock.

Everything can be said or keyed: 1 to be rung back, 2 to leave a message, 3 for silence (or the hold sound again), and
4 for a text with a link, where there is one to send.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from voicebot.dialogue.acts import Ask, Profile
from voicebot.handoff.overview import Place
from voicebot.phone_numbers import is_mobile
from voicebot.session.keys import KeyEntry, KeyMeaning
from voicebot.session.phrases import Phrase
from voicebot.spoken.control import yes_no
from voicebot.spoken.find import find_phone
from voicebot.spoken.normalise import normalise

_NUMBER = re.compile(r"\+?\d{9,15}")
_NUMBER_DIGITS = 15
_CALLBACK = re.compile(r"\b(?:ring|call|phone) (?:me |us )?back\b|\bcall ?back\b")
_TEXT = re.compile(
    r"\btext (?:me|it|that|the)\b|\b(?:send|get|have|want|like) (?:me )?(?:a|the) (?:text|link)\b|\bby text\b"
)
_MESSAGE = re.compile(r"\bmessage\b")
_SILENCE = re.compile(r"\b(?:silence|quiet|no (?:music|noise|sound)|(?:stop|turn off) (?:the|that|this) \w+)\b")
_SOUND = re.compile(r"\b(?:music|sound) (?:on|back)\b")
_HOW_LONG = re.compile(r"\bhow (?:long|many)\b|\b(?:place|position|number) (?:am i )?in\b|\bwhere am i\b")
_KEEP = re.compile(r"\b(?:keep (?:waiting|holding)|i'll (?:wait|hold)|hold on|stay on)\b")
_LONGEST_MINUTES = 45
"""Expecting more than that is only called long: no figure of that size has ever been right."""

ASK_SLOT = "waiting"
NUMBER_SLOT = "phone_number"


@dataclass(frozen=True, slots=True)
class Tell:
    """Say ``text``; where no voice can, ``otherwise`` (a fixed sentence, or nothing)."""

    text: str
    otherwise: Phrase | None = None


@dataclass(frozen=True, slots=True)
class Sound:
    """Play the hold sound, or silence."""

    on: bool


@dataclass(frozen=True, slots=True)
class RingBack:
    """The caller hangs up and is rung back at ``number`` when it is their turn."""

    number: str


@dataclass(frozen=True, slots=True)
class RingIfCut:
    """The caller wants to be rung back at ``number`` if the line drops."""

    number: str


@dataclass(frozen=True, slots=True)
class LeaveMessage:
    """The caller wants to leave a message instead."""


@dataclass(frozen=True, slots=True)
class Correct:
    """The caller has put right what is passed on."""

    words: str


@dataclass(frozen=True, slots=True)
class SendLink:
    """The caller wants the link as a text to ``number`` and agreed to be sent one."""

    number: str


Move = Tell | Sound | RingBack | RingIfCut | LeaveMessage | Correct | SendLink


class _Mode(StrEnum):
    PASSING_ON = "passing_on"
    WHAT_INSTEAD = "what_instead"
    WAITING = "waiting"
    CUT_OFF = "cut_off"
    NUMBER = "number"
    MOBILE = "mobile"


def number_of(caller: str) -> str:
    """A phone number that can be rung back, or empty: a withheld number or a browser's name is none."""
    number = re.sub(r"[\s()-]", "", caller)
    return number if _NUMBER.fullmatch(number) else ""


def place_sentence(place: Place) -> str:
    """Where the caller stands and how long it will take, as far as that is known."""
    text = f"You are number {place.place} in the queue."
    if place.agents == 0:
        return f"{text} Nobody is free at the moment."
    if place.expected_s is None:
        return text
    minutes = -(-place.expected_s // 60)
    if minutes <= 1:
        return f"{text} It should be less than a minute."
    if minutes > _LONGEST_MINUTES:
        return f"{text} The wait is long just now."
    return f"{text} The wait is about {minutes:.0f} minutes."


class QueueTalk:
    """One caller's wait. ``choices_s`` is the wait after which choices are offered; ``texts`` says that there is a link
    to send."""

    def __init__(self, caller: str, *, choices_s: float, texts: bool = False) -> None:
        self._number = number_of(caller)
        self._mobile = self._number if is_mobile(self._number) else ""
        self._choices_s = choices_s
        self._texts = texts
        self._texted = False
        self._mode = _Mode.WAITING
        self._sound = True
        self._asked_cut_off = False
        self._place: Place | None = None

    @property
    def asked(self) -> Ask:
        """What the caller may answer now, for the ear and the keys."""
        match self._mode:
            case _Mode.NUMBER | _Mode.MOBILE:
                known = self._number if self._mode is _Mode.NUMBER else self._mobile
                keypad = {"1": "yes"} if known else {}
                return Ask(slot=NUMBER_SLOT, text="", profile=Profile.SPELLING, keypad=keypad, digits=_NUMBER_DIGITS)
            case _Mode.CUT_OFF:
                return Ask(slot=ASK_SLOT, text="", profile=Profile.YES_NO, keypad={"1": "yes", "2": "no"})
            case _:
                keypad = {"1": "ring me back", "2": "leave a message", "3": "silence"}
                if self._texts:
                    keypad["4"] = "text me the link"
                return Ask(slot=ASK_SLOT, text="", profile=Profile.NORMAL, keypad=keypad)

    def begin(self, passing_on: str) -> tuple[Move, ...]:
        """The wait begins: tell what is passed on (empty in an emergency), to be put right."""
        if not passing_on:
            return ()
        self._mode = _Mode.PASSING_ON
        return (Tell(passing_on),)

    def passed(self, waited_s: float, place: Place | None) -> tuple[Move, ...]:
        """Time to say something: where the caller stands, and what they could do instead."""
        if self._mode in (_Mode.NUMBER, _Mode.MOBILE, _Mode.WHAT_INSTEAD):
            return ()
        self._mode, self._place = _Mode.WAITING, place
        tell = Tell(place_sentence(place), Phrase.STILL_TRYING) if place is not None else Tell(str(Phrase.STILL_TRYING))
        if waited_s >= self._choices_s:
            return (tell, Tell(str(Phrase.CHOICES_WITH_TEXT if self._texts and not self._texted else Phrase.CHOICES)))
        if self._number and not self._asked_cut_off:
            self._asked_cut_off, self._mode = True, _Mode.CUT_OFF
            return (tell, Tell(str(Phrase.IF_CUT_OFF)))
        return (tell,)

    def keyed(self, entry: KeyEntry) -> tuple[Move, ...]:
        """Keys were pressed."""
        match entry.meaning:
            case KeyMeaning.ANSWER:
                return self.said(entry.text)
            case KeyMeaning.DIGITS:
                return self._given(entry.keys)
            case KeyMeaning.REPEAT:
                return self._where()
            case _:
                return ()

    def said(self, text: str) -> tuple[Move, ...]:
        """The caller said something."""
        words = text.lower().replace("’", "'")
        match self._mode:
            case _Mode.NUMBER:
                return self._about_number(words)
            case _Mode.MOBILE:
                return self._about_mobile(words)
            case _Mode.WHAT_INSTEAD:
                self._mode = _Mode.PASSING_ON
                return (Correct(text), Tell(str(Phrase.PASSED_ON)))
        wish = self._wish(words)
        if wish is not None:
            return wish
        answer = yes_no(words)
        if self._mode is _Mode.CUT_OFF and answer is not None:
            self._mode = _Mode.WAITING
            return (RingIfCut(self._number), Tell(str(Phrase.WILL_RING_IF_CUT))) if answer else ()
        if self._mode is _Mode.PASSING_ON and words.strip():
            return self._about_passing_on(text, words, answer)
        return ()

    def _wish(self, words: str) -> tuple[Move, ...] | None:
        if _CALLBACK.search(words):
            self._mode = _Mode.NUMBER
            return (self._ask_number(),)
        if self._texts and _TEXT.search(words):
            return self._wants_text()
        if _MESSAGE.search(words):
            return (LeaveMessage(),)
        if _SOUND.search(words):
            self._sound = True
            return (Sound(on=True),)
        if _SILENCE.search(words):
            self._sound = not self._sound
            return (Sound(on=self._sound),)
        if _HOW_LONG.search(words):
            return self._where()
        return () if _KEEP.search(words) else None

    def _about_passing_on(self, text: str, words: str, answer: bool | None) -> tuple[Move, ...]:
        if answer is True:
            return ()
        if answer is False and len(words.split()) <= 3:
            self._mode = _Mode.WHAT_INSTEAD
            return (Tell(str(Phrase.WHAT_INSTEAD)),)
        return (Correct(text), Tell(str(Phrase.PASSED_ON)))

    def _where(self) -> tuple[Move, ...]:
        return (Tell(place_sentence(self._place), Phrase.STILL_TRYING),) if self._place else ()

    def _ask_number(self) -> Tell:
        if not self._number:
            return Tell(str(Phrase.WHICH_NUMBER))
        return Tell(f"Shall we ring you back on {self._number}? {Phrase.YES_OR_NUMBER}", Phrase.RING_THIS_NUMBER)

    def _about_number(self, words: str) -> tuple[Move, ...]:
        number = find_phone(normalise(words, slot=NUMBER_SLOT, profile=Profile.SPELLING))
        if number:
            return self._given(number)
        answer = yes_no(words)
        if answer and self._number:
            return self._agreed()
        if answer is False or _KEEP.search(words):
            self._mode = _Mode.WAITING
            return (Tell(str(Phrase.KEEPS_PLACE)),)
        return (self._ask_number(),)

    def _given(self, digits: str) -> tuple[Move, ...]:
        number = number_of(digits)
        if self._mode is _Mode.MOBILE:
            if not is_mobile(number):
                return (Tell(str(Phrase.WHICH_MOBILE)),)
            self._mobile = number
            return (self._ask_mobile(),)
        if not number:
            return (Tell(str(Phrase.WHICH_NUMBER)),)
        self._number, self._mode = number, _Mode.NUMBER
        return (self._ask_number(),)

    def _agreed(self) -> tuple[Move, ...]:
        self._mode = _Mode.WAITING
        return (RingBack(self._number),)

    # the text

    def _wants_text(self) -> tuple[Move, ...]:
        if self._texted:
            return (Tell(str(Phrase.TEXT_IS_COMING)),)
        self._mode = _Mode.MOBILE
        return (self._ask_mobile(),)

    def _ask_mobile(self) -> Tell:
        if not self._mobile:
            return Tell(str(Phrase.WHICH_MOBILE))
        return Tell(
            f"Shall we text a link to our page to {self._mobile}? {Phrase.YES_OR_NUMBER}", Phrase.TEXT_THIS_NUMBER
        )

    def _about_mobile(self, words: str) -> tuple[Move, ...]:
        number = find_phone(normalise(words, slot=NUMBER_SLOT, profile=Profile.SPELLING))
        if number:
            return self._given(number)
        answer = yes_no(words)
        if answer and self._mobile:
            self._mode, self._texted = _Mode.WAITING, True
            return (SendLink(self._mobile), Tell(str(Phrase.TEXT_IS_COMING)))
        if answer is False or _KEEP.search(words):
            self._mode = _Mode.WAITING
            return (Tell(str(Phrase.KEEPS_PLACE)),)
        return (self._ask_mobile(),)
