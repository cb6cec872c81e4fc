"""What is heard in place of audio that did not come: packet-loss concealment by waveform substitution.

After ITU-T G.711 Appendix I: the last pitch period is said again, after 10 ms the last two and after 20 ms the last
three, so that it does not buzz; from 10 ms on it fades, to silence at 60 ms. Unlike there, nothing is held back for
a smooth start (that would delay every call by 3.75 ms): the step between what was heard and its repetition
decays over a quarter of a period instead. Pure; works at any rate.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import frame_samples

_SHORTEST_MS, _LONGEST_MS = 2.5, 15.0
"""Pitch periods looked for: 400 to 66 Hz."""

_MATCH_MS = 20
_HISTORY_FRAMES = 3
_STEP_MS = 10
_MOST_PERIODS = 3
_FADE_PER_STEP = 0.2
_JOIN_MS, _JOIN_MORE_MS, _JOIN_MOST_MS = 4, 4, 10


class Concealment:
    """Remembers what one stream sounded like and goes on from there.

    Feed :meth:`remember` every frame of 20 ms that came; :meth:`frame` gives one in place of one that didn't, and
    :meth:`join` fades from there into the first that comes again.
    """

    def __init__(self, rate: int) -> None:
        self._frame = frame_samples(rate)
        self._step = rate * _STEP_MS // 1000
        self._low, self._high = int(rate * _SHORTEST_MS / 1000), int(rate * _LONGEST_MS / 1000)
        self._match = rate * _MATCH_MS // 1000
        self._past: deque[NDArray[np.int16]] = deque(maxlen=_HISTORY_FRAMES)
        self._steps = 0  # of 10 ms, made up in a row
        self._pitch = 0
        self._history = np.zeros(0, dtype=np.float32)
        self._loop = np.zeros(0, dtype=np.float32)
        self._at = 0
        self._silent = True

    @property
    def going_on(self) -> bool:
        """Whether the last frame was made up."""
        return self._steps > 0

    def remember(self, samples: NDArray[np.int16]) -> None:
        """A frame was heard as it came."""
        self._past.append(samples)
        self._steps = 0

    def forget(self) -> None:
        """Another source speaks: nothing of the last one may sound in it."""
        self._past.clear()
        self._steps = 0

    def frame(self) -> NDArray[np.int16]:
        """The next frame made up."""
        halves = [self._next_step() for _ in range(self._frame // self._step)]
        return np.concatenate(halves).astype(np.int16)

    def join(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """The first frame that came again, faded into from what was made up: longer after a longer loss."""
        edge_ms = min(_JOIN_MS + _JOIN_MORE_MS * (self._steps // 2), _JOIN_MOST_MS)
        edge = self._step * edge_ms // _STEP_MS
        tail = self._next_step()[:edge]
        ramp = np.linspace(0.0, 1.0, edge, dtype=np.float32)
        joined = samples.copy()
        joined[:edge] = (tail * (1 - ramp) + samples[:edge] * ramp).astype(np.int16)
        return joined

    def _next_step(self) -> NDArray[np.float32]:
        """The next 10 ms."""
        step = self._steps
        self._steps += 1
        if step == 0:
            self._begin()
        gain = 1.0 if step == 0 else 1.0 - _FADE_PER_STEP * (step - 1)
        if self._silent or gain <= 0.0:
            return np.zeros(self._step, dtype=np.float32)
        if step in (1, 2):
            self._widen(min(step + 1, _MOST_PERIODS))
        wave = self._loop[(self._at + np.arange(self._step)) % len(self._loop)]
        self._at += self._step
        if step == 0:
            return self._smooth_start(wave)
        until = max(0.0, gain - _FADE_PER_STEP)
        ramp: NDArray[np.float32] = np.linspace(gain, until, self._step, endpoint=False, dtype=np.float32)
        return wave * ramp

    def _begin(self) -> None:
        padding = [np.zeros(self._frame, dtype=np.int16)] * (_HISTORY_FRAMES - len(self._past))
        self._history = np.concatenate([*padding, *self._past]).astype(np.float32)
        self._silent = not self._history.any()
        if self._silent:
            return
        self._pitch = self._period()
        self._loop = self._periods(1)
        self._at = 0

    def _periods(self, count: int) -> NDArray[np.float32]:
        """The last ``count`` pitch periods, their end blended so that they can be said in a circle."""
        length = count * self._pitch
        quarter = self._pitch // 4
        loop = self._history[-length:].copy()
        before = self._history[len(self._history) - length - quarter : len(self._history) - length]
        ramp = np.linspace(0.0, 1.0, quarter, dtype=np.float32)
        loop[-quarter:] = loop[-quarter:] * (1 - ramp) + before * ramp
        return loop

    def _widen(self, count: int) -> None:
        """Go on in a longer loop at the same phase, blended over a quarter of a period."""
        quarter = self._pitch // 4
        old = self._loop[(self._at + np.arange(quarter)) % len(self._loop)]
        self._loop = self._periods(count)
        self._at %= self._pitch
        ramp = np.linspace(0.0, 1.0, quarter, dtype=np.float32)
        where = (self._at + np.arange(quarter)) % len(self._loop)
        blended = self._loop.copy()
        blended[where] = old * (1 - ramp) + self._loop[where] * ramp
        self._loop = blended

    def _smooth_start(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        quarter = self._pitch // 4
        gap = self._history[-1] - self._history[-1 - self._pitch]
        wave = wave.copy()
        wave[:quarter] += gap * np.linspace(1.0, 0.0, quarter, dtype=np.float32)
        loudest = float(np.abs(self._history).max())
        return np.clip(wave, -loudest, min(loudest, 32767.0))

    def _period(self) -> int:
        """Lag at which the end of what was heard is most like itself."""
        heard = self._history[-(self._match + self._high) :]
        recent = heard[-self._match :]
        past = np.lib.stride_tricks.sliding_window_view(heard[: len(heard) - self._low], self._match)
        score = past @ recent / np.sqrt(np.einsum("ij,ij->i", past, past) + 1.0)
        return self._low + len(score) - 1 - int(np.argmax(score))
