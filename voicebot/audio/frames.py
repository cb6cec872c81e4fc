"""The unit in which audio moves through a call."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FRAME_MS = 20
"""Length of every frame inside the product, in ms, whatever ptime a peer uses."""

_LEAST_MS = 1 / 64

LEG_RATES = (8000, 16000)
"""Rates that legs have, in Hz: narrow band (G.711) and wide band (G.722, Opus)."""


class Transit(NamedTuple):
    """How a frame came from the socket to the ear, in ms.

    When it was read the newest packet had been there for ``ago``, and reached ``ahead`` beyond the frame's end (less
    than nothing where the frame's end has not come). Packets are ``packet`` long.
    """

    ago: float
    ahead: float
    packet: float

    def waited(self, back: float) -> float:
        """How long the packet had been there that brought what lies ``back`` (more than 0) before the frame's end,
        taking packets to come as regularly as they are sent."""
        newer = max(0.0, (self.ahead + back - _LEAST_MS) // self.packet)
        return self.ago + newer * self.packet


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """20 ms of mono audio, int16, at the leg's own rate.

    ``position`` is the index of the first sample since the leg's media clock started: it is the
    time inside the call. ``concealed`` says that nothing arrived for it and it was made up
    (silence or loss concealment), so that a listener can tell a quiet caller from a dead line.
    ``comfort_noise`` says that the peer suppresses its silence and this stands for it: nobody speaks.
    ``transit`` is None where the line does not tell.
    """

    samples: NDArray[np.int16]
    rate: int
    position: int
    concealed: bool = False
    comfort_noise: bool = False
    transit: Transit | None = None

    @property
    def start_ms(self) -> float:
        """Time of the first sample since the media clock started, in ms."""
        return self.position * 1000 / self.rate

    @property
    def duration_ms(self) -> float:
        """Length in ms."""
        return len(self.samples) * 1000 / self.rate


def frame_samples(rate: int) -> int:
    """Samples in one frame at ``rate`` Hz (160 at 8 kHz, 320 at 16 kHz)."""
    return rate * FRAME_MS // 1000


def silence(rate: int) -> NDArray[np.int16]:
    """One frame of silence."""
    return np.zeros(frame_samples(rate), dtype=np.int16)
