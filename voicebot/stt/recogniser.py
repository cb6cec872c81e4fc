"""The synchronous side of a recogniser."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from voicebot.stt.transcript import Hints, Transcript

NO_HINTS = Hints()
"""Nothing is known about what the caller was asked."""


class Recogniser(Protocol):
    """A recogniser that blocks while it works. Safe to call from as many threads as it has workers."""

    @property
    def name(self) -> str:
        """Names the model, for records and for ``health``."""
        ...

    def recognise(self, samples: NDArray[np.int16], rate: int, hints: Hints = NO_HINTS) -> Transcript:
        """Hear mono ``samples`` at ``rate`` Hz. Raises :class:`~voicebot.errors.SpeechUnavailable`."""
        ...
