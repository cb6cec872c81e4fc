"""Callers keep their places and their order however late their process is, on SQLite and on PostgreSQL alike."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tests.handoff.hall import card_for
from tests.handoff.two import PATIENCE, SETTINGS, Two
from voicebot.errors import RecordsUnavailable
from voicebot.handoff.models import AgentState, OfferState, TicketKind, TicketRow, TicketState
from voicebot.handoff.waiting_room import WaitingRoom
from voicebot.records.database import Database

LATE = PATIENCE.total_seconds() + 1
FOUND_S = 14
"""A dead process's callers are found within so many seconds: ten of silence, three between two looks, one to look."""
BELIEVED_S = 3 * PATIENCE.total_seconds() + FOUND_S
"""And within so many where those who look are held up again and again."""


class Interrupted(Database):
    """A database whose next transaction is kept, but before whoever made it goes on, others do ``meanwhile``."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    @asynccontextmanager
    async def session(self, *, alone: bool = False) -> AsyncIterator[AsyncSession]:
        async with super().session(alone=alone) as session:
            yield session
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()


@pytest.fixture
async def interrupted(two: Two) -> AsyncIterator[Interrupted]:
    made = Interrupted(two.database._url.render_as_string(hide_password=False))
    two.first = WaitingRoom(made, SETTINGS, now=two.clock)
    yield made
    await made.close()


async def test_who_came_first_is_first_though_their_process_has_not_been_heard_of(two: Two) -> None:
    """The process is late; a caller who has just come to it was once alive while those before them were not."""
    await two.agents("ann")
    before = await two.waits()
    two.clock.forward(LATE)
    later = await two.waits("c2")
    assert await two.distribution.round(two.second.name) == 1
    assert (await two.row(before)).state == TicketState.OFFERED.value
    assert (await two.row(later)).state == TicketState.WAITING.value


async def test_a_process_does_not_pass_over_its_own_callers(two: Two) -> None:
    """It offers for all, late as it is: those of another process came after its own."""
    await two.agents("ann")
    mine = await two.waits()
    two.clock.forward(LATE)
    others = await two.waits("c2", room=two.second)
    await two.distribution.round(two.first.name, mine={mine.id})
    assert (await two.row(mine)).state == TicketState.OFFERED.value
    assert (await two.row(others)).state == TicketState.WAITING.value
    assert await two.distribution.mend({mine.id}) == 0, "nor does it take them for lost"


async def test_after_a_time_for_which_the_machine_stood_still_the_order_is_kept(two: Two) -> None:
    """All processes were asleep. The first to wake up neither passes over the others' callers nor drops them."""
    now = asyncio.get_running_loop().time()
    before = await two.waits()
    await two.waits("c2", room=two.second)
    await two.second._tick(now)
    two.clock.forward(600)
    await two.agents("ann")
    await two.second._tick(now + 4)
    assert (await two.row(before)).state == TicketState.OFFERED.value
    await two.first._tick(now + 4)
    assert (await asyncio.wait_for(before.next_offer(), 10)).agent == "ann"


async def test_after_an_outage_the_order_is_kept(two: Two) -> None:
    """The first process that finds the database back may be another than that of who came first."""
    before = await two.waits()
    await two.waits("c2", room=two.second)
    now = asyncio.get_running_loop().time()
    two.second._is_down(now, None)
    two.clock.forward(60)
    await two.agents("ann")
    await two.second._tick(now + 1)
    assert (await two.row(before)).state == TicketState.OFFERED.value


@pytest.mark.parametrize(("step_s", "within_s"), [(1, FOUND_S), (6, BELIEVED_S)])
async def test_the_dead_are_found_in_time(two: Two, step_s: int, within_s: float) -> None:
    """Also where those who look for them are held up all the time (for longer than half of ten seconds)."""
    waiter = await two.waits()
    lives = await two.waits("c2", room=two.second)
    now = asyncio.get_running_loop().time()
    passed = 0.0
    while (await two.row(waiter)).state == TicketState.WAITING.value:
        assert passed < within_s
        two.clock.forward(step_s)
        passed += step_s
        await two.second._tick(now + passed)
    assert passed >= PATIENCE.total_seconds()
    assert [item.call_id for item in await two.desk.work.items()] == ["c1"]
    assert (await two.row(lives)).state == TicketState.WAITING.value


async def test_who_was_given_up_but_is_on_the_line_is_back_at_their_place(two: Two) -> None:
    await two.agents("ann")
    waiter = await two.waits()
    two.clock.forward(LATE)
    later = await two.waits("c2", room=two.second)
    assert await two.distribution.mend() == 1
    entered_at = (await two.row(waiter)).entered_at
    assert [item.call_id for item in await two.desk.work.items()] == ["c1"]
    await two.first._beat()
    row = await two.row(waiter)
    assert (row.kind, row.state, row.owner) == (TicketKind.CALL, TicketState.WAITING, two.first.name)
    assert (row.ended_at, row.outcome, row.entered_at) == (None, "", entered_at)
    assert await two.desk.work.items() == [], "nobody rings back who is on the line"
    offer = await two.offered(waiter)
    assert (await two.row(later)).state == TicketState.WAITING.value
    assert await offer.accept("key")


async def test_who_is_on_the_line_is_not_rung_back(two: Two) -> None:
    """Another process has offered the callback already: the agent is free again, and has the caller by the next."""
    await two.agents("ann")
    waiter = await two.waits()
    await waiter.agree("01632960001")
    two.clock.forward(LATE)
    await two.distribution.mend()
    ((offer, _),) = await two.begins_callbacks(two.second)
    await two.first._beat()
    assert await two.state(offer) is OfferState.WITHDRAWN
    await two.second._look()
    assert offer.over.is_set()
    row = await two.row(waiter)
    assert (row.kind, row.state, row.owner) == (TicketKind.CALL, TicketState.WAITING, two.first.name)
    assert row.number == "01632960001", "what they agreed to still holds"
    assert (await two.offered(waiter)).agent == "ann"


async def test_who_cannot_be_taken_back_goes_another_way(two: Two) -> None:
    """An agent talks to whoever answered at their number: the session must not wait for an offer for ever."""
    await two.agents("ann")
    waiter = await two.waits()
    await waiter.agree("01632960001")
    two.clock.forward(LATE)
    await two.distribution.mend()
    ((offer, _),) = await two.begins_callbacks(two.second)
    assert await offer.accept("key")
    await offer.joined(two.clock(), "")
    await two.first._beat()
    with pytest.raises(RecordsUnavailable):
        await asyncio.wait_for(waiter.next_offer(), 10)
    assert await two.state(offer) is OfferState.JOINED


async def test_who_talks_while_their_process_is_taken_for_dead_talks_on(two: Two) -> None:
    """The agent is not offered another call, and what they want done with this one is done."""
    await two.agents("ann")
    waiter = await two.waits()
    offer = await two.offered(waiter)
    assert await offer.accept("key")
    await offer.joined(two.clock(), "on")
    joined_at = two.clock()
    two.clock.forward(LATE)
    await two.distribution.mend()
    assert await two.presence("ann") is AgentState.WRAPPING_UP
    await two.first._look()
    await two.first._beat()
    assert await two.presence("ann") is AgentState.IN_CALL
    view = await two.desk.in_hand("ann")
    assert view is not None
    assert (view.state, view.joined_at, view.recording) == (OfferState.JOINED, joined_at, "on")
    assert (await two.row(waiter)).state == TicketState.TALKING.value
    await two.desk.hold("ann", offer.id)
    await two.first._look()
    assert (await asyncio.wait_for(offer.commands.get(), 10)).kind == "hold"
    await offer.ended()
    await waiter.end(TicketState.DONE, "talked")
    assert await two.presence("ann") is AgentState.WRAPPING_UP


async def test_who_would_not_wait_for_the_database_leaves_no_place_behind(two: Two, interrupted: Interrupted) -> None:
    """The row was kept, but the session was not told in time, and has gone another way with the caller."""
    await two.agents("ann")
    stands_still = asyncio.Event()
    interrupted.meanwhile = stands_still.wait
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await two.first.enter(card_for("c1"), "")
    async with two.database.session() as session:
        entered = (await session.execute(select(TicketRow.state))).scalars().all()
    assert entered == [TicketState.WAITING.value]
    await two.first._pay()
    async with two.database.session() as session:
        assert (await session.execute(select(TicketRow.state))).scalars().all() == [TicketState.LEFT.value]
    assert await two.distribution.round(two.first.name) == 0, "no agent is offered somebody who is not there"


async def test_an_offer_that_is_quicker_than_the_answer_is_carried_out(two: Two, interrupted: Interrupted) -> None:
    """Another process offers the caller before their own has heard that they have a place."""
    await two.agents("ann")

    async def offered() -> None:
        assert await two.distribution.round(two.second.name) == 1
        await two.first._look()

    interrupted.meanwhile = offered
    waiter = await two.first.enter(card_for("c1"), "")
    await two.first._look()
    assert (await asyncio.wait_for(waiter.next_offer(), 10)).agent == "ann"


async def test_a_callback_that_is_offered_again_at_once_is_carried_out(two: Two) -> None:
    """The next agent is offered it before the run with the one before has let it go."""
    await two.agents("ann", "bob")
    waiter = await two.waits()
    assert await waiter.keep_place("01632960001")
    begun = await two.begins_callbacks(two.first)
    await begun[0][0].failed(OfferState.DECLINED)
    assert (await two.row(waiter)).owner == "", "nobody has it"
    await two.desk.go_away("ann", "Tea")
    await two.distribution.round(two.first.name, callbacks=True)
    await two.first._look()
    await begun[0][1].let_go()
    assert two.first.has(begun[1][1]), "its own run, which the end of the first does not touch"
    assert [offer.agent for offer, _ in begun] == ["ann", "bob"]
    row = await two.row(waiter)
    assert (row.state, row.owner) == (TicketState.OFFERED.value, two.first.name)
    assert await two.state(begun[1][0]) is OfferState.OFFERED
    await begun[1][0].failed(OfferState.DECLINED)
    await begun[1][1].let_go()
    row = await two.row(waiter)
    assert (row.state, row.owner) == (TicketState.WAITING.value, "")


async def test_rows_that_do_not_fit_each_other_keep_no_agent_from_the_next_caller(two: Two) -> None:
    """Somebody is offered and said to wait, an agent is offered a call and said to be free: the others go on."""
    await two.agents("ann", "bob")
    first = await two.waits()
    offer = await two.offered(first)
    async with two.database.session() as session:
        await session.execute(update(TicketRow).values(state=TicketState.WAITING.value))
    second = await two.waits("c2")
    assert (await two.offered(second)).agent == "bob"
    assert await two.state(offer) is OfferState.OFFERED
