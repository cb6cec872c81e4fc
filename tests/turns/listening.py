"""Plays a case of the corpus to a caller's port, and tells what the port made of it. All in sample time.

The recogniser is one that hears every word said by a moment, and takes ``WORK_MS`` of the call's time for it; the
dialogue has an answer to every whole sentence, ``ANSWER_MS`` after that.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from tests.turns.corpus import MS, RATE, Case, on_the_line, prompt
from tests.turns.espeak_voice import Samples
from voicebot.audio.frames import AudioFrame
from voicebot.session.port import CallerPort, Spoke
from voicebot.settings import CallSettings, TurnSettings
from voicebot.spoken.finished import Finish, SentenceEnds
from voicebot.turns.ear import Utterance
from voicebot.turns.mouth import Heard, SpokenPiece

WORK_MS = 100
ANSWER_MS = 80
FRAME = RATE // 50
_FAINT = 40


@dataclass(slots=True)
class Outcome:
    """What came of a case. Positions are samples; ``said`` is what the bot put on the line."""

    case: Case
    turns: list[Spoke] = field(default_factory=list)
    lost_prompt: bool = False
    heard: list[Heard] = field(default_factory=list)
    said: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int16))
    yielded_at: int | None = None
    behind_ms: int = 0
    """How far what was heard may lie behind what was said, because of the line."""

    @property
    def cut_off(self) -> bool:
        """Whether a turn was taken as over before the caller's last word."""
        return any(turn.position < self.case.bounds[1] for turn in self.turns)

    @property
    def lost(self) -> bool:
        """Whether somebody spoke and no turn holds it."""
        first, last = self.case.bounds
        covered = [turn for turn in self.turns if turn.utterance.start <= first + (120 + self.behind_ms) * MS]
        return not covered or max(turn.utterance.end for turn in self.turns) < last - 60 * MS

    @property
    def answer_ms(self) -> float | None:
        """From the caller's last sound to the end of their turn."""
        return (self.turns[-1].position - self.case.bounds[1]) / MS if self.turns else None

    @property
    def pause_ms(self) -> float | None:
        """From the caller's first sound to the bot's silence; None when it never fell silent for it."""
        first = self.case.bounds[0]
        if not self.case.interruptible:
            return None
        loud = np.abs(self.said.astype(np.int32)) > _FAINT
        if not loud[first : first + FRAME * 2].any() and not loud[first - 30 * MS : first].any():
            return None  # it happened to be in a pause between words
        for at in range(first, min(first + 800 * MS, len(loud) - 120 * MS), FRAME // 4):
            if not loud[at : at + 120 * MS].any():
                return (at - first) / MS
        return 800.0

    @property
    def decided_ms(self) -> float | None:
        """From the bot's pause to its giving way."""
        return None if self.yielded_at is None else (self.yielded_at - self.case.bounds[0]) / MS


class _Recogniser:
    def __init__(self, case: Case) -> None:
        self._case = case
        self._due: tuple[int, str] | None = None

    def speculate(self, utterance: Utterance | None) -> None:
        """Begin to hear; void what was begun."""
        self._due = None
        if utterance is not None:
            said = [word for end, word in self._case.words if utterance.start <= end <= utterance.end + 40 * MS]
            self._due = utterance.end + WORK_MS * MS, " ".join(said)

    def ready(self, position: int) -> str | None:
        """Words that are there now."""
        if self._due is None or position < self._due[0]:
            return None
        (_, text), self._due = self._due, None
        return text


Line = Callable[[Samples], list[AudioFrame]]
"""What carries the caller's audio: it gives a frame for each 20 ms."""


def play(
    case: Case,
    ends: SentenceEnds,
    settings: TurnSettings | None = None,
    *,
    seed: int = 7,
    line: Line | None = None,
    behind_ms: int = 0,
) -> Outcome:
    """Play one case, over ``line`` if it is not a perfect one, on which speech may come ``behind_ms`` late."""
    outcome = Outcome(case, behind_ms=behind_ms)
    recogniser = _Recogniser(case)
    port = CallerPort(
        RATE,
        settings or TurnSettings(),
        CallSettings(),
        speculate=recogniser.speculate,
        piece_started=lambda *_: None,
        piece_over=outcome.heard.append,
        holding=np.zeros(0, np.int16),
        ends=ends,
    )
    port.expect(case.asked)
    if case.over_bot:
        port.say(SpokenPiece("prompt", "words", prompt(), case.interruptible))
    heard = on_the_line(case, seed)
    said = np.zeros(len(heard) + FRAME, np.int16)
    delay = case.echo_delay_ms * MS
    gain = 0.0 if case.echo_db is None else 10 ** (case.echo_db / 20)
    generation = port.generation
    answer_at: int | None = None
    frames = line(heard) if line is not None else _perfect(heard)
    for carried in frames:
        start, frame = carried.position, carried.samples
        if gain and start >= delay:
            echo = said[start - delay : start - delay + FRAME] * gain
            frame = (frame.astype(np.int32) + echo.astype(np.int32)).clip(-32768, 32767).astype(np.int16)
        out = port.exchange(replace(carried, samples=frame))
        if out is not None:
            said[start : start + FRAME] = out
        words = recogniser.ready(start + FRAME)
        if words is not None:
            answer_at = start + ANSWER_MS * MS if port.guessed(words) is Finish.CLOSED else None
        if answer_at is not None and start >= answer_at:
            answer_at = None
            if port.floor.ear.finish is Finish.CLOSED:
                port.understood()
        while not port.events.empty():
            event = port.events.get_nowait()
            if isinstance(event, Spoke):
                outcome.turns.append(event)
        if port.generation != generation and outcome.yielded_at is None:
            outcome.yielded_at = start + FRAME
    outcome.said = said
    outcome.lost_prompt = bool(outcome.heard) and not outcome.heard[0].complete
    return outcome


def _perfect(heard: Samples) -> list[AudioFrame]:
    return [AudioFrame(heard[at : at + FRAME], RATE, at) for at in range(0, len(heard) - FRAME + 1, FRAME)]
