"""What the pages of agents and supervisors are shown, as values. :func:`plain` makes JSON of any of them.

Moments are in UTC; lengths are seconds. Everything that tells of a caller is for agents and supervisors only.
"""

from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

from voicebot.handoff.models import AgentState, OfferState, TicketKind


@dataclass(frozen=True, slots=True)
class Presence:
    """One agent. ``queues`` are the names of those they serve, ``("*",)`` for all; ``address`` is where they are rung.

    ``seen`` is False when their page has not been heard of lately: such an agent is offered no call on it.
    ``next_state`` is what they will be after the call in hand (``available`` or ``away``), with ``next_reason``.
    """

    agent: str
    display_name: str
    state: AgentState
    reason: str
    since: datetime
    seen: bool
    address: str
    queues: tuple[str, ...]
    next_state: str
    next_reason: str
    offer_id: str


@dataclass(frozen=True, slots=True)
class QueueView:
    """One queue, now and today.

    ``expected_s`` is how long the next caller would wait, from recent calls; None when there is too little to tell.
    ``closed`` says why it is closed, and is empty while it is open.
    """

    queue: str
    waiting: int
    callbacks: int
    longest_s: float
    expected_s: float | None
    available: int
    busy: int
    away: int
    closed: str
    joined_today: int
    left_today: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits. ``place`` counts from 1 within what the queue's agents will be offered.

    ``why`` is why they still wait: ``offered`` (to ``offered_to``), ``busy``, ``nobody`` (no agent is there),
    ``declined`` (by all who are there), ``later`` (a callback tried lately).
    """

    ticket: str
    call_id: str
    reference: str
    kind: TicketKind
    queue: str
    overflow: str
    priority: str
    entered_at: datetime
    waits_s: float
    place: int
    why: str
    offered_to: str
    need: str


@dataclass(frozen=True, slots=True)
class OfferView:
    """A call offered to an agent, or in hand. ``card`` is :meth:`voicebot.handoff.card.Card.as_json`, grown by what
    agents noted before a transfer onwards (``card["notes"]``: a list of ``{"agent", "at", "text"}``).

    ``kind`` is ``callback`` when the caller is still to be rung back after the acceptance. ``recording`` is ``on``,
    ``paused`` or empty; ``parties`` are the others in the call: ``{"name", "address", "state"}`` with the state
    ``ringing``, ``talking`` or ``held``. ``wrap_up`` is what the agent has written so far.
    """

    id: str
    ticket: str
    call_id: str
    reference: str
    kind: TicketKind
    queue: str
    priority: str
    agent: str
    state: OfferState
    accepted_by: str
    made_at: datetime
    seen_at: datetime | None
    rang_at: datetime | None
    accepted_at: datetime | None
    joined_at: datetime | None
    ended_at: datetime | None
    waited_s: float
    held: bool
    recording: str
    parties: tuple[dict[str, str], ...]
    card: dict[str, Any]
    wrap_up: "WrapUp"


@dataclass(frozen=True, slots=True)
class WrapUp:
    """What an agent writes about a call. ``outcome`` is one of :data:`WRAP_UP_OUTCOMES` or empty.

    ``service``, ``need`` and ``topic`` are set when the assistant had them wrong; ``repeated`` says that the caller had
    to repeat themselves; ``text_sent`` that a text went out (who sends it says so here).
    """

    outcome: str = ""
    notes: str = ""
    service: str = ""
    need: str = ""
    topic: str = ""
    repeated: bool = False
    text_sent: bool = False
    saved_at: datetime | None = None


WRAP_UP_OUTCOMES = ("resolved", "reported", "answered", "callback", "passed_on", "no_contact", "other")


@dataclass(frozen=True, slots=True)
class WorkItem:
    """Something to do for somebody. ``kind``: ``message``, ``callback``, or ``dropped`` (cut off while they waited).

    ``state``: ``open``, ``claimed`` or ``closed``. ``has_audio`` says that a message can be listened to (the web
    process finds it with :meth:`Worklist.audio`); ``card["transcript"]`` is what was said.
    """

    id: str
    kind: str
    call_id: str
    reference: str
    queue: str
    priority: str
    number: str
    reason: str
    card: dict[str, Any]
    has_audio: bool
    duration_s: float
    made_at: datetime
    age_s: float
    due_at: datetime
    overdue: bool
    state: str
    claimed_by: str
    claimed_at: datetime | None
    closed_by: str
    closed_at: datetime | None
    outcome: str
    notes: str


@dataclass(frozen=True, slots=True)
class WorkCounts:
    """How much there is to do, by state."""

    open: int
    claimed: int
    overdue: int
    closed_today: int


@dataclass(frozen=True, slots=True)
class BypassState:
    """Whether every call goes straight to people, since when, why, and who decided it (a display name)."""

    on: bool
    reason: str
    by: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class CommandState:
    """What became of something an agent asked for: ``result`` is empty while under way, ``done``, or why not."""

    id: int
    kind: str
    result: str


PRIORITIES = ("urgent", "high", "normal")
"""By their numbers in the tables."""


def priority_number(priority: str) -> int:
    """0 for urgent, 1 for high, 2 for all else."""
    return PRIORITIES.index(priority) if priority in PRIORITIES else len(PRIORITIES) - 1


def plain(value: Any) -> Any:
    """JSON of a view: objects by their fields, moments in RFC 3339 with milliseconds."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
