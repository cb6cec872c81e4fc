"""The Call Leg: one party on one line, the same whatever dialect carries it.

Audio is full duplex and paced by the leg: every 20 ms of its media clock it hands the attached
:class:`MediaPort` what was heard and takes what is to be said. So there is no downstream buffer to
clear at a barge-in, the play-head is exact, and the time of a call can be counted in samples. An
in-memory leg ticks as fast as it is fed, which is how calls are rehearsed and tested without a clock.

Media runs from :meth:`CallLeg.answer` (inbound) or from the 200 OK (outbound) until the leg ends. When
nothing arrives from the peer, the clock still ticks and the frame is marked ``concealed``.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame


class Direction(StrEnum):
    """Who rang whom, seen from us."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What the line knows about a call before anyone speaks.

    ``line`` names the dialect ("sip", "twilio", "browser", "memory", "text"); ``caller`` and ``called`` are
    numbers or addresses as given (``caller`` is empty when withheld); ``headers`` are the signalling
    headers worth keeping, lower-case names, first value. ``trunk`` names the trunk it goes by, if any.
    ``first_called`` is the number that was dialled before the call was forwarded to ``called``, or empty.
    """

    call_id: str
    line: str
    direction: Direction
    caller: str = ""
    called: str = ""
    caller_name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    trunk: str = ""
    first_called: str = ""


@dataclass(frozen=True, slots=True)
class KeyPress:
    """One keypad digit (``0-9 * # A-D``), however it was signalled.

    ``position`` is where in the heard audio it began, in samples of the leg's rate.
    """

    key: str
    position: int
    duration_ms: int = 0


class EndReason(StrEnum):
    """Why a leg ended."""

    REMOTE_HANGUP = "remote_hangup"
    LOCAL_HANGUP = "local_hangup"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    MEDIA_TIMEOUT = "media_timeout"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class LegEnded:
    """A leg is over. ``detail`` is for the log (a SIP status and phrase, say) and holds nothing personal."""

    reason: EndReason
    detail: str = ""


class MediaPort(Protocol):
    """What listens and speaks on a leg. All methods are called in the media loop and must return at once."""

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """Take 20 ms heard, give 20 ms to be said at the leg's rate (exactly one frame), or None for silence."""
        ...

    def key(self, press: KeyPress) -> None:
        """A key was pressed."""
        ...

    def ended(self, end: LegEnded) -> None:
        """The leg is over; nothing more is called after this."""
        ...


class CallLeg(Protocol):
    """One party on one line."""

    @property
    def facts(self) -> CallFacts:
        """What the line knows about the call."""
        ...

    @property
    def rate(self) -> int:
        """Sampling rate of its frames in Hz (8000 for G.711)."""
        ...

    @property
    def position(self) -> int:
        """Samples ticked by its media clock so far."""
        ...

    @property
    def end(self) -> LegEnded | None:
        """How it ended, or None while it lives."""
        ...

    def attach(self, port: MediaPort | None) -> MediaPort | None:
        """Let ``port`` listen and speak from the next frame on; gives the one that did before.

        A port attached to a leg that has ended is told so at once.
        """
        ...

    async def ringing(self) -> None:
        """Tell an inbound caller that it rings (180). Harmless twice, or after the answer."""
        ...

    async def answer(self) -> None:
        """Take an inbound call. Returns when media may flow. Raises TelephonyError if the caller has gone."""
        ...

    async def reject(self, status: int = 480) -> None:
        """Refuse an unanswered inbound call with a SIP status (each dialect maps it)."""
        ...

    async def hangup(self) -> None:
        """End the leg, answered or not (CANCEL or BYE). Returns once it is over; harmless twice."""
        ...

    async def send_keys(self, keys: str) -> None:
        """Press keys towards the peer (RFC 4733 or the dialect's own way); returns when they are sent."""
        ...

    async def transfer(
        self, target: str, *, replaces: "CallLeg | None" = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Hand the party on to ``target`` and leave the call; returns once the leg is over.

        With ``replaces``, a leg of ours, the party takes that leg's place (attended transfer; ``target`` may be empty
        then), and that leg ends too. Without either, the party is given back to whoever sent it here. ``headers``
        (``User-to-User``, say) go along where the dialect can carry them. Raises
        :class:`~voicebot.errors.TransferRefused` when the peer or the dialect won't: the leg is still up then.
        """
        ...

    async def wait_ended(self) -> LegEnded:
        """Wait for the end."""
        ...


@runtime_checkable
class HandsOn(Protocol):
    """A leg whose provider dials for its party, once we have let go of it: the other way of handing a caller over."""

    def destination(self, queue: str) -> str | None:
        """Whom an admin configured for the callers of a queue; None when they are to be joined on our own line."""
        ...

    async def hand_on(self, target: str, *, headers: Mapping[str, str] | None = None, whisper: str = "") -> None:
        """:meth:`CallLeg.transfer`, with words for the person who answers, before they are joined.

        Returns when somebody has the caller. Raises :class:`~voicebot.errors.TransferRefused` with the leg up when
        nobody took the call and the caller is back, with the leg over when the caller has gone.
        """
        ...


IncomingHandler = Callable[[CallLeg], Awaitable[None]]
"""Called in a task of its own for each inbound call, before it is answered."""


class Line(Protocol):
    """Something that calls arrive on, and that can ring out."""

    async def start(self, incoming: IncomingHandler) -> None:
        """Listen. Raises ConfigurationError when the port is taken."""
        ...

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
    ) -> CallLeg:
        """Ring ``address`` and give the answered leg. Raises :class:`~voicebot.errors.DialFailed`.

        ``call_id`` names the call for both sides where the dialect lets us choose (the SIP Call-ID).
        ``headers`` are added to the INVITE (``User-to-User``, say); ``on_progress`` hears each provisional
        status (180, 183). Cancelling the awaiting task cancels the call.
        """
        ...

    async def stop(self) -> None:
        """Stop listening; calls in progress are hung up."""
        ...


class ServedLine(Line, Protocol):
    """A line that can let its calls end before it stops."""

    def stop_accepting(self) -> None:
        """Refuse new calls from now on. Those in progress go on, and others may be made for their sake."""
        ...
