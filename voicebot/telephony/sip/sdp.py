"""Session descriptions: parse and build (RFC 8866, payload formats of RFC 3551 and RFC 4733)."""

import ipaddress
import re
from dataclasses import dataclass, field
from enum import StrEnum

from voicebot.errors import ProtocolError

MAX_SDP = 16384
"""Longest description taken, in bytes."""

STATIC_FORMATS = {0: ("PCMU", 8000), 3: ("GSM", 8000), 8: ("PCMA", 8000), 9: ("G722", 8000), 18: ("G729", 8000)}
"""Payload types that need no rtpmap (RFC 3551 section 6)."""

PLAIN = ("RTP/AVP", "RTP/AVPF")
SECURE = "RTP/SAVP"
"""RTP profiles: in clear, and encrypted with keys by RFC 4568."""


class MediaDirection(StrEnum):
    """Who sends, seen from the side that wrote the description."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        """Whether the writer sends."""
        return self in (MediaDirection.SENDRECV, MediaDirection.SENDONLY)

    @property
    def receives(self) -> bool:
        """Whether the writer wants to receive."""
        return self in (MediaDirection.SENDRECV, MediaDirection.RECVONLY)

    @classmethod
    def of(cls, sends: bool, receives: bool) -> "MediaDirection":
        """The direction with these two properties."""
        if sends:
            return cls.SENDRECV if receives else cls.SENDONLY
        return cls.RECVONLY if receives else cls.INACTIVE


@dataclass(frozen=True, slots=True)
class Format:
    """One payload format of a media line. ``parameters`` is the raw fmtp."""

    payload_type: int
    encoding: str
    clock_rate: int
    parameters: str = ""


@dataclass(slots=True)
class Media:
    """One media line. ``address`` is its own or the session's connection address; ``ptime`` is in ms."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    address: str = ""
    attributes: list[tuple[str, str]] = field(default_factory=list)
    direction: MediaDirection = MediaDirection.SENDRECV

    def attribute(self, name: str) -> str | None:
        """The first attribute of that name, or None."""
        return next((value for key, value in self.attributes if key == name), None)

    def all_of(self, name: str) -> list[str]:
        """Every attribute of that name, in order."""
        return [value for key, value in self.attributes if key == name]

    @property
    def rtcp_mux(self) -> bool:
        """Whether RTCP may share RTP's port (RFC 5761)."""
        return self.attribute("rtcp-mux") is not None

    @property
    def rtcp_port(self) -> int:
        """Where RTCP is expected: the port named (RFC 3605), or the one after RTP's."""
        named = re.match(r"(\d{1,5})(?: |\Z)", self.attribute("rtcp") or "", re.ASCII)
        return int(named[1]) if named and 0 < int(named[1]) <= 65535 else min(self.port + 1, 65535)

    @property
    def ptime(self) -> int | None:
        """Packet time asked for in ms, or None."""
        return _milliseconds(self.attribute("ptime"))

    @property
    def maxptime(self) -> int | None:
        """Longest packet taken in ms, or None."""
        return _milliseconds(self.attribute("maxptime"))

    def audio_formats(self) -> list[Format]:
        """The RTP formats of the line in order; those without a known rtpmap are left out."""
        maps = dict(_numbered(value) for key, value in self.attributes if key == "rtpmap")
        parameters = dict(_numbered(value) for key, value in self.attributes if key == "fmtp")
        formats = []
        for text in self.formats:
            if not re.fullmatch(r"\d{1,3}", text, re.ASCII) or int(text) > 127:
                continue
            number = int(text)
            if number in maps:
                encoding, _, rate = maps[number].partition("/")
                rate = rate.partition("/")[0]
                if not re.fullmatch(r"\d{1,6}", rate, re.ASCII):
                    continue
                formats.append(Format(number, encoding.upper(), int(rate), parameters.get(number, "")))
            elif number in STATIC_FORMATS:
                encoding, clock = STATIC_FORMATS[number]
                formats.append(Format(number, encoding, clock, parameters.get(number, "")))
        return formats


@dataclass(slots=True)
class Description:
    """A session description: its media lines, the origin line by which a repeated one is known, and the attributes of
    the whole session (directions are in the media lines)."""

    media: list[Media]
    origin: str = ""
    attributes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def audio_lines(self) -> list[Media]:
        """The audio lines over RTP or SRTP that are not rejected."""
        return [m for m in self.media if m.kind == "audio" and m.port and m.protocol in (*PLAIN, SECURE)]

    @property
    def audio(self) -> Media | None:
        """The first of :attr:`audio_lines`, or None."""
        return next(iter(self.audio_lines), None)


def _milliseconds(text: str | None) -> int | None:
    match = re.match(r"\s*(\d{1,4})(?:\.\d+)?\s*\Z", text or "", re.ASCII)
    return int(match[1]) if match else None


def _numbered(value: str) -> tuple[int, str]:
    number, _, rest = value.strip().partition(" ")
    return (int(number) if re.fullmatch(r"\d{1,3}", number, re.ASCII) else -1), rest.strip()


def _connection(value: str) -> str:
    parts = value.split()
    if len(parts) != 3 or parts[0] != "IN" or parts[1] not in ("IP4", "IP6"):
        raise ProtocolError("wrong SDP connection line")
    try:
        return str(ipaddress.ip_address(parts[2].partition("/")[0]))
    except ValueError as error:
        raise ProtocolError("the SDP connection is no IP address") from error


def parse(body: bytes) -> Description:
    """Parse a description. Lenient about order and line ends, strict about what we use.

    Raises :class:`ProtocolError`.
    """
    if len(body) > MAX_SDP:
        raise ProtocolError("the SDP is too long")
    description = Description([])
    session_address = ""
    session_direction = MediaDirection.SENDRECV
    media: Media | None = None
    lines = body.decode("utf-8", "replace").replace("\r\n", "\n").rstrip("\n").split("\n")
    if lines[0].strip() != "v=0":
        raise ProtocolError("not an SDP of version 0")
    for line in lines[1:]:
        kind, equals, value = line.partition("=")
        if not equals or len(kind) != 1:
            if line.strip():
                raise ProtocolError("wrong SDP line")
            continue
        if kind == "o":
            description.origin = value
        elif kind == "c":
            if media is None:
                session_address = _connection(value)
            else:
                media.address = _connection(value)
        elif kind == "m":
            media = _media_line(value)
            media.address, media.direction = session_address, session_direction
            description.media.append(media)
        elif kind == "a":
            name, _, argument = value.strip().partition(":")
            if name in MediaDirection.__members__.values():
                if media is None:
                    session_direction = MediaDirection(name)
                else:
                    media.direction = MediaDirection(name)
            else:
                (description if media is None else media).attributes.append((name, argument))
    if not description.media:
        raise ProtocolError("the SDP has no media")
    return description


def _media_line(value: str) -> Media:
    parts = value.split()
    port = parts[1].partition("/")[0] if len(parts) >= 4 else ""
    if not re.fullmatch(r"\d{1,5}", port, re.ASCII) or int(port) > 65535:
        raise ProtocolError("wrong SDP media line")
    return Media(parts[0], int(port), parts[2], tuple(parts[3:]))


def build(*, address: str, session_id: int, version: int, media: list[Media]) -> bytes:
    """Write a description with one connection for the whole session."""
    family = "IP6" if ":" in address else "IP4"
    lines = [
        "v=0",
        f"o=- {session_id} {version} IN {family} {address}",
        "s=-",
        f"c=IN {family} {address}",
        "t=0 0",
    ]
    for line in media:
        lines.append(f"m={line.kind} {line.port} {line.protocol} {' '.join(line.formats)}")
        if line.port:
            lines += [f"a={name}:{value}" if value else f"a={name}" for name, value in line.attributes]
            lines.append(f"a={line.direction}")
    return ("\r\n".join(lines) + "\r\n").encode()
