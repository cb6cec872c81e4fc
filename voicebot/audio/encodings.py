"""The encodings that calls are carried in: how samples become octets and back, and at what rates.

All of them spend one octet on each tick of their RTP clock, G.722 too: its clock is given as 8000 Hz although it
carries 16 kHz (an error of RFC 1890 that RFC 3551 section 4.5.2 had to keep).
"""

from collections.abc import Callable
from dataclasses import dataclass

import G722
import numpy as np
from numpy.typing import NDArray

from voicebot.audio import g711
from voicebot.errors import ProtocolError

Encode = Callable[[NDArray[np.int16]], bytes]
Decode = Callable[[bytes], NDArray[np.int16]]

RTP_CLOCK = 8000
"""Hz of the RTP clock of every encoding here."""

_G722_BITS = 64000


@dataclass(frozen=True, slots=True)
class Encoding:
    """An SDP encoding name with its static payload type (RFC 3551) and the rate of its audio in Hz.

    ``encoder`` and ``decoder`` make the two directions of one stream: G.722 remembers what came before, so a stream
    keeps its own pair and feeds them in order. ``octet`` is the octet of silence, where there is such a thing.
    """

    name: str
    payload_type: int
    rate: int
    encoder: Callable[[], Encode]
    decoder: Callable[[], Decode]
    octet: int | None = None


def _g722_encoder() -> Encode:
    codec = G722.G722(16000, _G722_BITS)

    def encode(samples: NDArray[np.int16]) -> bytes:
        octets: bytes = codec.encode(np.ascontiguousarray(samples))
        return octets

    return encode


def _g722_decoder() -> Decode:
    codec = G722.G722(16000, _G722_BITS)

    def decode(octets: bytes) -> NDArray[np.int16]:
        return np.frombuffer(codec.decode(bytes(octets)), dtype=np.int16) if octets else np.zeros(0, dtype=np.int16)

    return decode


PCMA = Encoding("PCMA", 8, 8000, lambda: g711.encode_alaw, lambda: g711.decode_alaw, g711.PCMA.silence)
PCMU = Encoding("PCMU", 0, 8000, lambda: g711.encode_ulaw, lambda: g711.decode_ulaw, g711.PCMU.silence)
G722_64 = Encoding("G722", 9, 16000, _g722_encoder, _g722_decoder)

ENCODINGS = {encoding.name: encoding for encoding in (PCMA, PCMU, G722_64)}


def encoding(name: str) -> Encoding:
    """The encoding of an SDP name, any case. Raises :class:`ProtocolError` for one that we don't speak."""
    found = ENCODINGS.get(name.upper())
    if found is None:
        raise ProtocolError(f"not an encoding that is spoken here: {name}")
    return found
