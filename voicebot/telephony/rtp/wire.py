"""Notes of what crossed the socket and when, for measuring a call as its peer hears it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.levels import voiced_slices


@dataclass(frozen=True, slots=True)
class WirePacket:
    """A voiced packet: ``at`` is the monotonic time in seconds at the socket of its last voiced sample's packet,
    ``first_s`` and ``last_s`` tell where in the packet (seconds from its start) voice begins and ends."""

    at: float
    first_s: float
    last_s: float
    length_s: float


@dataclass(slots=True)
class WireWatch:
    """Keeps the voiced packets of both directions. Assign one to ``RtpStream.wire`` to have it filled.

    A packet is sent when its last sample exists, so a voice heard by the peer from a packet sent at ``at`` began
    ``length_s - first_s`` before; the same is true of packets received.
    """

    sent: list[WirePacket] = field(default_factory=list)
    received: list[WirePacket] = field(default_factory=list)

    def note_sent(self, at: float, samples: NDArray[np.int16], rate: int) -> None:
        """A packet of these samples goes to the socket at ``at``."""
        packet = _voiced(at, samples, rate)
        if packet is not None:
            self.sent.append(packet)

    def note_received(self, at: float, samples: NDArray[np.int16], rate: int) -> None:
        """A packet of these samples came from the socket at ``at``."""
        packet = _voiced(at, samples, rate)
        if packet is not None:
            self.received.append(packet)

    def last_sent(self, since: float = 0.0) -> float | None:
        """Time of the last voiced packet sent after ``since``, or None."""
        return self.sent[-1].at if self.sent and self.sent[-1].at > since else None

    def first_received(self, since: float) -> float | None:
        """Time of the first voiced packet received after ``since``, or None."""
        return next((packet.at for packet in self.received if packet.at > since), None)


def _voiced(at: float, samples: NDArray[np.int16], rate: int) -> WirePacket | None:
    slices = voiced_slices(samples, rate)
    where = np.flatnonzero(slices)
    if len(where) == 0:
        return None
    return WirePacket(at, float(where[0]) * 0.005, float(where[-1] + 1) * 0.005, len(samples) / rate)
