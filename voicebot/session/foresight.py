"""What the answer will be if the turn is over now: asked for and rendered during the pause that would end it.

Nothing comes of it unless the very turn that was foreseen is the one that is taken. What it was worth is counted.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from voicebot.dialogue.acts import BotAct, Prediction, Turn, TurnReply
from voicebot.errors import DialogueUnavailable


@runtime_checkable
class Foreseeing(Protocol):
    """A mind that can say what its answer to a turn would be, without anything having happened."""

    async def predict(self, turn: Turn) -> Prediction | None:
        """The answer, or None when it can't be known. Raises :class:`~voicebot.errors.DialogueUnavailable`."""
        ...


@dataclass(slots=True)
class Worth:
    """What was guessed ahead in one call. ``heard`` and ``foreseen`` count guesses at words and at answers, those with
    ``_used`` the ones that came true; ``wasted_ms`` is the time worked for the others. ``between`` counts readings of
    turns that went on, ``between_ms`` the time worked for these."""

    heard: int = 0
    heard_used: int = 0
    foreseen: int = 0
    foreseen_used: int = 0
    wasted_ms: float = 0.0
    turns: int = 0
    between: int = 0
    between_ms: float = 0.0


@dataclass(slots=True)
class _Guess:
    turn: Turn
    task: asyncio.Task[Prediction | None]
    began: float
    worked_ms: float = 0.0


class Foresight:
    """Foresees the answers of one call. ``prepare`` begins to render an answer; ``foreseen`` hears of each
    while it still counts. At most one is being worked on."""

    def __init__(
        self,
        mind: object,
        prepare: Callable[[Sequence[BotAct]], None],
        foreseen: Callable[[TurnReply], None],
        worth: Worth,
    ) -> None:
        self._mind = mind if isinstance(mind, Foreseeing) else None
        self._prepare = prepare
        self._foreseen = foreseen
        self._worth = worth
        self._guess: _Guess | None = None

    @property
    def working(self) -> bool:
        """Whether an answer is being worked out ahead."""
        return self._guess is not None and not self._guess.task.done()

    def begin(self, turn: Turn | None) -> None:
        """Work out the answer to a turn that may come; None: to none."""
        if self._guess is not None and self._guess.turn == turn:
            return
        self.forget()
        if turn is None or self._mind is None:
            return
        task = asyncio.get_running_loop().create_task(self._work(self._mind, turn))
        self._guess = _Guess(turn, task, time.perf_counter())
        self._worth.foreseen += 1
        task.add_done_callback(self._done)

    def forget(self) -> None:
        """What was foreseen will not come."""
        guess, self._guess = self._guess, None
        if guess is not None:
            self._worth.wasted_ms += guess.worked_ms or _since(guess.began)
            guess.task.cancel()

    async def settled(self, turn: Turn) -> Turn:
        """The turn has come: give it, marked as foreseen if it was. Waits for what is nearly there."""
        guess = self._guess
        if guess is None or guess.turn != turn:
            self.forget()
            return turn
        self._guess = None
        prediction = await guess.task
        if prediction is None:
            return turn
        self._worth.foreseen_used += 1
        return turn.model_copy(update={"ahead": prediction.token})

    async def _work(self, mind: Foreseeing, turn: Turn) -> Prediction | None:
        try:
            prediction = await mind.predict(turn)
        except DialogueUnavailable:
            return None  # the turn itself will tell
        if prediction is not None:
            self._tell(turn, prediction.reply)
            self._prepare(prediction.reply.acts)
        return prediction

    def _tell(self, turn: Turn, reply: TurnReply) -> None:
        if self._guess is not None and self._guess.turn == turn:
            self._foreseen(reply)

    def _done(self, task: asyncio.Task[Prediction | None]) -> None:
        if not task.cancelled():
            task.exception()
        if self._guess is not None and self._guess.task is task:
            self._guess.worked_ms = _since(self._guess.began)


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
