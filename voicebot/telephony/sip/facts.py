"""What an INVITE says about the parties (RFC 3261 20.20, RFC 3325, RFC 3323, RFC 5806, RFC 7044, RFC 7433)."""

from collections.abc import Iterable

from voicebot.errors import ProtocolError
from voicebot.telephony.leg import CallFacts, Direction
from voicebot.telephony.sip.address import Address
from voicebot.telephony.sip.message import Request
from voicebot.telephony.sip.uri import Uri, param

KEPT = (
    "Call-ID",
    "Diversion",
    "History-Info",
    "P-Asserted-Identity",
    "Privacy",
    "Referred-By",
    "Subject",
    "User-Agent",
    "User-to-User",
)
"""Headers that go into :attr:`CallFacts.headers` (lower-case names, first value)."""

_WITHHELD = frozenset({"id", "user", "header"})
_IDENTIFYING = frozenset({"p-asserted-identity", "diversion", "history-info", "referred-by"})


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


def first_called(invite: Request) -> str:
    """The number that was dialled first where the call was forwarded to us, or "".

    History-Info tells it under index 1 (RFC 7044); Diversion has the latest diversion on top, so the first at the end
    (RFC 5806). One that asks for privacy is not told.
    """
    for value in invite.headers.values("history-info"):
        address = _address(value)
        if (
            address is not None
            and param(address.params, "index") == "1"
            and "privacy=" not in address.uri.headers.lower()
        ):
            return address.uri.number
    diversions = invite.headers.values("diversion")
    address = _address(diversions[-1]) if diversions else None
    if address is None or (param(address.params, "privacy") or "off").lower() != "off":
        return ""
    return address.uri.number


def inbound_facts(
    invite: Request,
    call_id: str,
    *,
    trunk: str = "",
    bound: bool = False,
    trusted: bool = True,
    kept: Iterable[str] = (),
) -> CallFacts:
    """The facts of a call to us. A withheld caller stays so.

    ``trusted``: the peer's P-Asserted-Identity is believed, before From; else it is as if it were not there (RFC 3325
    5). ``bound``: the Request-URI is what we registered for ``trunk``, and the number that was dialled is elsewhere.
    ``kept`` are more headers to keep.
    """
    hidden = withheld(invite)
    caller = name = ""
    if not hidden:
        asserted = invite.headers.values("p-asserted-identity") if trusted else []
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
    for header in (*KEPT, *kept):
        values = invite.headers.values(header) if header in ("Diversion", "History-Info") else None
        value = (values[0] if values else "") if values is not None else invite.headers.get(header)
        if value and not (hidden and header.lower() in _IDENTIFYING and header != "Diversion"):
            headers[header.lower()] = _plain(value)
    if not trusted:
        headers.pop("p-asserted-identity", None)
    return CallFacts(
        call_id=call_id,
        line="sip",
        direction=Direction.INBOUND,
        caller=_plain(caller),
        called=_plain(called),
        caller_name=_plain(name),
        headers=headers,
        trunk=trunk,
        first_called=_plain(first_called(invite)),
    )
