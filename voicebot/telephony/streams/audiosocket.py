"""Asterisk AudioSocket: a TCP stream of messages, each a kind, a 16-bit big-endian length and a payload.

Kinds: 0x00 hang-up, 0x01 the call's UUID (first, and once), 0x03 a key in ASCII, 0x10 signed linear audio of 16 bits,
little-endian, at 8 kHz, 0x11 to 0x18 the same at other rates (Asterisk chooses by the channel's format), 0xff an error
with a code. Audio goes back in the kind in which it comes. Nothing is buffered by contract and there is no clear:
it is spoken in real time, silence included.
"""

import uuid
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from voicebot.errors import ProtocolError
from voicebot.telephony.streams.dialect import (
    KEYS,
    MAX_CHUNK_S,
    Audio,
    Failed,
    Key,
    ProviderEvent,
    Started,
    Stopped,
    StreamEvent,
    Wire,
)

HANGUP, UUID, DTMF, ERROR = 0x00, 0x01, 0x03, 0xFF
RATES = {0x10: 8000, 0x12: 16000}
"""Rates of the audio kinds that are taken: those of telephones. Asterisk translates to them (``slin``, ``slin16``)."""
_KINDS = {rate: kind for kind, rate in RATES.items()}
_HEAD = 3
_ERRORS = {0x01: "hang-up", 0x02: "frame not forwarded", 0x04: "memory"}


def message(kind: int, payload: bytes = b"") -> bytes:
    """A message."""
    return bytes((kind,)) + len(payload).to_bytes(2, "big") + payload


class _Framer:
    """Cuts the byte stream into messages. A length is at most 65535, so an unfinished message is never large."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: Wire) -> Iterator[tuple[int, bytes]]:
        if isinstance(data, str):
            raise ProtocolError("text where bytes are spoken")
        data = self._rest + data
        at = 0
        try:
            while len(data) - at >= _HEAD:
                end = at + _HEAD + int.from_bytes(data[at + 1 : at + _HEAD], "big")
                if len(data) < end:
                    break
                kind, payload = data[at], data[at + _HEAD : end]
                at = end
                yield kind, payload
        finally:
            self._rest = data[at:]


def _samples(payload: bytes, rate: int) -> NDArray[np.int16]:
    if not payload or len(payload) % 2 or len(payload) > 2 * rate * MAX_CHUNK_S:
        raise ProtocolError(f"audio of {len(payload)} bytes")
    return np.frombuffer(payload, dtype="<i2").astype(np.int16)


class AudioSocketDialect:
    """Our side. The stream starts with the first audio, whose kind tells the rate."""

    line = "audiosocket"
    buffers = False
    encoding = "L16"

    def __init__(self) -> None:
        self.rate = 8000
        self._framer = _Framer()
        self._uuid = ""
        self._started = False
        self._stopped = False

    def receive(self, message: Wire) -> tuple[StreamEvent, ...]:
        """Take a piece of the byte stream. Raises :class:`ProtocolError`."""
        events: list[StreamEvent] = []
        for kind, payload in self._framer.feed(message):
            if self._stopped:
                raise ProtocolError("a message after the hang-up")
            events += self._take(kind, payload)
        return tuple(events)

    def _take(self, kind: int, payload: bytes) -> list[StreamEvent]:
        if kind == HANGUP:
            self._stopped = True
            return [Stopped()]
        if kind == ERROR:
            return [Failed(_ERRORS.get(payload[0], "other") if payload else "unnamed")]
        if kind == UUID:
            if self._uuid or len(payload) != 16:
                raise ProtocolError("the call's id twice, or not of 16 bytes")
            self._uuid = str(uuid.UUID(bytes=payload))
            return []
        if not self._uuid:
            raise ProtocolError("a message before the call's id")
        if kind == DTMF:
            if len(payload) != 1 or (key := chr(payload[0]).upper()) not in KEYS:
                raise ProtocolError("not a key")
            return [Key(key)]
        if 0x10 <= kind <= 0x18:
            return self._audio(kind, payload)
        return []  # a later version may say more

    def _audio(self, kind: int, payload: bytes) -> list[StreamEvent]:
        rate = RATES.get(kind)
        if rate is None or (self._started and rate != self.rate):
            raise ProtocolError(f"audio of kind {kind:#x}")
        events: list[StreamEvent] = [] if self._started else [Started(self._uuid, self._uuid)]
        self._started = True
        self.rate = rate
        return [*events, Audio(_samples(payload, rate))]

    def audio(self, samples: NDArray[np.int16]) -> bytes:
        """Audio in the kind of the stream."""
        return message(_KINDS[self.rate], samples.astype("<i2").tobytes())

    def mark(self, name: str) -> bytes:
        """There are no marks. Raises :class:`ProtocolError`."""
        raise ProtocolError("no marks in this dialect")

    def clear(self) -> bytes:
        """There is no clear. Raises :class:`ProtocolError`."""
        raise ProtocolError("no clear in this dialect")

    def goodbye(self) -> bytes:
        """The hang-up."""
        return message(HANGUP)


class AudioSocketProvider:
    """Asterisk's side of a call with this UUID, at one of :data:`RATES`."""

    def __init__(self, call: uuid.UUID, rate: int = 8000) -> None:
        self.rate = rate
        self._call = call
        self._framer = _Framer()

    def start(self) -> tuple[bytes, ...]:
        """The call's UUID."""
        return (message(UUID, self._call.bytes),)

    def receive(self, message: Wire) -> tuple[ProviderEvent, ...]:
        """Take a piece of the byte stream. Raises :class:`ProtocolError`."""
        events: list[ProviderEvent] = []
        for kind, payload in self._framer.feed(message):
            if kind == HANGUP:
                events.append(Stopped())
            elif kind == _KINDS[self.rate]:
                events.append(Audio(_samples(payload, self.rate)))
            else:
                raise ProtocolError(f"a message of kind {kind:#x}")
        return tuple(events)

    def audio(self, samples: NDArray[np.int16]) -> bytes:
        """Audio."""
        return message(_KINDS[self.rate], samples.astype("<i2").tobytes())

    def key(self, key: str) -> bytes:
        """A key."""
        return message(DTMF, key.encode("ascii"))

    def played(self, name: str) -> bytes:
        """There are no marks. Raises :class:`ProtocolError`."""
        raise ProtocolError("no marks in this dialect")

    def stop(self) -> bytes:
        """The hang-up."""
        return message(HANGUP)
