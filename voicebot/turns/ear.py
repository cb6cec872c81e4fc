"""Who is speaking, and when their turn is over.

The ear is fed every 20 ms frame and answers with events. It starts on 60 ms of voice and keeps the audio before
it, so that a short "yes" is whole; it takes a silence for the end of the turn by what was asked and how this
caller speaks (:mod:`voicebot.turns.profiles`). All times are counted in samples of received audio.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import FRAME_MS, AudioFrame
from voicebot.dialogue.acts import Profile
from voicebot.settings import TurnSettings
from voicebot.spoken.finished import Finish
from voicebot.turns.last_sound import LastSound, last_sound
from voicebot.turns.profiles import CallerPace
from voicebot.turns.vad import LAG_MS, VoiceActivity

START_PROBABILITY = 0.5
STAY_PROBABILITY = 0.35
START_FRAMES = 3
"""Voiced frames, out of the last ``_START_WINDOW``, that start an utterance."""

MIN_TURN_MS = 100
"""Less voice than this is a click or a cough, not a turn."""

_START_WINDOW = 6
_MIN_PEAK = 0.6
_ABOVE_FLOOR_DB = 6.0
_LEAD_MS = 200
_JOINED_MS = 160
_TRAIL_MS = 300
_PRE_ROLL_FRAMES = 25
_WENT_ON_MS = 900


class Activity(Protocol):
    """What tells speech from other sound; :class:`~voicebot.turns.vad.VoiceActivity` in a call."""

    level: float
    floor: float

    def feed(self, frame: AudioFrame) -> float:
        """Probability (0–1) that the newest audio is speech."""
        ...


class TurnEnd(StrEnum):
    """Why a turn is over."""

    SILENCE = "silence"
    COMPLETE = "complete"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """What a caller said in one turn.

    ``samples`` (mono int16 at ``rate``) run from ``start`` to ``end``, at most 200 ms before the sound that became
    voice and 300 ms after it; ``onset`` and ``last_voiced`` bound the voice itself. All four are positions in the
    heard audio.
    ``voiced_ms`` counts the voice alone; ``continues`` says that it goes on from a turn that had been taken as over.
    A speculative transcript of an earlier cut holds for this one when their ``last_voiced`` are equal.
    """

    samples: NDArray[np.int16]
    rate: int
    start: int
    end: int
    onset: int
    last_voiced: int
    voiced_ms: int
    continues: bool = False

    @property
    def duration_ms(self) -> float:
        """Length of ``samples`` in ms."""
        return len(self.samples) * 1000 / self.rate


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody speaks, since about ``onset``. It ends in :class:`TurnEnded` or :class:`SpeechDropped`."""

    position: int
    onset: int
    continues: bool = False


@dataclass(frozen=True, slots=True)
class SpeechDropped:
    """What had started was too short or too unlike speech to be a turn."""

    position: int


@dataclass(frozen=True, slots=True)
class PauseBegan:
    """The first short pause: the words so far may be transcribed on the chance that they are all."""

    position: int
    utterance: Utterance


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    """The caller went on after a pause: what was guessed from it is void."""

    position: int


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The caller has finished, or has spoken for as long as they may."""

    position: int
    utterance: Utterance
    reason: TurnEnd
    last_sound: LastSound


@dataclass(frozen=True, slots=True)
class NoInput:
    """Nobody spoke for ``waited_ms`` since the bot fell silent. Comes once for each ``expect``."""

    position: int
    waited_ms: int


EarEvent = SpeechStarted | SpeechDropped | PauseBegan | SpeechResumed | TurnEnded | NoInput


class _State(Enum):
    SILENT = auto()
    SPEAKING = auto()
    PAUSED = auto()


class Ear:
    """Listens to one party. ``position`` of every event is the end of the frame that brought it."""

    def __init__(
        self,
        rate: int,
        settings: TurnSettings | None = None,
        *,
        activity: Activity | None = None,
        pace: CallerPace | None = None,
    ) -> None:
        self.rate = rate
        self.settings = settings or TurnSettings()
        self.pace = pace or CallerPace(self.settings)
        self.voiced = False
        self._activity: Activity = activity or VoiceActivity(rate)
        self._profile = Profile.NORMAL
        self._finish = Finish.UNKNOWN
        self._no_input_ms: int | None = None
        self._waited_ms = 0
        self._last_end: TurnEnded | None = None
        self._pre_roll: deque[AudioFrame] = deque(maxlen=_PRE_ROLL_FRAMES)
        self._stood_out: deque[int] = deque(maxlen=_PRE_ROLL_FRAMES)
        self._state = _State.SILENT
        self._frames: list[AudioFrame] = []
        self._recent: deque[int | None] = deque(maxlen=_START_WINDOW)

    @property
    def speaking(self) -> bool:
        """Whether a turn of the caller is open (they speak, or pause inside it)."""
        return self._state is not _State.SILENT

    @property
    def end_ms(self) -> int:
        """Silence that would end the turn now, in ms."""
        return self.pace.end_ms(self._profile, self._finish)

    @property
    def level(self) -> float:
        """Level of the newest frame in dBFS."""
        return self._activity.level

    @property
    def floor(self) -> float:
        """Level of the line's noise in dBFS."""
        return self._activity.floor

    @property
    def talking_ms(self) -> int:
        """How long the turn is that somebody is in the middle of, in ms of audio; 0 in a pause and between turns."""
        return len(self._frames) * FRAME_MS if self._state is _State.SPEAKING else 0

    def so_far(self) -> Utterance | None:
        """What has been said of the turn that is open, or None when none is."""
        return self._utterance() if self.speaking else None

    def expect(self, profile: Profile, no_input_ms: int | None = None) -> None:
        """Wait for an answer of this kind; ``no_input_ms`` (default: the setting) counts once the bot is silent."""
        self._profile = profile
        self._finish = Finish.UNKNOWN
        self._no_input_ms = self.settings.no_input_ms if no_input_ms is None else no_input_ms
        self._waited_ms = 0

    def disarm(self) -> None:
        """Nobody is expected to speak: no :class:`NoInput`. Speech is still heard."""
        self._no_input_ms = None
        self._waited_ms = 0

    @property
    def finish(self) -> Finish:
        """How finished the words before the present pause sound, as far as known."""
        return self._finish

    def sounds(self, finish: Finish) -> None:
        """How finished the words before the present pause sound. Void once the caller goes on."""
        self._finish = finish

    def discard(self) -> None:
        """Forget the turn in progress: it wasn't the caller."""
        self._become_silent()

    def feed(self, frame: AudioFrame, *, bot_speaking: bool = False, echo: bool = False) -> tuple[EarEvent, ...]:
        """Take 20 ms. ``echo`` says that the frame is our own voice, which is no speech. Gives what happened."""
        probability = self._activity.feed(frame)
        needed = STAY_PROBABILITY if self._state is _State.SPEAKING else START_PROBABILITY
        stands_out = self._activity.level > self._activity.floor + _ABOVE_FLOOR_DB and not echo
        self.voiced = probability >= needed and stands_out
        self._now = frame.position + len(frame.samples)
        match self._state:
            case _State.SILENT:
                event = self._while_silent(frame, probability, stands_out, bot_speaking)
            case _State.SPEAKING:
                event = self._while_speaking(frame, probability)
            case _State.PAUSED:
                event = self._while_paused(frame)
        return (event,) if event is not None else ()

    def _while_silent(
        self, frame: AudioFrame, probability: float, stands_out: bool, bot_speaking: bool
    ) -> EarEvent | None:
        self._pre_roll.append(frame)
        if stands_out:
            self._stood_out.append(frame.position)
        self._recent.append(frame.position if self.voiced else None)
        voiced = [position for position in self._recent if position is not None]
        if self.voiced and len(voiced) >= START_FRAMES:
            return self._start(voiced, probability)
        if bot_speaking:
            self._waited_ms = 0
        elif self._no_input_ms is not None and not voiced:
            self._waited_ms += FRAME_MS
            if self._waited_ms >= self._no_input_ms:
                waited = self._waited_ms
                self.disarm()
                return NoInput(self._now, waited)
        return None

    def _start(self, voiced: list[int], probability: float) -> SpeechStarted:
        self._onset = max(self._pre_roll[0].position, voiced[0] - LAG_MS * self.rate // 1000)
        earliest = self._sound_began() - _LEAD_MS * self.rate // 1000
        self._frames = [frame for frame in self._pre_roll if frame.position >= earliest]
        self._last_voiced = self._now
        self._voiced_ms = len(voiced) * FRAME_MS
        self._peak = probability
        self._state = _State.SPEAKING
        self._continues = self._went_on()
        return SpeechStarted(self._now, self._onset, self._continues)

    def _sound_began(self) -> int:
        """Where the sound that led to the voice began: a faint "th" is no voice yet, but part of the word."""
        began = self._onset
        for position in reversed(self._stood_out):
            if began - position > _JOINED_MS * self.rate // 1000:
                break
            began = min(began, position)
        return began

    def _went_on(self) -> bool:
        """Whether the caller hadn't finished when their last turn was taken; the pause is then learned."""
        last = self._last_end
        if last is None or last.reason is TurnEnd.COMPLETE:
            return False
        if last.reason is TurnEnd.TOO_LONG:
            return (self._onset - last.position) * 1000 / self.rate < _WENT_ON_MS
        if (self._onset - last.position) * 1000 / self.rate >= _WENT_ON_MS:
            return False
        self.pace.cut_off((self._onset - last.utterance.last_voiced) * 1000 / self.rate, self._profile)
        return True

    def _while_speaking(self, frame: AudioFrame, probability: float) -> EarEvent | None:
        self._frames.append(frame)
        if self.voiced:
            self._voice(frame, probability)
            return self._too_long()
        if self._silence_ms() < min(self.settings.speculate_ms, self.end_ms):
            return None
        if self._voiced_ms < MIN_TURN_MS or self._peak < _MIN_PEAK:
            self._become_silent()
            return SpeechDropped(self._now)
        self._state = _State.PAUSED
        self._resuming: list[AudioFrame] = []
        return PauseBegan(self._now, self._utterance())

    def _while_paused(self, frame: AudioFrame) -> EarEvent | None:
        self._frames.append(frame)
        if self.voiced:
            self._resuming.append(frame)
            # One voiced frame inside a pause is a click or a breath; two are a word.
            if len(self._resuming) >= 2:
                pause_ms = (self._resuming[0].position - self._last_voiced) * 1000 / self.rate
                self.pace.paused(pause_ms, self._profile, self._finish)
                self._finish = Finish.UNKNOWN
                self._state = _State.SPEAKING
                for voiced in self._resuming:
                    self._voice(voiced, 0.0)
                return SpeechResumed(self._now)
            return None
        self._resuming.clear()
        if self._silence_ms() < self.end_ms:
            return self._too_long()
        return self._end(TurnEnd.COMPLETE if self._finish is Finish.COMPLETE else TurnEnd.SILENCE)

    def _voice(self, frame: AudioFrame, probability: float) -> None:
        self._voiced_ms += FRAME_MS
        self._last_voiced = frame.position + len(frame.samples)
        self._peak = max(self._peak, probability)

    def _silence_ms(self) -> float:
        return (self._now - self._last_voiced) * 1000 / self.rate

    def _too_long(self) -> TurnEnded | None:
        if len(self._frames) * FRAME_MS < self.settings.max_utterance_ms:
            return None
        return self._end(TurnEnd.TOO_LONG)

    def _utterance(self) -> Utterance:
        start = self._frames[0].position
        end = min(self._now, self._last_voiced + _TRAIL_MS * self.rate // 1000)
        samples = np.concatenate([frame.samples for frame in self._frames])[: end - start]
        return Utterance(
            samples=samples,
            rate=self.rate,
            start=start,
            end=start + len(samples),
            onset=self._onset,
            last_voiced=self._last_voiced,
            voiced_ms=self._voiced_ms,
            continues=self._continues,
        )

    def _end(self, reason: TurnEnd) -> TurnEnded:
        ended = TurnEnded(self._now, self._utterance(), reason, last_sound(self._frames, self._last_voiced))
        self._last_end = ended
        after = [] if reason is TurnEnd.TOO_LONG else [f for f in self._frames if f.position >= ended.utterance.end]
        self._finish = Finish.UNKNOWN
        self.disarm()
        self._become_silent(after)
        return ended

    def _become_silent(self, pre_roll: list[AudioFrame] | None = None) -> None:
        self._state = _State.SILENT
        self._frames = []
        self._recent.clear()
        self._waited_ms = 0
        if pre_roll is not None:
            self._pre_roll.clear()
            self._pre_roll.extend(pre_roll)
