"""A call as the API shows it. The names are promised to others: add to them, don't rename."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from voicebot.records.models import (
    CallRow,
    FactRow,
    HandoffRow,
    MediaQualityRow,
    MessageRow,
    RecordingRow,
    StepRow,
    TurnRow,
)

QUALITY_COUNTS = ("sent", "received", "lost", "late", "duplicates", "concealed_ms")
QUALITY_FIGURES = ("lost_percent", "jitter_ms", "delay_ms", "mos")
QUALITY_OF_PEER = ("round_trip_ms", "peer_lost_percent", "peer_jitter_ms")
"""Known only when the other side sent reports."""

STAGES = ("jitter_buffer", "end_of_turn", "stt", "dialogue", "tts", "transport", "total")
"""Where an answer's time went, and all of it."""


def call_view(
    call: CallRow,
    turns: Sequence[TurnRow],
    facts: Sequence[FactRow],
    handoffs: Sequence[HandoffRow],
    messages: Sequence[MessageRow],
    steps: Sequence[StepRow],
    quality: Sequence[MediaQualityRow] = (),
    recordings: Sequence[RecordingRow] = (),
) -> dict[str, Any]:
    """The JSON of ``GET /api/v1/calls/{id}``."""
    return {
        "id": call.id,
        "reference": call.reference,
        "line": call.line,
        "line_id": call.line_id,
        "from": call.caller,
        "to": call.called,
        "started_at": moment(call.started_at),
        "ended_at": moment(call.ended_at),
        "service": call.service or "none",
        "need": call.need or "none",
        "outcome": call.outcome or None,
        "queue": call.queue or "none",
        "emergency": call.emergency or None,
        "transcript": [
            {"who": turn.who, "text": turn.text, "at_ms": turn.at_ms, "heard": turn.heard} for turn in turns
        ],
        "facts": [
            {
                "name": fact.name,
                "label": fact.label,
                "value": fact.value,
                "source": fact.source,
                "confidence": fact.confidence,
                "confirmed": fact.confirmed,
                "at_ms": fact.at_ms,
            }
            for fact in facts
        ],
        "latency_ms": [
            {name: turn.latency.get(name, 0.0) for name in (*STAGES, "at_ms")}
            for turn in turns
            if turn.latency is not None
        ],
        "handoffs": [
            {
                "queue": handoff.queue,
                "priority": handoff.priority,
                "reason": handoff.reason,
                "attempts": handoff.attempts,
                "outcome": handoff.outcome,
                "at_ms": handoff.at_ms,
            }
            for handoff in handoffs
        ],
        "messages": [
            {
                "id": message.uid,
                "queue": message.queue,
                "duration_ms": message.duration_ms,
                "at_ms": message.at_ms,
            }
            for message in messages
        ],
        "steps": [{"kind": step.kind, "at_ms": step.at_ms, "data": step.data} for step in steps],
        "quality": [
            {
                name: getattr(one, name)
                for name in ("leg", "encoding", "encrypted", *QUALITY_COUNTS, *QUALITY_FIGURES, *QUALITY_OF_PEER)
            }
            for one in quality
        ],
        "recordings": [{"id": one.uid, "duration_ms": one.duration_ms, "at_ms": one.at_ms} for one in recordings],
        "card": call.card or {},
    }


def moment(at: datetime | None) -> str | None:
    """RFC 3339, in UTC, to the millisecond."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
