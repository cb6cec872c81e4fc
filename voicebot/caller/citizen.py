"""A caller in the box: plays one side of a call from a script, and measures the other.

Pure: it is a :class:`~voicebot.telephony.leg.MediaPort` that is fed frames, over SIP or in memory alike. All its
times are counted in samples of the leg's clock. Give it a leg with :func:`take_seat`.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame, frame_samples
from voicebot.audio.levels import Activity, ActivityChange, ActivityMeter, voiced_slices
from voicebot.telephony.leg import CallLeg, KeyPress, LegEnded
from voicebot.telephony.rated import at_rate

_ONSET_GAP_MS = 200
_TALKED_ON_MS = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """What the caller does next, and when.

    It waits until the other side has spoken and finished, and then ``after_ms`` more. With ``barge_in_ms`` it
    waits only until the other side has spoken for so long.
    """

    after_ms: int = 0
    barge_in_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Say(Step):
    """Say ``samples`` (mono int16 at the leg's rate); ``text`` is what they mean."""

    samples: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, dtype=np.int16))
    text: str = ""


@dataclass(frozen=True, slots=True)
class Press(Step):
    """Press keys."""

    keys: str = ""


@dataclass(frozen=True, slots=True)
class Silent(Step):
    """Let the turn pass without a sound; the next step waits until the other side has spoken again."""


@dataclass(frozen=True, slots=True)
class HangUp(Step):
    """Hang up."""


class EventName(StrEnum):
    """What may be noted of a call."""

    RINGING = "ringing"
    ANSWERED = "answered"
    BOT_SPEECH_START = "bot_speech_start"
    BOT_SPEECH_END = "bot_speech_end"
    CALLER_SPEECH_START = "caller_speech_start"
    CALLER_SPEECH_END = "caller_speech_end"
    KEY = "key"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class CallerEvent:
    """Something happened at ``position``, in samples of the caller's clock. Speech is dated by its voiced samples."""

    name: EventName
    position: int
    detail: str = ""


@dataclass(slots=True)
class CallerTurn:
    """One step taken, and the other side's reaction. Positions are in samples.

    ``said_from`` and ``said_to`` bound what was voiced (for keys, when they were pressed). ``answered_at`` is the
    first voiced sample of the answer. ``bot_stopped_at`` is, for a barge-in, where the other side fell silent.
    ``cut_off`` says that the other side began to speak while this was being said.
    """

    step: Step
    said_from: int
    said_to: int
    answered_at: int | None = None
    bot_stopped_at: int | None = None
    cut_off: bool = False

    @property
    def text(self) -> str:
        """What was said or keyed."""
        match self.step:
            case Say(text=text):
                return text
            case Press(keys=keys):
                return keys
        return ""


class Citizen:
    """Plays ``steps`` on a leg of ``rate`` Hz.

    ``patience_ms`` of silence after speech mean that the other side has finished. If it says nothing for
    ``give_up_ms``, the next step is taken all the same. After the last step it hangs up once the other side has been
    silent for ``linger_ms`` (None: never), and in any case after ``limit_ms`` of call.

    Set :attr:`on_event` to hear events as they happen, :attr:`on_keys` and :attr:`on_hang_up` to carry out what it
    decides (:func:`take_seat` does). :meth:`heard` and :meth:`said` are the recordings.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        *,
        rate: int = 8000,
        patience_ms: int = 900,
        give_up_ms: int = 15000,
        linger_ms: int | None = 5000,
        limit_ms: int = 600_000,
        on_event: Callable[[CallerEvent], None] | None = None,
    ) -> None:
        self.rate = rate
        self.turns: list[CallerTurn] = []
        self.events: list[CallerEvent] = []
        self.keys_heard: list[KeyPress] = []
        self.end: LegEnded | None = None
        self.position = 0
        self.on_event = on_event
        self.on_keys: Callable[[str], None] | None = None
        self.on_hang_up: Callable[[], None] | None = None
        self._steps = list(steps)
        if linger_ms is not None and not (self._steps and isinstance(self._steps[-1], HangUp)):
            self._steps.append(HangUp(after_ms=linger_ms))
        self._patience = rate * patience_ms // 1000
        self._give_up = rate * give_up_ms // 1000
        self._limit = rate * limit_ms // 1000
        self._frame = frame_samples(rate)
        self._speech = ActivityMeter(rate, release_ms=patience_ms)
        self._onset = ActivityMeter(rate, release_ms=_ONSET_GAP_MS)
        self._heard: list[NDArray[np.int16]] = []
        self._said: list[NDArray[np.int16]] = []
        self._speaking: NDArray[np.int16] | None = None
        self._spoken = 0
        self._turn_over = 0  # where our last turn ended
        self._bot_has_spoken = False  # since then
        self._ready_since: int | None = None
        self._gone = False

    # MediaPort

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """20 ms: listen, decide, speak."""
        self.position = heard.position
        self._heard.append(heard.samples)
        self._listen(np.zeros(self._frame, dtype=np.int16) if heard.concealed else heard.samples)
        if self.position >= self._limit:
            self._hang_up()
        said: NDArray[np.int16] | None = None
        if self._speaking is None:
            self._decide()
        if self._speaking is not None:
            said = self._speak()
        self._said.append(np.zeros(self._frame, dtype=np.int16) if said is None else said)
        return said

    def key(self, press: KeyPress) -> None:
        """The other side pressed a key."""
        self.keys_heard.append(press)

    def ended(self, end: LegEnded) -> None:
        """The call is over."""
        self.end = end
        self._gone = True
        if self._speech.active:
            self._emit(EventName.BOT_SPEECH_END, self._speech.last_voiced)
        self._emit(EventName.ENDED, self.position + self._frame, end.reason.value)

    # what came of it

    def heard(self) -> NDArray[np.int16]:
        """What the other side said, from the first frame on."""
        return np.concatenate(self._heard) if self._heard else np.zeros(0, dtype=np.int16)

    def said(self) -> NDArray[np.int16]:
        """What we said, from the first frame on."""
        return np.concatenate(self._said) if self._said else np.zeros(0, dtype=np.int16)

    def latencies_ms(self) -> list[float]:
        """For each thing said and answered: last voiced sample sent to first voiced sample received."""
        return [
            (turn.answered_at - turn.said_to) * 1000 / self.rate
            for turn in self.turns
            if isinstance(turn.step, Say) and turn.answered_at is not None
        ]

    def ms(self, position: int) -> float:
        """A position in ms since the leg's clock started."""
        return position * 1000 / self.rate

    @property
    def done(self) -> bool:
        """Whether every step has been taken."""
        return not self._steps and self._speaking is None

    # listening

    def _listen(self, samples: NDArray[np.int16]) -> None:
        change = self._speech.feed(samples, self.position)
        if change is not None:
            started = change.change is ActivityChange.STARTED
            self._emit(EventName.BOT_SPEECH_START if started else EventName.BOT_SPEECH_END, change.position)
        onset = self._onset.feed(samples, self.position)
        if onset is not None:
            self._note_onset(onset)
        elif self._onset.active and self._onset.last_voiced - self._turn_over > self.rate * _TALKED_ON_MS // 1000:
            self._bot_has_spoken = True  # it never stopped for us

    def _note_onset(self, onset: Activity) -> None:
        turn = self.turns[-1] if self.turns else None
        if onset.change is ActivityChange.ENDED:
            if turn is not None and turn.bot_stopped_at is None and turn.step.barge_in_ms is not None:
                turn.bot_stopped_at = onset.position
            return
        if turn is not None and self._speaking is not None and onset.position > turn.said_from:
            if onset.position < turn.said_to:
                turn.cut_off = True
                self._bot_has_spoken = True
                return
        elif self._speaking is not None:
            return
        self._bot_has_spoken = True
        if turn is not None and turn.answered_at is None and onset.position >= turn.said_to:
            turn.answered_at = onset.position

    # acting

    def _decide(self) -> None:
        if self._gone or not self._steps:
            return
        step = self._steps[0]
        if step.barge_in_ms is not None and self._bot_has_spoken and self._speech.active:
            began = max(self._speech.began or 0, self._turn_over)
            if self.position + self._frame - began >= self.rate * step.barge_in_ms // 1000:
                self._take(step)
                return
        silent_for = self.position + self._frame - max(self._turn_over, self._speech.last_voiced)
        finished = self._bot_has_spoken and not self._speech.active and silent_for >= self._patience
        if not finished and silent_for < self._give_up:
            self._ready_since = None
            return
        if self._ready_since is None:
            self._ready_since = self.position
        if self.position - self._ready_since >= self.rate * step.after_ms // 1000:
            self._take(step)

    def _take(self, step: Step) -> None:
        self._steps.pop(0)
        self._ready_since = None
        here = self.position
        match step:
            case Say(samples=samples):
                rest = -len(samples) % self._frame
                self._speaking = np.concatenate([samples, np.zeros(rest, dtype=np.int16)])
                self._spoken = 0
                voiced = np.flatnonzero(voiced_slices(samples, self.rate))
                slice_ = self.rate // 200
                first = int(voiced[0]) * slice_ if len(voiced) else 0
                last = int(voiced[-1] + 1) * slice_ if len(voiced) else len(samples)
                self.turns.append(CallerTurn(step, here + first, here + last))
                self._emit(EventName.CALLER_SPEECH_START, here + first)
                if len(self._speaking) == 0:
                    self._speaking = None
                    self._turn_ended(here)
            case Press(keys=keys):
                self.turns.append(CallerTurn(step, here, here))
                for key in keys:
                    self._emit(EventName.KEY, here, key)
                if self.on_keys is not None:
                    self.on_keys(keys)
                self._turn_ended(here)
            case HangUp():
                self._hang_up()
            case _:
                self.turns.append(CallerTurn(step, here, here))
                self._turn_ended(here)

    def _speak(self) -> NDArray[np.int16] | None:
        assert self._speaking is not None
        frame = self._speaking[self._spoken : self._spoken + self._frame]
        self._spoken += self._frame
        if self._spoken >= len(self._speaking):
            self._speaking = None
            self._turn_ended(self.turns[-1].said_to, keep=self.turns[-1].cut_off)
            self._emit(EventName.CALLER_SPEECH_END, self.turns[-1].said_to)
        return frame

    def _turn_ended(self, position: int, *, keep: bool = False) -> None:
        self._turn_over = position
        self._bot_has_spoken = keep

    def _hang_up(self) -> None:
        if self._gone:
            return
        self._gone = True
        self._steps.clear()
        self._speaking = None
        if self.on_hang_up is not None:
            self.on_hang_up()

    def _emit(self, name: EventName, position: int, detail: str = "") -> None:
        event = CallerEvent(name, position, detail)
        self.events.append(event)
        if self.on_event is not None:
            self.on_event(event)


def take_seat(citizen: Citizen, leg: CallLeg) -> None:
    """Let ``citizen`` have a leg, of whatever rate: it hears and speaks, its keys and its hang-up are carried out.

    Must be called in a running event loop. A failure of the leg's own methods surfaces through the loop's exception
    handler.
    """
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def press(keys: str) -> None:
        task = loop.create_task(leg.send_keys(keys))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def hang_up() -> None:
        task = loop.create_task(leg.hangup())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    citizen.on_keys, citizen.on_hang_up = press, hang_up
    leg.attach(at_rate(citizen, citizen.rate, leg.rate))
