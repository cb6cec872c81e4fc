"""The header fields that transactions are matched by: Via and CSeq (RFC 3261 20.42 and 20.16, RFC 3581)."""

import re
from dataclasses import dataclass

from voicebot.errors import ProtocolError
from voicebot.telephony.sip.message import Headers, has_stray_separators, is_token, split_list
from voicebot.telephony.sip.uri import Params, join_host_port, param, parse_params, split_host_port

MAGIC_COOKIE = "z9hG4bK"
"""How every branch begins that is unique for its transaction (RFC 3261 8.1.1.7)."""


@dataclass(frozen=True, slots=True)
class Via:
    """One Via value."""

    transport: str
    host: str
    port: int | None
    params: Params

    @classmethod
    def parse(cls, text: str) -> "Via":
        """Parse, whatever the version: one that we do not speak is to be told so. Raises :class:`ProtocolError`."""
        match = re.match(
            r"\s*SIP\s*/\s*\d+\.\d+\s*/\s*([A-Za-z0-9-]+)\s+([^;]+)(.*)\Z", text, re.IGNORECASE | re.DOTALL
        )
        if match is None:
            raise ProtocolError("wrong Via")
        sent_by = match[2].strip()
        if "[" not in sent_by:  # white space may stand on both sides of the colon
            sent_by = ":".join(part.strip() for part in sent_by.split(":"))
        host, port = split_host_port(sent_by)
        return cls(match[1].upper(), host, port, parse_params(match[3]))

    @property
    def branch(self) -> str:
        """The branch, or ""."""
        return param(self.params, "branch") or ""

    @property
    def sent_by(self) -> str:
        """``host:port`` for matching, in lower case, the default port written out."""
        return join_host_port(self.host.lower(), self.port or (5061 if self.transport == "TLS" else 5060))


@dataclass(frozen=True, slots=True)
class CSeq:
    """A CSeq value."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> "CSeq":
        """Parse. Raises :class:`ProtocolError` beyond 2**31 (RFC 3261 8.1.1.5)."""
        parts = text.split()
        if len(parts) != 2 or not re.fullmatch(r"\d{1,10}", parts[0], re.ASCII) or not is_token(parts[1]):
            raise ProtocolError("wrong CSeq")
        if int(parts[0]) >= 1 << 31:
            raise ProtocolError("CSeq too large")
        return cls(int(parts[0]), parts[1])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


def top_via(headers: Headers) -> Via:
    """The first Via. Raises :class:`ProtocolError` when there is none."""
    vias = split_list(headers.get("via"))
    if not vias:
        raise ProtocolError("no Via")
    return Via.parse(vias[0])


def check_vias(headers: Headers) -> None:
    """Raise :class:`ProtocolError` unless every Via is well formed, separators included."""
    for line in headers.lines("via"):
        if has_stray_separators(line):
            raise ProtocolError("a Via holds empty values")
        for via in split_list(line):
            Via.parse(via)


def mark_received(headers: Headers, host: str, port: int) -> Via:
    """Write ``received`` and ``rport`` into the top Via of a request (RFC 3261 18.2.1, RFC 3581 4) and give it parsed.

    The rest of the value stays byte for byte. Raises :class:`ProtocolError`.
    """
    via = top_via(headers)
    line = headers.get("via")
    first, *others = split_list(line)
    wants_rport = param(via.params, "rport") is not None
    marked = re.sub(r";\s*received\s*=\s*[^;]*", "", first, flags=re.IGNORECASE)
    if wants_rport:
        marked = re.sub(r";\s*rport\s*(=\s*[^;]*)?(?=;|\Z)", f";rport={port}", marked, count=1, flags=re.IGNORECASE)
    if wants_rport or via.host.lower() != host.lower():
        marked += f";received={host}"
    if marked != first:
        headers.replace_first("via", ", ".join([marked, *others]))
        via = Via.parse(marked)
    return via
