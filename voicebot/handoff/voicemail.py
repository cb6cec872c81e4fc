"""A message for when nobody could take the call: kept with the card, so that whoever listens knows the rest."""

import asyncio

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame, frame_samples
from voicebot.telephony.leg import KeyPress, LegEnded

_VOICED_PEAK = 600
"""A frame whose loudest sample is above this (−35 dBFS) counts as speech here."""


class MessageRecorder:
    """Plays ``prompt`` (with its tone), then records until #, a long silence, the limit, or the caller hangs up.

    All times are counted in received audio. :meth:`wait` gives the message (int16 at ``rate``), empty when
    nothing was said.
    """

    def __init__(self, prompt: NDArray[np.int16], rate: int, *, max_s: float, silence_s: float = 5.0) -> None:
        self._frame = frame_samples(rate)
        self._prompt = prompt
        self._played = 0
        self._parts: list[NDArray[np.int16]] = []
        self._recorded = 0
        self._voiced = False
        self._last_voice = 0
        self._max = int(max_s * rate)
        self._silence = int(silence_s * rate)
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """Play the prompt, then take what is said."""
        if self._played < len(self._prompt):
            part = self._prompt[self._played : self._played + self._frame]
            self._played += self._frame
            return np.pad(part, (0, self._frame - len(part)))
        if self._done.done():
            return None
        self._parts.append(heard.samples)
        self._recorded += len(heard.samples)
        if int(np.abs(heard.samples.astype(np.int32)).max(initial=0)) > _VOICED_PEAK:
            self._voiced = True
            self._last_voice = self._recorded
        if self._recorded >= self._max or self._recorded - self._last_voice >= self._silence:
            self._finish()
        return None

    def key(self, press: KeyPress) -> None:
        """# ends the message."""
        if press.key == "#" and self._played >= len(self._prompt):
            self._finish()

    def ended(self, end: LegEnded) -> None:
        """The caller hung up: what was said so far is the message."""
        self._finish()

    def _finish(self) -> None:
        if not self._done.done():
            self._done.set_result(None)

    async def wait(self, backstop_s: float) -> NDArray[np.int16]:
        """Wait for the end of the message; ``backstop_s`` is wall clock, for a leg whose media stands still."""
        await asyncio.wait((self._done,), timeout=backstop_s)
        if not self._voiced:
            return np.zeros(0, dtype=np.int16)
        return np.concatenate(self._parts)
