"""What all stream dialects have in common: what a peer may tell us, what we may tell it, and how it is bounded.

A dialect turns a provider's messages into these events and our wishes into its messages. It knows no socket and no
clock. There are two of each: ours (:class:`Dialect`) and the provider's (:class:`ProviderDialect`), with which a
caller in the box rings our own line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Wire = str | bytes
"""A message as it travels: text or binary on a WebSocket, a piece of the byte stream on TCP."""

KEYS = frozenset("0123456789*#ABCD")
MAX_MESSAGE = 1 << 16
"""Longest message that is taken, in bytes. A second of audio in base64 with its wrapping needs a sixth of it."""
MAX_CHUNK_S = 1.0
"""Most audio that one message may carry."""
MAX_PARAMETERS = 32
MAX_TEXT = 512
"""Longest name, id or parameter that a peer may send, in characters."""


@dataclass(frozen=True, slots=True)
class Started:
    """The stream carries a call. ``call_id`` is the provider's; ``parameters`` are what our answer gave it to bring
    along; ``caller`` and ``called`` are empty where the dialect doesn't tell."""

    stream_id: str
    call_id: str
    caller: str = ""
    called: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Audio (mono int16 at the dialect's rate). ``number`` counts pieces where the dialect numbers them."""

    samples: NDArray[np.int16]
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A key was pressed on the other side."""

    key: str


@dataclass(frozen=True, slots=True)
class Marked:
    """The mark of that name came back: what was sent before it has been played, or was thrown away by a clear."""

    name: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The call is over."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The peer says that something is wrong; ``detail`` is its code, nothing personal."""

    detail: str


@dataclass(frozen=True, slots=True)
class MarkAsked:
    """Provider's side: send this mark back once what came before it has been played."""

    name: str


@dataclass(frozen=True, slots=True)
class Cleared:
    """Provider's side: throw away what has not been played."""


StreamEvent = Started | Audio | Key | Marked | Stopped | Failed
ProviderEvent = Audio | MarkAsked | Cleared | Stopped


class Dialect(Protocol):
    """Our side. ``line`` names it in :class:`~voicebot.telephony.leg.CallFacts`.

    ``buffers`` says that the peer plays from a buffer of its own, sends marks back and obeys a clear; without it the
    peer plays what comes as it comes, wants silence too, and :meth:`mark` and :meth:`clear` are never called.
    """

    line: str
    buffers: bool

    @property
    def rate(self) -> int:
        """Sampling rate of both directions in Hz; final once :class:`Started` came."""
        ...

    @property
    def encoding(self) -> str:
        """How audio is encoded, by its SDP name; final once :class:`Started` came."""
        ...

    def receive(self, message: Wire) -> tuple[StreamEvent, ...]:
        """Take a message. Raises :class:`~voicebot.errors.ProtocolError` when it is not of the dialect."""
        ...

    def audio(self, samples: NDArray[np.int16]) -> Wire:
        """The message that plays these samples."""
        ...

    def mark(self, name: str) -> Wire:
        """The message that asks for a mark."""
        ...

    def clear(self) -> Wire:
        """The message that empties the peer's buffer."""
        ...

    def goodbye(self) -> Wire | None:
        """What is sent before the connection is closed, if anything."""
        ...


class ProviderDialect(Protocol):
    """The provider's side, for ringing our own line."""

    @property
    def rate(self) -> int:
        """Sampling rate of both directions in Hz."""
        ...

    def start(self) -> tuple[Wire, ...]:
        """The messages with which a call begins."""
        ...

    def receive(self, message: Wire) -> tuple[ProviderEvent, ...]:
        """Take a message of ours. Raises :class:`~voicebot.errors.ProtocolError` when it is not of the dialect."""
        ...

    def audio(self, samples: NDArray[np.int16]) -> Wire:
        """What the caller said, as a message."""
        ...

    def key(self, key: str) -> Wire:
        """A key that the caller pressed, as a message."""
        ...

    def played(self, name: str) -> Wire:
        """A mark that goes back."""
        ...

    def stop(self) -> Wire | None:
        """The message that the call is over, if there is one."""
        ...
