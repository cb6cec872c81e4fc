"""One connection on a stream line, from its opening to its end: whose call it carries is found out on the way."""

import asyncio
from typing import TYPE_CHECKING

import structlog

from voicebot.errors import ProtocolError
from voicebot.telephony.leg import EndReason, LegEnded
from voicebot.telephony.streams.dialect import Dialect, Started, StreamEvent, Wire
from voicebot.telephony.streams.leg import Connection, StreamLeg
from voicebot.telephony.streams.session import StreamSession

if TYPE_CHECKING:
    from voicebot.telephony.streams.line import StreamLine

_log = structlog.get_logger(__name__)


class Arrival:
    """Gives a connection's messages to its session, and what happens to its leg, once there is one.

    A peer who breaks the dialect's rules is cut off; so is one who starts no stream within ``start_s``.
    """

    def __init__(self, line: "StreamLine", connection: Connection, dialect: Dialect, start_s: float) -> None:
        self.leg: StreamLeg | None = None
        self._line = line
        self._connection = connection
        self._session = StreamSession(dialect, line.now())
        self._timer = asyncio.get_running_loop().call_later(start_s, self._give_up)
        self._over = False

    @property
    def line(self) -> str:
        """The dialect's name."""
        return self._session.dialect.line

    def message(self, message: Wire) -> None:
        """A message came."""
        if self._over:
            return
        try:
            events = self._session.receive(message, self._line.now())
        except ProtocolError as error:
            self._break(str(error))
            return
        for event in events:
            self._happened(event)

    def _happened(self, event: StreamEvent) -> None:
        if isinstance(event, Started):
            self._timer.cancel()
            self.leg = self._line.started(self._connection, self._session, event)
            if self.leg is None:
                self._over = True
                self._connection.close()
        elif self.leg is not None and self.leg.session is self._session:
            self.leg.happened(event)

    def closed(self, detail: str) -> None:
        """The connection is gone."""
        self._timer.cancel()
        self._over = True
        self._line.closed(self)
        if self.leg is not None:
            self.leg.lost(self._connection, detail)

    def _break(self, detail: str) -> None:
        self._over = True
        self._line.malformed += 1
        _log.warning("a stream's peer broke the rules", dialect=self._session.dialect.line, detail=detail)
        if self.leg is not None and self.leg.session is self._session:
            self.leg.finish(LegEnded(EndReason.ERROR, detail))
        self._connection.abort()

    def cut_off(self) -> None:
        """End it, whatever it carries."""
        self._over = True
        self._connection.abort()

    def _give_up(self) -> None:
        _log.warning("a stream did not start in time", dialect=self._session.dialect.line)
        self.cut_off()
