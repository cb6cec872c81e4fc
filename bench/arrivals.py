"""What came back in a measured call, and how punctually."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FRAME_S = 0.02


@dataclass(frozen=True, slots=True)
class Heard:
    """One call: packets came at ``at`` (s), each the audio from ``media`` on (s of the sender's own clock), for
    ``length`` s."""

    at: NDArray[np.float64]
    media: NDArray[np.float64]
    length: NDArray[np.float64]

    def deviations_ms(self) -> NDArray[np.float64]:
        """How far each packet lay off an even schedule: that of the audio in it, placed so that the middle fits."""
        offset = self.at - self.media
        return np.abs(offset - np.median(offset)) * 1000

    def missing_s(self, begin: float, end: float) -> float:
        """Audio that should have come between two moments and never did: what is left out, or comes later for good.

        A packet of a frame more or less at each end is chance.
        """
        inside = (self.at >= begin) & (self.at < end)
        short = (end - begin) - float(self.length[inside].sum())
        longest = float(self.length.max(initial=FRAME_S))
        return max(0.0, short) if short > 2 * longest else 0.0


@dataclass(frozen=True, slots=True)
class Punctuality:
    """All calls of one run together."""

    packets: int
    p50_ms: float
    p99_ms: float
    worst_ms: float
    missing_s: float
    calls_short: int
    """Calls of which audio was missing."""


def judge(calls: list[Heard], begin: float, end: float) -> Punctuality:
    """Of what came between two moments."""
    deviations: list[NDArray[np.float64]] = []
    missing = [end - begin if len(call.at) < 2 else call.missing_s(begin, end) for call in calls]
    for call in calls:
        inside = (call.at >= begin) & (call.at < end)
        if inside.any():
            deviations.append(Heard(call.at[inside], call.media[inside], call.length[inside]).deviations_ms())
    if not deviations:
        never = float("inf")
        return Punctuality(0, never, never, never, float(sum(missing)), len(missing))
    together = np.concatenate(deviations)
    return Punctuality(
        len(together),
        float(np.percentile(together, 50)),
        float(np.percentile(together, 99)),
        float(together.max()),
        float(sum(missing)),
        sum(one > 0 for one in missing),
    )
