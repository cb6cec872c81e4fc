"""Messages in a byte stream (RFC 3261 18.3, keep-alives of RFC 5626 3.5.1)."""

from voicebot.errors import ProtocolError
from voicebot.telephony.sip.message import MAX_MESSAGE, framed_length

PONG = b"\r\n"
PING = b"\r\n\r\n"
_BLANK = b"\r\n\r\n"


class StreamFramer:
    """Cuts a TCP or TLS stream into messages. Feed bytes, take messages; ``pongs`` counts the pings to answer.

    ``broken`` says that nothing after the messages given so far can be trusted, so that the connection must be closed.
    The last of them is then the head whose body's length cannot be known, if there is one, for its sender to be told.
    Set ``awaiting_pong`` after a ping of ours; the answer to it clears it.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0  # how much of the buffer is known to hold no blank line
        self._total = 0  # length of the message that is coming in, once its head is there
        self.pongs = 0
        self.broken = False
        self.awaiting_pong = False

    @property
    def waiting(self) -> bool:
        """Whether a message has begun and not ended."""
        return len(self._buffer) > len(PONG)

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes, give the messages that are complete."""
        messages: list[bytes] = []
        if not self.broken:
            self._buffer += data
        while self._keepalives() and (message := self._next()) is not None:
            messages.append(message)
        return messages

    def _give_up(self) -> None:
        self.broken = True
        self._buffer.clear()

    def _keepalives(self) -> bool:
        """Drop line ends between messages, counting pings; says whether a message begins."""
        while self._buffer.startswith(PING):
            self.pongs += 1
            del self._buffer[:4]
        if self.awaiting_pong and self._buffer.startswith(PONG):
            self.awaiting_pong = False
            del self._buffer[:2]
        if self._buffer.startswith(b"\r\n") and len(self._buffer) > 2 and self._buffer[2:3] != b"\r":
            del self._buffer[:2]
        if self._buffer.startswith(b"\r"):
            if not PING.startswith(self._buffer):
                self._give_up()
            return False
        return bool(self._buffer)

    def _next(self) -> bytes | None:
        if not self._total:
            # A peer may send byte by byte: each is looked at once.
            end = self._buffer.find(_BLANK, max(0, self._searched - len(_BLANK) + 1))
            if end < 0:
                self._searched = len(self._buffer)
                if self._searched > MAX_MESSAGE:
                    self._give_up()
                return None
            head = bytes(self._buffer[: end + len(_BLANK)])
            try:
                self._total = len(head) + framed_length(head[:end])
            except ProtocolError:
                self._total = MAX_MESSAGE + 1
            if self._total > MAX_MESSAGE:
                self._give_up()
                return head
        if len(self._buffer) < self._total:
            return None
        message = bytes(self._buffer[: self._total])
        del self._buffer[: self._total]
        self._searched = self._total = 0
        return message

    def take_pongs(self) -> bytes:
        """What to send for the pings seen since the last call."""
        pongs, self.pongs = self.pongs, 0
        return PONG * pongs
