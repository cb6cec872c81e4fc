"""How well a line carried a call, and what a listener would say of it: the E-model of ITU-T G.107, simplified."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

_BEST = 93.2
"""R of a perfect narrow-band line (G.107, default values)."""

_ROBUSTNESS = 25.1
"""Bpl of G.711 with loss concealment (G.113 appendix I). Wide-band encodings are judged on the same scale."""


@dataclass(frozen=True, slots=True)
class MediaQuality:
    """One leg's media, as it ended up. Times in ms, losses in percent.

    ``lost_percent`` is what did not come or came too late to be heard; ``delay_ms`` is the one-way delay assumed for
    the estimate (half a round trip, the packets' length and our buffer); ``round_trip_ms`` and what the peer said of
    our packets (``peer_…``) are None when it sent no reports. ``encrypted`` is the SRTP suite, or empty.
    """

    encoding: str
    encrypted: str
    sent: int
    received: int
    lost: int
    late: int
    duplicates: int
    concealed_ms: int
    lost_percent: float
    jitter_ms: float
    delay_ms: float
    mos: float
    round_trip_ms: float | None = None
    peer_lost_percent: float | None = None
    peer_jitter_ms: float | None = None


@runtime_checkable
class Measured(Protocol):
    """A leg that knows how well it was carried."""

    def quality(self) -> MediaQuality | None:
        """So far, or as it ended; None before any media."""
        ...


def estimate_mos(lost_percent: float, delay_ms: float) -> float:
    """Mean opinion score (1 bad – 4.4 as good as a telephone gets) for random loss and a one-way delay."""
    impaired_by_delay = 0.024 * delay_ms + (0.11 * (delay_ms - 177.3) if delay_ms > 177.3 else 0.0)
    impaired_by_loss = 95.0 * lost_percent / (lost_percent + _ROBUSTNESS)
    rating = max(0.0, _BEST - impaired_by_delay - impaired_by_loss)
    return max(1.0, 1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7e-6)
