"""What is looked at on every turn before the dialogue hears of it: danger to life and limb, and card numbers."""

import asyncio

from voicebot.dialogue.acts import Ask, Profile
from voicebot.safety.card import CardCheck, CardWatch, check
from voicebot.safety.guard import Alarm, AskFirst, SafetyGuard, Verdict

SAFETY_SLOT = "safety"
"""The slot name of the one question that a safety rule may ask."""


class Precautions:
    """Those of one call. Card numbers are refused ``most_refusals`` times; the next one is once too often."""

    def __init__(self, guard: SafetyGuard, most_refusals: int) -> None:
        self._guard = guard
        self._most_refusals = most_refusals
        self._refusals = 0
        self._cards = CardWatch()
        self._interrupted: Ask | None = None
        self._pondering: tuple[str, asyncio.Future[None] | None] = "", None

    # Danger

    def ponder(self, text: str) -> None:
        """Begin to weigh what words of a turn that may be over mean to safety, so that it is known when it is."""
        if self._guard.ponders and self._pondering[0] != text:
            # Some milliseconds of mathematics, kept away from the loop that sends the sound.
            self._pondering = text, asyncio.ensure_future(asyncio.to_thread(self._guard.ponder, text))

    def alarming(self, text: str) -> bool:
        """Whether a safety rule may hold in words of a turn that may be over: who says so is not kept waiting."""
        return self._guard.alarming(text)

    async def pondered(self, text: str) -> Verdict:
        """The verdict on a whole turn."""
        self.ponder(text)
        pondering = self._pondering[1]
        if pondering is not None:
            await asyncio.shield(pondering)
        return self._guard.hear(text)

    def certain(self, words: str) -> Alarm | None:
        """The alarm that words of a turn that may go on surely raise."""
        verdict = self._guard.hear(words, partial=True)
        return verdict if isinstance(verdict, Alarm) else None

    def uncertain(self, words: str) -> Verdict:
        """The verdict on words that nothing else is made of."""
        return self._guard.hear(words)

    def keyed(self, keys: str) -> Verdict | None:
        """The verdict on keys, if a rule has asked something."""
        return self._guard.press(keys)

    def unanswered(self) -> Alarm | None:
        """What silence means, if a rule has asked something."""
        return self._guard.no_answer()

    def question(self, verdict: AskFirst, asked: Ask | None) -> Ask:
        """The rule's question, in the place of ``asked``, to which the caller is led back if they deny it."""
        if asked is None or asked.slot != SAFETY_SLOT:
            self._interrupted = asked
        return Ask(slot=SAFETY_SLOT, text=verdict.question, profile=Profile.YES_NO, keypad={"1": "yes", "2": "no"})

    def denied(self) -> Ask | None:
        """The question that stood before the rule's: it is taken up again."""
        question, self._interrupted = self._interrupted, None
        return question

    # Card numbers

    def card_in(self, text: str, profile: Profile) -> CardCheck:
        """Look for a card number. Where digits were asked for, a misheard phone number must not count as one.

        There only a right check digit counts, and the digits of one turn aren't joined to those of another.
        """
        if profile is not Profile.SPELLING:
            return self._cards.hear(text)
        found = check(text)
        return found if found.checked else CardCheck(text, found=False)

    def card_keyed(self, keys: str) -> bool:
        """Whether these keys, with those before them, were a card's."""
        return sum(self._cards.press(key) for key in keys) > 0

    def refused_too_often(self) -> bool:
        """A card number is refused: was that once too often?"""
        self._refusals += 1
        return self._refusals > self._most_refusals

    # Both

    def unconcerned(self, text: str) -> bool:
        """Whether a turn of these words would be the dialogue's alone."""
        return self._guard.unconcerned(text) and not check(text).found and not self._cards.gathering
