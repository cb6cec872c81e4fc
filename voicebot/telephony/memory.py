"""Calls inside one process, without network or clock: for rehearsals and tests, as fast as the machine allows.

A :class:`MemoryExchange` connects :class:`MemoryLine` objects by address, as a telephone exchange would. Each call
is a pair of crossed :class:`MemoryLeg` objects, ticked together: what one says in a frame, the other hears in the
next. Who drives a rehearsal calls :meth:`MemoryExchange.tick` (20 ms for every call), or :meth:`MemoryExchange.run`,
which lets the event loop work between frames.

A lone leg can be driven by hand with :meth:`MemoryLeg.tick`.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import FRAME_MS, AudioFrame, frame_samples, silence
from voicebot.errors import ConfigurationError, DialFailed, TelephonyError, TransferRefused
from voicebot.telephony.leg import (
    CallFacts,
    CallLeg,
    Direction,
    EndReason,
    IncomingHandler,
    KeyPress,
    LegEnded,
    MediaPort,
)

KEY_MS = 100
"""How long a pressed key is said to have lasted."""


class MemoryLeg:
    """One end of a call in memory. ``sent_keys`` are the keys that our side pressed.

    Inbound legs begin unanswered; outbound ones too, until their peer answers. Audio is exchanged by
    :meth:`tick` only while the leg is :attr:`up`.
    """

    def __init__(self, facts: CallFacts, rate: int = 8000) -> None:
        self._facts = facts
        self._rate = rate
        self._position = 0
        self._end: LegEnded | None = None
        self._port: MediaPort | None = None
        self._ended = asyncio.Event()
        self.peer: MemoryLeg | None = None
        self.up = False
        self.rang = False
        self.sent_keys = ""
        self.on_progress: Callable[[int], None] | None = None
        self.settled: Callable[[], None] | None = None
        """Called when an unanswered call is decided: answered, refused or gone."""
        self.refusal = 0

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

    def attach(self, port: MediaPort | None) -> MediaPort | None:
        """Let ``port`` listen and speak from the next frame on; gives the one that did before."""
        before, self._port = self._port, port
        if port is not None and self._end is not None:
            port.ended(self._end)
        return before

    async def ringing(self) -> None:
        """Tell the other side that it rings."""
        if self.up or self.rang or self._end is not None:
            return
        self.rang = True
        if self.peer is not None and self.peer.on_progress is not None:
            self.peer.on_progress(180)

    async def answer(self) -> None:
        """Take the call: audio may flow. Raises TelephonyError when the other side has gone."""
        if self._end is not None:
            raise TelephonyError("the caller has gone")
        for leg in (self, self.peer):
            if leg is not None and not leg.up:
                leg.up = True
                if leg.settled is not None:
                    leg.settled()

    async def reject(self, status: int = 480) -> None:
        """Refuse an unanswered call."""
        if self.up or self._end is not None:
            return
        detail = str(status)
        if self.peer is not None:
            self.peer.refusal = status
            self.peer.finish(LegEnded(EndReason.REJECTED, detail))
        self.finish(LegEnded(EndReason.REJECTED, detail))

    async def hangup(self) -> None:
        """End the call on our side; the peer sees a remote hang-up (or a cancelled call). Harmless twice."""
        if self._end is not None:
            return
        if self.peer is not None:
            self.peer.finish(LegEnded(EndReason.REMOTE_HANGUP if self.up else EndReason.CANCELLED))
        self.finish(LegEnded(EndReason.LOCAL_HANGUP))

    async def send_keys(self, keys: str) -> None:
        """Press keys: the peer's port hears them at once."""
        if self._end is not None:
            return
        self.sent_keys += keys
        if self.peer is not None:
            for key in keys:
                self.peer.press(key)

    async def transfer(
        self, target: str, *, replaces: CallLeg | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Raises TransferRefused: an exchange in memory hands nobody on."""
        raise TransferRefused("calls in memory cannot be handed on")

    async def wait_ended(self) -> LegEnded:
        """Wait for the end."""
        await self._ended.wait()
        assert self._end is not None
        return self._end

    # the far side's and the test's hands

    def tick(self, heard: NDArray[np.int16] | None = None) -> NDArray[np.int16]:
        """20 ms of the leg's clock: the attached port hears ``heard`` (None: nothing arrived) and speaks.

        Gives what was said, silence for None. Raises TelephonyError when the leg is not up, or for a frame of
        the wrong length.
        """
        if not self.up or self._end is not None:
            raise TelephonyError("the leg is not up")
        size = frame_samples(self._rate)
        if heard is not None and len(heard) != size:
            raise TelephonyError(f"a frame of {len(heard)} samples instead of {size}")
        frame = AudioFrame(silence(self._rate) if heard is None else heard, self._rate, self._position, heard is None)
        said = self._port.exchange(frame) if self._port is not None else None
        self._position += size
        if said is None:
            return silence(self._rate)
        if len(said) != size:
            raise TelephonyError(f"the port gave a frame of {len(said)} samples instead of {size}")
        return said

    def press(self, key: str) -> None:
        """The far side presses a key."""
        if self._port is not None and self._end is None:
            self._port.key(KeyPress(key, self._position, KEY_MS))

    def finish(self, end: LegEnded) -> None:
        """The leg is over, for whatever reason. Harmless twice."""
        if self._end is not None:
            return
        self._end = end
        self._ended.set()
        if self.settled is not None:
            self.settled()
        if self._port is not None:
            self._port.ended(end)


class MemoryCall:
    """Two crossed legs. :meth:`tick` gives both 20 ms."""

    def __init__(self, one: MemoryLeg, two: MemoryLeg) -> None:
        if one.rate != two.rate:
            raise ConfigurationError(f"crossed legs must have one rate, not {one.rate} and {two.rate}")
        one.peer, two.peer = two, one
        self.legs = (one, two)
        self._said: list[NDArray[np.int16] | None] = [None, None]

    @property
    def up(self) -> bool:
        """Whether audio flows."""
        return all(leg.up and leg.end is None for leg in self.legs)

    @property
    def over(self) -> bool:
        """Whether both ends are gone."""
        return all(leg.end is not None for leg in self.legs)

    def tick(self) -> None:
        """One frame, if the call is up. Each side hears what the other said in the frame before."""
        if not self.up:
            return
        heard = (self._said[1], self._said[0])
        for index, leg in enumerate(self.legs):
            if leg.end is None:  # the other may hang up in its half of the tick
                self._said[index] = leg.tick(heard[index])


def connect(one: MemoryLeg, two: MemoryLeg) -> MemoryCall:
    """Cross two legs and put both up."""
    call = MemoryCall(one, two)
    one.up = two.up = True
    return call


class MemoryExchange:
    """Where memory lines find each other, and the clock hand of all their calls."""

    def __init__(self, rate: int = 8000) -> None:
        self.rate = rate
        self.position = 0
        self.calls: list[MemoryCall] = []
        self.handlers: dict[str, IncomingHandler] = {}
        self.failures: list[BaseException] = []
        """What handlers raised; the call of such a handler ended with an error."""
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    def number(self) -> str:
        """A call id that no other call of this exchange has."""
        return f"memory-{next(self._numbers)}"

    def tick(self) -> None:
        """20 ms for every call that is up."""
        for call in tuple(self.calls):
            call.tick()
        self.calls = [call for call in self.calls if not call.over]
        self.position += frame_samples(self.rate)

    async def run(
        self,
        until: Callable[[], bool],
        *,
        limit_s: float = 600.0,
        settle: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Tick until ``until()`` holds, letting the event loop work after each frame.

        ``settle`` is awaited after each frame: wait there for work that takes real time (recognition, dialogue), so
        that it costs no audio time. Raises TelephonyError after ``limit_s`` seconds of audio.
        """
        ticks = int(limit_s * 1000 / FRAME_MS)
        for _ in range(ticks):
            if until():
                return
            self.tick()
            if settle is not None:
                await settle()
            await asyncio.sleep(0)
        if not until():
            raise TelephonyError(f"the call was not over after {limit_s:g} s of audio")

    def ring(self, handler: IncomingHandler, leg: MemoryLeg) -> None:
        """Give an inbound leg to a line's handler, in a task of its own."""
        task = asyncio.create_task(self._handle(handler, leg))
        self._tasks.add(task)
        task.add_done_callback(self._handled)

    def _handled(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self.failures.append(failure)

    async def _handle(self, handler: IncomingHandler, leg: MemoryLeg) -> None:
        try:
            await handler(leg)
        except TelephonyError:  # the call went away while it was served
            await leg.hangup()
        except BaseException:
            leg.finish(LegEnded(EndReason.ERROR, "the handler failed"))
            if leg.peer is not None:
                leg.peer.refusal = 500
                leg.peer.finish(LegEnded(EndReason.ERROR, "the other side failed"))
            raise
        if not leg.up:
            await leg.reject()

    async def close(self) -> None:
        """Hang up everything, wait for the handlers. A handler's failure is raised here."""
        for call in tuple(self.calls):
            for leg in call.legs:
                await leg.hangup()
        self.calls.clear()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks))
        await asyncio.sleep(0)  # for the tasks' callbacks
        if self.failures:
            raise self.failures[0]


class MemoryLine:
    """A :class:`~voicebot.telephony.leg.Line` at an address of an exchange."""

    def __init__(self, exchange: MemoryExchange, address: str) -> None:
        self.exchange = exchange
        self.address = address
        self._legs: list[MemoryLeg] = []
        self._listening = False

    async def start(self, incoming: IncomingHandler) -> None:
        """Take calls. Raises ConfigurationError when the address is taken."""
        if self.address in self.exchange.handlers:
            raise ConfigurationError(f"the address {self.address} is taken")
        self.exchange.handlers[self.address] = incoming
        self._listening = True

    async def dial(
        self,
        address: str,
        *,
        caller: str = "",
        caller_name: str = "",
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 30.0,
        on_progress: Callable[[int], None] | None = None,
        call_id: str = "",
    ) -> MemoryLeg:
        """Ring ``address`` and give the answered leg.

        Raises DialFailed: 404 when nobody is there, what the other side refused with, or 408 after ``timeout_s`` of
        real time. Cancelling the awaiting task cancels the call.
        """
        exchange = self.exchange
        handler = exchange.handlers.get(address)
        if handler is None:
            raise DialFailed(404, "Not Found")
        kept = {name.lower(): value for name, value in (headers or {}).items()}
        number = exchange.number()
        caller = caller or self.address
        ours = MemoryLeg(
            CallFacts(number, "memory", Direction.OUTBOUND, caller=caller, called=address, headers=kept), exchange.rate
        )
        theirs = MemoryLeg(
            CallFacts(f"{number}-in", "memory", Direction.INBOUND, caller, address, caller_name, kept), exchange.rate
        )
        exchange.calls.append(MemoryCall(ours, theirs))
        self._legs = [leg for leg in self._legs if leg.end is None] + [ours]
        settled = asyncio.Event()
        ours.settled, ours.on_progress = settled.set, on_progress
        exchange.ring(handler, theirs)
        try:
            async with asyncio.timeout(timeout_s):
                await settled.wait()
        except TimeoutError as error:
            await ours.hangup()
            raise DialFailed(408, "Request Timeout") from error
        except asyncio.CancelledError:
            await ours.hangup()
            raise
        if not ours.up:
            raise DialFailed(ours.refusal or 480, "Temporarily Unavailable" if not ours.refusal else "Refused")
        return ours

    async def stop(self) -> None:
        """No more calls; those in progress, in and out, are hung up."""
        if self._listening:
            del self.exchange.handlers[self.address]
            self._listening = False
        for call in tuple(self.exchange.calls):
            for leg in call.legs:
                ours = leg.facts.called if leg.facts.direction is Direction.INBOUND else self._address_of(leg)
                if ours == self.address:
                    await leg.hangup()

    def _address_of(self, leg: MemoryLeg) -> str:
        return self.address if leg in self._legs else ""
