"""The dialects of media streams, ours and the provider's side, and the WebSocket under them."""

import asyncio
import uuid
from collections.abc import Callable
from http import HTTPStatus

import numpy as np

from tests.fuzz.choices import Choices
from tests.fuzz.mutate import mutated
from voicebot.errors import ProtocolError
from voicebot.telephony.streams.audiosocket import AudioSocketDialect, AudioSocketProvider
from voicebot.telephony.streams.dialect import MAX_MESSAGE, Dialect, ProviderDialect, Started, Wire
from voicebot.telephony.streams.session import StreamSession
from voicebot.telephony.streams.telnyx import TelnyxDialect, TelnyxProvider
from voicebot.telephony.streams.twilio import TwilioDialect, TwilioProvider
from voicebot.telephony.streams.websocket import ServerConnection

_FRAME = np.arange(160, dtype=np.int16) * 100
_WORDS = tuple(
    word.encode()
    for word in (
        *(
            '"event":',
            '"media"',
            '"start"',
            '"stop"',
            '"mark"',
            '"dtmf"',
            '"clear"',
            '"connected"',
            '"error"',
            '"payload":',
        ),
        *(
            '"streamSid":',
            '"stream_id":',
            '"sequenceNumber":',
            '"chunk":',
            '"track":',
            '"digit":',
            '"name":',
            '"code":',
        ),
        *("null", "true", "{}", "[]", '""', "-1", "1e999", "NaN", "9" * 5000, '"\\ud800"', "[" * 2000, '"audio/x-l16"'),
        *("8000", "16000", "0", '"inbound"', '"outbound"', "AAAA", "====", "\u00b2", '"9999999999999999999999"'),
    )
)
_BINARY_WORDS = (
    b"\x00\x00\x00",
    b"\x01\x00\x10",
    b"\x03\x00\x01",
    b"\x10\x01\x40",
    b"\x12\x02\x80",
    b"\xff\x00\x01",
    b"\x10\xff\xff",
)

_SIDES: dict[str, tuple[Callable[[], Dialect], Callable[[], ProviderDialect]]] = {
    "twilio": (TwilioDialect, lambda: TwilioProvider("MZ1", "CA1", {"token": "t"})),
    "telnyx": (TelnyxDialect, lambda: TelnyxProvider("s1", "c1", {"token": "t"}, caller="+44161", called="+44800")),
    "audiosocket": (AudioSocketDialect, lambda: AudioSocketProvider(uuid.UUID(int=7))),
}


def _changed(message: Wire, choices: Choices) -> Wire:
    if not choices.chance(3):
        return message
    if isinstance(message, str):
        text = mutated(message.encode(), choices, _WORDS)
        return text if choices.chance(30) else text.decode("utf-8", "replace")
    return mutated(message, choices, _BINARY_WORDS)


def _said(provider: ProviderDialect, choices: Choices) -> Wire:
    """One more message of a call."""
    match choices.number(0, 9):
        case 0 | 1 | 2 | 3 | 4:
            return provider.audio(_FRAME[: choices.pick((160, 80, 1, 160))])
        case 5:
            return provider.key(choices.pick("0#*A"))
        case 6 | 7 if not isinstance(provider, AudioSocketProvider):
            return provider.played(choices.pick(("", "m1", "1", "nobody's")))
        case 8 if choices.chance(8):
            return provider.stop() or provider.audio(_FRAME)
    return choices.pick(provider.start())


def dialect(name: str) -> Callable[[bytes], None]:
    """The target for our side of a dialect and, with what we say, for the provider's."""
    ours, theirs = _SIDES[name]

    def target(data: bytes) -> None:
        """A call with messages out of place, damaged and lied about, until one is refused."""
        choices = Choices(data)
        session, provider = StreamSession(ours(), 0.0), theirs()
        waiting = list(provider.start())
        now = 0.0
        while not choices.spent:
            message = _changed(waiting.pop(0) if waiting else _said(provider, choices), choices)
            try:
                for event in session.receive(message, now):
                    if isinstance(event, Started):
                        for text in (
                            event.stream_id,
                            event.call_id,
                            event.caller,
                            event.called,
                            *event.parameters.values(),
                        ):
                            text.encode()
            except ProtocolError:
                return
            if session.started is None or not choices.number(0, 2):
                continue
            now += choices.pick((0.02, 0.0, 0.5, 5.0))
            assert len(session.pull().samples) == session.dialect.rate // 50
            for said in session.push(_FRAME if session.dialect.rate == 8000 and choices.chance(2) else None, now):
                _hear(theirs(), _changed(said, choices))
            if choices.chance(10):
                session.clear(now)
            assert session.unheard(now) <= 60 * session.dialect.rate

    return target


def _hear(provider: ProviderDialect, said: Wire) -> None:
    try:
        provider.receive(said)
    except ProtocolError:
        return


class _Transport(asyncio.Transport):
    """A transport whose bytes go nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Swallow."""

    def can_write_eof(self) -> bool:
        """Yes."""
        return True

    def write_eof(self) -> None:
        """Nothing more is sent."""

    def get_write_buffer_size(self) -> int:
        """All is gone."""
        return 0

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def close(self) -> None:
        """Close."""
        self.closed = True

    def abort(self) -> None:
        """Close."""
        self.closed = True


_OPENING = (
    b"GET /twilio/stream HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_OPENING_WORDS = (
    b"HTTP/1.0",
    b"Upgrade: h2c",
    b"Sec-WebSocket-Version: 8",
    b"Content-Length: 5",
    b"x" * 9000,
    b"\xc2\xb2",
)
_FRAME_WORDS = (
    b"\x81\xfe\xff\xff",
    b"\x01",
    b"\x80",
    b"\x89\x80",
    b"\x88\x82",
    b"\x81\xff\x7f\xff\xff\xff",
    b"\xc1",
    b"\x8f",
)


def _frame(choices: Choices) -> bytes:
    """A masked frame: text, binary, continuation, close, ping or pong, perhaps a fragment."""
    payload = choices.octets(choices.pick((5, 0, 125, 126, 700)))
    opcode = choices.pick((1, 2, 0, 8, 9, 10, 3))
    first = opcode | (0 if choices.chance(4) else 0x80)
    length = bytes((0x80 | len(payload),)) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
    return bytes((first,)) + length + bytes(4) + payload


def websocket(data: bytes) -> None:
    """Bytes on a WebSocket, from its opening: whole messages come out, or the connection ends, once."""
    asyncio.run(_websocket(Choices(data)))


async def _websocket(choices: Choices) -> None:
    heard: list[Wire] = []
    ends: list[str] = []
    connection = ServerConnection(lambda path, headers, made: HTTPStatus.SWITCHING_PROTOCOLS)
    connection.on_message = heard.append
    connection.on_closed = ends.append
    transport = _Transport()
    connection.connection_made(transport)
    stream = mutated(_OPENING, choices, _OPENING_WORDS) if choices.chance(3) else _OPENING
    while not choices.spent and not transport.closed:
        connection.data_received(stream)
        connection.send("{}" if choices.chance(2) else b"\x00")
        stream = _frame(choices)
        if choices.chance(5):
            stream = mutated(stream, choices, _FRAME_WORDS)
    assert all(len(message) <= MAX_MESSAGE for message in heard)
    if choices.chance(2):
        connection.eof_received()
    connection.connection_lost(None)
    assert len(ends) == 1
