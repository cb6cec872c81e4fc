"""One offer as the media process carries it out, from the ring to the end of the call."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, update
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.handoff.desk_state import changed, give_up, reopen
from voicebot.handoff.distribution import begin_wrap_up
from voicebot.handoff.models import (
    AgentRow,
    AgentState,
    CommandRow,
    OfferRow,
    OfferState,
    TicketRow,
    TicketState,
)

if TYPE_CHECKING:
    from voicebot.handoff.waiting_room import WaitingRoom

Step = Callable[[AsyncSession], Awaitable[None]]
"""Something written to the desk's rows in one transaction. It may be tried again from the start."""


@dataclass(frozen=True, slots=True)
class Command:
    """What an agent wants done: ``kind`` and ``args`` as :class:`~voicebot.handoff.desk.Desk` wrote them."""

    id: int
    kind: str
    args: dict[str, str] = field(default_factory=dict)
    by: str = ""


class DeskOffer:
    """A call offered to an agent. The events tell what the agent did on screen."""

    def __init__(
        self, offer_id: str, ticket_id: str, agent: str, address: str, made_at: datetime, room: "WaitingRoom"
    ) -> None:
        self.id = offer_id
        self.ticket_id = ticket_id
        self.agent = agent
        self.address = address
        self.made_at = made_at
        self.seen = asyncio.Event()
        self.accepted = asyncio.Event()
        self.over = asyncio.Event()
        """Declined, or withdrawn from outside."""
        self.commands: asyncio.Queue[Command] = asyncio.Queue()
        self.joined_at: datetime | None = None
        self.recording = ""
        self.talking = False
        """The agent and the caller hear each other, whatever the rows say."""
        self._room = room
        self._rang = False

    def learn(self, state: OfferState, *, seen: bool, over: bool) -> None:
        """The room has read the row."""
        if seen:
            self.seen.set()
        if state is OfferState.ACCEPTED:
            self.accepted.set()
        if over:
            self.over.set()

    def now(self) -> datetime:
        """The moment, by the room's clock."""
        return self._room.now()

    async def rang(self) -> None:
        """The agent's phone rings."""
        if not self._rang:
            self._rang = True
            at = self._room.now()
            await self._set(OfferRow.rang_at.is_(None), rang_at=at)

    async def accept(self, by: str) -> bool:
        """The agent takes it on the phone (``key``, ``answer``); False when the offer is over."""
        if self.accepted.is_set():
            return not self.over.is_set()
        now = self._room.now()

        async def question(session: AsyncSession) -> bool:
            mine = (OfferRow.id == self.id) & (OfferRow.state == OfferState.OFFERED.value)
            values = {"state": OfferState.ACCEPTED.value, "accepted_by": by, "accepted_at": now}
            if await changed(session, update(OfferRow).where(mine).values(**values)):
                return True
            row = await session.get(OfferRow, self.id, populate_existing=True)
            return row is not None and row.state == OfferState.ACCEPTED.value

        return await self._room.ask(question)

    async def joined(self, at: datetime, recording: str) -> None:
        """The agent and the caller hear each other since ``at``, whatever has become of the offer meanwhile."""

        async def step(session: AsyncSession) -> None:
            row = await session.get(OfferRow, self.id, with_for_update=True)
            if row is None:
                return
            if row.ended_at is not None and not await reopen(session, row, self._room.name, self._room.now()):
                return
            row.state, row.joined_at, row.recording = OfferState.JOINED.value, at, recording
            row.accepted_at = row.accepted_at or at
            row.rang_at = row.rang_at or at
            mine = (AgentRow.name == self.agent) & (AgentRow.offer_id == self.id)
            in_call = {"state": AgentState.IN_CALL.value, "since": at, "reason": ""}
            await session.execute(update(AgentRow).where(mine).values(**in_call))
            waiting = (TicketRow.id == self.ticket_id) & TicketRow.ended_at.is_(None)
            await session.execute(update(TicketRow).where(waiting).values(state=TicketState.TALKING.value))

        self.joined_at, self.recording, self.talking = at, recording, True
        await self._room.write(step)

    async def failed(self, state: OfferState, *, away: str = "") -> None:
        """It came to nothing: the caller waits again at their place; with ``away`` the agent is sent away."""

        async def step(session: AsyncSession) -> None:
            now = self._room.now()
            row = await session.get(OfferRow, self.id)
            if row is not None:
                await give_up(session, row, state, now, away=away)

        self.talking = False
        self.over.set()
        await self._room.write(step)

    async def ended(self) -> None:
        """The agent's part of the call is over: they wrap up."""

        async def step(session: AsyncSession) -> None:
            now = self._room.now()
            row = await session.get(OfferRow, self.id, with_for_update=True)
            if row is None or row.ended_at is not None:
                return
            row.state, row.ended_at, row.held, row.parties = OfferState.ENDED.value, now, False, []
            await begin_wrap_up(session, row, now)

        self.talking = False
        self.over.set()
        await self._room.write(step)

    async def show(
        self, *, held: bool | None = None, recording: str | None = None, parties: list[dict[str, str]] | None = None
    ) -> None:
        """How the call stands, for the agent's page."""
        told = {"held": held, "recording": recording, "parties": parties}
        await self._set(
            OfferRow.ended_at.is_(None), **{name: value for name, value in told.items() if value is not None}
        )

    async def result(self, command: Command, result: str) -> None:
        """Tell the page what became of a command: ``done``, or why not."""

        async def step(session: AsyncSession) -> None:
            await session.execute(update(CommandRow).where(CommandRow.id == command.id).values(result=result[:128]))

        await self._room.write(step)

    async def _set(self, condition: ColumnElement[bool], **values: object) -> None:
        async def step(session: AsyncSession) -> None:
            await session.execute(update(OfferRow).where(OfferRow.id == self.id, condition).values(**values))

        await self._room.write(step)
