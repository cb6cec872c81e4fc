"""What is heard in place of audio that did not come: packet-loss concealment by waveform substitution.

Along the lines of ITU-T G.711 Appendix I: the last pitch period is said over and over, its seam blended over a quarter
of it, and fades from 10 ms on, to silence at 60 ms. Two things differ. Nothing is held back for a smooth start (that
would delay every call by 3.75 ms): the step between what was heard and its repetition decays over a quarter of a
period instead. And one period is repeated throughout rather than two and three after a while: measured by ITU-T P.862
on speech with 3 to 10 % lost, that sounds better. Pure; works at any rate.
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
_FADE_PER_STEP = 0.2
_JOIN_MS = 4


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
        """The first frame that came again, faded into from what was made up."""
        edge = self._step * _JOIN_MS // _STEP_MS
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
        self._loop = self._last_period()
        self._at = 0

    def _last_period(self) -> NDArray[np.float32]:
        """The last pitch period, its end blended so that it can be said in a circle."""
        quarter = self._pitch // 4
        loop = self._history[-self._pitch :].copy()
        before = self._history[len(self._history) - self._pitch - quarter : len(self._history) - self._pitch]
        ramp = np.linspace(0.0, 1.0, quarter, dtype=np.float32)
        loop[-quarter:] = loop[-quarter:] * (1 - ramp) + before * ramp
        return loop

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
