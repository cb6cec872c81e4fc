"""SIP messages: parse and serialise (RFC 3261 section 7 and 25).

Header values are kept as they came (only folding is undone), so that Via, From, To and Record-Route can be
echoed byte for byte. Bytes that are not UTF-8 survive a round trip.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from voicebot.errors import ProtocolError

MAX_MESSAGE = 65535
"""Longest message taken, in bytes: what a datagram can hold, and the limit for streams too."""
MAX_HEADERS = 128
"""Most header lines taken in one message."""
MAX_LINE = 8192
"""Longest start line or (unfolded) header taken, in characters."""

COMPACT = {
    "a": "accept-contact",
    "b": "referred-by",
    "c": "content-type",
    "d": "request-disposition",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "j": "reject-contact",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "n": "identity-info",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
    "y": "identity",
}

REASONS = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    182: "Queued",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    410: "Gone",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    421: "Extension Required",
    422: "Session Interval Too Small",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    484: "Address Incomplete",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    600: "Busy Everywhere",
    603: "Decline",
}

_TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+\Z")
_REQUEST = re.compile(r"([A-Za-z0-9.!%*_+`'~-]+) (\S+) ([Ss][Ii][Pp]/\d{1,3}\.\d{1,3})\Z")
_VERSION = re.compile(r"[Ss][Ii][Pp]/\d{1,3}\.\d{1,3}\Z")
_RESPONSE = re.compile(r"[Ss][Ii][Pp]/2\.0 ([1-6]\d\d)(?: (.*))?\Z", re.DOTALL)
_NUMBER = re.compile(r"\d{1,10}\Z", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_QUOTED_PAIR = re.compile(r"\\[^\r\n]")
_SEPARATE = frozenset({"date", "authorization", "www-authenticate", "proxy-authorization", "proxy-authenticate"})


def canonical(name: str) -> str:
    """The lower-case long form of a header name (``V`` → ``via``)."""
    lower = name.lower()
    return COMPACT.get(lower, lower)


def split_list(value: str, separator: str = ",") -> list[str]:
    """Split a header value at commas (or another separator) outside quotes and angle brackets; drops empty parts."""
    return [part for part in _split(value, separator) if part]


def has_stray_separators(value: str) -> bool:
    """Whether a comma list holds empty values, or values with empty parameters (``;;``)."""
    return any(not all(_split(part, ";")) for part in _split(value, ","))


def _split(value: str, separator: str) -> list[str]:
    if separator not in value:
        return [value.strip()]
    parts: list[str] = []
    start = 0
    quoted = angled = escaped = False
    for index, character in enumerate(value):
        if escaped:
            escaped = False
        elif quoted:
            if character == "\\":
                escaped = True
            elif character == '"':
                quoted = False
        elif character == '"':
            quoted = True
        elif character == "<":
            angled = True
        elif character == ">":
            angled = False
        elif character == separator and not angled:
            parts.append(value[start:index].strip())
            start = index + 1
    parts.append(value[start:].strip())
    return parts


class Headers:
    """Header fields in order, names matched without case and in compact or long form."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items: list[tuple[str, str, str]] = [(canonical(name), name, value) for name, value in items]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((name, value) for _, name, value in self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: str) -> bool:
        key = canonical(name)
        return any(item[0] == key for item in self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and [(k, v) for k, _, v in self._items] == [
            (k, v) for k, _, v in other._items
        ]

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Headers({list(self)!r})"

    def get(self, name: str, default: str = "") -> str:
        """The first line's raw value, or ``default``."""
        key = canonical(name)
        return next((item[2] for item in self._items if item[0] == key), default)

    def lines(self, name: str) -> list[str]:
        """The raw values of every line of that name."""
        key = canonical(name)
        return [item[2] for item in self._items if item[0] == key]

    def values(self, name: str) -> list[str]:
        """The values of every line of that name, comma lists taken apart (RFC 3261 7.3.1)."""
        key = canonical(name)
        if key in _SEPARATE:
            return self.lines(key)
        return [part for line in self.lines(key) for part in split_list(line)]

    def add(self, name: str, value: str) -> None:
        """Append a line."""
        self._items.append((canonical(name), name, value))

    def set(self, name: str, value: str) -> None:
        """Replace every line of that name by one, in the place of the first."""
        key = canonical(name)
        for index, item in enumerate(self._items):
            if item[0] == key:
                rest = [later for later in self._items[index + 1 :] if later[0] != key]
                self._items[index:] = [(key, name, value), *rest]
                return
        self._items.append((key, name, value))

    def replace_first(self, name: str, value: str) -> None:
        """Replace the first line of that name, which must be there, and leave the others."""
        key = canonical(name)
        index = next(i for i, item in enumerate(self._items) if item[0] == key)
        self._items[index] = (key, self._items[index][1], value)

    def remove(self, name: str) -> None:
        """Drop every line of that name."""
        key = canonical(name)
        self._items = [item for item in self._items if item[0] != key]

    def copy(self) -> "Headers":
        """An independent copy."""
        other = Headers()
        other._items = list(self._items)
        return other


@dataclass(slots=True)
class Request:
    """A request. ``version`` is what the start line said, so that another one can be answered 505."""

    method: str
    uri: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    version: str = "SIP/2.0"

    def to_bytes(self) -> bytes:
        """What goes on the wire; Content-Length is always written anew."""
        return _serialise(f"{self.method} {self.uri} {self.version}", self.headers, self.body)


@dataclass(slots=True)
class Response:
    """A response."""

    status: int
    reason: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    def to_bytes(self) -> bytes:
        """What goes on the wire; Content-Length is always written anew."""
        return _serialise(f"SIP/2.0 {self.status} {self.reason}", self.headers, self.body)


Message = Request | Response


def _serialise(start: str, headers: Headers, body: bytes) -> bytes:
    lines = [start]
    for name, value in headers:
        if canonical(name) == "content-length":
            continue
        if _forbidden(value) or not _TOKEN.match(name):
            raise ProtocolError("a header to be sent holds a control character or a wrong name")
        lines.append(f"{name}: {value}")
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


class MalformedRequest(ProtocolError):
    """A request with a mistake that can still be answered 400 (RFC 3261 21.4.1): ``request`` is what could be read."""

    def __init__(self, why: str, request: Request) -> None:
        super().__init__(why)
        self.request = request


def parse_head(head: bytes) -> Message:
    """Parse a start line and headers (no blank line, no body).

    Raises :class:`MalformedRequest`, or another :class:`ProtocolError` for what is no request or no SIP at all.
    """
    lines = _lines(head)
    faults: list[str] = []
    message = _start_line(lines[0], faults)
    message.headers = Headers(_header_lines(lines[1:], faults))
    if faults:
        raise _fault(faults[0], message)
    return message


def _lines(head: bytes) -> list[str]:
    return head.decode("utf-8", "surrogateescape").split("\r\n")


def _fault(why: str, message: Message) -> ProtocolError:
    return MalformedRequest(why, message) if isinstance(message, Request) else ProtocolError(why)


def _start_line(start: str, faults: list[str]) -> Message:
    if len(start) > MAX_LINE:
        raise ProtocolError("the start line is too long")
    if _CONTROL.search(start):
        raise ProtocolError("control character in the start line")
    if match := _REQUEST.match(start):
        return Request(match[1], match[2], version=match[3].upper())
    if match := _RESPONSE.match(start):
        return Response(int(match[1]), match[2] or "")
    words = start.split()
    if len(words) > 2 and _TOKEN.match(words[0]) and _VERSION.match(words[-1]):
        faults.append("white space where none may be in the request line")
        return Request(words[0], " ".join(words[1:-1]), version=words[-1].upper())
    raise ProtocolError("neither a SIP request line nor a SIP status line")


def _header_lines(lines: list[str], faults: list[str]) -> Iterator[tuple[str, str]]:
    """Give the headers that are well formed; what is wrong with the others goes into ``faults``."""
    unfolded: list[str] = []
    for line in lines:
        if line[:1] in (" ", "\t"):
            if not unfolded:
                faults.append("the first header line is folded")
                continue
            unfolded[-1] = f"{unfolded[-1].rstrip()} {line.strip()}"
        else:
            unfolded.append(line)
        if len(unfolded) > MAX_HEADERS:
            faults.append("too many headers")
            break
        if len(unfolded[-1]) > MAX_LINE:
            faults.append("a header is too long")
            break
    for line in unfolded[:MAX_HEADERS]:
        name, colon, value = line.partition(":")
        name = name.rstrip(" \t")
        if not colon or not _TOKEN.match(name):
            faults.append("a header line has no proper name")
        elif _forbidden(value):
            faults.append("control character in a header")
        else:
            yield name, value.strip(" \t")


def _forbidden(value: str) -> bool:
    """Whether a header value holds a control character, other than escaped in a quoted string (RFC 3261 25.1)."""
    return bool(_CONTROL.search(value) and _CONTROL.search(_QUOTED_PAIR.sub("", value)))


def framed_length(head: bytes) -> int:
    """How long the body is that follows a head in a stream. Raises :class:`ProtocolError` when that cannot be known."""
    length = content_length(Headers(_header_lines(_lines(head)[1:], [])))
    if length is None:
        raise ProtocolError("no Content-Length in a stream")
    return length


def content_length(headers: Headers) -> int | None:
    """The Content-Length, or None when there is none. Raises :class:`ProtocolError` when wrong or contradictory."""
    lengths = set(headers.lines("content-length"))
    if not lengths:
        return None
    value = lengths.pop()
    if lengths or not _NUMBER.match(value):
        raise ProtocolError("wrong Content-Length")
    return int(value)


def parse(data: bytes, *, stream: bool = False) -> Message:
    """Parse one message: a datagram, or what :class:`~voicebot.telephony.sip.framing.StreamFramer` cut out of a stream.

    Bytes after Content-Length are dropped, too few are an error (RFC 3261 18.3); in a stream there must be one.
    Raises :class:`MalformedRequest`, or another :class:`ProtocolError` when there is nobody to be told.
    """
    if len(data) > MAX_MESSAGE:
        raise ProtocolError("the message is too long")
    head, blank, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not blank:
        raise ProtocolError("the headers do not end")
    message = parse_head(head)
    try:
        length = content_length(message.headers)
    except ProtocolError as error:
        raise _fault(str(error), message) from error
    if length is None and stream:
        raise _fault("no Content-Length in a stream", message)
    if length is not None:
        if length > len(body):
            raise _fault("the body is shorter than its Content-Length", message)
        body = body[:length]
    message.body = body
    return message


def extensions(headers: Headers) -> frozenset[str]:
    """The option tags that a message's sender knows: those of Supported and of Require."""
    return frozenset(tag.lower() for name in ("supported", "require") for tag in headers.values(name))


def is_token(text: str) -> bool:
    """Whether ``text`` is a token of RFC 3261 25.1."""
    return bool(_TOKEN.match(text))
