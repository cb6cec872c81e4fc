"""Where a turn's last sound lies: from there on the caller waits.

The ear's own idea of it (:attr:`~voicebot.turns.ear.Utterance.last_voiced`) is that of the detector, which looks at
windows of 32 ms and lags: what a caller measures at their end of the line is the last sound that stands out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from voicebot.audio.frames import AudioFrame
from voicebot.audio.levels import SLICE_MS, voiced_slices

_BEFORE_MS, _AFTER_MS = 200, 300
"""How far from where the detector heard the last voice it may be."""

_QUIET_MS = 40
"""So long nothing must stand out at the end, or the line is noisy and the detector alone can tell."""


@dataclass(frozen=True, slots=True)
class LastSound:
    """Positions in the heard audio: where the sound is ``over``, when it had been ``heard`` (the end of its frame), and
    when it had ``come`` off the line (before that, by what the buffer held it back)."""

    over: int
    heard: int
    came: float


def last_sound(frames: Sequence[AudioFrame], last_voiced: int) -> LastSound:
    """The last sound of a turn that consists of these frames (at least one), in order and without gaps."""
    rate = frames[0].rate
    early, late = last_voiced - _BEFORE_MS * rate // 1000, last_voiced + _AFTER_MS * rate // 1000
    near = [frame for frame in frames if early <= frame.position < late] or [frames[-1]]
    over = min(last_voiced, near[-1].position + len(near[-1].samples))
    stands_out = voiced_slices(np.concatenate([frame.samples for frame in near]), rate)
    if stands_out.any() and not stands_out[-_QUIET_MS // SLICE_MS :].any():
        over = near[0].position + (int(np.flatnonzero(stands_out)[-1]) + 1) * SLICE_MS * rate // 1000
    frame = next(frame for frame in near if over <= frame.position + len(frame.samples))
    heard = frame.position + len(frame.samples)
    if frame.transit is None:
        return LastSound(over, heard, heard)
    waited = frame.transit.waited((heard - over) * 1000 / rate + 1000 / rate)
    return LastSound(over, heard, heard - waited * rate / 1000)
