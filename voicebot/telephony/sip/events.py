"""What the user agent core gives out: bytes to send, and what happened to calls."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voicebot.telephony.leg import EndReason

if TYPE_CHECKING:
    from voicebot.telephony.sip.call import Call
    from voicebot.telephony.sip.layer import Client
    from voicebot.telephony.sip.message import Response


@dataclass(frozen=True, slots=True)
class Peer:
    """Where a message came from or goes to. ``transport`` is UDP, TCP or TLS; ``host`` an IP address.

    ``flow`` names the connection (0 when there is none yet, and for UDP): send on it while it is open, else open
    one to ``host:port``. ``name`` is the domain that a TLS peer must prove to be, where that is not its address.
    """

    transport: str
    host: str
    port: int
    flow: int = 0
    name: str = ""

    @property
    def reliable(self) -> bool:
        """Whether the transport repeats lost bytes itself."""
        return self.transport != "UDP"


@dataclass(frozen=True, slots=True)
class Send:
    """Put these bytes on the wire."""

    data: bytes
    peer: Peer


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """Somebody rings. Ring, answer or reject it."""

    call: "Call"


@dataclass(frozen=True, slots=True)
class CallProgress:
    """A call that we make rings or makes progress (a status of 101–199).

    ``early`` says that ``call.negotiation.parameters`` tells where early media goes.
    """

    call: "Call"
    status: int
    early: bool = False


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """A call that we make was answered; ``call.negotiation.parameters`` says where media goes."""

    call: "Call"


@dataclass(frozen=True, slots=True)
class CallConfirmed:
    """The caller acknowledged our answer; when the INVITE had no offer, media parameters are known only now."""

    call: "Call"


@dataclass(frozen=True, slots=True)
class MediaChanged:
    """The peer changed the session (hold, resume, another address): apply ``call.negotiation.parameters``."""

    call: "Call"


@dataclass(frozen=True, slots=True)
class ChangeSettled:
    """A change that we asked for was taken (200), or refused and the session is as it was."""

    call: "Call"
    status: int


@dataclass(frozen=True, slots=True)
class Replacing:
    """Somebody rings to take the place of ``call.replaces`` (RFC 3891). Answer it and end the other, or reject it."""

    call: "Call"


@dataclass(frozen=True, slots=True)
class TransferRequested:
    """The peer sends us on to ``call.referred.target``, which is allowed (RFC 3515). Ring there, tell how it goes."""

    call: "Call"


@dataclass(frozen=True, slots=True)
class TransferSettled:
    """What came of our REFER: 200 when the peer has reached the target, else the status of its failure."""

    call: "Call"
    status: int


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call is over for its user; said once a call. ``status`` is the SIP status that ended it, or 0."""

    call: "Call"
    reason: EndReason
    status: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CallReleased:
    """The last message of an ended call has been answered, or nobody waits for it any more."""

    call: "Call"


@dataclass(frozen=True, slots=True)
class RequestAnswered:
    """A request outside of any dialog (REGISTER, OPTIONS) has its final answer; None when nothing came of it."""

    client: "Client"
    response: "Response | None"


Event = (
    IncomingCall
    | CallProgress
    | CallAnswered
    | CallConfirmed
    | MediaChanged
    | ChangeSettled
    | Replacing
    | TransferRequested
    | TransferSettled
    | CallEnded
    | CallReleased
)
"""What happens to calls."""
Output = Send | Event | RequestAnswered
