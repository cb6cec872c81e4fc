"""Twilio Media Streams, bidirectional (``<Connect><Stream>``): JSON text on a WebSocket, μ-law at 8 kHz in base64.

Twilio says ``connected``, ``start``, then ``media``, ``dtmf`` and ``mark``, and at the end ``stop``; we say ``media``,
``mark`` and ``clear``. Its numbers are written as text; ``sequenceNumber`` counts its messages from ``"1"``, ``chunk``
those of a track. Closing the socket lets the TwiML go on behind ``<Connect>``.
"""

import json
from enum import Enum, auto
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.g711 import PCMU
from voicebot.errors import ProtocolError
from voicebot.telephony.streams import json_wire as wire
from voicebot.telephony.streams.dialect import (
    MAX_CHUNK_S,
    Audio,
    Cleared,
    MarkAsked,
    Marked,
    ProviderEvent,
    Started,
    Stopped,
    StreamEvent,
    Wire,
)

RATE = 8000
FORMAT = {"encoding": "audio/x-mulaw", "sampleRate": RATE, "channels": 1}
_MOST = int(RATE * MAX_CHUNK_S)


class _State(Enum):
    NEW = auto()
    CONNECTED = auto()
    STARTED = auto()
    STOPPED = auto()


class TwilioDialect:
    """Our side."""

    line = "twilio"
    buffers = True
    rate = RATE
    encoding = PCMU.name

    def __init__(self) -> None:
        self.out_of_order = 0
        """Messages whose ``sequenceNumber`` did not follow the one before: noted, not fatal to somebody's call."""
        self._state = _State.NEW
        self._stream = ""
        self._sequence = 0
        self._media_head = ""

    def receive(self, message: Wire) -> tuple[StreamEvent, ...]:
        """Take a message. Raises :class:`ProtocolError`."""
        said = wire.parse(message)
        event = wire.text(said, "event")
        if event == "connected":
            self._connected()
            return ()
        self._count(said)
        match event:
            case "start":
                return (self._start(said),)
            case "media" | "dtmf" | "mark" | "stop":
                return self._in_call(event, said)
        return ()  # a later version may say more

    def _connected(self) -> None:
        if self._state is not _State.NEW:
            raise ProtocolError("connected twice")
        self._state = _State.CONNECTED

    def _count(self, said: dict[str, Any]) -> None:
        sequence = wire.number(said, "sequenceNumber")
        if sequence is not None:
            self.out_of_order += sequence != self._sequence + 1
            self._sequence = sequence

    def _start(self, said: dict[str, Any]) -> Started:
        if self._state not in (_State.NEW, _State.CONNECTED):
            raise ProtocolError("started twice")
        start = wire.part(said, "start")
        audio = wire.part(start, "mediaFormat")
        if {name: audio.get(name) for name in FORMAT} != FORMAT:
            raise ProtocolError("a format other than μ-law at 8000 Hz, one channel")
        self._stream = wire.text(start, "streamSid")
        call = wire.text(start, "callSid")
        if not self._stream or not call:
            raise ProtocolError("a start without its ids")
        parameters = wire.parameters(start, "customParameters")
        self._state = _State.STARTED
        self._media_head = f'{{"event":"media","streamSid":{json.dumps(self._stream)},"media":{{"payload":"'
        return Started(self._stream, call, parameters=parameters)

    def _in_call(self, event: str, said: dict[str, Any]) -> tuple[StreamEvent, ...]:
        if self._state is _State.STOPPED and event == "mark":
            return ()  # sent back because everything was thrown away
        if self._state is not _State.STARTED:
            raise ProtocolError(f"{event} outside of a stream")
        if wire.text(said, "streamSid", self._stream) != self._stream:
            raise ProtocolError("a message of another stream")
        match event:
            case "media":
                media = wire.part(said, "media")
                if wire.text(media, "track", "inbound") != "inbound":
                    return ()
                return (Audio(PCMU.decode(wire.payload(media, _MOST)), wire.number(media, "chunk")),)
            case "dtmf":
                return (wire.key(wire.part(said, "dtmf")),)
            case "mark":
                return (Marked(wire.text(wire.part(said, "mark"), "name")),)
        self._state = _State.STOPPED
        return (Stopped(),)

    def audio(self, samples: NDArray[np.int16]) -> str:
        """``media``."""
        return f'{self._media_head}{wire.base64(PCMU.encode(samples))}"}}}}'

    def mark(self, name: str) -> str:
        """``mark``."""
        return json.dumps({"event": "mark", "streamSid": self._stream, "mark": {"name": name}})

    def clear(self) -> str:
        """``clear``."""
        return json.dumps({"event": "clear", "streamSid": self._stream})

    def goodbye(self) -> None:
        """Nothing: the socket is closed."""


class TwilioProvider:
    """Twilio's side of a call. ``parameters`` are those of the TwiML's ``<Parameter>`` elements."""

    rate = RATE

    def __init__(self, stream: str, call: str, parameters: dict[str, str]) -> None:
        self._stream = stream
        self._call = call
        self._parameters = parameters
        self._sequence = 0
        self._chunk = 0
        self._timestamp = 0

    def start(self) -> tuple[str, ...]:
        """``connected`` and ``start``."""
        start = {
            "accountSid": "AC" + "0" * 32,
            "streamSid": self._stream,
            "callSid": self._call,
            "tracks": ["inbound"],
            "mediaFormat": FORMAT,
            "customParameters": self._parameters,
        }
        connected = json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        return connected, self._message("start", start=start)

    def _message(self, event: str, **more: Any) -> str:
        self._sequence += 1
        said = {"event": event, "sequenceNumber": str(self._sequence), **more, "streamSid": self._stream}
        return json.dumps(said)

    def receive(self, message: Wire) -> tuple[ProviderEvent, ...]:
        """Take a message of ours. Raises :class:`ProtocolError`."""
        said = wire.parse(message)
        if wire.text(said, "streamSid") != self._stream:
            raise ProtocolError("a message of another stream")
        match wire.text(said, "event"):
            case "media":
                return (Audio(PCMU.decode(wire.payload(wire.part(said, "media"), _MOST))),)
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
            "payload": wire.base64(PCMU.encode(samples)),
        }
        self._timestamp += len(samples) * 1000 // RATE
        return self._message("media", media=media)

    def key(self, key: str) -> str:
        """``dtmf``."""
        return self._message("dtmf", dtmf={"track": "inbound_track", "digit": key})

    def played(self, name: str) -> str:
        """``mark``."""
        return self._message("mark", mark={"name": name})

    def stop(self) -> str:
        """``stop``."""
        return self._message("stop", stop={"accountSid": "AC" + "0" * 32, "callSid": self._call})
