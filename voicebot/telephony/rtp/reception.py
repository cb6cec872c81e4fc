"""What one receiver counts of one source, for its reports (RFC 3550 appendices A.1, A.3 and A.8)."""

_MAX_DROPOUT, _MAX_MISORDER = 3000, 100


class Reception:
    """Counts packets of one SSRC. ``jitter`` and arrival times are in ticks of its RTP clock."""

    def __init__(self, sequence: int) -> None:
        self.received = 0
        self.jitter = 0.0
        self._begin(sequence)
        self._transit: int | None = None

    def _begin(self, sequence: int) -> None:
        self._base = self._highest = sequence
        self._cycles = 0
        self._counted = 0
        self._bad: int | None = None
        self._expected_before = self._counted_before = 0

    @property
    def highest(self) -> int:
        """Extended highest sequence number."""
        return (self._cycles + self._highest) & 0xFFFFFFFF

    @property
    def expected(self) -> int:
        """Packets that the source has sent since the first one that came."""
        return self._cycles + self._highest - self._base + 1

    @property
    def lost(self) -> int:
        """Packets that did not come; negative when some came twice."""
        return self.expected - self._counted

    def packet(self, sequence: int, timestamp: int, arrival: int) -> None:
        """A packet came. ``arrival`` is in ticks of the RTP clock."""
        ahead = (sequence - self._highest) & 0xFFFF
        if ahead < _MAX_DROPOUT:
            if sequence < self._highest:
                self._cycles += 0x10000
            self._highest = sequence
        elif ahead <= 0x10000 - _MAX_MISORDER:
            # A large jump: two in a row mean that the source has started anew.
            if sequence != self._bad:
                self._bad = (sequence + 1) & 0xFFFF
                return
            self._begin(sequence)
        self.received += 1
        self._counted += 1
        transit = arrival - timestamp
        if self._transit is not None:
            change = ((transit - self._transit + 0x80000000) & 0xFFFFFFFF) - 0x80000000
            self.jitter += (abs(change) - self.jitter) / 16
        self._transit = transit

    def fraction_lost(self) -> int:
        """Of the packets since the last time that this was asked, the share that did not come, in 1/256."""
        expected, counted = self.expected - self._expected_before, self._counted - self._counted_before
        self._expected_before, self._counted_before = self.expected, self._counted
        lost = expected - counted
        return 0 if expected <= 0 or lost <= 0 else min(255, lost * 256 // expected)
