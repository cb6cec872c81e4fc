"""Telnyx media streaming, bidirectional in RTP mode: JSON text on a WebSocket, the payload of RTP packets in base64.

Much like Twilio's, with names in snake case, the codec of the call (A-law or μ-law here) named at the start, the
parties in the start message, ``error`` messages, and pieces that may come out of order: ``media.chunk`` orders them.
The codec that we speak is the one that our answer asked for with ``bidirectionalCodec``, which is the one it streams.
"""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.g711 import PCMA, PCMU, Codec
from voicebot.errors import ProtocolError
from voicebot.telephony.streams import json_wire as wire
from voicebot.telephony.streams.dialect import (
    MAX_CHUNK_S,
    Audio,
    Cleared,
    Failed,
    MarkAsked,
    Marked,
    ProviderEvent,
    Started,
    Stopped,
    StreamEvent,
    Wire,
)

RATE = 8000
_CODECS = {codec.name: codec for codec in (PCMA, PCMU)}
_MOST = int(RATE * MAX_CHUNK_S)


class TelnyxDialect:
    """Our side."""

    line = "telnyx"
    buffers = True
    rate = RATE

    def __init__(self) -> None:
        self._codec: Codec | None = None
        self._stream = ""
        self._stopped = False

    @property
    def encoding(self) -> str:
        """That of the call."""
        return self._codec.name if self._codec is not None else ""

    def receive(self, message: Wire) -> tuple[StreamEvent, ...]:
        """Take a message. Raises :class:`ProtocolError`."""
        said = wire.parse(message)
        wire.number(said, "sequence_number")
        event = wire.text(said, "event")
        match event:
            case "start":
                return (self._start(said),)
            case "error":
                code = wire.number(said.get("payload") or {}, "code") if isinstance(said.get("payload"), dict) else None
                return (Failed(f"error {code if code is not None else 'without a code'}"),)
            case "media" | "dtmf" | "mark" | "stop":
                return self._in_call(event, said)
        return ()  # connected, and what a later version may say

    def _start(self, said: dict[str, Any]) -> Started:
        if self._codec is not None:
            raise ProtocolError("started twice")
        start = wire.part(said, "start")
        audio = wire.part(start, "media_format")
        codec = _CODECS.get(wire.text(audio, "encoding").upper())
        if codec is None or audio.get("sample_rate") != RATE or audio.get("channels") != 1:
            raise ProtocolError("a format other than PCMA or PCMU at 8000 Hz, one channel")
        self._stream = wire.text(said, "stream_id", "")
        call = wire.text(start, "call_control_id")
        if not call:
            raise ProtocolError("a start without its call")
        parameters = wire.parameters(start, "custom_parameters")
        started = Started(self._stream, call, wire.text(start, "from", ""), wire.text(start, "to", ""), parameters)
        self._codec = codec
        return started

    def _in_call(self, event: str, said: dict[str, Any]) -> tuple[StreamEvent, ...]:
        if self._stopped and event == "mark":
            return ()
        if self._codec is None or self._stopped:
            raise ProtocolError(f"{event} outside of a stream")
        if wire.text(said, "stream_id", self._stream) != self._stream:
            raise ProtocolError("a message of another stream")
        match event:
            case "media":
                media = wire.part(said, "media")
                if not wire.text(media, "track", "inbound").startswith("inbound"):
                    return ()
                return (Audio(self._codec.decode(wire.payload(media, _MOST)), wire.number(media, "chunk")),)
            case "dtmf":
                return (wire.key(wire.part(said, "dtmf")),)
            case "mark":
                return (Marked(wire.text(wire.part(said, "mark"), "name")),)
        self._stopped = True
        return (Stopped(),)

    def audio(self, samples: NDArray[np.int16]) -> str:
        """``media``."""
        if self._codec is None:
            raise ProtocolError("media outside of a stream")
        return f'{{"event":"media","media":{{"payload":"{wire.base64(self._codec.encode(samples))}"}}}}'

    def mark(self, name: str) -> str:
        """``mark``."""
        return json.dumps({"event": "mark", "mark": {"name": name}})

    def clear(self) -> str:
        """``clear``."""
        return json.dumps({"event": "clear"})

    def goodbye(self) -> None:
        """Nothing: the socket is closed."""


class TelnyxProvider:
    """Telnyx's side of a call, in A-law unless told otherwise."""

    rate = RATE

    def __init__(
        self,
        stream: str,
        call: str,
        parameters: dict[str, str],
        *,
        caller: str = "",
        called: str = "",
        codec: Codec = PCMA,
    ) -> None:
        self._stream = stream
        self._call = call
        self._parameters = parameters
        self._parties = {"from": caller, "to": called}
        self._codec = codec
        self._sequence = 0
        self._chunk = 0
        self._timestamp = 0

    def start(self) -> tuple[str, ...]:
        """``connected`` and ``start``."""
        start = {
            "user_id": "00000000-0000-0000-0000-000000000000",
            "call_control_id": self._call,
            **self._parties,
            "custom_parameters": self._parameters,
            "media_format": {"encoding": self._codec.name, "sample_rate": RATE, "channels": 1},
        }
        return json.dumps({"event": "connected", "version": "1.0.0"}), self._message("start", start=start)

    def _message(self, event: str, **more: Any) -> str:
        self._sequence += 1
        said = {"event": event, "sequence_number": str(self._sequence), **more, "stream_id": self._stream}
        return json.dumps(said)

    def receive(self, message: Wire) -> tuple[ProviderEvent, ...]:
        """Take a message of ours. Raises :class:`ProtocolError`."""
        said = wire.parse(message)
        match wire.text(said, "event"):
            case "media":
                return (Audio(self._codec.decode(wire.payload(wire.part(said, "media"), _MOST))),)
            case "mark":
                return (MarkAsked(wire.text(wire.part(said, "mark"), "name")),)
            case "clear":
                return (Cleared(),)
        raise ProtocolError("neither media, mark nor clear")

    def audio(self, samples: NDArray[np.int16]) -> str:
        """``media``."""
        self._chunk += 1
        media = {
            "track": "inbound",
            "chunk": str(self._chunk),
            "timestamp": str(self._timestamp),
            "payload": wire.base64(self._codec.encode(samples)),
        }
        self._timestamp += len(samples) * 1000 // RATE
        return self._message("media", media=media)

    def key(self, key: str) -> str:
        """``dtmf``."""
        return self._message("dtmf", dtmf={"digit": key})

    def played(self, name: str) -> str:
        """``mark``."""
        return self._message("mark", mark={"name": name})

    def stop(self) -> str:
        """``stop``."""
        return self._message("stop", stop={"call_control_id": self._call})
