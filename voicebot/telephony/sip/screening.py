"""What is looked at before a request gets a transaction: whether it is well formed (RFC 3261 8.1.1, 16.3, RFC 4475)."""

from collections.abc import Collection

from voicebot.errors import ProtocolError
from voicebot.telephony.sip.address import check_address, tag_of
from voicebot.telephony.sip.fields import CSeq, check_vias
from voicebot.telephony.sip.message import Headers, Request, has_stray_separators
from voicebot.telephony.sip.uri import Uri, is_uri

_CONTACT_UNUSED = frozenset({"ACK", "BYE", "CANCEL"})


def fault_of(request: Request, known: Collection[str]) -> int:
    """The status for a request without which no transaction can be had, or 0.

    ``known`` are the methods that we know, served or not.
    """
    if request.version != "SIP/2.0":
        return 505
    headers = request.headers
    for name in ("from", "to", "call-id", "cseq"):
        if len(headers.lines(name)) != 1 or not headers.get(name):
            return 400
    try:
        check_vias(headers)
        tag_of(headers.get("from"))
        tag_of(headers.get("to"))
        cseq = CSeq.parse(headers.get("cseq"))
        _check_target(request.uri)
        if request.method not in _CONTACT_UNUSED:
            _check_contacts(headers)
    except ProtocolError:
        return 400
    if cseq.method != request.method:
        return 400 if request.method in known else 501
    hops = headers.get("max-forwards", "70")
    return 0 if len(hops) < 9 and hops.isascii() and hops.isdigit() and int(hops) < 256 else 400


def _check_target(uri: str) -> None:
    """A Request-URI must be a URI; one that SIP knows must be right, and without headers (RFC 3261 19.1.1)."""
    if not is_uri(uri):
        raise ProtocolError("the Request-URI is none")
    if uri.partition(":")[0].lower() in ("sip", "sips", "tel") and Uri.parse(uri).headers:
        raise ProtocolError("the Request-URI holds headers")


def _check_contacts(headers: Headers) -> None:
    if any(has_stray_separators(line) for line in headers.lines("contact")):
        raise ProtocolError("a Contact holds empty values")
    for value in headers.values("contact"):
        if value != "*":
            check_address(value)


def accepts_sdp(headers: Headers) -> bool:
    """Whether an answer to an INVITE may hold SDP: its Accept header says so, or there is none (RFC 3261 20.1)."""
    if "accept" not in headers:
        return True
    ranges = {value.partition(";")[0].strip().lower() for value in headers.values("accept")}
    return bool(ranges & {"application/sdp", "application/*", "*/*"})
