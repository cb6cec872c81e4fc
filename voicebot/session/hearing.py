"""From a caller's turn to words, guessing ahead at the first pause so that the words are there when it ends."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from voicebot.dialogue.acts import Ask
from voicebot.errors import Overloaded, SpeechUnavailable
from voicebot.session.foresight import Worth
from voicebot.stt.transcript import Hints, Transcriber, Transcript
from voicebot.turns.ear import Utterance


@dataclass(frozen=True, slots=True)
class _Guess:
    last_voiced: int
    task: asyncio.Task[Transcript]
    began: float


class Hearing:
    """Transcribes one caller's turns. At most one guess is under way; a void one is cancelled.

    ``guessed`` hears what a guess made of the turn, while it still counts, and ``deaf`` that nothing can be made of
    it because the recogniser is gone; ``worth`` counts what guessing was worth.
    """

    def __init__(
        self,
        transcriber: Transcriber,
        call_id: str,
        guessed: Callable[[Transcript], None],
        worth: Worth,
        deaf: Callable[[], None] = lambda: None,
    ) -> None:
        self._guessed = guessed
        self._deaf = deaf
        self._worth = worth
        self._transcriber = transcriber
        self._call_id = call_id
        self._guess: _Guess | None = None
        self._hints = Hints()

    @property
    def hints(self) -> Hints:
        """What the recogniser is told of the question that was asked."""
        return self._hints

    @property
    def guessing(self) -> bool:
        """Whether a guess is being transcribed now."""
        return self._guess is not None and not self._guess.task.done()

    def expect(self, asked: Ask | None) -> None:
        """What was asked, for the recogniser."""
        if asked is None:
            self._hints = Hints()
        else:
            self._hints = Hints(asked.profile.value, asked.text, asked.hints, slot=asked.slot)

    def speculate(self, utterance: Utterance | None) -> None:
        """Begin to transcribe what may be the whole turn; None says that it was not."""
        self.forget()
        if utterance is not None:
            task = asyncio.get_running_loop().create_task(self._transcribe(utterance, speculative=True))
            # a guess that nobody asks for may fail unseen: the turn's own transcription then reports it
            task.add_done_callback(self._tell)
            self._guess = _Guess(utterance.last_voiced, task, time.perf_counter())
            self._worth.heard += 1

    def forget(self) -> None:
        """Drop the guess under way."""
        guess, self._guess = self._guess, None
        if guess is not None:
            self._wasted(guess)

    async def words(self, utterance: Utterance) -> Transcript:
        """The words of a finished turn. Raises :class:`~voicebot.errors.SpeechUnavailable`."""
        guess, self._guess = self._guess, None
        self._worth.turns += 1
        if guess is not None and guess.last_voiced == utterance.last_voiced:
            try:
                transcript = await guess.task
            except SpeechUnavailable:
                return await self._transcribe(utterance)
            self._worth.heard_used += 1
            return transcript
        if guess is not None:
            self._wasted(guess)
        return await self._transcribe(utterance)

    def _wasted(self, guess: _Guess) -> None:
        task = guess.task
        if not task.done():
            self._worth.wasted_ms += (time.perf_counter() - guess.began) * 1000
        elif not task.cancelled() and task.exception() is None:
            self._worth.wasted_ms += task.result().compute_ms
        task.cancel()

    async def _transcribe(self, utterance: Utterance, *, speculative: bool = False) -> Transcript:
        return await self._transcriber.transcribe(
            utterance.samples,
            utterance.rate,
            hints=self._hints,
            call_id=self._call_id,
            speculative=speculative,
        )

    def _tell(self, task: asyncio.Task[Transcript]) -> None:
        if task.cancelled() or self._guess is None or self._guess.task is not task:
            return
        failure = task.exception()
        if failure is None:
            self._guessed(task.result())
        elif isinstance(failure, SpeechUnavailable) and not isinstance(failure, Overloaded):
            self._deaf()
