"""Which servers lately did not answer, so that others are tried before them (RFC 3263 4.3)."""

from collections.abc import Sequence

from voicebot.telephony.sip.events import Peer

BAD_S = 60.0
"""How long a server that failed is tried last, in seconds, unless it says how long."""
MAX_BAD_S = 600.0
MAX_REMEMBERED = 256


class Health:
    """What is known of servers. Times are in seconds on one steady clock."""

    def __init__(self) -> None:
        self._bad_until: dict[tuple[str, str, int], float] = {}

    def failed(self, peer: Peer, now: float, seconds: float = BAD_S) -> None:
        """It did not answer, or said that it can't serve for so long."""
        key = (peer.transport, peer.host, peer.port)
        self._bad_until.pop(key, None)
        self._bad_until[key] = now + min(max(seconds, 1.0), MAX_BAD_S)
        while len(self._bad_until) > MAX_REMEMBERED:
            del self._bad_until[next(iter(self._bad_until))]

    def worked(self, peer: Peer) -> None:
        """It answered."""
        self._bad_until.pop((peer.transport, peer.host, peer.port), None)

    def bad(self, peer: Peer, now: float) -> bool:
        """Whether it failed lately."""
        return self._bad_until.get((peer.transport, peer.host, peer.port), now) > now

    def order(self, peers: Sequence[Peer], now: float) -> list[Peer]:
        """The same servers, those that failed lately last: with none else to try they are still tried."""
        return sorted(peers, key=lambda peer: self.bad(peer, now))
