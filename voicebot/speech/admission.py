"""Who is still served when hearing falls behind: the calls in progress, at the price of guesses and of new calls.

A call whose words come late is a bad call; twenty such calls are twenty bad calls. So the lag is measured, guesses go
first, then calls that have not begun to be heard are refused (they are told so and get a person), and the others keep
their pace. Nothing becomes slow or worse without anybody being told.
"""

from collections import OrderedDict, deque

_WINDOW_S = 10.0
_KNOWN_S = 300.0
_MOST_KNOWN = 4096
_GUESSES_AT = 0.25
_READMIT_AT = 0.5


class Admission:
    """Decides by the measured waits of the last ten seconds and by what is expected of the queue.

    ``max_lag_ms`` is the wait above which new calls are refused. Times (``now``) are monotonic seconds.
    """

    def __init__(self, max_lag_ms: float) -> None:
        self._max_lag_ms = max_lag_ms
        self._waits: deque[tuple[float, float]] = deque()
        self._known: OrderedDict[str, float] = OrderedDict()
        self._behind = False

    def waited(self, ms: float, now: float) -> None:
        """A request that counts has waited ``ms`` before its turn came."""
        self._waits.append((now, ms))

    def lag_ms(self, now: float) -> float:
        """The longest wait of the last ten seconds."""
        while self._waits and self._waits[0][0] < now - _WINDOW_S:
            self._waits.popleft()
        return max((ms for _, ms in self._waits), default=0.0)

    def behind(self, expected_ms: float, now: float) -> bool:
        """Whether new calls are refused: from a lag above the limit until it is below half of it."""
        lag = max(self.lag_ms(now), expected_ms)
        self._behind = lag > self._max_lag_ms * (_READMIT_AT if self._behind else 1.0)
        return self._behind

    def admits(self, call: str, expected_ms: float, now: float, *, speculative: bool) -> bool:
        """Whether a request of ``call`` may queue, given the wait to be expected. Remembers calls that may."""
        behind = self.behind(expected_ms, now)
        if speculative and (behind or expected_ms > self._max_lag_ms * _GUESSES_AT):
            return False
        if behind and not self._is_known(call, now):
            return False
        self._known[call] = now
        self._known.move_to_end(call)
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return True

    def _is_known(self, call: str, now: float) -> bool:
        seen = self._known.get(call)
        return seen is not None and now - seen <= _KNOWN_S
