"""A port that goes on listening and says nothing more, while the end of what was said is still on its way."""

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame
from voicebot.telephony.leg import KeyPress, LegEnded, MediaPort


class Muted:
    """Stands before the port ``behind``, which is told of nothing but the end."""

    def __init__(self, behind: MediaPort | None) -> None:
        self.behind = behind

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """Say nothing."""
        return None

    def key(self, press: KeyPress) -> None:
        """Too late for keys."""

    def ended(self, end: LegEnded) -> None:
        """The leg is over."""
        if self.behind is not None:
            self.behind.ended(end)
