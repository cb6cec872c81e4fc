"""What an INVITE says about the parties (RFC 3261 20.20, RFC 3325, RFC 3323, RFC 5806, RFC 7044, RFC 7433)."""

from voicebot.errors import ProtocolError
from voicebot.telephony.leg import CallFacts, Direction
from voicebot.telephony.sip.address import Address
from voicebot.telephony.sip.message import Request
from voicebot.telephony.sip.uri import Uri

KEPT = (
    "Call-ID",
    "Diversion",
    "History-Info",
    "P-Asserted-Identity",
    "Privacy",
    "Subject",
    "User-Agent",
    "User-to-User",
)
"""Headers that go into :attr:`CallFacts.headers` (lower-case names, first value)."""

_WITHHELD = frozenset({"id", "user", "header"})
_IDENTIFYING = frozenset({"p-asserted-identity", "diversion", "history-info"})


def _address(text: str) -> Address | None:
    try:
        return Address.parse(text)
    except ProtocolError:
        return None


def _plain(text: str) -> str:
    """What a peer wrote as text that can be shown and kept: no control characters, nothing that is no UTF-8."""
    known = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(character for character in known if character.isprintable())


def _number(uri: Uri) -> str:
    return uri.number or uri.host


def withheld(invite: Request) -> bool:
    """Whether the caller asked not to be shown."""
    privacy = {word.strip().lower() for line in invite.headers.lines("privacy") for word in line.split(";")}
    if privacy & _WITHHELD:
        return True
    sender = _address(invite.headers.get("from"))
    if sender is None:
        return True
    return sender.uri.host.lower() == "anonymous.invalid" or sender.uri.number.lower() in ("anonymous", "unavailable")


def inbound_facts(invite: Request, call_id: str, *, trunk: str = "", bound: bool = False) -> CallFacts:
    """The facts of a call to us: the asserted identity is believed before From; a withheld caller stays so.

    ``bound``: the Request-URI is what we registered for ``trunk``, and the number that was dialled is elsewhere.
    """
    hidden = withheld(invite)
    caller = name = ""
    if not hidden:
        asserted = invite.headers.values("p-asserted-identity")
        candidates = [a for value in (*asserted, invite.headers.get("from")) if (a := _address(value)) is not None]
        if candidates:
            caller = _number(candidates[0].uri)
            name = next((a.display for a in candidates if a.display), "")
    called = ""
    dialled = (invite.headers.get("p-called-party-id"),) if bound else (invite.uri,)
    for text in (*dialled, invite.headers.get("to")):
        if not called and (address := _address(text)) is not None:
            called = address.uri.number
    headers = {}
    for header in KEPT:
        values = invite.headers.values(header) if header in ("Diversion", "History-Info") else None
        value = (values[0] if values else "") if values is not None else invite.headers.get(header)
        if value and not (hidden and header.lower() in _IDENTIFYING and header != "Diversion"):
            headers[header.lower()] = _plain(value)
    caller, called, name = _plain(caller), _plain(called), _plain(name)
    return CallFacts(call_id, "sip", Direction.INBOUND, caller, called, name, headers, trunk)
