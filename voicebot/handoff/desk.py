"""The desk: what agents and supervisors see and do. Pages are built on it; it knows nothing of HTTP.

Everything is in the database, so that any process may die and the next one goes on. Who may do what is checked by the
caller (a page, by the roles of who is signed in); agents are named by their accounts.

A page asks :meth:`Desk.version` a few times a second, which costs one small read, and shows anew when the number has
changed. :class:`~voicebot.handoff.worklist.Worklist` (``desk.work``) holds messages and callbacks, and
:class:`~voicebot.handoff.bypass.Bypass` (``desk.bypass``) the supervisor's switch.

Every method raises :class:`~voicebot.errors.RecordsUnavailable` when the database can't be used now, and those that
change something :class:`~voicebot.handoff.desk_state.DeskError` with words for the person when it can't be done.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts.audit import Audit
from voicebot.accounts.keys import utc_now
from voicebot.handoff.bypass import Bypass
from voicebot.handoff.desk_state import DeskError, OfferOver, bump, changed, give_up, of_offer
from voicebot.handoff.desk_views import (
    WRAP_UP_OUTCOMES,
    CommandState,
    OfferView,
    Presence,
    QueueView,
    Waiting,
    WrapUp,
)
from voicebot.handoff.models import (
    AgentRow,
    AgentState,
    CommandRow,
    OfferRow,
    OfferState,
    TicketRow,
    VersionRow,
    WrapUpRow,
)
from voicebot.handoff.opening import ClosedBecause, always_open
from voicebot.handoff.overview import Overview, offer_view, presence_view, wrap_up_view
from voicebot.handoff.worklist import Worklist
from voicebot.records.database import Database
from voicebot.settings import HandoffSettings

MAX_REASON = 128
MAX_NOTES = 8000
_BUSY = (AgentState.OFFERED.value, AgentState.IN_CALL.value, AgentState.WRAPPING_UP.value)
_SIGNED_IN = "Just signed in"


class Desk:
    """Agents' and supervisors' side of the calls that people take. ``closed`` knows the queues' opening hours
    (:meth:`voicebot.facts.reader.FactsReader.closed_words` does)."""

    def __init__(
        self,
        database: Database,
        settings: HandoffSettings,
        *,
        closed: ClosedBecause = always_open,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._settings = settings
        self._now = now
        self._overview = Overview(settings, closed)
        self.work = Worklist(database, settings, now=now)
        """Messages and callbacks that agents work through."""
        self.bypass = Bypass(database, Audit(database, now), now=now)
        """Whether every call goes straight to people."""

    async def version(self) -> int:
        """A number that goes up with every change that any page of agents or supervisors shows."""
        async with self._database.session() as session:
            return (await session.execute(select(VersionRow.version))).scalar_one()

    # presence

    async def sign_in(self, agent: str, display_name: str) -> Presence:
        """An agent's page was opened (or opened again, after a blink of the network: then nothing changes).

        A new agent is away, serves every queue, and is rung in the browser (``browser:NAME``).
        """
        now = self._now()
        async with self._database.session(alone=True) as session:
            row = await session.get(AgentRow, agent, with_for_update=True)
            if row is None:
                row = AgentRow(
                    name=agent,
                    display_name=display_name,
                    state=AgentState.AWAY.value,
                    reason=_SIGNED_IN,
                    next_state="",
                    next_reason="",
                    since=now,
                    idle_since=now,
                    seen_at=now,
                    address=f"browser:{agent}",
                    queues=["*"],
                    offer_id="",
                )
                session.add(row)
            elif row.state == AgentState.OFFLINE.value:
                row.state, row.reason, row.since = AgentState.AWAY.value, _SIGNED_IN, now
            row.display_name, row.seen_at = display_name, now
            await session.flush()
            await bump(session)
            return presence_view(row, now, self._settings)

    async def seen(self, agent: str) -> None:
        """The agent's page is still open. To be called at least every ``handoff.presence_s / 3`` seconds; an agent of
        whom nothing is heard for longer than ``presence_s`` is offered no calls."""
        async with self._database.session() as session:
            await session.execute(update(AgentRow).where(AgentRow.name == agent).values(seen_at=self._now()))

    async def presence(self, agent: str) -> Presence | None:
        """One agent, or None when they have never signed in."""
        async with self._database.session() as session:
            row = await session.get(AgentRow, agent)
            return presence_view(row, self._now(), self._settings) if row is not None else None

    async def agents(self) -> list[Presence]:
        """All agents who are not offline, by name."""
        async with self._database.session() as session:
            query = select(AgentRow).where(AgentRow.state != AgentState.OFFLINE.value).order_by(AgentRow.display_name)
            rows = (await session.execute(query)).scalars()
            return [presence_view(row, self._now(), self._settings) for row in rows]

    async def become_available(self, agent: str) -> Presence:
        """Take calls from now on; while one is in hand, after it."""
        return await self._become(agent, AgentState.AVAILABLE, "")

    async def go_away(self, agent: str, reason: str) -> Presence:
        """Take no calls ("Lunch", "Meeting"); while one is in hand, none after it."""
        return await self._become(agent, AgentState.AWAY, reason.strip()[:MAX_REASON])

    async def sign_out(self, agent: str) -> Presence:
        """The agent leaves. A call in hand goes on, also one just accepted; an offered one goes to the next agent."""
        async with self._database.session(alone=True) as session:
            row = await self._agent(session, agent)
            if row.state == AgentState.OFFERED.value:
                offer = await session.get(OfferRow, row.offer_id)
                if offer is not None:
                    await give_up(session, offer, OfferState.DECLINED, self._now(), only=(OfferState.OFFERED,))
                    await session.refresh(row)
        return await self._become(agent, AgentState.OFFLINE, "")

    async def _become(self, agent: str, state: AgentState, reason: str) -> Presence:
        now = self._now()
        async with self._database.session(alone=True) as session:
            row = await self._agent(session, agent)
            if row.state in _BUSY:
                row.next_state, row.next_reason = state.value, reason
            elif (row.state, row.reason) != (state.value, reason):
                row.state, row.reason, row.since = state.value, reason, now
            row.seen_at = now
            await session.flush()
            await bump(session)
            return presence_view(row, now, self._settings)

    async def ring_at(self, agent: str, address: str) -> Presence:
        """Ring the agent at ``address``: ``browser:NAME`` (their own), or a desk phone, ``sip:…``.

        Raises :class:`DeskError` for anything else.
        """
        address = address.strip()
        if address != f"browser:{agent}" and not address.lower().startswith(("sip:", "sips:")):
            raise DeskError("Give the address of your desk phone as sip:NAME@HOST, or use the phone in the browser")
        return await self._change(agent, address=address[:256])

    async def serve(self, agent: str, queues: Sequence[str]) -> Presence:
        """Which queues the agent serves (their skills); ``["*"]`` for all."""
        return await self._change(agent, queues=list(dict.fromkeys(name for name in queues if name)))

    async def _change(self, agent: str, **values: object) -> Presence:
        async with self._database.session(alone=True) as session:
            row = await self._agent(session, agent)
            for name, value in values.items():
                setattr(row, name, value)
            await session.flush()
            await bump(session)
            return presence_view(row, self._now(), self._settings)

    @staticmethod
    async def _agent(session: AsyncSession, agent: str) -> AgentRow:
        row = await session.get(AgentRow, agent, with_for_update=True)
        if row is None:
            raise DeskError("You are not signed in at the desk")
        return row

    # queues

    async def queues(self) -> list[QueueView]:
        """Every queue that is configured, served or waited in, by name."""
        async with self._database.session() as session:
            return await self._overview.queues(session, self._now())

    async def waiting(self) -> list[Waiting]:
        """Everybody who waits, in the order in which they will be offered: by priority, then by who came first."""
        async with self._database.session() as session:
            return await self._overview.waiting(session, self._now())

    # the offer, and the call in hand

    async def in_hand(self, agent: str) -> OfferView | None:
        """What the agent is offered, has on the line, or still has to wrap up; None when they have nothing."""
        async with self._database.session() as session:
            row = await session.get(AgentRow, agent)
            if row is None or not row.offer_id:
                return None
            return await self._view(session, row.offer_id)

    async def offer(self, offer_id: str) -> OfferView | None:
        """One offer, over or not."""
        async with self._database.session() as session:
            return await self._view(session, offer_id)

    @staticmethod
    async def _view(session: AsyncSession, offer_id: str) -> OfferView | None:
        offer = await session.get(OfferRow, offer_id)
        ticket = await session.get(TicketRow, offer.ticket_id) if offer is not None else None
        if offer is None or ticket is None:
            return None
        return offer_view(offer, ticket, await session.get(WrapUpRow, offer_id))

    async def shown(self, agent: str, offer_id: str) -> None:
        """The card is on the agent's screen now: their phone may ring. Harmless twice."""
        async with self._database.session() as session:
            mine = of_offer(offer_id, agent, OfferState.OFFERED) & OfferRow.seen_at.is_(None)
            if await changed(session, update(OfferRow).where(mine).values(seen_at=self._now())):
                await bump(session)

    async def accept(self, agent: str, offer_id: str) -> None:
        """Take the offered call, on screen. Harmless twice; raises :class:`OfferOver` when it is too late."""
        async with self._database.session() as session:
            taken = await changed(
                session,
                update(OfferRow)
                .where(of_offer(offer_id, agent, OfferState.OFFERED))
                .values(state=OfferState.ACCEPTED.value, accepted_by="screen", accepted_at=self._now()),
            )
            if not taken:
                query = select(OfferRow.id).where(of_offer(offer_id, agent, OfferState.ACCEPTED, OfferState.JOINED))
                if (await session.execute(query)).first() is None:
                    raise OfferOver
                return
            await bump(session)

    async def decline(self, agent: str, offer_id: str) -> None:
        """Leave the offered call to others; the caller hears nothing of it. Raises :class:`OfferOver`."""
        async with self._database.session(alone=True) as session:
            found = await session.execute(select(OfferRow).where(of_offer(offer_id, agent, OfferState.OFFERED)))
            offer = found.scalar_one_or_none()
            only = (OfferState.OFFERED,)  # who has just pressed the key on the phone has the caller
            if offer is None or not await give_up(session, offer, OfferState.DECLINED, self._now(), only=only):
                raise OfferOver
            await bump(session)

    # what can be done with the call in hand

    async def hold(self, agent: str, offer_id: str) -> int:
        """Let the caller hear the hold sound. Gives the number of the command, as all of these do."""
        return await self._command(agent, offer_id, "hold")

    async def resume(self, agent: str, offer_id: str) -> int:
        """Back to the caller."""
        return await self._command(agent, offer_id, "resume")

    async def pause_recording(self, agent: str, offer_id: str) -> int:
        """Keep nothing of what is said (a card number, say) until :meth:`resume_recording`."""
        return await self._command(agent, offer_id, "pause_recording")

    async def resume_recording(self, agent: str, offer_id: str) -> int:
        """Record again."""
        return await self._command(agent, offer_id, "resume_recording")

    async def hang_up(self, agent: str, offer_id: str) -> int:
        """End the call for everybody."""
        return await self._command(agent, offer_id, "hang_up")

    async def leave(self, agent: str, offer_id: str) -> int:
        """Leave a conference, or complete a warm transfer: caller and the other person go on without the agent."""
        return await self._command(agent, offer_id, "leave")

    async def transfer(self, agent: str, offer_id: str, to: str, note: str = "") -> int:
        """Hand the caller on at once (cold) to ``queue:NAME`` or ``agent:NAME``, with the card and a note for it."""
        return await self._command(agent, offer_id, "transfer", to=_target(to), note=note[:MAX_NOTES])

    async def consult(self, agent: str, offer_id: str, to: str, note: str = "") -> int:
        """Ring another agent (``agent:NAME``) while the caller is held; :meth:`join_all`, :meth:`leave` or
        :meth:`drop` follow. They see and hear the card as with any offer."""
        return await self._command(agent, offer_id, "consult", to=_target(to), note=note[:MAX_NOTES])

    async def join_all(self, agent: str, offer_id: str) -> int:
        """Caller, agent and whoever was rung with :meth:`consult` all hear each other."""
        return await self._command(agent, offer_id, "join_all")

    async def drop(self, agent: str, offer_id: str, name: str) -> int:
        """Part with one of the others in the call (or stop ringing them), by the name in ``parties``."""
        return await self._command(agent, offer_id, "drop", name=name)

    async def _command(self, agent: str, offer_id: str, kind: str, **args: str) -> int:
        async with self._database.session() as session:
            query = select(OfferRow.owner).where(of_offer(offer_id, agent, OfferState.JOINED))
            owner = (await session.execute(query)).scalar_one_or_none()
            if owner is None:
                raise DeskError("You have no such call in hand")
            command = CommandRow(
                offer_id=offer_id, owner=owner, kind=kind, args=args, by=agent, at=self._now(), result=""
            )
            session.add(command)
            await session.flush()
            return command.id

    async def command(self, number: int) -> CommandState | None:
        """What became of a command. The media process takes it within about 100 ms."""
        async with self._database.session() as session:
            row = await session.get(CommandRow, number)
            return CommandState(row.id, row.kind, row.result) if row is not None else None

    # notes and the wrap-up

    async def note(self, agent: str, offer_id: str, notes: str) -> None:
        """Replace the notes on a call that the agent has or had in hand."""
        async with self._database.session(alone=True) as session:
            row = await self._wrap_up_row(session, agent, offer_id)
            row.notes = notes[:MAX_NOTES]
            await session.flush()
            await bump(session)

    async def wrap_up(self, agent: str, offer_id: str, written: WrapUp, *, call_back: str = "") -> Presence | None:
        """Save the form; an agent who was wrapping this call up is free then. May be saved again later.

        With ``call_back`` (when, in words) the caller is put on the worklist to be rung back. Raises
        :class:`DeskError` for an outcome that is not one of :data:`~voicebot.handoff.desk_views.WRAP_UP_OUTCOMES`.
        """
        if written.outcome not in WRAP_UP_OUTCOMES:
            raise DeskError("Choose an outcome")
        now = self._now()
        async with self._database.session(alone=True) as session:
            row = await self._wrap_up_row(session, agent, offer_id)
            row.notes, row.outcome, row.repeated = written.notes[:MAX_NOTES], written.outcome, written.repeated
            row.service, row.need, row.topic = written.service[:64], written.need[:64], written.topic[:128]
            row.text_sent, row.saved_at = written.text_sent, now
            if call_back:
                await self.work.add_callback(session, offer_id, call_back[:MAX_REASON], now)
            person = await session.get(AgentRow, agent, with_for_update=True)
            if person is not None and person.offer_id == offer_id and person.state == AgentState.WRAPPING_UP.value:
                person.state = person.next_state or AgentState.AVAILABLE.value
                person.reason, person.since, person.idle_since = person.next_reason, now, now
                person.next_state = person.next_reason = person.offer_id = ""
            await session.flush()
            await bump(session)
            return presence_view(person, now, self._settings) if person is not None else None

    @staticmethod
    async def _wrap_up_row(session: AsyncSession, agent: str, offer_id: str) -> WrapUpRow:
        offer = await session.get(OfferRow, offer_id)
        if offer is None or offer.agent != agent or offer.accepted_at is None:
            raise DeskError("You have not had this call in hand")
        row = await session.get(WrapUpRow, offer_id, with_for_update=True)
        if row is None:
            row = WrapUpRow(
                offer_id=offer_id,
                call_id=offer.call_id,
                agent=agent,
                notes="",
                outcome="",
                service="",
                need="",
                topic="",
                repeated=False,
                text_sent=False,
            )
            session.add(row)
        return row

    async def wrap_ups(self, call_id: str) -> list[tuple[str, WrapUp]]:
        """What agents wrote about a call, in order: the agent's name and the form."""
        async with self._database.session() as session:
            query = (
                select(WrapUpRow, OfferRow.made_at)
                .join(OfferRow, OfferRow.id == WrapUpRow.offer_id)
                .where(WrapUpRow.call_id == call_id)
                .order_by(OfferRow.made_at)
            )
            return [(row.agent, wrap_up_view(row)) for row, _ in (await session.execute(query))]


def _target(to: str) -> str:
    kind, _, name = to.partition(":")
    if kind not in ("queue", "agent") or not name:
        raise DeskError("Choose a queue or an agent")
    return to[:MAX_REASON]
