"""What is recorded of a call, as values: the same for the database, the journal and the tests."""

import secrets
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import NAMESPACE_OID, uuid4, uuid5

from pydantic import BaseModel, ConfigDict, Field

from voicebot.dialogue.acts import Fact

REFERENCE_LETTERS = "23456789ABCDEFGHJKMNPQRTVWXY"
"""Letters and digits that are not mistaken for each other when read out."""

OUTCOMES = ("answered", "reported", "transferred", "callback", "message", "emergency", "abandoned", "failed")


def new_reference(prefix: str = "NV") -> str:
    """A reference that a person can read out: ``NV-4F7K2``."""
    return f"{prefix}-{''.join(secrets.choice(REFERENCE_LETTERS) for _ in range(5))}"


def turn_uid(call_id: str, index: int) -> str:
    """The uid of a call's turn, by its place among the turns: whoever writes it again writes the same row."""
    return uuid5(NAMESPACE_OID, f"{call_id}/{index}").hex


def _now() -> datetime:
    return datetime.now(UTC)


def _uid() -> str:
    return uuid4().hex


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    call_id: str


class CallStart(_Entry):
    """A call began. ``line`` is the dialect; ``caller`` and ``called`` are as the line gave them.

    ``line_id`` is what the other side calls the call (the SIP Call-ID), empty when the line has no such name.
    """

    entry: Literal["begin_call"] = "begin_call"
    reference: str = Field(default_factory=new_reference)
    line: str = ""
    line_id: str = ""
    caller: str = ""
    called: str = ""
    started_at: datetime = Field(default_factory=_now)


class Latency(BaseModel):
    """Where the time between two voices went, in ms; ``at_ms`` is when the second was heard, in the call's audio."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    end_of_turn: float = 0.0
    stt: float = 0.0
    dialogue: float = 0.0
    tts: float = 0.0
    transport: float = 0.0
    total: float = 0.0
    jitter_buffer: float = 0.0
    at_ms: float = 0.0


class TurnEntry(_Entry):
    """Somebody spoke. ``heard`` is how much of the bot's words the caller heard, or what a key stood for.

    ``at_ms`` counts from the first audio of the call; ``asked`` is the question that this answers.
    """

    entry: Literal["turn"] = "turn"
    uid: str = Field(default_factory=_uid)
    who: Literal["caller", "bot", "agent"]
    text: str
    at_ms: float
    heard: str | bool | float | None = None
    confidence: float | None = None
    asked: str | None = None
    latency: Latency | None = None


class FactsEntry(_Entry):
    """All that is known now. What was known before and is missing or has another value is superseded."""

    entry: Literal["facts"] = "facts"
    facts: tuple[Fact, ...]


class Attempt(BaseModel):
    """One address that was rung, and what came of it; times in ms of the call's audio."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str
    result: str
    started_ms: float = 0.0
    ended_ms: float | None = None


class HandoffEntry(_Entry):
    """A handover to people. Written again with the same ``uid`` it replaces what was written before."""

    entry: Literal["handoff"] = "handoff"
    uid: str = Field(default_factory=_uid)
    queue: str
    priority: str = "normal"
    reason: str = ""
    card: dict[str, Any] = Field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    outcome: str = ""
    at_ms: float = 0.0


class StepEntry(_Entry):
    """Audit: something the session did. ``data`` holds no personal data."""

    entry: Literal["step"] = "step"
    uid: str = Field(default_factory=_uid)
    kind: str
    at_ms: float
    data: dict[str, Any] = Field(default_factory=dict)


class MessageEntry(_Entry):
    """A message that the caller left: where the audio lies and the card that goes with it."""

    entry: Literal["message"] = "message"
    uid: str = Field(default_factory=_uid)
    queue: str
    path: str = ""
    card: dict[str, Any] = Field(default_factory=dict)
    duration_ms: float = 0.0
    at_ms: float = 0.0


class MediaQualityEntry(_Entry):
    """How well the line of one party (``leg``: caller or agent) carried the call.

    Names and units are those of :class:`~voicebot.telephony.quality.MediaQuality`.
    """

    entry: Literal["media_quality"] = "media_quality"
    uid: str = Field(default_factory=_uid)
    leg: Literal["caller", "agent"]
    encoding: str
    encrypted: str = ""
    sent: int = 0
    received: int = 0
    lost: int = 0
    late: int = 0
    duplicates: int = 0
    concealed_ms: int = 0
    lost_percent: float = 0.0
    jitter_ms: float = 0.0
    delay_ms: float = 0.0
    mos: float = 1.0
    round_trip_ms: float | None = None
    peer_lost_percent: float | None = None
    peer_jitter_ms: float | None = None


class RecordingEntry(_Entry):
    """Audio of the call that was kept, both sides in one file."""

    entry: Literal["recording"] = "recording"
    uid: str = Field(default_factory=_uid)
    path: str
    duration_ms: float = 0.0
    at_ms: float = 0.0


class OutboxEntry(_Entry):
    """Something that other systems are told of; kept with the call, sent when the outbox is emptied."""

    entry: Literal["outbox"] = "outbox"
    uid: str = Field(default_factory=_uid)
    kind: str
    payload: dict[str, Any] = {}
    at: datetime = Field(default_factory=_now)


class CallState(_Entry):
    """What the call is about at this moment; empty fields change nothing."""

    entry: Literal["state"] = "state"
    service: str = ""
    need: str = ""
    queue: str = ""
    emergency: str = ""
    card: dict[str, Any] | None = None


class CallEnd(_Entry):
    """The call ended. Empty fields keep what was known."""

    entry: Literal["finish_call"] = "finish_call"
    ended_at: datetime = Field(default_factory=_now)
    outcome: str
    service: str = ""
    need: str = ""
    queue: str = ""
    emergency: str = ""
    card: dict[str, Any] | None = None


Entry = Annotated[
    CallStart
    | TurnEntry
    | FactsEntry
    | HandoffEntry
    | StepEntry
    | MessageEntry
    | MediaQualityEntry
    | RecordingEntry
    | OutboxEntry
    | CallState
    | CallEnd,
    Field(discriminator="entry"),
]
