"""Is what we hear our own voice coming back?

A phone returns what it plays at a nearly fixed delay and loss. So the loudness of an echo follows what we
played, frame by frame, while another person's does not. Delay and loss are learned from the two envelopes, and from
then on a frame no louder than the echo to be expected is ours. It costs microseconds; it cancels nothing.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
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


class EchoWatch:
    """Compares what is heard with what was played, in 20 ms steps of one call.

    What was played is kept in half frames, since a delay is seldom a whole number of frames and a misaligned
    envelope hides how closely the two agree.
    """

    def __init__(self) -> None:
        self._played = np.full(2 * (_WINDOW + MAX_DELAY_FRAMES), _SILENT_POWER)
        self._heard = np.full(_WINDOW, QUIET_DBFS)
        self._path: tuple[int, float] | None = None
        self._missing = 0

    @property
    def path(self) -> tuple[float, float] | None:
        """Delay in ms and gain in dB of the echo, once it is known."""
        return None if self._path is None else (self._path[0] * 10.0, self._path[1])

    def step(self, heard: NDArray[np.int16], played: NDArray[np.int16] | None) -> bool:
        """Take one frame of each way, ``played`` the one that went out last. Says whether ``heard`` is our echo."""
        self._played[:-2] = self._played[2:]
        if played is None:
            self._played[-2:] = _SILENT_POWER
        else:
            halves = played[: len(played) // 2 * 2].astype(np.float64).reshape(2, -1) / 32768.0
            self._played[-2:] = np.maximum((halves**2).mean(axis=1), _SILENT_POWER)
        self._heard[:-1] = self._heard[1:]
        self._heard[-1] = level_dbfs(heard)
        if self._played.max() < _ACTIVE_POWER:
            return False
        if self._heard[-1] > _CLIP_DBFS:
            self._learn()
        return self._is_echo()

    def _is_echo(self) -> bool:
        if self._path is None:
            return False
        delay, gain = self._path
        # A loud half frame lends its reverberation to the two frames after it.
        newest = len(self._played) - delay
        near = self._played[max(0, newest - 6) : newest + 1]
        expected = 10 * float(np.log10(near.max())) + gain
        level = float(self._heard[-1])
        if expected > _CLIP_DBFS + _MISSING_DB and level < expected - _MISSING_DB:
            self._missing += 1
            if self._missing >= _FORGET_FRAMES:
                self._path, self._missing = None, 0
        elif level > _CLIP_DBFS:
            self._missing = 0
        return level <= expected + _MARGIN_DB

    def _learn(self) -> None:
        heard = np.maximum(self._heard, _CLIP_DBFS)
        frames = (self._played[:-1] + self._played[1:]) / 2
        windows = sliding_window_view(frames, 2 * _WINDOW - 1)[:, ::2]
        played = np.maximum(10 * np.log10(windows), _CLIP_DBFS)
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
            self._path, self._missing = (len(windows) - 1 - best, gain), 0
