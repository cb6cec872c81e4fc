"""Addresses as From, To, Contact, Route and P-Asserted-Identity carry them (RFC 3261 section 20.10)."""

import re
from dataclasses import dataclass, replace

from voicebot.errors import ProtocolError
from voicebot.telephony.sip.uri import Params, Uri, format_params, is_uri, param, parse_params

_DISPLAY_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Address:
    """A name-addr or addr-spec with header parameters. ``display`` is unquoted."""

    uri: Uri
    display: str = ""
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Parse one value. Raises :class:`ProtocolError`.

        Without angle brackets every parameter belongs to the header, not to the URI (RFC 3261 20).
        """
        display, uri, params = _split(text)
        return cls(Uri.parse(uri), display, parse_params(params))

    def __str__(self) -> str:
        quoted = ""
        if self.display:
            clean = _DISPLAY_FORBIDDEN.sub(" ", self.display).replace("\\", "\\\\").replace('"', '\\"')
            quoted = f'"{clean}" '
        return f"{quoted}<{self.uri}>{format_params(self.params)}"

    @property
    def tag(self) -> str:
        """The tag, or "" when there is none."""
        return param(self.params, "tag") or ""

    def with_tag(self, tag: str) -> "Address":
        """The same address with that tag."""
        kept = tuple(p for p in self.params if p[0].lower() != "tag")
        return replace(self, params=(*kept, ("tag", tag)))


def _split(text: str) -> tuple[str, str, str]:
    """Display name (unquoted), URI and raw parameters of a value. Raises :class:`ProtocolError`."""
    text = text.strip()
    display = ""
    if text.startswith('"'):
        match = re.match(r'"((?:[^"\\]|\\.)*)"\s*', text)
        if match is None:
            raise ProtocolError("a display name does not end")
        display = re.sub(r"\\(.)", r"\1", match[1])
        text = text[match.end() :]
        if not text.startswith("<"):
            raise ProtocolError("no address after the display name")
    name, opened, rest = text.partition("<")
    if not opened:
        uri, _, params = text.partition(";")
        if "?" in uri:
            raise ProtocolError("a URI with headers must stand in angle brackets")
        return "", uri, params
    uri, closed, params = rest.partition(">")
    if not closed:
        raise ProtocolError("an address does not end")
    params = params.strip()
    if params and not params.startswith(";"):
        raise ProtocolError("something follows an address")
    return display or name.strip(), uri, params


def check_address(value: str) -> None:
    """Raise :class:`ProtocolError` unless a raw From, To or Contact value is well formed, its URI of any scheme."""
    _, uri, params = _split(value)
    if not is_uri(uri.strip()):
        raise ProtocolError("not a URI")
    parse_params(params)


def tag_of(value: str) -> str:
    """The tag of a raw From or To value, "" when there is none. Raises :class:`ProtocolError`.

    The URI may have any scheme: who a message is from and to need not be somebody whom SIP can reach (RFC 3261 20.20).
    """
    check_address(value)
    return param(parse_params(_split(value)[2]), "tag") or ""
