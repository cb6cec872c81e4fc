"""The session descriptions that messages carry, alone or as a part of a multipart body (RFC 2046, RFC 5621)."""

from voicebot.errors import ProtocolError
from voicebot.telephony.sip.message import Request, Response
from voicebot.telephony.sip.sdp import Description
from voicebot.telephony.sip.sdp import parse as parse_sdp

ACCEPT = "application/sdp"


def description_of(message: Request | Response) -> Description | None:
    """The session description a message carries, also as a part of a multipart body; None when it has no body.

    Raises :class:`ProtocolError` when it is there and wrong.
    """
    if not message.body.strip():
        return None
    kind, _, rest = message.headers.get("content-type").partition(";")
    kind = kind.strip().lower()
    if kind in (ACCEPT, ""):
        return parse_sdp(message.body)
    if kind == "multipart/mixed":
        for piece in _parts(message.body, rest):
            head, _, body = piece.partition(b"\r\n\r\n")
            if b"application/sdp" in head.lower():
                return parse_sdp(body)
    raise ProtocolError("the body holds no SDP")


def offer_of(request: Request) -> Description | int | None:
    """The offer of a request, None when there is none, or the status with which to refuse its body.

    Raises :class:`ProtocolError` when it is wrong.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        return 415
    kind = request.headers.get("content-type").partition(";")[0].strip().lower()
    if request.body.strip() and kind not in (ACCEPT, "multipart/mixed", ""):
        return 415
    return description_of(request)


def required_description(message: Request | Response) -> Description:
    """The session description a message must carry. Raises :class:`ProtocolError` when it is missing or wrong."""
    description = description_of(message)
    if description is None:
        raise ProtocolError("there is no SDP where one must be")
    return description


def _parts(body: bytes, parameters: str) -> list[bytes]:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "boundary" and value.strip('"'):
            mark = b"\r\n--" + value.strip('"').encode("utf-8", "surrogateescape")
            return (b"\r\n" + body).split(mark)[1:-1]
    return []
