"""SIP, SIPS and tel URIs (RFC 3261 section 19.1, RFC 3966)."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import unquote

from voicebot.errors import ProtocolError

Params = tuple[tuple[str, str | None], ...]
"""Parameters in order; a name without ``=`` has the value None."""

_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*)\Z", re.ASCII)
_URI = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+\Z', re.ASCII)
_USER_SAFE = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,;?/%]")


def parse_params(text: str) -> Params:
    """Parse ``;a=1;b`` (the leading semicolon may be missing). Quoted values lose their quotes.

    Raises :class:`ProtocolError` on an empty name or a quote that does not end.
    """
    params: list[tuple[str, str | None]] = []
    for part in _split_params(text):
        name, equals, value = part.partition("=")
        name, value = name.strip(), value.strip()
        if not name:
            raise ProtocolError("a parameter has no name")
        if value.startswith('"'):
            if len(value) < 2 or not value.endswith('"'):
                raise ProtocolError("a quoted parameter does not end")
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        params.append((name, value if equals else None))
    return tuple(params)


def _split_params(text: str) -> list[str]:
    if '"' not in text:
        return [part for part in text.split(";") if part.strip()]
    parts: list[str] = []
    current: list[str] = []
    quoted = escaped = False
    for character in text:
        if character == ";" and not quoted:
            parts.append("".join(current))
            current = []
            continue
        current.append(character)
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
    if quoted:
        raise ProtocolError("a quoted parameter does not end")
    parts.append("".join(current))
    return [part for part in parts if part.strip()]


def format_params(params: Params) -> str:
    """The inverse of :func:`parse_params`; quotes values that are no tokens."""
    out = []
    for name, value in params:
        if value is None:
            out.append(f";{name}")
        elif value and not re.search(r'[\s;,"<>=?@\\]', value):
            out.append(f";{name}={value}")
        else:
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            out.append(f';{name}="{escaped}"')
    return "".join(out)


def param(params: Params, name: str) -> str | None:
    """The value of a parameter (names without case): "" when it is there without one, None when it is not there."""
    lower = name.lower()
    for key, value in params:
        if key.lower() == lower:
            return value or ""
    return None


def split_host_port(text: str) -> tuple[str, int | None]:
    """Split ``host[:port]``, where an IPv6 host stands in brackets. The host comes back without them.

    Raises :class:`ProtocolError` when either part is wrong.
    """
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        try:
            ipaddress.IPv6Address(host)
        except ValueError as error:
            raise ProtocolError("wrong IPv6 address") from error
        if not bracket or (rest and not rest.startswith(":")):
            raise ProtocolError("wrong IPv6 address")
        port_text = rest[1:]
        colon = bool(rest)
    else:
        host, separator, port_text = text.partition(":")
        colon = bool(separator)
        if not _HOST.match(host):
            raise ProtocolError("wrong host")
    if not colon:
        return host, None
    if not re.fullmatch(r"\d{1,5}", port_text, re.ASCII) or not 0 < int(port_text) < 65536:
        raise ProtocolError("wrong port")
    return host, int(port_text)


def join_host_port(host: str, port: int | None) -> str:
    """``host[:port]`` with brackets round an IPv6 address."""
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"


def is_uri(text: str) -> bool:
    """Whether ``text`` looks like a URI of whatever scheme."""
    return bool(_URI.match(text))


def escape_user(text: str) -> str:
    """Percent-encode what may not stand in a URI's user part."""
    return "".join(
        character if _USER_SAFE.match(character) and character != "%" else "".join(f"%{b:02X}" for b in part)
        for character in text
        for part in (character.encode("utf-8", "surrogateescape"),)
    )


@dataclass(frozen=True, slots=True)
class Uri:
    """A ``sip``, ``sips`` or ``tel`` URI. ``user`` is raw (percent-encoded); a ``tel`` URI has its number there."""

    scheme: str
    user: str = ""
    host: str = ""
    port: int | None = None
    params: Params = ()
    headers: str = ""

    @classmethod
    def parse(cls, text: str) -> "Uri":
        """Parse. Raises :class:`ProtocolError` for another scheme or a wrong address."""
        scheme, colon, rest = text.strip().partition(":")
        scheme = scheme.lower()
        if not colon or not rest or re.search(r'[\s<>"]', rest):
            raise ProtocolError("not a URI")
        if scheme == "tel":
            number, _, params = rest.partition(";")
            if not number:
                raise ProtocolError("a tel URI without a number")
            return cls("tel", number, params=parse_params(params))
        if scheme not in ("sip", "sips"):
            raise ProtocolError("unsupported URI scheme")
        user, at, address = rest.rpartition("@")
        if at and not user:
            raise ProtocolError("a URI with an empty user")
        address, _, headers = address.partition("?")
        host_port, _, params = address.partition(";")
        host, port = split_host_port(host_port)
        return cls(scheme, user, host, port, parse_params(params), headers)

    def __str__(self) -> str:
        if self.scheme == "tel":
            return f"tel:{self.user}{format_params(self.params)}"
        user = f"{self.user}@" if self.user else ""
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{user}{join_host_port(self.host, self.port)}{format_params(self.params)}{headers}"

    @property
    def number(self) -> str:
        """The user part as a person would write it: decoded, without password or user parameters."""
        return unquote(self.user.partition(";")[0].partition(":")[0])

    @property
    def transport(self) -> str:
        """The transport it asks for in capitals, or ``UDP`` (``TLS`` for sips) when it names none."""
        named = param(self.params, "transport")
        return named.upper() if named else ("TLS" if self.scheme == "sips" else "UDP")
