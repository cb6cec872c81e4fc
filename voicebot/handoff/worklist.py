"""What is still to be done for somebody: messages to listen to, people to ring back, calls that were cut off.

Messages and callbacks are taken over from the records of the calls (under the same ids, so never twice): what the
records keep through an outage of the database is not forgotten here.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts.keys import new_id, utc_now
from voicebot.handoff.desk_state import DeskError, bump, changed
from voicebot.handoff.desk_views import PRIORITIES, WorkCounts, WorkItem, priority_number
from voicebot.handoff.models import OfferRow, TicketKind, TicketRow, TicketState, WorkRow
from voicebot.records.database import Database, RecordRejected
from voicebot.records.models import CallRow, HandoffRow, MessageRow
from voicebot.settings import HandoffSettings

OPEN, CLAIMED, CLOSED = "open", "claimed", "closed"
MESSAGE, CALLBACK, DROPPED = "message", "callback", "dropped"
CLOSED_OUTCOMES = ("done", "reached", "not_reached", "not_needed")
MAX_ITEMS = 500
_TAKE_OVER = 100
_ANY_QUEUE = "*"


class Worklist:
    """The list, for pages. Methods raise as those of :class:`~voicebot.handoff.desk.Desk` do."""

    def __init__(self, database: Database, settings: HandoffSettings, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._settings = settings
        self._now = now

    async def items(
        self, state: str = OPEN, *, queues: Sequence[str] = (_ANY_QUEUE,), limit: int = 100
    ) -> list[WorkItem]:
        """Items of some queues (``["*"]`` for all): with ``open`` also those that are claimed, those due first
        before the others; with ``closed`` the last closed first."""
        await self.take_over()
        query = select(WorkRow).limit(max(1, min(limit, MAX_ITEMS)))
        if state == CLOSED:
            query = query.where(WorkRow.state == CLOSED).order_by(WorkRow.closed_at.desc())
        else:
            states = (CLAIMED,) if state == CLAIMED else (OPEN, CLAIMED)
            query = query.where(WorkRow.state.in_(states)).order_by(WorkRow.due_at, WorkRow.id)
        if _ANY_QUEUE not in queues:
            query = query.where(WorkRow.queue.in_(queues))
        async with self._database.session() as session:
            return [self._view(row) for row in (await session.execute(query)).scalars()]

    async def item(self, item_id: str) -> WorkItem | None:
        """One item."""
        async with self._database.session() as session:
            row = await session.get(WorkRow, item_id)
            return self._view(row) if row is not None else None

    async def audio(self, item_id: str) -> Path | None:
        """The recording of a message (WAV), or None when it has none."""
        async with self._database.session() as session:
            row = await session.get(WorkRow, item_id)
            return Path(row.path) if row is not None and row.path.endswith(".wav") else None

    async def counts(self, queues: Sequence[str] = (_ANY_QUEUE,)) -> WorkCounts:
        """How much there is to do in some queues."""
        now = self._now()
        mine: ColumnElement[bool] | None = None if _ANY_QUEUE in queues else WorkRow.queue.in_(queues)

        async def count(session: AsyncSession, *conditions: ColumnElement[bool]) -> int:
            query = select(func.count()).select_from(WorkRow).where(*conditions)
            return (await session.execute(query if mine is None else query.where(mine))).scalar_one()

        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        async with self._database.session() as session:
            return WorkCounts(
                open=await count(session, WorkRow.state == OPEN),
                claimed=await count(session, WorkRow.state == CLAIMED),
                overdue=await count(session, WorkRow.state.in_((OPEN, CLAIMED)), WorkRow.due_at < now),
                closed_today=await count(session, WorkRow.state == CLOSED, WorkRow.closed_at >= midnight),
            )

    async def claim(self, agent: str, item_id: str) -> WorkItem:
        """Take an item on: nobody else can then. Harmless twice. Raises :class:`DeskError` when another has it."""
        free = or_(WorkRow.state == OPEN, (WorkRow.state == CLAIMED) & (WorkRow.claimed_by == agent))
        return await self._step(item_id, free, "Somebody else has taken this on", state=CLAIMED, claimed_by=agent)

    async def release(self, agent: str, item_id: str) -> WorkItem:
        """Give an item back to all."""
        return await self._step(item_id, _held_by(agent), "You have not taken this on", state=OPEN, claimed_by="")

    async def close(self, agent: str, item_id: str, outcome: str, notes: str = "") -> WorkItem:
        """It is done: ``outcome`` is one of :data:`CLOSED_OUTCOMES`. Only who has claimed it can close it."""
        if outcome not in CLOSED_OUTCOMES:
            raise DeskError("Choose an outcome")
        return await self._step(
            item_id,
            _held_by(agent),
            "Take this on before you close it",
            state=CLOSED,
            closed_by=agent,
            closed_at=self._now(),
            outcome=outcome,
            notes=notes,
        )

    async def ring_back(self, agent: str, item_id: str) -> None:
        """Ring the agent, and then the person of an item that the agent has claimed; the offer comes with its card."""
        now = self._now()
        async with self._database.session(alone=True) as session:
            row = (
                await session.execute(select(WorkRow).where(WorkRow.id == item_id, _held_by(agent)))
            ).scalar_one_or_none()
            if row is None:
                raise DeskError("Take this on before you ring back")
            if not row.number:
                raise DeskError("There is no number to ring back")
            session.add(
                TicketRow(
                    id=new_id(),
                    call_id=row.call_id,
                    reference=row.reference,
                    kind=TicketKind.CALLBACK.value,
                    state=TicketState.WAITING.value,
                    queue=row.queue,
                    overflow="",
                    priority=0,
                    entered_at=now,
                    owner="",
                    owner_seen_at=now,
                    caller=row.number,
                    only_agent=agent,
                    tried={},
                    number=row.number[:64],
                    calls_back=0,
                    card=row.card,
                    outcome="",
                )
            )
            await session.flush()
            await bump(session)

    async def _step(self, item_id: str, condition: ColumnElement[bool], why_not: str, **values: Any) -> WorkItem:
        if values.get("state") == CLAIMED:
            values["claimed_at"] = self._now()
        async with self._database.session() as session:
            if not await changed(session, update(WorkRow).where(WorkRow.id == item_id, condition).values(**values)):
                raise DeskError(why_not)
            row = await session.get(WorkRow, item_id, populate_existing=True)
            assert row is not None
            await bump(session)
            return self._view(row)

    # where items come from

    async def take_over(self) -> int:
        """Take over messages and callbacks of the records that are not on the list yet; how many there were."""
        try:
            async with self._database.session(alone=True) as session:
                count = await self._take_messages(session) + await self._take_callbacks(session)
                if count:
                    await session.flush()
                    await bump(session)
                return count
        except RecordRejected:  # another process takes the same ones over at this moment
            return 0

    async def _take_messages(self, session: AsyncSession) -> int:
        query = (
            select(MessageRow, CallRow)
            .join(CallRow, CallRow.id == MessageRow.call_id)
            .outerjoin(WorkRow, WorkRow.id == MessageRow.uid)
            .where(WorkRow.id.is_(None))
            .limit(_TAKE_OVER)
        )
        rows = (await session.execute(query)).all()
        for message, call in rows:
            item = self._item(message.uid, MESSAGE, call, message.queue, "normal", message.card, "Left a message")
            item.path, item.duration_ms = message.path, message.duration_ms
            session.add(item)
        return len(rows)

    async def _take_callbacks(self, session: AsyncSession) -> int:
        query = (
            select(HandoffRow, CallRow)
            .join(CallRow, CallRow.id == HandoffRow.call_id)
            .outerjoin(WorkRow, WorkRow.id == HandoffRow.uid)
            .where(WorkRow.id.is_(None), HandoffRow.outcome.in_((CALLBACK, DROPPED)))
            .limit(_TAKE_OVER)
        )
        rows = (await session.execute(query)).all()
        for handoff, call in rows:
            kind = handoff.outcome
            item = self._item(handoff.uid, kind, call, handoff.queue, handoff.priority, handoff.card, handoff.reason)
            session.add(item)
        return len(rows)

    def _item(
        self, item_id: str, kind: str, call: CallRow, queue: str, priority: str, card: dict[str, Any], reason: str
    ) -> WorkRow:
        made = call.ended_at or self._now()
        card = card or call.card or {}
        return new_work(
            self._settings, item_id, kind, call.id, call.reference, queue, priority, card, call.caller, reason, made
        )

    async def add_callback(self, session: AsyncSession, offer_id: str, when: str, now: datetime) -> None:
        """Within a transaction: an agent promised the caller of an offer to ring back. Once for each offer."""
        offer = await session.get(OfferRow, offer_id)
        ticket = await session.get(TicketRow, offer.ticket_id) if offer is not None else None
        if ticket is None or await session.get(WorkRow, offer_id) is not None:
            return
        session.add(work_of_ticket(self._settings, offer_id, CALLBACK, ticket, f"Ring back: {when}", now))

    def _view(self, row: WorkRow) -> WorkItem:
        now = self._now()
        return WorkItem(
            id=row.id,
            kind=row.kind,
            call_id=row.call_id,
            reference=row.reference,
            queue=row.queue,
            priority=PRIORITIES[row.priority],
            number=row.number,
            reason=row.reason,
            card=row.card,
            has_audio=row.path.endswith(".wav"),
            duration_s=row.duration_ms / 1000,
            made_at=row.made_at,
            age_s=(now - row.made_at).total_seconds(),
            due_at=row.due_at,
            overdue=row.state != CLOSED and row.due_at < now,
            state=row.state,
            claimed_by=row.claimed_by,
            claimed_at=row.claimed_at,
            closed_by=row.closed_by,
            closed_at=row.closed_at,
            outcome=row.outcome,
            notes=row.notes,
        )


def _held_by(agent: str) -> ColumnElement[bool]:
    return (WorkRow.state == CLAIMED) & (WorkRow.claimed_by == agent)


def new_work(
    settings: HandoffSettings,
    item_id: str,
    kind: str,
    call_id: str,
    reference: str,
    queue: str,
    priority: str,
    card: dict[str, Any],
    caller: str,
    reason: str,
    made_at: datetime,
) -> WorkRow:
    """An open item."""
    who = card.get("who") or {}
    due = timedelta(minutes=settings.message_due_minutes if kind == MESSAGE else settings.callback_due_minutes)
    return WorkRow(
        id=item_id,
        kind=kind,
        call_id=call_id,
        reference=reference,
        queue=queue,
        priority=priority_number(priority),
        number=str(who.get("number") or caller)[:256],
        card=card,
        path="",
        duration_ms=0.0,
        reason=reason,
        made_at=made_at,
        due_at=made_at + due,
        state=OPEN,
        claimed_by="",
        closed_by="",
        outcome="",
        notes="",
    )


def work_of_ticket(
    settings: HandoffSettings, item_id: str, kind: str, ticket: TicketRow, reason: str, now: datetime
) -> WorkRow:
    """An open item for somebody who waited and could not be joined."""
    item = new_work(
        settings,
        item_id,
        kind,
        ticket.call_id,
        ticket.reference,
        ticket.queue,
        PRIORITIES[ticket.priority],
        ticket.card,
        ticket.caller,
        reason,
        now,
    )
    item.number = ticket.number or item.number
    return item
