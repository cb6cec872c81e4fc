"""From a queue to a person who has accepted: each address in turn, whispered to, until one takes the call."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import structlog
from numpy.typing import NDArray

from voicebot.audio.resample import resample
from voicebot.errors import DialFailed, SpeechUnavailable, TelephonyError
from voicebot.handoff.card import Card
from voicebot.handoff.offer import OfferAnswer, offer
from voicebot.settings import HandoffSettings
from voicebot.telephony.leg import CallLeg, Line
from voicebot.tts.spoken import SpokenText, Voice

log = structlog.get_logger(__name__)

WHISPER_S = 6.0
"""A caller waits for so long, at most, while an agent who has picked up hears what it is about."""
_MARGIN = 1.04
"""The pauses between sentences grow shorter more slowly than the words."""
_FEWEST_WORDS = 4
_FASTEST = 1.4
"""Faster than that is hard to follow, whatever the length."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One agent's address that was tried, and how it ended (``accepted``, ``declined``, ``busy``, …)."""

    address: str
    result: str
    status: int = 0


_RESULTS = {486: "busy", 600: "busy", 603: "declined", 408: "no_answer", 480: "no_answer", 487: "no_answer"}


def attempt_result(status: int) -> str:
    """How an attempt that ended with a SIP status is called in the records."""
    return _RESULTS.get(status, "failed")


AttemptHandler = Callable[[Attempt], None]


class Directory:
    """Which addresses serve a queue. Queues that are not named are served by ``default``."""

    def __init__(self, queues: dict[str, tuple[str, ...]]) -> None:
        self._queues = queues

    def addresses(self, queue: str) -> Sequence[str]:
        """SIP addresses in the order in which they are rung."""
        found = self._queues.get(queue) or self._queues.get("default", ())
        return tuple(found)


async def render_whisper(
    voice: Voice, told: str, then: str, rate: int, fallback: NDArray[np.int16]
) -> NDArray[np.int16]:
    """Speak what is told of a card and ``then`` what to do, in :data:`WHISPER_S` seconds: where it would take longer it
    is spoken faster, and only then shortened from its end. Without a voice, ``fallback`` (rendered at start-up) says
    that the card is on the screen."""
    words, speed = told.split(), 1.0
    try:
        while True:
            text = f"{' '.join(words).rstrip('.,:')}. {then}".strip()
            samples = (await voice.speak(SpokenText(text, rate=speed), rate)).samples
            too_long = len(samples) / (WHISPER_S * rate)
            if too_long <= 1 or len(words) <= _FEWEST_WORDS:
                return samples
            if speed < _FASTEST:
                speed = min(speed * too_long * _MARGIN, _FASTEST)
            else:
                words = words[: min(int(len(words) / too_long), len(words) - 1)]
    except SpeechUnavailable:
        return fallback


class Transfer:
    """Finds a person for a caller. Whispers are rendered at ``rate`` while the phone rings, as ``fallback`` was, and
    then brought to the rate of the leg that answers."""

    def __init__(
        self,
        line: Line,
        voice: Voice,
        settings: HandoffSettings,
        fallback: NDArray[np.int16],
        *,
        rate: int = 8000,
    ) -> None:
        self.line = line
        self.rate = rate
        self._voice = voice
        self._settings = settings
        self._fallback = fallback
        self._directory = Directory(settings.queues)

    async def whisper(self, card: Card, *, before: str = "") -> NDArray[np.int16]:
        """What an agent hears of a card before they are joined, at :attr:`rate`; ``before`` comes first."""
        told = f"{before} {card.whisper()}".strip()
        then = "" if self._settings.join_on == "answer" else "Press 1."
        return await render_whisper(self._voice, told, then, self.rate, self._fallback)

    async def find_person(self, card: Card, on_attempt: AttemptHandler) -> CallLeg | None:
        """Ring the queue's people in turn and give the leg of the one who accepted, or None.

        Cancelling it (the caller hung up) cancels the call that is ringing.
        """
        on_answer = self._settings.join_on == "answer"
        whisper = asyncio.ensure_future(self.whisper(card))
        try:
            for address in self._directory.addresses(card.queue):
                leg = await self._ring(address, card, on_attempt)
                if leg is None:
                    continue
                sound = resample(await whisper, self.rate, leg.rate)
                answer = await offer(leg, sound, accept_s=self._settings.accept_s, on_answer=on_answer)
                on_attempt(Attempt(address, answer.value))
                if answer is OfferAnswer.ACCEPTED:
                    return leg
            return None
        finally:
            whisper.cancel()

    async def _ring(self, address: str, card: Card, on_attempt: AttemptHandler) -> CallLeg | None:
        try:
            return await self.line.dial(
                address,
                caller=card.who.number,
                caller_name=card.who.name,
                headers={"User-to-User": card.user_to_user()},
                timeout_s=self._settings.ring_s,
            )
        except DialFailed as failure:
            on_attempt(Attempt(address, attempt_result(failure.status), failure.status))
        except TelephonyError as failure:
            log.warning("handoff.dial_failed", error=type(failure).__name__)
            on_attempt(Attempt(address, "failed"))
        return None
