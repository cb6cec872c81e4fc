"""Does the caller interrupt the bot?

At the first voice the bot falls silent, which costs nothing if it was a cough: within 600 ms it is clear whether
somebody speaks (the bot yields the floor) or not (it goes on where it paused).
"""

import re
from enum import StrEnum

from voicebot.audio.frames import FRAME_MS

PAUSE_MS = 40
"""Voice that makes the bot pause; with the detector's own lag this is within 100 ms of the first sound."""

AGAIN_MS = 160
"""Voice that makes it pause once more, after a pause inside the same speech that was for nothing."""

YIELD_MS = 300
"""Voice inside the window that makes it yield."""

WINDOW_MS = 600
_GRACE_MS = 300

_BACKCHANNELS = frozenset(
    (
        *("mhm", "mm", "mmm", "mm hm", "mm hmm", "hmm", "hm", "uh huh", "aha", "ah", "oh", "okay", "ok"),
        *("right", "yeah", "yep", "aye", "i see", "all right", "alright", "sure"),
    )
)


class BargeInAction(StrEnum):
    """What the mouth must do now."""

    PAUSE = "pause"
    YIELD = "yield"
    RESUME = "resume"


def is_backchannel(text: str) -> bool:
    """Whether these words only say "I'm listening" while somebody explains ("mhm", "right").

    After a question they are an answer: ask this only about words spoken into a statement.
    """
    words = re.sub(r"[^a-z ]+", " ", text.lower()).split()
    return " ".join(words) in _BACKCHANNELS


class BargeIn:
    """Decides while the bot speaks. Fed once a frame; time is counted in frames."""

    def __init__(self) -> None:
        self._holding = False
        self._run = 0
        self._elapsed_ms = 0
        self._voiced_ms = 0
        self._words = False
        self._in_vain = False

    @property
    def holding(self) -> bool:
        """Whether the bot has paused and it is not yet decided who has the floor."""
        return self._holding

    def words(self, partial: str) -> None:
        """Words were recognised in what is being said: real speech, unless they only say "I'm listening"."""
        if self._holding and partial.strip() and not is_backchannel(partial):
            self._words = True

    def feed(self, voiced: bool, *, speaking: bool, interruptible: bool) -> BargeInAction | None:
        """Take one frame: whether it was voiced, whether the bot has something to say, and may be interrupted."""
        if self._holding:
            return self._decide(voiced)
        self._run = self._run + FRAME_MS if voiced else 0
        self._in_vain = self._in_vain and speaking
        if not (speaking and interruptible and self._run >= (AGAIN_MS if self._in_vain else PAUSE_MS)):
            return None
        self._holding, self._words = True, False
        self._elapsed_ms, self._voiced_ms = 0, self._run
        return BargeInAction.PAUSE

    def _decide(self, voiced: bool) -> BargeInAction | None:
        self._elapsed_ms += FRAME_MS
        self._voiced_ms += FRAME_MS if voiced else 0
        if self._voiced_ms >= YIELD_MS or self._words:
            return self._close(BargeInAction.YIELD)
        # Somebody who is in the middle of a word when the window closes may finish it.
        if self._elapsed_ms >= (WINDOW_MS + _GRACE_MS if voiced else WINDOW_MS):
            return self._close(BargeInAction.RESUME)
        return None

    def _close(self, action: BargeInAction) -> BargeInAction:
        self._holding, self._words, self._run = False, False, 0
        self._in_vain = action is BargeInAction.RESUME
        return action
