"""A record sink that keeps nothing: for rehearsals and drafts, whose calls are nobody's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from voicebot.dialogue.acts import Fact
from voicebot.session.ledger import CallSummary, Latency, TurnEntry
from voicebot.telephony.leg import CallFacts
from voicebot.telephony.quality import MediaQuality


class NothingKept:
    """A :class:`~voicebot.session.ledger.RecordSink`; the ledger itself still knows everything."""

    def begin(self, facts: CallFacts, reference: str, started_at: datetime) -> None:
        """Not kept."""

    def turn(self, call_id: str, turn: TurnEntry) -> None:
        """Not kept."""

    def hearing(self, call_id: str, turn: TurnEntry) -> None:
        """Not kept."""

    def facts(self, call_id: str, facts: Sequence[Fact]) -> None:
        """Not kept."""

    def latency(self, call_id: str, index: int, latency: Latency) -> None:
        """Not kept."""

    def handoff(self, call_id: str, queue: str, priority: str, reason: str, card: dict[str, Any]) -> None:
        """Not kept."""

    def callback(self, call_id: str, queue: str, reason: str, card: dict[str, Any]) -> None:
        """Not kept."""

    def attempt(self, call_id: str, address: str, result: str, at_ms: float) -> None:
        """Not kept."""

    def message(self, call_id: str, queue: str, path: str, duration_s: float) -> None:
        """Not kept."""

    def step(self, call_id: str, kind: str, at_ms: float, data: dict[str, Any]) -> None:
        """Not kept."""

    def tell(self, call_id: str, kind: str, payload: dict[str, Any]) -> None:
        """Not told."""

    def quality(self, call_id: str, leg: str, quality: MediaQuality) -> None:
        """Not kept."""

    def recording(self, call_id: str, path: str, duration_s: float, at_ms: float) -> None:
        """Not kept."""

    def finish(self, call_id: str, summary: CallSummary) -> None:
        """Not kept."""
