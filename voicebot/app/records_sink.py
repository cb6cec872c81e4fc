"""The session's ledger, written to the records: every call's history on its way into the database."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal, cast

import structlog

from voicebot.dialogue.acts import Fact
from voicebot.errors import RecordsUnavailable
from voicebot.records.entries import (
    Attempt,
    CallEnd,
    CallStart,
    CallState,
    HandoffEntry,
    MediaQualityEntry,
    MessageEntry,
    OutboxEntry,
    RecordingEntry,
    StepEntry,
    TurnEntry,
    turn_uid,
)
from voicebot.records.entries import Latency as LatencyEntry
from voicebot.records.store import RecordStore
from voicebot.records.writer import RecordWriter
from voicebot.session.ledger import CallSummary, Latency
from voicebot.session.ledger import TurnEntry as LedgerTurn
from voicebot.settings import Settings
from voicebot.telephony.leg import CallFacts
from voicebot.telephony.quality import MediaQuality

log = structlog.get_logger(__name__)

_FINISHED_KEPT = 200
"""Calls whose last words may still be confirmed after their end."""
_ADDRESS_CHARS = 256


class _OneCall:
    """What later entries of a call build upon."""

    def __init__(self) -> None:
        self.turns: dict[int, TurnEntry] = {}
        self.handoff: HandoffEntry | None = None
        self.finished = False

    def answering_turn(self) -> TurnEntry | None:
        """The bot's first turn since the caller last spoke: the one whose delay was just measured."""
        answer = None
        for index in sorted(self.turns, reverse=True):
            turn = self.turns[index]
            if turn.who != "bot":
                break
            answer = turn
        return answer


class WriterSink:
    """A :class:`~voicebot.session.ledger.RecordSink` over a :class:`RecordWriter`: nothing here blocks or raises."""

    def __init__(self, writer: RecordWriter) -> None:
        self._writer = writer
        self._calls: dict[str, _OneCall] = {}

    async def written(self) -> None:
        """Wait until everything, and what earlier processes left in the journal, is in the database."""
        await self._writer.drained()

    def _of(self, call_id: str) -> _OneCall:
        return self._calls.setdefault(call_id, _OneCall())

    def _forget(self) -> None:
        """Let go of the calls that ended longest ago."""
        finished = [call_id for call_id, call in self._calls.items() if call.finished]
        for call_id in finished[: max(0, len(finished) - _FINISHED_KEPT)]:
            del self._calls[call_id]

    def begin(self, facts: CallFacts, reference: str, started_at: datetime) -> None:
        """A call was taken."""
        self._forget()
        self._calls[facts.call_id] = _OneCall()
        self._writer.begin_call(
            CallStart(
                call_id=facts.call_id,
                reference=reference,
                line=facts.line,
                line_id=_plain(facts.headers.get("call-id", ""))[:_ADDRESS_CHARS],
                caller=_plain(facts.caller)[:_ADDRESS_CHARS],
                called=_plain(facts.called)[:_ADDRESS_CHARS],
                started_at=started_at,
            )
        )

    def turn(self, call_id: str, turn: LedgerTurn) -> None:
        """Somebody said something; the same index again replaces it."""
        call = self._of(call_id)
        before = call.turns.get(turn.index)
        entry = TurnEntry(
            call_id=call_id,
            uid=turn_uid(call_id, turn.index),
            who=cast(Literal["caller", "bot", "agent"], turn.who),
            text=_plain(turn.text),
            at_ms=round(turn.at_ms),
            heard=_plain(turn.heard),
            confidence=turn.confidence,
            asked=turn.asked,
            latency=before.latency if before else None,
        )
        call.turns[turn.index] = entry
        self._writer.add_turn(entry)

    def hearing(self, call_id: str, turn: LedgerTurn) -> None:
        """Not kept: what was really said comes once it is."""

    def facts(self, call_id: str, facts: Sequence[Fact]) -> None:
        """All that is known now."""
        self._writer.set_facts(call_id, facts)

    def latency(self, call_id: str, index: int, latency: Latency) -> None:
        """How long an answer took: kept with the turn that it was."""
        call = self._of(call_id)
        answer = call.answering_turn()
        if answer is None:
            return
        taken = LatencyEntry(
            end_of_turn=latency.end_of_turn,
            stt=latency.stt,
            dialogue=latency.dialogue,
            tts=latency.tts,
            transport=latency.transport,
            total=latency.total,
            jitter_buffer=latency.jitter_buffer,
            at_ms=latency.at_ms,
        )
        entry = answer.model_copy(update={"latency": taken})
        index = next(number for number, turn in call.turns.items() if turn.uid == answer.uid)
        call.turns[index] = entry
        self._writer.add_turn(entry)

    def handoff(self, call_id: str, queue: str, priority: str, reason: str, card: dict[str, Any]) -> None:
        """A transfer begins."""
        self._hand_over(HandoffEntry(call_id=call_id, queue=queue, priority=priority, reason=reason, card=card))

    def callback(self, call_id: str, queue: str, reason: str, card: dict[str, Any]) -> None:
        """The caller was promised to be rung back: the outcome puts it on the worklist."""
        self._hand_over(HandoffEntry(call_id=call_id, queue=queue, reason=reason, card=card, outcome="callback"))

    def _hand_over(self, entry: HandoffEntry) -> None:
        call = self._of(entry.call_id)
        call.handoff = entry
        self._writer.add_handoff(entry)
        # What the call is about, for whoever looks at it before it ends.
        flags = entry.card.get("flags") or ("",)
        service = str(entry.card.get("service", ""))
        self._writer.set_state(
            CallState(call_id=entry.call_id, service=service, queue=entry.queue, emergency=str(flags[0]))
        )

    def attempt(self, call_id: str, address: str, result: str, at_ms: float) -> None:
        """An agent was tried."""
        call = self._of(call_id)
        if call.handoff is None:
            return
        tried = (*call.handoff.attempts, Attempt(address=address, result=result, ended_ms=round(at_ms)))
        outcome = "joined" if result == "accepted" else call.handoff.outcome
        call.handoff = call.handoff.model_copy(update={"attempts": tried, "outcome": outcome})
        self._writer.update_handoff(call.handoff)

    def message(self, call_id: str, queue: str, path: str, duration_s: float) -> None:
        """The caller left a message."""
        handoff = self._of(call_id).handoff
        card = handoff.card if handoff is not None else {}
        self._writer.add_message(
            MessageEntry(call_id=call_id, queue=queue, path=path, card=card, duration_ms=round(duration_s * 1000))
        )

    def step(self, call_id: str, kind: str, at_ms: float, data: dict[str, Any]) -> None:
        """Something else worth keeping."""
        self._writer.add_step(StepEntry(call_id=call_id, kind=kind, at_ms=round(at_ms), data=data))

    def tell(self, call_id: str, kind: str, payload: dict[str, Any]) -> None:
        """Other systems are to know of something."""
        self._writer.put(OutboxEntry(call_id=call_id, kind=kind, payload=payload))

    def quality(self, call_id: str, leg: str, quality: MediaQuality) -> None:
        """How well the line of one party carried the call."""
        party = cast(Literal["caller", "agent"], leg)
        self._writer.put(MediaQualityEntry(call_id=call_id, leg=party, **asdict(quality)))

    def recording(self, call_id: str, path: str, duration_s: float, at_ms: float) -> None:
        """Audio of the call was kept."""
        self._writer.put(
            RecordingEntry(call_id=call_id, path=path, duration_ms=round(duration_s * 1000), at_ms=round(at_ms))
        )

    def finish(self, call_id: str, summary: CallSummary) -> None:
        """The call is over."""
        call = self._of(call_id)
        call.finished = True
        handoff = call.handoff
        self._writer.finish_call(
            CallEnd(
                call_id=call_id,
                ended_at=summary.ended_at,
                outcome=summary.outcome,
                service=summary.service,
                need=summary.need,
                queue=summary.queue,
                emergency=summary.emergency or "",
                card=handoff.card if handoff is not None else summary.card,
            )
        )


def _plain(text: str) -> str:
    """What every database takes: a peer may send octets that are no UTF-8, or NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


@asynccontextmanager
async def open_sink(
    settings: Settings, name: str = "media", *, busy_timeout_ms: int = 5000
) -> AsyncIterator[WriterSink]:
    """Records for as long as the block lasts. While the database is away they wait in a journal.

    Raises :class:`~voicebot.errors.ConfigurationError` when the database's URL or driver is wrong.
    """
    store = RecordStore(settings.database, busy_timeout_ms=busy_timeout_ms)
    try:
        await store.upgrade()
    except RecordsUnavailable:
        log.warning("records.away")
    try:
        async with RecordWriter(store, settings.data / "journal", name=name) as writer:
            yield WriterSink(writer)
    finally:
        await store.close()
