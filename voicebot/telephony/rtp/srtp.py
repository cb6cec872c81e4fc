"""SRTP and SRTCP (RFC 3711, RFC 7714) of one call: keys that signalling agreed on, packets in and out.

The cryptography is libsrtp's, by way of pylibsrtp: authentication, the replay window and the roll-over counters
are its business; which key holds when is ours.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pylibsrtp import Error, Policy, Session


class CryptoSuite(StrEnum):
    """Suites by their SDES names (RFC 4568 section 6.2, RFC 7714 section 14.2), in the order in which we offer them."""

    AEAD_AES_128_GCM = "AEAD_AES_128_GCM"
    AES_CM_128_HMAC_SHA1_80 = "AES_CM_128_HMAC_SHA1_80"
    AES_CM_128_HMAC_SHA1_32 = "AES_CM_128_HMAC_SHA1_32"

    @property
    def key_length(self) -> int:
        """Octets of master key and salt together."""
        return 28 if self is CryptoSuite.AEAD_AES_128_GCM else 30


_PROFILES = {
    CryptoSuite.AEAD_AES_128_GCM: Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    CryptoSuite.AES_CM_128_HMAC_SHA1_80: Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    CryptoSuite.AES_CM_128_HMAC_SHA1_32: Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}
_WINDOW = 1024
"""Packets in the replay window: bursts after a stall may come far out of order."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """Key and salt of one direction. Its octets show in no log and no traceback."""

    suite: CryptoSuite
    octets: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.octets) != self.suite.key_length:
            raise ValueError(f"{self.suite} takes {self.suite.key_length} octets, not {len(self.octets)}")


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """What a call is encrypted with: the key for what we send, and for what the peer sends."""

    ours: MasterKey
    theirs: MasterKey


def _session(key: MasterKey, direction: int) -> Session:
    policy = Policy(key=key.octets, ssrc_type=direction, srtp_profile=_PROFILES[key.suite])
    policy.window_size = _WINDOW
    return Session(policy)


class SrtpContext:
    """Encrypts what one call sends and decrypts what it receives.

    :meth:`rekey` may be called during the call. Packets that were on their way under the peer's old key are still
    taken until the first one under the new key has come.
    """

    def __init__(self, keys: SrtpKeys) -> None:
        self.keys = keys
        self._out = _session(keys.ours, Policy.SSRC_ANY_OUTBOUND)
        self._in = _session(keys.theirs, Policy.SSRC_ANY_INBOUND)
        self._before: Session | None = None

    def rekey(self, keys: SrtpKeys) -> None:
        """Use these keys from now on. A direction whose key stays goes on with its counters."""
        if keys.ours != self.keys.ours:
            self._out = _session(keys.ours, Policy.SSRC_ANY_OUTBOUND)
        if keys.theirs != self.keys.theirs:
            self._before = self._in
            self._in = _session(keys.theirs, Policy.SSRC_ANY_INBOUND)
        self.keys = keys

    def protect(self, packet: bytes) -> bytes:
        """An RTP packet of ours, encrypted."""
        return self._out.protect(packet)

    def protect_rtcp(self, packet: bytes) -> bytes:
        """A compound RTCP packet of ours, encrypted."""
        return self._out.protect_rtcp(packet)

    def unprotect(self, packet: bytes) -> bytes | None:
        """An RTP packet of the peer's in clear; None for a forged, repeated or damaged one."""
        return self._open(packet, rtcp=False)

    def unprotect_rtcp(self, packet: bytes) -> bytes | None:
        """A compound RTCP packet of the peer's in clear; None likewise."""
        return self._open(packet, rtcp=True)

    def _open(self, packet: bytes, *, rtcp: bool) -> bytes | None:
        session = self._in
        try:
            clear = session.unprotect_rtcp(packet) if rtcp else session.unprotect(packet)
        except (Error, ValueError):  # ValueError: longer than pylibsrtp's buffer, so nothing of ours
            return self._open_before(packet, rtcp)
        if not rtcp:
            self._before = None
        return clear

    def _open_before(self, packet: bytes, rtcp: bool) -> bytes | None:
        session = self._before
        if session is None:
            return None
        try:
            return session.unprotect_rtcp(packet) if rtcp else session.unprotect(packet)
        except (Error, ValueError):
            return None
