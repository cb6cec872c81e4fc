"""What the user agent core knows of one call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from voicebot.telephony.leg import Direction
from voicebot.telephony.sip.dialog import Dialog, DialogKey
from voicebot.telephony.sip.events import Peer
from voicebot.telephony.sip.layer import Client, Server
from voicebot.telephony.sip.message import Request, Response
from voicebot.telephony.sip.negotiation import Negotiation
from voicebot.telephony.sip.sdp import Description
from voicebot.telephony.sip.uri import Uri


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
class Early:
    """A dialog that a provisional answer to our INVITE made; there are several when a proxy forked it.

    ``negotiation`` is this dialog's own outcome of our offer, ``agreed`` whether a reliable answer brought it, and
    ``rseq`` the number of the last such answer (0: none).
    """

    dialog: Dialog
    negotiation: Negotiation | None
    agreed: bool = False
    rseq: int = 0


@dataclass(eq=False, slots=True)
class Provisional:
    """A provisional answer of ours that waits for its PRACK. ``offered``: it carries our offer."""

    response: Response
    rseq: int
    interval: float
    offered: bool


@dataclass(eq=False, slots=True)
class Change:
    """A change of the session that we ask for: ``hold`` is what is wanted, None to refresh it as it is.

    ``before`` is what held when it was asked, to go back to on refusal.
    """

    hold: bool | None
    before: bool = False
    client: Client | None = None
    request: Request | None = None
    waiting: bool = False
    tries: int = 0
    provisional: Early | None = None

    def renewed(self, request: Request) -> bool:
        """It is asked again with credentials."""
        self.request = request
        return True


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a session ends unless it is refreshed: ``interval`` in seconds, and whether refreshing is our part."""

    interval: int
    ours: bool


@dataclass(eq=False, slots=True)
class Referral:
    """A REFER under way: ours when ``target`` is None, else what the peer asks of us.

    ``headers`` are those that its INVITE shall carry.
    ``number`` is the CSeq of the REFER; ``named`` says that NOTIFYs must carry it (a second REFER in the dialog);
    ``subscribed``, that NOTIFYs are wanted at all.
    """

    number: int
    target: Uri | None = None
    headers: tuple[tuple[str, str], ...] = ()
    referred_by: str = ""
    named: bool = False
    subscribed: bool = True

    def renewed(self, number: int) -> bool:
        """It is asked again with credentials."""
        self.number = number
        return True


@dataclass(eq=False, slots=True)
class Call:
    """One call. Read-only for whoever uses the core.

    ``account`` names the credentials with which our requests to the peer may be sent again when they are challenged.
    ``offer`` is what the caller's INVITE offered (None: it wants ours, or the call is ours). ``acks`` holds the
    ACK of each answer that we got, by the remote tag and CSeq number, to be repeated when the answer is. ``allow``
    and ``supported`` are the methods and extensions that the peer named last.
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
    """Last requests of ours (BYE, final NOTIFY) without an answer yet."""
    farewell: Mapping[str, str] = field(default_factory=dict)
    """Headers for our BYE."""
    provisional: bool = False
    cancel_wanted: bool = False
    cancel_sent: bool = False
    acks: dict[tuple[str, int], tuple[bytes, Peer]] = field(default_factory=dict)
    early: dict[str, Early] = field(default_factory=dict)
    account: str = ""
    allow: frozenset[str] = frozenset()
    supported: frozenset[str] = frozenset()
    replaces: "Call | None" = None
    """The call whose place it takes (RFC 3891)."""
    redirects: tuple[Uri, ...] = ()
    """Where a 3xx sends us."""
    early_body: bytes = b""
    """What our 183 said, to be said again in the 200 unless it was acknowledged."""
    described: bool = False
    """A PRACK has acknowledged what our 183 said."""
    rseq: int = 0
    provisionals: list[Provisional] = field(default_factory=list)
    answer_waiting: bool = False
    """200 goes out once our description in a reliable 183 has been acknowledged."""
    changes: list[Change] = field(default_factory=list)
    """Changes that we ask for, the first of them now."""
    expiry: Expiry | None = None
    min_se: int = 0
    referring: Referral | None = None
    """Our REFER."""
    referred: Referral | None = None
    """The peer's REFER."""
    referrals: int = 0

    @property
    def ended(self) -> bool:
        """Whether its end has been told."""
        return self.state in (CallState.ENDED, CallState.RELEASED)

    def dialog_of(self, key: DialogKey) -> Dialog | None:
        """The dialog of that key, early or not."""
        if self.dialog is not None and self.dialog.key == key:
            return self.dialog
        return next((early.dialog for early in self.early.values() if early.dialog.key == key), None)

    @property
    def answered(self) -> bool:
        """Whether it is up."""
        return self.state is CallState.ESTABLISHED
