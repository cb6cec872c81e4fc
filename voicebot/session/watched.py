"""The records of calls, shown while they are written to whoever watches: captions, a supervisor's screen."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from voicebot.dialogue.acts import Fact
from voicebot.session.ledger import CallSummary, Latency, RecordSink, TurnEntry
from voicebot.telephony.leg import CallFacts
from voicebot.telephony.quality import MediaQuality


class Watcher(Protocol):
    """What watches one call. Nothing here may block or raise."""

    def begun(self, reference: str) -> None:
        """The call's record has begun."""
        ...

    def turn(self, turn: TurnEntry) -> None:
        """Somebody said something, or is about to have said it; the same index again replaces it."""
        ...

    def finished(self, summary: CallSummary) -> None:
        """The call is over; nothing more is told."""
        ...


class WatchedSink:
    """A :class:`~voicebot.session.ledger.RecordSink` that passes everything on to ``sink`` and tells the watchers."""

    def __init__(self, sink: RecordSink) -> None:
        self._sink = sink
        self._watchers: dict[str, list[Watcher]] = {}

    def watch(self, call_id: str, watcher: Watcher) -> None:
        """Tell ``watcher`` of that call until it is finished."""
        self._watchers.setdefault(call_id, []).append(watcher)

    def unwatch(self, call_id: str, watcher: Watcher) -> None:
        """No longer; harmless when it does not watch."""
        watchers = [each for each in self._watchers.pop(call_id, []) if each is not watcher]
        if watchers:
            self._watchers[call_id] = watchers

    def begin(self, facts: CallFacts, reference: str, started_at: datetime) -> None:
        """A call was taken."""
        self._sink.begin(facts, reference, started_at)
        for watcher in self._watchers.get(facts.call_id, ()):
            watcher.begun(reference)

    def turn(self, call_id: str, turn: TurnEntry) -> None:
        """Somebody said something."""
        self._sink.turn(call_id, turn)
        for watcher in self._watchers.get(call_id, ()):
            watcher.turn(turn)

    def hearing(self, call_id: str, turn: TurnEntry) -> None:
        """The caller is saying something."""
        for watcher in self._watchers.get(call_id, ()):
            watcher.turn(turn)

    def facts(self, call_id: str, facts: Sequence[Fact]) -> None:
        """All that is known now."""
        self._sink.facts(call_id, facts)

    def latency(self, call_id: str, index: int, latency: Latency) -> None:
        """How long an answer took."""
        self._sink.latency(call_id, index, latency)

    def handoff(self, call_id: str, queue: str, priority: str, reason: str, card: dict[str, Any]) -> None:
        """A transfer begins."""
        self._sink.handoff(call_id, queue, priority, reason, card)

    def callback(self, call_id: str, queue: str, reason: str, card: dict[str, Any]) -> None:
        """The caller was promised to be rung back."""
        self._sink.callback(call_id, queue, reason, card)

    def attempt(self, call_id: str, address: str, result: str, at_ms: float) -> None:
        """An agent was tried."""
        self._sink.attempt(call_id, address, result, at_ms)

    def message(self, call_id: str, queue: str, path: str, duration_s: float) -> None:
        """The caller left a message."""
        self._sink.message(call_id, queue, path, duration_s)

    def step(self, call_id: str, kind: str, at_ms: float, data: dict[str, Any]) -> None:
        """Something else worth keeping."""
        self._sink.step(call_id, kind, at_ms, data)

    def tell(self, call_id: str, kind: str, payload: dict[str, Any]) -> None:
        """Other systems are to know of something."""
        self._sink.tell(call_id, kind, payload)

    def quality(self, call_id: str, leg: str, quality: MediaQuality) -> None:
        """How well the line of one party carried the call."""
        self._sink.quality(call_id, leg, quality)

    def recording(self, call_id: str, path: str, duration_s: float, at_ms: float) -> None:
        """Audio of the call was kept."""
        self._sink.recording(call_id, path, duration_s, at_ms)

    def finish(self, call_id: str, summary: CallSummary) -> None:
        """The call is over."""
        self._sink.finish(call_id, summary)
        for watcher in self._watchers.pop(call_id, ()):
            watcher.finished(summary)
