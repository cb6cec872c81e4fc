"""What the user agent core knows of one call."""

from dataclasses import dataclass, field
from enum import StrEnum

from voicebot.telephony.leg import Direction
from voicebot.telephony.sip.dialog import Dialog
from voicebot.telephony.sip.events import Peer
from voicebot.telephony.sip.layer import Client, Server
from voicebot.telephony.sip.message import Request, Response
from voicebot.telephony.sip.negotiation import Negotiation
from voicebot.telephony.sip.sdp import Description


class CallState(StrEnum):
    """Where a call stands."""

    INCOMING = "incoming"
    """Theirs, unanswered."""
    CALLING = "calling"
    """Ours, unanswered."""
    ESTABLISHED = "established"
    """Answered (our answer may still wait for its ACK)."""
    ENDED = "ended"
    """Over for its user; messages may still be on their way."""
    RELEASED = "released"
    """Forgotten."""


@dataclass(eq=False, slots=True)
class Unacknowledged:
    """A 2xx of ours that waits for its ACK and is repeated until then (RFC 3261 13.3.1.4)."""

    server: Server
    response: Response
    cseq: int
    interval: float
    offered: bool
    initial: bool


@dataclass(eq=False, slots=True)
class Call:
    """One call. Read-only for whoever uses the core.

    ``account`` names the credentials with which our requests to the peer may be sent again when they are challenged.
    ``offer`` is what the caller's INVITE offered (None: it wants ours, or the call is ours). ``acks`` holds the
    ACK of each answer that we got, by the remote tag, to be repeated when the answer is.
    """

    direction: Direction
    invite: Request
    peer: Peer
    state: CallState
    offer: Description | None = None
    negotiation: Negotiation | None = None
    dialog: Dialog | None = None
    server: Server | None = None
    client: Client | None = None
    unacknowledged: Unacknowledged | None = None
    bye_pending: bool = False
    """BYE goes out once our answer has been acknowledged."""
    byes: int = 0
    """BYEs and CANCELs of ours without an answer yet."""
    provisional: bool = False
    cancel_wanted: bool = False
    cancel_sent: bool = False
    acks: dict[str, tuple[bytes, Peer]] = field(default_factory=dict)
    early: dict[str, Dialog] = field(default_factory=dict)
    account: str = ""

    @property
    def ended(self) -> bool:
        """Whether its end has been told."""
        return self.state in (CallState.ENDED, CallState.RELEASED)

    @property
    def answered(self) -> bool:
        """Whether it is up."""
        return self.state is CallState.ESTABLISHED
