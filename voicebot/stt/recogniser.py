"""The synchronous side of a recogniser."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from voicebot.stt.transcript import Hints, Transcript

NO_HINTS = Hints()
"""Nothing is known about what the caller was asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One utterance to be heard: mono ``samples`` at ``rate`` Hz, and what was asked."""

    samples: NDArray[np.int16]
    rate: int
    hints: Hints = NO_HINTS


class Recogniser(Protocol):
    """A recogniser that blocks while it works. Safe to call from as many threads as it has workers."""

    @property
    def name(self) -> str:
        """Names the model, for records and for ``health``."""
        ...

    @property
    def batch(self) -> int:
        """How many utterances it likes to hear at once."""
        ...

    def recognise(self, samples: NDArray[np.int16], rate: int, hints: Hints = NO_HINTS) -> Transcript:
        """Hear mono ``samples`` at ``rate`` Hz. Raises :class:`~voicebot.errors.SpeechUnavailable`."""
        ...

    def recognise_all(self, requests: Sequence[Request]) -> list[Transcript]:
        """Hear several utterances, which may be of different calls. Raises as :meth:`recognise`."""
        ...
