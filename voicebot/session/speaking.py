"""From Bot Acts to sound in the caller's ear: the first sentence is heard while the next one renders."""

import asyncio
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from voicebot.dialogue.acts import Ask, BotAct, Say, Wait
from voicebot.errors import SpeechUnavailable
from voicebot.session.ledger import Ledger, TurnEntry
from voicebot.session.manner import Manner
from voicebot.session.port import CallerPort
from voicebot.session.prompts import Prompts
from voicebot.session.timing import AnswerTimer
from voicebot.spoken.say import for_voice, sentences
from voicebot.tts.spoken import SpokenAudio, SpokenText, Voice
from voicebot.turns.mouth import Heard, SpokenPiece

_PAUSE_S = 0.18
"""Silence after each sentence."""


class Speaking:
    """Says things to one caller and keeps in the ledger what was really heard of them.

    ``first_sound`` is called with the position of the first sample of each piece.
    """

    def __init__(self, voice: Voice, prompts: Prompts, ledger: Ledger, manner: Manner) -> None:
        self._voice = voice
        self._prompts = prompts
        self._ledger = ledger
        self._manner = manner
        self._entries: dict[str, tuple[TurnEntry, list[str], int]] = {}
        self._pieces = 0
        self._ready: tuple[SpokenText, asyncio.Task[SpokenAudio]] | None = None

    def prepare(self, acts: Sequence[BotAct], leg_rate: int) -> None:
        """Begin to render what would be heard first of these acts, so that it is there if they are to be said."""
        first = next((act for act in acts if isinstance(act, Say | Ask | Wait) and act.text), None)
        if first is None or self._prompts.find(first.text, leg_rate) is not None:
            return
        wanted = self._wanted(_parts(first)[0], _rate(first), _language(first))
        if self._ready is not None and self._ready[0] == wanted:
            return
        self.unprepare()
        task = asyncio.get_running_loop().create_task(self._voice.speak(wanted, leg_rate))
        # a rendering that nobody asks for may fail unseen: the one in earnest then reports it
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._ready = wanted, task

    def unprepare(self) -> None:
        """What was prepared will not be said."""
        if self._ready is not None:
            self._ready[1].cancel()
            self._ready = None

    def _wanted(self, sentence: str, rate: float, language: str = "") -> SpokenText:
        # How numbers and the like are said is spelled out for English alone.
        text = sentence if language else for_voice(sentence)
        return SpokenText(text, rate * self._manner.rate, self._manner.volume, language)

    async def say(
        self, acts: Sequence[BotAct], port: CallerPort, at_ms: Callable[[], float], timer: AnswerTimer | None = None
    ) -> None:
        """Render and queue the acts that speak. Stops early when the caller takes the floor meanwhile.

        ``timer`` learns how long the first sentence took: the only rendering that the caller waits for.

        Raises :class:`~voicebot.errors.SpeechUnavailable` for words that no fixed prompt covers.
        """
        generation = port.generation
        for act in acts:
            if not isinstance(act, Say | Ask | Wait) or not act.text:
                continue
            rate = _rate(act)
            interruptible = not isinstance(act, Say) or act.interruptible
            entry: TurnEntry | None = None
            known = self._prompts.find(act.text, port.rate)
            parts = [act.text] if known is not None else _parts(act)
            heard: list[str] = [""] * len(parts)
            for index, sentence in enumerate(parts):
                began = time.perf_counter()
                samples = await self._render(sentence, rate, port.rate, known, _language(act))
                if timer is not None:
                    timer.rendered((time.perf_counter() - began) * 1000)
                if port.generation != generation or port.left is not None:
                    return
                entry = entry or self._ledger.said_by_bot(act.text, at_ms())
                question = isinstance(act, Ask) and index == len(parts) - 1
                self._queue(port, sentence, samples, interruptible, question, (entry, heard, index))

    async def _render(
        self, sentence: str, rate: float, leg_rate: int, known: NDArray[np.int16] | None, language: str = ""
    ) -> NDArray[np.int16]:
        if known is not None and self._manner.rate == 1.0 and self._manner.volume == 1.0:
            return known
        wanted = self._wanted(sentence, rate, language)
        ready, self._ready = self._ready, None
        if ready is not None and ready[0] == wanted:
            await asyncio.wait((ready[1],))
            if not ready[1].cancelled() and ready[1].exception() is None:
                return ready[1].result().samples
        elif ready is not None:
            ready[1].cancel()
        try:
            return (await self._voice.speak(wanted, leg_rate)).samples
        except SpeechUnavailable:
            if known is None:
                raise
            return known

    def _queue(
        self,
        port: CallerPort,
        sentence: str,
        samples: NDArray[np.int16],
        interruptible: bool,
        question: bool,
        entry: tuple[TurnEntry, list[str], int],
    ) -> None:
        self._pieces += 1
        piece_id = f"{self._pieces}"
        self._entries[piece_id] = entry
        pause = np.zeros(int(_PAUSE_S * port.rate), dtype=np.int16)
        port.say(SpokenPiece(piece_id, sentence, np.concatenate((samples, pause)), interruptible, question))

    def started(self, piece_id: str, at_ms: float) -> None:
        """A piece begins to be heard: its words happened then, not when they were rendered."""
        known = self._entries.get(piece_id)
        if known is not None and known[2] == 0:
            known[0].at_ms = at_ms

    def over(self, heard: Heard) -> None:
        """A piece was played, or stopped: keep the words that were heard."""
        known = self._entries.pop(heard.id, None)
        if known is None:
            return
        entry, parts, index = known
        parts[index] = heard.text
        words = " ".join(part for part in parts if part)
        self._ledger.heard(entry, entry.text if heard.complete and index == len(parts) - 1 else words)


def _parts(act: Say | Ask | Wait) -> list[str]:
    """An act as it is rendered, sentence by sentence."""
    return sentences(act.text if isinstance(act, Wait) else act.spoken or act.text)


def _language(act: Say | Ask | Wait) -> str:
    return "" if isinstance(act, Wait) else act.language


def _rate(act: Say | Ask | Wait) -> float:
    return 1.0 if isinstance(act, Wait) else act.rate
