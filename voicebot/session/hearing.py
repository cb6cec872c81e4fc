"""From a caller's turn to words, guessing ahead at the first pause so that the words are there when it ends."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from voicebot.dialogue.acts import Ask
from voicebot.errors import SpeechUnavailable
from voicebot.stt.transcript import Hints, Transcriber, Transcript
from voicebot.turns.ear import Utterance


@dataclass(frozen=True, slots=True)
class _Guess:
    last_voiced: int
    task: asyncio.Task[Transcript]


class Hearing:
    """Transcribes one caller's turns. At most one guess is under way; a void one is cancelled.

    ``guessed`` hears what a guess made of the turn, while it still counts.
    """

    def __init__(self, transcriber: Transcriber, call_id: str, guessed: Callable[[Transcript], None]) -> None:
        self._guessed = guessed
        self._transcriber = transcriber
        self._call_id = call_id
        self._guess: _Guess | None = None
        self._hints = Hints()

    @property
    def guessing(self) -> bool:
        """Whether a guess is being transcribed now."""
        return self._guess is not None and not self._guess.task.done()

    def expect(self, asked: Ask | None) -> None:
        """What was asked, for the recogniser."""
        if asked is None:
            self._hints = Hints()
        else:
            self._hints = Hints(asked.profile.value, asked.text, asked.hints)

    def speculate(self, utterance: Utterance | None) -> None:
        """Begin to transcribe what may be the whole turn; None says that it was not."""
        self.forget()
        if utterance is not None:
            task = asyncio.get_running_loop().create_task(self._transcribe(utterance))
            # a guess that nobody asks for may fail unseen: the turn's own transcription then reports it
            task.add_done_callback(self._tell)
            self._guess = _Guess(utterance.last_voiced, task)

    def forget(self) -> None:
        """Drop the guess under way."""
        if self._guess is not None:
            self._guess.task.cancel()
            self._guess = None

    async def words(self, utterance: Utterance) -> Transcript:
        """The words of a finished turn. Raises :class:`~voicebot.errors.SpeechUnavailable`."""
        guess, self._guess = self._guess, None
        if guess is not None and guess.last_voiced == utterance.last_voiced:
            try:
                return await guess.task
            except SpeechUnavailable:
                return await self._transcribe(utterance)
        if guess is not None:
            guess.task.cancel()
        return await self._transcribe(utterance)

    async def _transcribe(self, utterance: Utterance) -> Transcript:
        return await self._transcriber.transcribe(
            utterance.samples, utterance.rate, hints=self._hints, call_id=self._call_id
        )

    def _tell(self, task: asyncio.Task[Transcript]) -> None:
        if task.cancelled() or task.exception() is not None:
            return
        if self._guess is not None and self._guess.task is task:
            self._guessed(task.result())
