"""How many calls may begin in a second: a token bucket (one second's worth may come at once)."""


class CallPace:
    """Admits ``per_second`` calls a second, at least one at a time. Times are seconds of one steady clock."""

    def __init__(self, per_second: float, now: float) -> None:
        self._rate = per_second
        self._most = max(per_second, 1.0)
        self._left = self._most
        self._at = now

    def admits(self, now: float) -> bool:
        """Whether a call may begin now; it is counted if so."""
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
