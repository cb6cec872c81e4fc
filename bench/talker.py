"""The bot's side of a measured call: it speaks without a break and listens, with turn-taking or without."""

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame
from voicebot.telephony.leg import KeyPress, LegEnded
from voicebot.turns.floor import Floor
from voicebot.turns.mouth import SpokenPiece


class Talker:
    """A MediaPort that says ``speech`` over and over, beginning somewhere in it, and counts what it hears."""

    def __init__(self, speech: NDArray[np.int16], number: int) -> None:
        self.frames = 0
        self.concealed = 0
        self._speech = speech
        self._at = number * 1600 % len(speech)

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """20 ms each way."""
        self.frames += 1
        self.concealed += heard.concealed
        at = self._at
        self._at = (at + 160) % len(self._speech)
        return self._speech[at : at + 160]

    def key(self, press: KeyPress) -> None:
        """Nobody presses any."""

    def ended(self, end: LegEnded) -> None:
        """The load is over."""


class ListeningTalker(Talker):
    """One with the whole of turn-taking that a real call has: voice activity, echo watch, end of turn, barge-in.

    What it says may not be interrupted, so that it goes on saying it.
    """

    def __init__(self, speech: NDArray[np.int16], number: int) -> None:
        super().__init__(speech, number)
        self.turns = 0
        self._floor = Floor(8000)
        self._begun = speech[self._at :]

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """20 ms each way."""
        self.frames += 1
        self.concealed += heard.concealed
        floor = self._floor
        if not floor.mouth.speaking:
            floor.mouth.say(SpokenPiece(str(self.frames), "", self._begun, interruptible=False))
            self._begun = self._speech
        events, said = floor.step(heard)
        self.turns += len(events)
        return said
