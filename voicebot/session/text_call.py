"""A call in text, for those who can't speak or hear: the same conversation, records and card, without audio.

Nobody can take one over in text yet, so where a spoken call would go to a person, this one says so and takes a message,
which is kept with the card.
"""

import asyncio
from collections.abc import Awaitable
from pathlib import Path

import structlog

from voicebot.dialogue.acts import BotAct, Callback, Hangup, Message, Say, Transfer
from voicebot.facts.reader import FactsReader
from voicebot.handoff.titles import Titles
from voicebot.records.entries import new_reference
from voicebot.safety.card import check
from voicebot.safety.detector import SafetyNet
from voicebot.safety.guard import SafetyGuard
from voicebot.session import typed
from voicebot.session.ledger import CallSummary, Ledger, RecordSink
from voicebot.session.mind import Mind
from voicebot.session.phrases import TextPhrase, without_a_person
from voicebot.session.talk import Talk
from voicebot.settings import Settings
from voicebot.telephony.leg import CallFacts

log = structlog.get_logger(__name__)


class TextCall:
    """One call in text. What is said goes to ``sink``; :attr:`summary` is set once it is over."""

    def __init__(
        self,
        facts: CallFacts,
        mind: Mind,
        safety: SafetyNet,
        settings: Settings,
        sink: RecordSink,
        titles: Titles | None = None,
        holding: FactsReader | None = None,
    ) -> None:
        self.facts = facts
        self.summary: CallSummary | None = None
        self._settings = settings
        self._ledger = Ledger(facts, new_reference(), sink, titles)
        self._talk = Talk(
            self._ledger,
            mind,
            SafetyGuard(safety),
            settings.calls,
            channel="text",
            holding=holding,
            sends=settings.notify.on,
            texts=settings.notify.texts_references,
        )
        self._one_at_a_time = asyncio.Lock()
        self._message_for: Transfer | Message | None = None

    async def start(self) -> None:
        """Greet."""
        async with self._one_at_a_time:
            await self._answer(self._talk.start())

    async def say(self, text: str) -> None:
        """The caller typed something."""
        async with self._one_at_a_time:
            if self.summary is not None:
                return
            if self._message_for is not None:
                await self._keep(text)
                return
            await self._answer(typed.said(self._talk, text))

    async def press(self, key: str) -> None:
        """The caller pressed a key."""
        async with self._one_at_a_time:
            if self.summary is None and self._message_for is None:
                await self._answer(typed.keyed(self._talk, key))

    def leave(self) -> None:
        """The caller has gone. Harmless when it is over already."""
        if self.summary is None:
            self._finish(
                "reported" if self._ledger.references else "answered" if self._ledger.answered else "abandoned"
            )

    async def _answer(self, thinking: Awaitable[tuple[BotAct, ...]]) -> None:
        """Carry out what comes of it; a defect of ours ends in a message for the team, never in nothing."""
        try:
            acts = await thinking
        except Exception as error:
            log.exception("text_call.defect", call_id=self.facts.call_id, error=type(error).__name__)
            acts = self._talk.broken("conversation", 0.0)
        self._perform(acts)

    def _perform(self, acts: tuple[BotAct, ...]) -> None:
        for act in acts:
            match act:
                case Transfer() | Message():
                    self._ask_for_message(act)
                    return
                case Hangup():
                    self._ledger.outcome = act.outcome
                    self._finish(act.outcome)
                    return
                case Callback():
                    pass  # the conversation has recorded it
                case _:
                    shown = without_a_person(act)
                    if shown is not None:
                        typed.shown(self._talk, shown)

    def _ask_for_message(self, act: Transfer | Message) -> None:
        self._message_for = act
        if isinstance(act, Transfer):
            card = self._ledger.card(queue=act.queue, priority=act.priority, reason=act.reason)
            self._ledger.handing_over(card)
            self._ledger.step("transfer", 0.0, queue=act.queue, priority=act.priority)
        self._tell(str(TextPhrase.NOBODY))

    async def _keep(self, text: str) -> None:
        assert self._message_for is not None
        words = check(text).text
        self._ledger.said_by_caller(words, 0.0)
        path = self._settings.data / "messages" / f"{self.facts.call_id}.txt"
        try:
            await asyncio.to_thread(_write, path, words)
        except OSError as error:
            log.error("message.not_written", error=error.strerror)
            self._ledger.step("message_lost", 0.0)
            self._tell(str(TextPhrase.MESSAGE_LOST))
            self._finish("failed")
            return
        self._ledger.message(self._message_for.queue, str(path), 0.0)
        self._ledger.outcome = "message"
        self._tell(str(TextPhrase.MESSAGE_KEPT))
        self._finish("message")

    def _tell(self, text: str) -> None:
        if text:
            typed.shown(self._talk, Say(text=text))

    def _finish(self, outcome: str) -> None:
        self.summary = self._ledger.finish(outcome)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
