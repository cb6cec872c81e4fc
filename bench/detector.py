"""What voice activity costs: that of many calls on one core. ``python -m bench.detector [CALLS] [SECONDS]``.

The detector alone, as each call has one, on callers who speak for about 60 % of the time (:mod:`bench.sound`): no other
call is spoken in so much. Silence passes the energy gate for next to nothing.
"""

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench import sound
from voicebot.audio.frames import AudioFrame
from voicebot.turns.vad import VoiceActivity, warm_up

CALLS, SECONDS = 200, 4.0


@dataclass(frozen=True, slots=True)
class Cost:
    """``core`` is the share of a core that ``calls`` calls take (1.0: all of it), ``voiced`` that of voiced frames."""

    calls: int
    core: float
    voiced: float

    @property
    def calls_a_core(self) -> int:
        """Calls of which one core carries the detectors."""
        return int(self.calls / self.core)


def measure(calls: int = CALLS, seconds: float = SECONDS) -> Cost:
    """Feed the detectors of so many calls, frame by frame in turn, with so many seconds of audio each."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "talk.npz"
        sound.make(path)
        talk = sound.load(path, "caller")
    frames = [talk[at : at + sound.FRAME] for at in range(0, len(talk), sound.FRAME)]
    warm_up()
    detectors = [VoiceActivity(sound.RATE) for _ in range(calls)]
    voiced, count = 0, round(seconds * 50)
    cpu = time.process_time()
    for number in range(count):
        for call, detector in enumerate(detectors):
            frame = frames[(number + 13 * call) % len(frames)]
            voiced += detector.feed(AudioFrame(frame, sound.RATE, number * sound.FRAME)) >= 0.5
    cpu = time.process_time() - cpu
    return Cost(calls, cpu / seconds, voiced / (count * calls))


def told(cost: Cost) -> str:
    """A line for people."""
    return (
        f"voice activity of {cost.calls} calls, {100 * cost.voiced:.0f} % of their frames voiced: "
        f"{100 * cost.core:.0f} % of one core ({1000 * cost.core / cost.calls:.2f} ms a second and call)"
    )


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(told(measure(int((sys.argv[1:] or [str(CALLS)])[0]), float((sys.argv[2:] or [str(SECONDS)])[0]))))
