"""Security descriptions: SRTP keys in SDP's ``crypto`` attribute (RFC 4568)."""

import base64
import binascii
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from voicebot.telephony.rtp.srtp import CryptoSuite, MasterKey

_LINE = re.compile(
    r"(?P<tag>\d{1,9})[ \t]+(?P<suite>[A-Za-z0-9_]+)[ \t]+(?P<keys>\S+)(?P<parameters>(?:[ \t]+\S+)*)\s*"
)
_LIFETIME = re.compile(r"(2\^\d{1,2}|\d{1,15})", re.ASCII)
_HINTS = re.compile(r"WSH=\d{1,9}", re.ASCII)
"""Session parameters that change nothing for us: the window size hint. All others would have to be obeyed."""


@dataclass(frozen=True, slots=True)
class Crypto:
    """One ``crypto`` attribute: its tag, and the suite with the key for what its writer sends."""

    tag: int
    key: MasterKey

    @classmethod
    def make(cls, tag: int, suite: CryptoSuite) -> "Crypto":
        """A fresh key of ours."""
        return cls(tag, MasterKey(suite, secrets.token_bytes(suite.key_length)))

    def __str__(self) -> str:
        return f"{self.tag} {self.key.suite} inline:{base64.b64encode(self.key.octets).decode()}"


def parse_crypto(value: str) -> Crypto | None:
    """Read an attribute's value; None for one that we can't or won't use.

    Not used: unknown suites, more than one key or a master key identifier (libsrtp's binding has none), and session
    parameters that change the protection, such as ``UNENCRYPTED_SRTP``.
    """
    match = _LINE.fullmatch(value.strip())
    if match is None or match["suite"].upper() not in CryptoSuite.__members__:
        return None
    if any(not _HINTS.fullmatch(parameter) for parameter in match["parameters"].split()):
        return None
    method, colon, info = match["keys"].partition(":")
    text, *more = info.split("|")
    if method.lower() != "inline" or not colon or ";" in info or len(more) > 1:
        return None
    if more and not _LIFETIME.fullmatch(more[0]):
        return None
    suite = CryptoSuite(match["suite"].upper())
    try:
        octets = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)  # some leave the padding out
    except (binascii.Error, ValueError):
        return None
    return Crypto(int(match["tag"]), MasterKey(suite, octets)) if len(octets) == suite.key_length else None


def first_usable(values: Iterable[str]) -> Crypto | None:
    """The first attribute that we can use: its writer prefers those named first (section 5.1.1)."""
    return next((crypto for value in values if (crypto := parse_crypto(value)) is not None), None)
