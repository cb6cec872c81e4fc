"""The other end of a stream: a caller's leg at a provider, for ringing our own line.

It does with what we send what a provider does: plays it from a buffer in real time, sends marks back when they are
reached, and throws away what is left at a clear (then the marks come back too).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame, frame_samples, silence
from voicebot.errors import ProtocolError, TelephonyError, TransferRefused
from voicebot.telephony.leg import CallFacts, CallLeg, EndReason, LegEnded, MediaPort
from voicebot.telephony.rtp.clock import MediaClock
from voicebot.telephony.streams.dialect import Audio, Cleared, MarkAsked, ProviderDialect, Stopped, Wire
from voicebot.telephony.streams.leg import Connection


class Playout:
    """A provider's buffer at ``rate`` Hz. Pure."""

    def __init__(self, rate: int) -> None:
        self._frame = frame_samples(rate)
        self._audio = np.zeros(0, np.int16)
        self._played = 0
        self._marks: deque[tuple[int, str]] = deque()

    @property
    def waiting(self) -> int:
        """Samples that have not been played."""
        return len(self._audio)

    def put(self, samples: NDArray[np.int16]) -> None:
        """Audio behind what is there."""
        self._audio = np.concatenate((self._audio, samples))

    def mark(self, name: str) -> None:
        """A mark behind what is there."""
        self._marks.append((self._played + len(self._audio), name))

    def clear(self) -> list[str]:
        """Throw everything away; gives the marks that go back."""
        names = [name for _, name in self._marks]
        self._marks.clear()
        self._audio = np.zeros(0, np.int16)
        return names

    def get(self) -> tuple[NDArray[np.int16], list[str]]:
        """The next 20 ms, silence where there is nothing, and the marks that are reached with it."""
        part, self._audio = self._audio[: self._frame], self._audio[self._frame :]
        self._played += len(part)
        names = []
        while self._marks and self._marks[0][0] <= self._played:
            names.append(self._marks.popleft()[1])
        return np.pad(part, (0, self._frame - len(part))), names


class ProviderLeg:
    """A caller's :class:`~voicebot.telephony.leg.CallLeg` at a provider. Without a stream it hears silence.

    ``on_stream_end`` is called when the bot closes the stream: the provider then does what it was told. Without it the
    call is over.
    """

    def __init__(self, facts: CallFacts, clock: MediaClock, rate: int) -> None:
        self.on_stream_end: Callable[[], None] | None = None
        self.streams = 0
        self._facts = facts
        self._clock = clock
        self._rate = rate
        self._position = 0
        self._port: MediaPort | None = None
        self._end: LegEnded | None = None
        self._ended = asyncio.Event()
        self._connection: Connection | None = None
        self._dialect: ProviderDialect | None = None
        self._playout = Playout(rate)
        clock.add(self._tick)

    @property
    def facts(self) -> CallFacts:
        """What the line knows about the call."""
        return self._facts

    @property
    def rate(self) -> int:
        """Sampling rate in Hz."""
        return self._rate

    @property
    def position(self) -> int:
        """Samples ticked so far."""
        return self._position

    @property
    def end(self) -> LegEnded | None:
        """How it ended, or None while it lives."""
        return self._end

    @property
    def playout(self) -> Playout:
        """What is waiting to be heard."""
        return self._playout

    def attach(self, port: MediaPort | None) -> MediaPort | None:
        """Let ``port`` listen and speak from the next frame on; gives the one that did before."""
        before, self._port = self._port, port
        if port is not None and self._end is not None:
            port.ended(self._end)
        return before

    def stream(self, connection: Connection, dialect: ProviderDialect) -> None:
        """A stream carries the call from now on."""
        self._connection, self._dialect = connection, dialect
        self._playout = Playout(self._rate)
        self.streams += 1
        for message in dialect.start():
            connection.send(message)

    def message(self, message: Wire) -> None:
        """The bot sent something; nonsense ends the call with an error."""
        if self._dialect is None:
            return
        try:
            events = self._dialect.receive(message)
        except ProtocolError as error:
            self.finish(LegEnded(EndReason.ERROR, str(error)))
            return
        for event in events:
            match event:
                case Audio(samples):
                    self._playout.put(samples)
                case MarkAsked(name):
                    self._playout.mark(name)
                case Cleared():
                    self._echo(self._playout.clear())
                case Stopped():
                    self.finish(LegEnded(EndReason.REMOTE_HANGUP))

    def stream_lost(self, detail: str) -> None:
        """The stream is closed."""
        self._connection = self._dialect = None
        if self._end is None and self.on_stream_end is not None:
            self.on_stream_end()
        else:
            self.finish(LegEnded(EndReason.ERROR if detail else EndReason.REMOTE_HANGUP, detail))

    async def ringing(self) -> None:
        """Nothing: this side rings."""

    async def answer(self) -> None:
        """Nothing: this side rings. Raises TelephonyError when the call is over."""
        if self._end is not None:
            raise TelephonyError("the call is over")

    async def reject(self, status: int = 480) -> None:
        """Nothing: this side rings."""

    async def hangup(self) -> None:
        """The caller hangs up."""
        if self._end is not None:
            return
        connection, dialect = self._connection, self._dialect
        self.on_stream_end = None
        self.finish(LegEnded(EndReason.LOCAL_HANGUP))
        if connection is not None and dialect is not None:
            stop = dialect.stop()
            if stop is not None:
                connection.send(stop)
            connection.close()

    async def send_keys(self, keys: str) -> None:
        """The caller presses keys. Raises TelephonyError when nothing carries them."""
        if self._connection is None or self._dialect is None:
            raise TelephonyError("the leg has no media")
        for key in keys:
            self._connection.send(self._dialect.key(key))

    async def transfer(
        self, target: str, *, replaces: CallLeg | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Raises TransferRefused: a caller hands nobody on."""
        raise TransferRefused("a caller at a provider hands nobody on")

    async def wait_ended(self) -> LegEnded:
        """Wait for the end."""
        await self._ended.wait()
        assert self._end is not None
        return self._end

    def finish(self, end: LegEnded) -> None:
        """The call is over, for whatever reason. Harmless twice."""
        if self._end is not None:
            return
        self._end = end
        self._clock.remove(self._tick)
        if end.reason is EndReason.ERROR and self._connection is not None:
            self._connection.abort()
        self._ended.set()
        if self._port is not None:
            self._port.ended(end)

    def _tick(self) -> None:
        heard, names = self._playout.get()
        self._echo(names)
        frame = AudioFrame(heard, self._rate, self._position)
        said = self._port.exchange(frame) if self._port is not None else None
        self._position += len(heard)
        if self._connection is not None and self._dialect is not None:
            self._connection.send(self._dialect.audio(silence(self._rate) if said is None else said))

    def _echo(self, names: list[str]) -> None:
        if self._connection is not None and self._dialect is not None:
            for name in names:
                self._connection.send(self._dialect.played(name))
