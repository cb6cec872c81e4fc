"""The wire between a media process and the speech process, as pure bytes in and messages out.

A message is a 4-byte big-endian header length, a JSON header of that length, and as many bytes of payload as the
header's ``payload`` says (absent: none). Payloads are mono int16 little-endian samples.

Requests (``op``): ``transcribe`` (payload: samples; ``rate``, ``call``, ``hints``, ``speculative``), ``speak``
(``text``, ``speed``, ``volume``, ``rate``, ``call``), ``prerender`` (``texts``, ``speed``, ``rate``), ``health``, and
``cancel`` (``target``), which has no answer. Each has an ``id`` of the client's, unique on its connection, that
its one answer repeats. Answers have ``ok``; when it is false, ``error`` is one of :class:`Failure`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voicebot.errors import SpeechUnavailable

MAX_HEADER = 256 * 1024
MAX_PAYLOAD = 16 * 1024 * 1024
"""Two and a half minutes of audio at 48 kHz: more than any utterance or prompt."""


class WireError(SpeechUnavailable):
    """The peer sent what the protocol does not allow; the connection can't be used any more."""


class Failure(StrEnum):
    """Why a request has no result."""

    OVERLOADED = "overloaded"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    BAD_REQUEST = "bad_request"


@dataclass(frozen=True, slots=True)
class Message:
    """A header and its payload."""

    header: Mapping[str, Any]
    payload: bytes = b""

    def samples(self) -> NDArray[np.int16]:
        """The payload as samples. Raises :class:`WireError` when it is cut in the middle of one."""
        if len(self.payload) % 2:
            raise WireError("half a sample")
        return np.frombuffer(self.payload, "<i2").astype(np.int16, copy=False)


def encode(header: Mapping[str, Any], samples: NDArray[np.int16] | None = None) -> bytes:
    """A message as bytes. Raises :class:`ValueError` when it is larger than the protocol allows."""
    payload = b"" if samples is None else samples.astype("<i2", copy=False).tobytes()
    whole = {**header, "payload": len(payload)} if payload else dict(header)
    text = json.dumps(whole, separators=(",", ":"), allow_nan=False).encode()
    if len(text) > MAX_HEADER or len(payload) > MAX_PAYLOAD:
        raise ValueError(f"a message of {len(text)} + {len(payload)} bytes is too large")
    return len(text).to_bytes(4, "big") + text + payload


def _payload_length(header: Any) -> int:
    if not isinstance(header, dict):
        raise WireError("a header that is no object")
    length = header.get("payload", 0)
    if not isinstance(length, int) or isinstance(length, bool) or not 0 <= length <= MAX_PAYLOAD:
        raise WireError("a wrong payload length")
    return length


class Decoder:
    """Takes bytes as they arrive, gives whole messages. After a :class:`WireError` it must be thrown away."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._header: dict[str, Any] | None = None
        self._wanted = 0

    @property
    def buffered(self) -> int:
        """Bytes that wait for the rest of their message."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Message]:
        """Messages that ``data`` completed. Raises :class:`WireError`."""
        self._buffer += data
        messages = []
        while (message := self._next()) is not None:
            messages.append(message)
        return messages

    def _next(self) -> Message | None:
        buffer = self._buffer
        if self._header is None:
            if len(buffer) < 4:
                return None
            length = int.from_bytes(buffer[:4], "big")
            if not 2 <= length <= MAX_HEADER:
                raise WireError("a wrong header length")
            if len(buffer) < 4 + length:
                return None
            try:
                header = json.loads(bytes(buffer[4 : 4 + length]))
            except (ValueError, RecursionError) as error:
                raise WireError("a header that is not JSON") from error
            self._wanted = _payload_length(header)
            self._header = header
            del buffer[: 4 + length]
        if len(buffer) < self._wanted:
            return None
        payload = bytes(buffer[: self._wanted])
        del buffer[: self._wanted]
        header, self._header = self._header, None
        return Message(header, payload)
