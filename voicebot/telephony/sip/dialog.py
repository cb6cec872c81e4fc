"""Dialogs: who talks with whom, by which route (RFC 3261 section 12)."""

from dataclasses import dataclass, field

from voicebot.errors import ProtocolError
from voicebot.telephony.sip.address import Address, tag_of
from voicebot.telephony.sip.events import Peer
from voicebot.telephony.sip.fields import CSeq
from voicebot.telephony.sip.message import Headers, Request, Response
from voicebot.telephony.sip.uri import Uri, param

DialogKey = tuple[str, str, str]
"""Call-ID, local tag, remote tag."""


def contact_uri(headers: Headers) -> Uri:
    """The URI of the first Contact. Raises :class:`ProtocolError` when there is none that can be used."""
    contacts = headers.values("contact")
    if not contacts:
        raise ProtocolError("no Contact")
    return Address.parse(contacts[0]).uri


def _caller_uri(headers: Headers) -> Uri:
    """Where requests to a caller go. One that gives From no tag follows RFC 2543, where Contact could be left out."""
    if "contact" not in headers and not tag_of(headers.get("from")):
        return Address.parse(headers.get("from")).uri
    return contact_uri(headers)


@dataclass(eq=False, slots=True)
class Dialog:
    """One dialog. ``local`` and ``remote`` are raw From/To values with tags; ``routes`` raw Route values.

    ``peer`` is where its last message came from.
    """

    call_id: str
    local: str
    remote: str
    target: Uri
    peer: Peer
    routes: list[str] = field(default_factory=list)
    local_cseq: int = 0
    remote_cseq: int | None = None

    @classmethod
    def answering(cls, invite: Request, local_tag: str, peer: Peer) -> "Dialog":
        """The dialog that our answer to an INVITE makes (12.1.1). Raises :class:`ProtocolError`."""
        headers = invite.headers
        routes = headers.values("record-route")
        for route in routes:
            Address.parse(route)
        return cls(
            call_id=headers.get("call-id"),
            local=f"{headers.get('to')};tag={local_tag}",
            remote=headers.get("from"),
            target=_caller_uri(headers),
            peer=peer,
            routes=routes,
            remote_cseq=CSeq.parse(headers.get("cseq")).number,
        )

    @classmethod
    def calling(cls, invite: Request, response: Response, peer: Peer) -> "Dialog":
        """The dialog that an answer to our INVITE makes (12.1.2). Raises :class:`ProtocolError`."""
        routes = list(reversed(response.headers.values("record-route")))
        for route in routes:
            Address.parse(route)
        return cls(
            call_id=invite.headers.get("call-id"),
            local=invite.headers.get("from"),
            remote=response.headers.get("to"),
            target=contact_uri(response.headers),
            peer=peer,
            routes=routes,
            local_cseq=CSeq.parse(invite.headers.get("cseq")).number,
        )

    @property
    def key(self) -> DialogKey:
        """What it is found by."""
        return (self.call_id, tag_of(self.local), tag_of(self.remote))

    def request(self, method: str, *, cseq: int | None = None) -> Request:
        """A request within the dialog, without Via (12.2.1.1). ``cseq`` is given for an ACK."""
        if cseq is None:
            self.local_cseq += 1
            cseq = self.local_cseq
        uri, routes = str(self.target), self.routes
        if routes:
            first = Address.parse(routes[0]).uri
            if param(first.params, "lr") is None:
                uri, routes = str(first), [*routes[1:], f"<{self.target}>"]
        headers = Headers([("Max-Forwards", "70")])
        for route in routes:
            headers.add("Route", route)
        headers.add("From", self.local)
        headers.add("To", self.remote)
        headers.add("Call-ID", self.call_id)
        headers.add("CSeq", f"{cseq} {method}")
        return Request(method, uri, headers)

    def next_hop(self) -> Uri:
        """Where its requests go first."""
        return Address.parse(self.routes[0]).uri if self.routes else self.target

    def accepts(self, cseq: int) -> bool:
        """Whether a request with that number comes in order; remembers it (12.2.2)."""
        if self.remote_cseq is not None and cseq <= self.remote_cseq:
            return False
        self.remote_cseq = cseq
        return True
