"""Does the caller interrupt the bot?

At the first voice the bot falls silent, which costs nothing if it was a cough: within 600 ms it is decided whether
somebody speaks (the bot yields the floor) or not (it goes on where it paused). The words decide as soon as there are
any; where none come in time, the length of the voice does.
"""

import re
from enum import StrEnum

from voicebot.audio.frames import FRAME_MS
from voicebot.turns.vad import QUIET_DBFS

PAUSE_MS = 40
"""Voice that makes the bot pause; with the detector's own lag this is within 100 ms of the first sound."""

LOUD_MS = 60
"""Sound that stands out, voice or not, that makes it pause: an "s" is no voice yet, and a pause costs nothing."""

AGAIN_MS = 160
"""Voice that makes it pause once more, after a pause inside the same speech that was for nothing."""

LOUDER_DB = 6.0
"""How much louder than what it paused for in vain a sound must be to count as something new."""

YIELD_MS = 300
"""Voice inside the window that makes it yield, if no words say otherwise."""

WORDS_MS = 480
"""How long words are waited for before the length of the voice decides."""

WINDOW_MS = 520
_ASSENT_MS = 520
"""Voice that is too long for an "mhm", whatever was made of it."""

_OVER_MS = 240
"""Silence after which what was heard is over."""

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
    words = " ".join(re.sub(r"[^a-z ]+", " ", text.lower()).split())
    return words in _BACKCHANNELS


def may_become_backchannel(text: str) -> bool:
    """The same of words of which more may follow: "I" may become "I see"."""
    words = " ".join(re.sub(r"[^a-z ]+", " ", text.lower()).split())
    return any(one == words or one.startswith(f"{words} ") for one in _BACKCHANNELS)


class BargeIn:
    """Decides while the bot speaks. Fed once a frame; time is counted in frames."""

    def __init__(self) -> None:
        self._holding = False
        self._run = self._loud_run = 0
        self._vain_dbfs = QUIET_DBFS
        self._peak_dbfs = QUIET_DBFS
        self._elapsed_ms = 0
        self._voiced_ms = 0
        self._silent_ms = 0
        self._words = False
        self._assent = False
        self._in_vain = False

    @property
    def holding(self) -> bool:
        """Whether the bot has paused and it is not yet decided who has the floor."""
        return self._holding

    @property
    def wants_words(self) -> bool:
        """Whether it is time to find out what is being said: something is, or was until now, and nobody knows what."""
        if not self._holding or self._words:
            return False
        return self._elapsed_ms == 240 or (self._silent_ms == 40 and self._voiced_ms >= 100)

    def words(self, partial: str, *, assent: bool | None = None) -> None:
        """Words were recognised in what is being said: real speech, unless they only say "I'm listening".

        ``assent`` tells which of the two, if it is known better than by the words alone.
        """
        if self._holding and partial.strip():
            self._assent = may_become_backchannel(partial) if assent is None else assent
            self._words = not self._assent

    def feed(
        self,
        voiced: bool,
        *,
        speaking: bool,
        interruptible: bool,
        loud: bool = False,
        level_dbfs: float = QUIET_DBFS,
    ) -> BargeInAction | None:
        """Take one frame: whether it was voiced, whether the bot has something to say, and may be interrupted.

        ``loud`` says that it stood out from the line and from the bot's own echo, whatever it was.
        """
        if self._holding:
            self._peak_dbfs = max(self._peak_dbfs, level_dbfs)
            return self._decide(voiced)
        self._run = self._run + FRAME_MS if voiced else 0
        self._loud_run = self._loud_run + FRAME_MS if loud else 0
        self._in_vain = self._in_vain and speaking
        again = self._in_vain and level_dbfs < self._vain_dbfs + LOUDER_DB
        begun = self._run >= AGAIN_MS if again else self._run >= PAUSE_MS or self._loud_run >= LOUD_MS
        if not (speaking and interruptible and begun):
            return None
        self._holding, self._words, self._assent = True, False, False
        self._elapsed_ms, self._voiced_ms, self._silent_ms = 0, self._run, 0
        self._peak_dbfs = level_dbfs
        return BargeInAction.PAUSE

    def _decide(self, voiced: bool) -> BargeInAction | None:
        self._elapsed_ms += FRAME_MS
        self._voiced_ms += FRAME_MS if voiced else 0
        self._silent_ms = 0 if voiced else self._silent_ms + FRAME_MS
        spoken = self._voiced_ms >= (_ASSENT_MS if self._assent else YIELD_MS)
        if self._words or (spoken and voiced and self._elapsed_ms >= WORDS_MS):
            return self._close(BargeInAction.YIELD)
        if self._silent_ms >= _OVER_MS and not spoken:
            return self._close(BargeInAction.RESUME)
        if self._elapsed_ms >= WINDOW_MS:
            # What is over by now and gave no words may still turn out to be some: the turn will tell.
            speaks = voiced and not self._assent
            return self._close(BargeInAction.YIELD if speaks else BargeInAction.RESUME)
        return None

    def _close(self, action: BargeInAction) -> BargeInAction:
        self._holding, self._words, self._assent, self._run = False, False, False, 0
        self._loud_run = 0
        self._in_vain = action is BargeInAction.RESUME
        self._vain_dbfs = self._peak_dbfs
        return action
