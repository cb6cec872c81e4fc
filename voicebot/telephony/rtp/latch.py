"""Symmetric RTP: which source the media of a call is taken from and sent to.

Signalling says where the peer expects media, but behind an address translator its packets come from elsewhere.
The rules, in the order in which they are asked:

1. A source outside the allowed networks is never listened to and never sent to.
2. The address that signalling named is always right.
3. While nothing is latched, the same host with another port is latched at once, another host after
   :data:`PROBATION` packets in a row.
4. Once latched, another source takes over only after :data:`PROBATION` packets in a row of one new SSRC while the
   latched source has been silent for :data:`SILENT_MS`. So nobody on the network can steal a live call's audio.
5. When signalling names another address, the source of before is not taken for :data:`SILENT_MS` from its next packet:
   the party may have changed, and what the old one said last, from the same host maybe, must not latch the new one.
"""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from voicebot.settings import Network

Address: TypeAlias = tuple[str, int]
PROBATION = 5
SILENT_MS = 500


@lru_cache(maxsize=1024)
def permitted(host: str, allowed: tuple[Network, ...]) -> bool:
    """Whether ``host`` is a literal address inside one of the networks."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address.version == network.version and address in network for network in allowed)


class SymmetricLatch:
    """The rules above for one stream. Times are in samples of the stream's clock."""

    def __init__(self, allowed: Sequence[Network], rate: int = 8000) -> None:
        self._allowed = tuple(allowed)
        self._silent = rate * SILENT_MS // 1000
        self.signalled: Address | None = None
        self.latched: Address | None = None
        self._heard_at = 0
        self._candidate: tuple[Address, int] | None = None
        self._in_row = 0
        self._former: Address | None = None
        self._former_until: int | None = None

    @property
    def target(self) -> Address | None:
        """Where to send."""
        return self.latched or self.signalled

    def signal(self, remote: Address) -> None:
        """Signalling names where the peer expects media. A new address undoes the latch."""
        if remote != self.signalled:
            self._former, self._former_until = self.target, None
            self.signalled = remote
            self.latched = None
            self._candidate = None

    def accept(self, source: Address, ssrc: int, now: int) -> bool:
        """Whether a packet that came at ``now`` belongs to the call; latches as it decides."""
        if source == self.latched:
            self._heard_at = now
            self._candidate = None
            return True
        if not permitted(source[0], self._allowed) or self._is_past(source, now):
            return False
        if self.latched is None and self.signalled is not None and source[0] == self.signalled[0]:
            return self._take(source, now)
        if source == self.signalled and now - self._heard_at >= self._silent:
            return self._take(source, now)
        if self._candidate != (source, ssrc):
            self._candidate, self._in_row = (source, ssrc), 0
        self._in_row += 1
        if self._in_row >= PROBATION and (self.latched is None or now - self._heard_at >= self._silent):
            return self._take(source, now)
        return False

    def _is_past(self, source: Address, now: int) -> bool:
        """Whether that is the source of before the last change, which still speaks for a moment."""
        if source != self._former or source == self.signalled:
            return False
        if self._former_until is None:
            self._former_until = now + self._silent
        return now < self._former_until

    def _take(self, source: Address, now: int) -> bool:
        self.latched = source
        self._heard_at = now
        self._candidate = None
        return True
