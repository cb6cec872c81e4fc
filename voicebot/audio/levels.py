"""How loud audio is, and when somebody speaks on a clean line.

The measure of activity here is for machines that talk to each other (the caller in the box, recordings, tests):
a fixed threshold over 5 ms. What decides a real caller's turn is the detector in ``voicebot.turns``.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

QUIET_DBFS = -100.0
"""What digital silence counts as."""

VOICED_DBFS = -45.0
"""Level over 5 ms from which audio counts as voiced."""

SLICE_MS = 5
"""What is looked at as one."""


def dbfs(samples: NDArray[np.int16]) -> float:
    """RMS level relative to a full-scale square wave, in dB; :data:`QUIET_DBFS` for silence or no samples."""
    if len(samples) == 0:
        return QUIET_DBFS
    wide = samples.astype(np.float32)
    power = float(np.dot(wide, wide)) / len(wide)
    if power <= 0.0:
        return QUIET_DBFS
    return max(QUIET_DBFS, 10.0 * float(np.log10(power / (32768.0 * 32768.0))))


def voiced_slices(samples: NDArray[np.int16], rate: int, threshold_dbfs: float = VOICED_DBFS) -> NDArray[np.bool_]:
    """For each whole 5 ms of ``samples``: does it reach the threshold? A shorter rest is left out."""
    size = rate * SLICE_MS // 1000
    count = len(samples) // size
    wide = samples[: count * size].astype(np.float32).reshape(count, size)
    power = np.einsum("ij,ij->i", wide, wide) / size
    result: NDArray[np.bool_] = power >= (32768.0 * 10.0 ** (threshold_dbfs / 20.0)) ** 2
    return result


def is_voiced(samples: NDArray[np.int16], rate: int, threshold_dbfs: float = VOICED_DBFS) -> bool:
    """Whether any 5 ms of ``samples`` reach the threshold."""
    return bool(voiced_slices(samples, rate, threshold_dbfs).any())


class ActivityChange(StrEnum):
    """What a frame told."""

    STARTED = "started"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Activity:
    """Speech began or is over. ``position`` is that of the first voiced sample, or of the one after the last."""

    change: ActivityChange
    position: int


class ActivityMeter:
    """Finds stretches of speech in contiguous frames.

    Speech starts once ``attack_ms`` were voiced without a break of ``release_ms``, and ends after
    ``release_ms`` without anything voiced; both are then dated back to where they really were, to 5 ms.
    """

    def __init__(
        self, rate: int, *, release_ms: int = 400, attack_ms: int = 15, threshold_dbfs: float = VOICED_DBFS
    ) -> None:
        self.rate = rate
        self.active = False
        self.last_voiced = 0
        self._slice = rate * SLICE_MS // 1000
        self._release = rate * release_ms // 1000
        self._attack = rate * attack_ms // 1000
        self._threshold = threshold_dbfs
        self._first: int | None = None
        self._voiced = 0

    @property
    def began(self) -> int | None:
        """Where the present speech (or what may become it) began, or None in a pause."""
        return self._first

    def feed(self, samples: NDArray[np.int16], position: int) -> Activity | None:
        """Take the next frame, its first sample being at ``position``; gives a change if there was one."""
        change: Activity | None = None
        for index, voiced in enumerate(voiced_slices(samples, self.rate, self._threshold)):
            at = position + index * self._slice
            if voiced:
                if self._first is None:
                    self._first, self._voiced = at, 0
                self._voiced += self._slice
                self.last_voiced = at + self._slice
                if not self.active and self._voiced >= self._attack:
                    self.active = True
                    change = Activity(ActivityChange.STARTED, self._first)
            elif self._first is not None and at + self._slice - self.last_voiced >= self._release:
                if self.active:
                    change = Activity(ActivityChange.ENDED, self.last_voiced)
                self.active, self._first = False, None
        return change

    def silence(self, position: int) -> int:
        """Samples since the last voiced one, seen at ``position``; 0 while speech is active is possible."""
        return max(0, position - self.last_voiced)
