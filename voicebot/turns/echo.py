"""Is what we hear our own voice coming back?

A phone returns what it plays at a nearly fixed delay and loss. So the loudness of an echo follows what we
played, frame by frame, while another person's does not. Delay and loss are learned from the two envelopes, and from
then on a frame no louder than the echo to be expected is ours. It costs microseconds; it cancels nothing.
"""

from collections import deque
from math import log10

import numpy as np
from numpy.typing import NDArray

from voicebot.turns.vad import QUIET_DBFS, level_dbfs

MAX_DELAY_FRAMES = 20
"""Longest echo path looked for: 400 ms."""

_WINDOW = 25
_CLIP_DBFS = -60.0
_ACTIVE_DBFS = -45.0
_MIN_ACTIVE = 8
_SILENT_POWER = 1e-10
_ACTIVE_POWER = 10 ** (_ACTIVE_DBFS / 10)
_MIN_CORRELATION = 0.88
_MAX_GAIN_DB = -6.0
_MAX_SPREAD_DB = 2.2
_MARGIN_DB = 4.0
_MISSING_DB = 15.0
_FORGET_FRAMES = 50
_ASSUMED_MOST_DB = -16.0
_LEAST_MOST_DB = -45.0
_LATE_FRAMES = 8
"""A sound does not count for what may come back before it has been looked at for so long."""

_RELAX_DB = 0.7
"""How fast, a frame, the loudest that came back is forgotten."""
_LEARN_EVERY = 5
"""Frames from one comparison of the envelopes to the next: it is the dearest part, and a path takes longer to show."""

_REMEMBERED_FRAMES = _WINDOW + MAX_DELAY_FRAMES
_DELAYS = 2 * MAX_DELAY_FRAMES + 1
_WINDOWS = np.arange(_DELAYS)[:, np.newaxis] + 2 * np.arange(_WINDOW)[np.newaxis, :]
"""For each delay in half frames, longest first: which of the played envelope lies under the heard frames."""


def _envelope(first: float, second: float) -> float:
    """Level of a frame in dBFS from the power of its halves."""
    return max(10 * log10((first + second) / 2), _CLIP_DBFS)


class EchoWatch:
    """Compares what is heard with what was played, in 20 ms steps of one call.

    What was played is kept in half frames, since a delay is seldom a whole number of frames and a misaligned
    envelope hides how closely the two agree.
    """

    def __init__(self) -> None:
        # Lists, not arrays: a few numbers a frame are looked at far more often than all of them together.
        self._played = [_SILENT_POWER] * (2 * (_WINDOW + MAX_DELAY_FRAMES))
        self._envelope = [_CLIP_DBFS] * (len(self._played) - 1)
        self._heard = [QUIET_DBFS] * _WINDOW
        self._active_for = 0
        self._until_learning = _LEARN_EVERY
        self._path: tuple[int, float] | None = None
        self._missing = 0
        self._most_db = deque([_ASSUMED_MOST_DB], maxlen=_LATE_FRAMES)

    @property
    def path(self) -> tuple[float, float] | None:
        """Delay in ms and gain in dB of the echo, once it is known."""
        return None if self._path is None else (self._path[0] * 10.0, self._path[1])

    @property
    def bound(self) -> float:
        """Level in dBFS that an echo may have now as far as this line has shown: higher, and it is something else."""
        return self.loudest + self._most_db[0] + _MARGIN_DB

    @property
    def loudest(self) -> float:
        """Loudest half frame, in dBFS, of what was played and may still come back."""
        if self._active_for <= 0:
            return QUIET_DBFS
        return 10 * log10(max(self._played[-2 * MAX_DELAY_FRAMES :]))

    def step(self, heard: NDArray[np.int16], played: NDArray[np.int16] | None) -> bool:
        """Take one frame of each way, ``played`` the one that went out last. Says whether ``heard`` is our echo."""
        self._play(played)
        del self._heard[0]
        self._heard.append(level_dbfs(heard))
        if self._active_for <= 0:
            return False
        most_db = min(max(self._most_db[-1] - _RELAX_DB, self._heard[-1] - self.loudest, _LEAST_MOST_DB), 0.0)
        self._most_db.append(most_db)
        self._until_learning -= 1
        if self._until_learning <= 0 and self._heard[-1] > _CLIP_DBFS:
            self._until_learning = _LEARN_EVERY
            self._learn()
        return self._is_echo()

    def _play(self, played: NDArray[np.int16] | None) -> None:
        first = second = _SILENT_POWER
        if played is not None:
            half = len(played) // 2
            wave = played.astype(np.float32)
            early, late = wave[:half], wave[half : 2 * half]
            scale = 1.0 / (half * 32768.0**2)
            first = max(float(early.dot(early)) * scale, _SILENT_POWER)
            second = max(float(late.dot(late)) * scale, _SILENT_POWER)
        before = self._played[-1]
        del self._played[:2], self._envelope[:2]
        self._played += (first, second)
        self._envelope += (_envelope(before, first), _envelope(first, second))
        self._active_for = _REMEMBERED_FRAMES if max(first, second) >= _ACTIVE_POWER else self._active_for - 1

    def _is_echo(self) -> bool:
        if self._path is None:
            return False
        delay, gain = self._path
        # A loud half frame lends its reverberation to the two frames after it.
        newest = len(self._played) - delay
        expected = 10 * log10(max(self._played[max(0, newest - 6) : newest + 1])) + gain
        level = self._heard[-1]
        if expected > _CLIP_DBFS + _MISSING_DB and level < expected - _MISSING_DB:
            self._missing += 1
            if self._missing >= _FORGET_FRAMES:
                self._path, self._missing = None, 0
        elif level > _CLIP_DBFS:
            self._missing = 0
        return level <= expected + _MARGIN_DB

    def _learn(self) -> None:
        heard = np.maximum(np.array(self._heard), _CLIP_DBFS)
        played = np.array(self._envelope)[_WINDOWS]
        active = (played > _ACTIVE_DBFS) & (heard > _CLIP_DBFS + 3)
        counts = active.sum(axis=1)
        if counts.max() < _MIN_ACTIVE:
            return
        centred_heard = heard - heard.mean()
        centred_played = played - played.mean(axis=1, keepdims=True)
        energy = np.sqrt((centred_played**2).sum(axis=1) * (centred_heard**2).sum())
        correlation = (centred_played @ centred_heard) / np.maximum(energy, 1e-6)
        correlation[counts < _MIN_ACTIVE] = 0.0
        best = int(correlation.argmax())
        if correlation[best] < _MIN_CORRELATION:
            return
        gains = (heard - played[best])[active[best]]
        gain = float(np.median(gains))
        if gain <= _MAX_GAIN_DB and float(gains.std()) <= _MAX_SPREAD_DB:
            self._path, self._missing = (_DELAYS - 1 - best, gain), 0
