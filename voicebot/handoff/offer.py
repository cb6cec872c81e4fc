"""One offer of a call to one agent: whisper the card, wait for the key."""

import asyncio
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame, frame_samples
from voicebot.telephony.leg import CallLeg, KeyPress, LegEnded


class OfferAnswer(StrEnum):
    """What became of an offer."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    GONE = "gone"


ACCEPT_KEY = "1"
DECLINE_KEY = "2"


class WhisperPort:
    """Plays the whisper to an agent, again after a pause, until they press a key or the time is up.

    ``whisper`` is at the leg's rate; ``accept_s`` is counted in the leg's own audio. With
    ``on_answer`` the call counts as accepted when the whisper has been heard once.
    """

    def __init__(
        self, whisper: NDArray[np.int16], rate: int, *, accept_s: float, on_answer: bool = False, pause_s: float = 2.0
    ) -> None:
        self._frame = frame_samples(rate)
        self._loop_length = len(whisper) + int(pause_s * rate)
        self._whisper = whisper
        self._played = 0
        self._limit = len(whisper) + int(accept_s * rate)
        self._on_answer = on_answer
        self._answer: asyncio.Future[OfferAnswer] = asyncio.get_running_loop().create_future()

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """Play the next 20 ms of the whisper."""
        if self._answer.done():
            return None
        if self._on_answer and self._played >= len(self._whisper):
            self._settle(OfferAnswer.ACCEPTED)
            return None
        if self._played >= self._limit:
            self._settle(OfferAnswer.TIMED_OUT)
            return None
        at = self._played % self._loop_length
        self._played += self._frame
        part = self._whisper[at : at + self._frame]
        if len(part) == 0:
            return None
        return np.pad(part, (0, self._frame - len(part)))

    def taken_on_screen(self) -> None:
        """The agent takes the call on their screen: it is theirs once they have heard the whisper to its end."""
        self._on_answer = True

    def withdraw(self) -> None:
        """The offer is over from outside: the caller has gone, or the agent has declined it on their screen."""
        self._settle(OfferAnswer.GONE)

    def key(self, press: KeyPress) -> None:
        """1 takes the call, 2 declines it."""
        if press.key == ACCEPT_KEY:
            self._settle(OfferAnswer.ACCEPTED)
        elif press.key == DECLINE_KEY:
            self._settle(OfferAnswer.DECLINED)

    def ended(self, end: LegEnded) -> None:
        """The agent hung up before accepting."""
        self._settle(OfferAnswer.GONE)

    def _settle(self, answer: OfferAnswer) -> None:
        if not self._answer.done():
            self._answer.set_result(answer)

    async def wait(self, backstop_s: float) -> OfferAnswer:
        """Wait for the agent's decision; ``backstop_s`` is wall clock, for a leg whose media stands still."""
        try:
            async with asyncio.timeout(backstop_s):
                return await asyncio.shield(self._answer)
        except TimeoutError:
            return OfferAnswer.TIMED_OUT


async def offer(leg: CallLeg, whisper: NDArray[np.int16], *, accept_s: float, on_answer: bool) -> OfferAnswer:
    """Offer a call to the agent on ``leg``. An agent who does not take it is hung up on; the caller hears nothing."""
    port = WhisperPort(whisper, leg.rate, accept_s=accept_s, on_answer=on_answer)
    leg.attach(port)
    try:
        answer = await port.wait(len(whisper) / leg.rate + accept_s + 5.0)
    except asyncio.CancelledError:
        await leg.hangup()
        raise
    if answer is not OfferAnswer.ACCEPTED:
        await leg.hangup()
    return answer
