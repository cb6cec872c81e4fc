"""Messages in a byte stream (RFC 3261 18.3, keep-alives of RFC 5626 3.5.1)."""

from voicebot.errors import ProtocolError
from voicebot.telephony.sip.message import MAX_MESSAGE, Message, content_length, parse_head

PONG = b"\r\n"
_PING = b"\r\n\r\n"


class StreamFramer:
    """Cuts a TCP or TLS stream into messages. Feed bytes, take messages; ``pongs`` counts the pings to answer."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.pongs = 0

    def feed(self, data: bytes) -> list[Message]:
        """Take bytes, give the messages that are complete.

        Raises :class:`ProtocolError` on anything after which the stream cannot be trusted; the connection must be
        closed then.
        """
        self._buffer += data
        messages: list[Message] = []
        while self._keepalives() and (message := self._next()) is not None:
            messages.append(message)
        return messages

    def _keepalives(self) -> bool:
        """Drop line ends between messages, counting pings; says whether a message begins."""
        while self._buffer.startswith(_PING):
            self.pongs += 1
            del self._buffer[:4]
        if self._buffer.startswith(b"\r\n") and len(self._buffer) > 2 and self._buffer[2:3] != b"\r":
            del self._buffer[:2]
        if self._buffer.startswith(b"\r"):
            if not _PING.startswith(self._buffer):
                raise ProtocolError("a stray line end in a stream")
            return False
        return bool(self._buffer)

    def _next(self) -> Message | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_MESSAGE:
                raise ProtocolError("the headers do not end")
            return None
        message = parse_head(bytes(self._buffer[:end]))
        length = content_length(message.headers)
        if length is None:
            raise ProtocolError("no Content-Length in a stream")
        total = end + 4 + length
        if total > MAX_MESSAGE:
            raise ProtocolError("the message is too long")
        if len(self._buffer) < total:
            return None
        message.body = bytes(self._buffer[end + 4 : total])
        del self._buffer[:total]
        return message

    def take_pongs(self) -> bytes:
        """What to send for the pings seen since the last call."""
        pongs, self.pongs = self.pongs, 0
        return PONG * pongs
