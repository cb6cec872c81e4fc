"""Who has the floor: ear, mouth, echo watch and barge-in of one call, joined in the order that matters.

A session's media port calls :meth:`Floor.step` once a frame and acts on what it gives.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame
from voicebot.settings import TurnSettings
from voicebot.turns.barge_in import BargeIn, BargeInAction
from voicebot.turns.ear import Ear, EarEvent
from voicebot.turns.echo import EchoWatch
from voicebot.turns.mouth import Downstream, Heard, Mouth, MouthEvent

_STANDS_OUT_DB = 8.0
"""Above the line's noise, for a sound to be worth a pause before it is known to be a voice."""


@dataclass(frozen=True, slots=True)
class BargedIn:
    """The caller took the floor: the bot stopped, and ``heard`` tells how much of each piece had been said."""

    position: int
    heard: tuple[Heard, ...]


FloorEvent = EarEvent | MouthEvent | BargedIn


class Floor:
    """Turn-taking of one call. ``rate`` is the leg's, ``downstream`` what its line buffers, if anything."""

    def __init__(
        self,
        rate: int,
        settings: TurnSettings | None = None,
        *,
        ear: Ear | None = None,
        downstream: Downstream | None = None,
    ) -> None:
        self.ear = ear or Ear(rate, settings)
        self.mouth = Mouth(rate, downstream)
        self.barge_in = BargeIn()
        self.echo = EchoWatch()
        self._last_said: NDArray[np.int16] | None = None

    def step(self, heard: AudioFrame) -> tuple[tuple[FloorEvent, ...], NDArray[np.int16] | None]:
        """Take 20 ms heard; give what happened, and 20 ms to be said (None: silence)."""
        ours = self.echo.step(heard.samples, self._last_said)
        events: list[FloorEvent] = list(self.ear.feed(heard, bot_speaking=self.mouth.speaking, echo=ours))
        action = self.barge_in.feed(
            self.ear.voiced,
            speaking=self.mouth.speaking,
            interruptible=self.mouth.interruptible,
            loud=not ours and self.ear.level > max(self.ear.floor + _STANDS_OUT_DB, self.echo.bound),
            level_dbfs=self.ear.level,
        )
        match action:
            case BargeInAction.PAUSE:
                self.mouth.pause()
            case BargeInAction.RESUME:
                self.mouth.resume()
            case BargeInAction.YIELD:
                events.append(BargedIn(heard.position + len(heard.samples), tuple(self.mouth.stop())))
            case None:
                pass
        self._last_said = self.mouth.next_frame()
        events.extend(self.mouth.take_events())
        return tuple(events), self._last_said
