"""How a bad phone line sounds, for trying the service as callers on one hear it: narrow, noisy, lossy, uneven."""

import heapq
import itertools
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from voicebot.audio import g711
from voicebot.audio.frames import FRAME_MS
from voicebot.audio.resample import FrameResampler

NARROW = 8000
_QUIETEST_DB = -90.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LineQuality:
    """A line. ``narrow``: 8 kHz and A-law, as a phone network carries it; ``loss`` of packets, 0 to 1; ``noise_db``:
    the hiss's RMS level in dBFS, None for none; ``jitter_ms``: the most that a packet is held up.

    Raises ValueError for what is no line.
    """

    narrow: bool = False
    loss: float = 0.0
    noise_db: float | None = None
    jitter_ms: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.loss <= 0.5:
            raise ValueError("loss is a share from 0 to 0.5")
        if not 0 <= self.jitter_ms <= 400:
            raise ValueError("jitter is from 0 to 400 ms")
        if self.noise_db is not None and not _QUIETEST_DB <= self.noise_db <= -20.0:
            raise ValueError("noise is from -90 to -20 dBFS")

    @property
    def clean(self) -> bool:
        """Whether nothing is simulated."""
        return not (self.narrow or self.loss or self.jitter_ms or self.noise_db is not None)


class Wire:
    """Carries the frames of one direction over the line."""

    def __init__(self, quality: LineQuality, rate: int, seed: int | None = None) -> None:
        self._narrow = quality.narrow
        self._there = FrameResampler(rate, NARROW) if quality.narrow else None
        self._back = FrameResampler(NARROW, rate) if quality.narrow else None
        self._noise = 0.0 if quality.noise_db is None else 32768 * 10 ** (quality.noise_db / 20)
        self._random = np.random.default_rng(seed)

    def carry(self, samples: NDArray[np.int16], *, noisy: bool) -> NDArray[np.int16]:
        """One frame at the other end; ``noisy`` adds the hiss."""
        if noisy and self._noise:
            hiss = self._random.normal(0.0, self._noise, len(samples))
            samples = np.clip(samples + hiss, -32768, 32767).astype(np.int16)
        if self._there is None or self._back is None:
            return samples
        return self._back.process(g711.decode_alaw(g711.encode_alaw(self._there.process(samples))))


class PacketFate(Generic[T]):
    """What becomes of packets on the line: some never come, the others come later, perhaps in another order.

    Time is counted in frames, the step in which a leg looks: :meth:`due` once each.
    """

    def __init__(self, quality: LineQuality, seed: int | None = None) -> None:
        self._loss = quality.loss
        self._frames = quality.jitter_ms / FRAME_MS
        self._random = Random(seed)
        self._tick = 0
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, T]] = []

    def lost(self) -> bool:
        """Whether the next packet never arrives."""
        return self._loss > 0 and self._random.random() < self._loss

    def arrives(self, packet: T) -> bool:
        """Take a packet that was sent now; False when it is lost."""
        if self.lost():
            return False
        late = round(self._random.random() * self._frames) if self._frames else 0
        heapq.heappush(self._waiting, (self._tick + late, next(self._order), packet))
        return True

    def due(self) -> list[T]:
        """A frame has passed: the packets that arrive in it."""
        arrived: list[T] = []
        while self._waiting and self._waiting[0][0] <= self._tick:
            arrived.append(heapq.heappop(self._waiting)[2])
        self._tick += 1
        return arrived
