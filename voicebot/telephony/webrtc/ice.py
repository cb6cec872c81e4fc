"""The answering side of ICE, lite (RFC 8445 section 2.5): it never asks, it only answers the browser's checks.

A server with an address of its own needs no more, and so no address that a browser names is ever sent to: media goes
only where a check with the right password came from. Without sockets: datagrams in, replies out.
"""

import secrets
import string
import struct
from dataclasses import dataclass

from aioice import stun

from voicebot.telephony.rtp.latch import Address

_ICE_CHARS = string.ascii_letters + string.digits + "+/"
_HOST_PRIORITY = 2130706431
"""Of our candidates (section 5.1.2.1): type preference 126, the highest local preference, component 1."""
_REMEMBERED = 8
"""Addresses of one browser that are listened to: its networks, and those behind address translators."""


def _word(length: int) -> str:
    return "".join(secrets.choice(_ICE_CHARS) for _ in range(length))


@dataclass(frozen=True, slots=True)
class Credentials:
    """A username fragment and password (section 5.3)."""

    ufrag: str
    password: str

    @classmethod
    def fresh(cls) -> "Credentials":
        """New random ones, with more than the 24 and 128 bits of randomness that are asked for."""
        return cls(_word(8), _word(24))


def is_stun(data: bytes) -> bool:
    """Whether a datagram on a multiplexed port is STUN (RFC 7983 section 7)."""
    return len(data) >= 20 and data[0] < 4


def candidate(host: str, port: int, number: int = 1) -> str:
    """One of our addresses as the value of an SDP ``candidate`` attribute (RFC 8839 section 5.1)."""
    return f"{number} 1 udp {_HOST_PRIORITY - ((number - 1) << 8)} {host} {port} typ host"


class IceLite:
    """One call's ICE. ``remote`` is where to send: the address of the pair that the browser nominated last."""

    def __init__(self) -> None:
        self.ours = Credentials.fresh()
        self.remote: Address | None = None
        self._before: Credentials | None = None
        self._peer_ufrag = ""
        self._checked: list[Address] = []

    def begin(self, peer_ufrag: str) -> bool:
        """An offer with this username fragment came; True when it restarts ICE (section 9), with new credentials.

        The old ones hold until then, so that media goes on over the old path while the new one is found.
        """
        restarts = bool(self._peer_ufrag) and peer_ufrag != self._peer_ufrag
        if restarts:
            self._before, self.ours = self.ours, Credentials.fresh()
        self._peer_ufrag = peer_ufrag
        return restarts

    def belongs(self, source: Address) -> bool:
        """Whether media from there is this call's: the address has proven that it knows the password."""
        return source in self._checked

    def receive(self, data: bytes, source: Address) -> bytes | None:
        """Take a STUN datagram and give the reply. Whatever is no rightful check is dropped without an answer."""
        try:
            message = stun.parse_message(data)
        except (ValueError, struct.error):
            return None
        if message.message_class is not stun.Class.REQUEST or message.message_method is not stun.Method.BINDING:
            return None
        credentials = self._meant(message.attributes.get("USERNAME", ""))
        if credentials is None or not message.check_message_integrity(credentials.password.encode()):
            return None
        if "ICE-CONTROLLED" in message.attributes:
            return self._reply(message, credentials, error=(487, "Role Conflict"))
        if source not in self._checked:
            self._checked = [*self._checked[-_REMEMBERED + 1 :], source]
        if "USE-CANDIDATE" in message.attributes and (credentials is self.ours or self.remote is None):
            self.remote = source
        return self._reply(message, credentials, mapped=source)

    def _meant(self, username: str) -> Credentials | None:
        ufrag, _, peer = username.partition(":")
        if ufrag == self.ours.ufrag and peer == self._peer_ufrag:
            return self.ours
        return self._before if self._before is not None and ufrag == self._before.ufrag else None

    @staticmethod
    def _reply(
        request: stun.Message,
        credentials: Credentials,
        *,
        mapped: Address | None = None,
        error: tuple[int, str] | None = None,
    ) -> bytes:
        reply = stun.Message(
            stun.Method.BINDING,
            stun.Class.RESPONSE if error is None else stun.Class.ERROR,
            transaction_id=request.transaction_id,
        )
        if mapped is not None:
            reply.attributes["XOR-MAPPED-ADDRESS"] = mapped
        if error is not None:
            reply.attributes["ERROR-CODE"] = error
        reply.add_message_integrity(credentials.password.encode())
        return bytes(reply)
