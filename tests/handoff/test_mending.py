"""What processes that died, hung or came too late leave behind is set right, on SQLite and on PostgreSQL alike."""

import asyncio

import pytest
from sqlalchemy import delete, select, text, update

from tests.handoff.conftest import Clock
from tests.handoff.hall import card_for
from tests.handoff.two import SETTINGS, Two
from tests.postgres_server import Server, needs_server
from voicebot.errors import RecordsUnavailable
from voicebot.handoff.desk_offer import DeskOffer
from voicebot.handoff.desk_state import OfferOver
from voicebot.handoff.models import (
    AgentRow,
    AgentState,
    OfferRow,
    OfferState,
    TicketKind,
    TicketRow,
    TicketState,
)
from voicebot.handoff.waiting_room import WaitingRoom
from voicebot.records.database import Database
from voicebot.records.store import RecordStore


async def test_a_dead_process_is_not_kept_alive_by_the_offers_of_its_callers(two: Two) -> None:
    """Nobody rings for them and agents decline on their screens: all the same the caller comes to something in time."""
    await two.agents("ann", "bob")
    waiter = await two.waits()
    for _ in range(3):
        offer = await two.offered(waiter)
        await two.desk.decline(offer.agent, offer.id)
        two.clock.forward(4)
    assert await two.distribution.round("second") == 0, "heard of so long ago, its callers are offered no more"
    assert await two.distribution.mend() == 1
    assert (await two.row(waiter)).state == TicketState.MOVED.value
    assert [item.kind for item in await two.desk.work.items()] == ["dropped"]


async def test_a_dead_processs_offer_frees_its_agent(two: Two) -> None:
    await two.agents("ann")
    waiter = await two.waits()
    await waiter.agree("01632960001")
    offer = await two.offered(waiter)
    await two.desk.accept("ann", offer.id)
    two.clock.forward(11)
    await two.distribution.mend()
    assert await two.state(offer) is OfferState.WITHDRAWN
    assert await two.presence("ann") is AgentState.AVAILABLE
    row = await two.row(waiter)
    assert (row.kind, row.state, row.owner) == (TicketKind.CALLBACK.value, TicketState.WAITING.value, "")


async def test_an_offer_without_an_answer_goes_back_whatever_has_failed(two: Two) -> None:
    """The caller's process lives, and says so, but has forgotten the offer."""
    await two.agents("ann", "bob")
    waiter = await two.waits()
    offer = await two.offered(waiter)
    for seconds, over in ((40, False), (26, True)):
        two.clock.forward(seconds)
        await two.first._beat()
        await two.distribution.mend()
        assert (await two.state(offer) is OfferState.TIMED_OUT) is over
    assert await two.presence("ann") is AgentState.AVAILABLE
    row = await two.row(waiter)
    assert (row.state, row.ended_at, list(row.tried)) == (TicketState.WAITING.value, None, ["ann"])


async def test_an_accepted_call_that_is_never_joined_goes_back(two: Two) -> None:
    await two.agents("ann")
    waiter = await two.waits()
    offer = await two.offered(waiter)
    await two.desk.accept("ann", offer.id)
    for seconds, over in ((200, False), (16, True)):
        two.clock.forward(seconds)
        await two.first._beat()
        await two.distribution.mend()
        assert (await two.state(offer) is OfferState.TIMED_OUT) is over
    assert (await two.row(waiter)).state == TicketState.WAITING.value


async def test_taken_by_key_and_declined_on_screen_in_the_same_moment(two: Two) -> None:
    """Whichever comes first holds, for both of them."""
    await two.agents("ann")
    for number in range(8):
        waiter = await two.waits(f"c{number}")
        offer = await two.offered(waiter)
        if number % 2:
            took, declined = await asyncio.gather(offer.accept("key"), _declined(two, offer))
        else:
            declined, took = await asyncio.gather(_declined(two, offer), offer.accept("key"))
        assert took is not declined
        assert await two.state(offer) is (OfferState.ACCEPTED if took else OfferState.DECLINED)
        assert (await two.row(waiter)).state == (TicketState.OFFERED if took else TicketState.WAITING).value
        await waiter.end(TicketState.LEFT, "abandoned")
        assert await two.presence("ann") is AgentState.AVAILABLE


async def _declined(two: Two, offer: DeskOffer) -> bool:
    try:
        await two.desk.decline(offer.agent, offer.id)
    except OfferOver:
        return False
    return True


async def test_who_signs_out_after_taking_the_call_keeps_it(two: Two) -> None:
    await two.agents("ann")
    waiter = await two.waits()
    offer = await two.offered(waiter)
    assert await offer.accept("key")
    presence = await two.desk.sign_out("ann")
    assert (presence.state, presence.next_state) == (AgentState.OFFERED, "offline")
    await offer.joined(two.clock(), "")
    assert await two.presence("ann") is AgentState.IN_CALL


async def test_the_rows_follow_those_who_hear_each_other(two: Two) -> None:
    """The process was held up for so long that the caller was offered to another agent meanwhile."""
    await two.agents("ann", "bob")
    waiter = await two.waits()
    offer = await two.offered(waiter)
    assert await offer.accept("key")
    two.clock.forward(250)
    await two.first._beat()
    await two.distribution.mend()
    await two.desk.go_away("ann", "Tea")
    await two.distribution.round(two.first.name)
    other = await two.desk.in_hand("bob")
    assert other is not None
    await offer.joined(two.clock(), "")
    assert await two.state(offer) is OfferState.JOINED
    assert await two.presence("ann") is AgentState.IN_CALL
    assert await two.presence("bob") is AgentState.AVAILABLE
    withdrawn = await two.desk.offer(other.id)
    assert withdrawn is not None
    assert withdrawn.state is OfferState.WITHDRAWN
    row = await two.row(waiter)
    assert (row.state, row.ended_at) == (TicketState.TALKING.value, None)
    await offer.ended()
    await waiter.end(TicketState.DONE, "talked")
    assert await two.presence("ann") is AgentState.WRAPPING_UP


async def test_who_is_cut_off_while_an_agent_is_rung_keeps_their_place(two: Two) -> None:
    """They agreed to be rung back; the agent's phone falls silent, and the callback is the next thing offered."""
    await two.agents("ann")
    waiter = await two.waits()
    await waiter.agree("01632960001")
    later = await two.waits("c2")
    offer = await two.offered(waiter)
    await two.desk.shown("ann", offer.id)
    await waiter.was_cut_off()
    assert await two.state(offer) is OfferState.WITHDRAWN
    assert not await offer.accept("key"), "too late: they are no longer there"
    await offer.failed(OfferState.DECLINED)
    row = await two.row(waiter)
    assert (row.kind, row.state, row.owner, row.tried) == (TicketKind.CALLBACK, TicketState.WAITING, "", {})
    assert await two.distribution.round(two.second.name, callbacks=True) == 1
    assert (await two.row(waiter)).state == TicketState.OFFERED.value, "before those who came after them"
    assert (await two.row(later)).state == TicketState.WAITING.value


async def test_no_agent_is_left_with_an_offer_of_who_is_rung_through_elsewhere(two: Two) -> None:
    await two.agents("ann")
    waiter = await two.waits()
    offer = await two.offered(waiter)
    await waiter.serve_elsewhere()
    assert await two.state(offer) is OfferState.WITHDRAWN
    assert await two.presence("ann") is AgentState.AVAILABLE
    assert await two.distribution.round(two.first.name) == 0
    await waiter.talks()
    assert (await two.row(waiter)).state == TicketState.TALKING.value


async def test_a_callback_whose_process_stops_is_offered_by_the_next(two: Two) -> None:
    await two.agents("ann", "bob")
    waiter = await two.waits()
    assert await waiter.keep_place("01632960001")
    begun = await two.begins_callbacks(two.first)
    ((offer, again),) = begun
    assert (await two.row(waiter)).owner == two.first.name
    await offer.ended()
    await again.let_go()
    row = await two.row(waiter)
    assert (row.state, row.owner) == (TicketState.WAITING.value, "")
    assert await two.distribution.round(two.second.name, callbacks=True) == 1
    assert (await two.row(waiter)).owner == two.second.name


async def test_rows_that_no_longer_fit_each_other_are_set_right(two: Two) -> None:
    """Left by whatever wrote a part of what belongs together."""
    await two.agents("ann")
    waiter = await two.waits()
    assert await waiter.keep_place("01632960001")
    async with two.database.session() as session:
        gone = {"state": TicketState.OFFERED.value, "owner": ""}
        await session.execute(update(TicketRow).values(**gone))
        await session.execute(update(AgentRow).values(state=AgentState.OFFERED.value, offer_id="gone"))
    assert await two.distribution.mend() == 2
    assert await two.presence("ann") is AgentState.AVAILABLE
    assert (await two.row(waiter)).state == TicketState.WAITING.value
    assert await two.distribution.mend() == 0


async def test_after_an_outage_all_have_time_to_say_that_they_live(two: Two) -> None:
    """The first process that finds the database back does not take the others' callers for lost."""
    waiter = await two.waits()
    two.clock.forward(60)
    now = asyncio.get_running_loop().time()
    two.second._is_down(now, None)
    await two.second._tick(now + 1)
    assert (await two.row(waiter)).state == TicketState.WAITING.value
    await two.first._tick(now + 2)
    two.clock.forward(9)
    await two.second._tick(now + 11)
    assert (await two.row(waiter)).state == TicketState.WAITING.value


@needs_server
async def test_a_step_that_a_deadlock_broke_off_is_made_good(server: Server, clock: Clock) -> None:
    """PostgreSQL ends one of two transactions that wait for each other: what it was to write is still owed."""
    store = RecordStore(server.url)
    await store.upgrade()
    async with store.database.session() as session:
        for table in (AgentRow, OfferRow, TicketRow):
            await session.execute(delete(table))
    two = Two(Database(server.url), clock)
    await two.agents("ann")
    waiter = await two.waits()
    offer = await two.offered(waiter)
    async with store.database.session() as other:
        await other.execute(select(TicketRow).where(TicketRow.id == waiter.id).with_for_update())
        giving_up = asyncio.create_task(offer.failed(OfferState.DECLINED))
        await _until_blocked(store.database)
        await other.execute(update(OfferRow).where(OfferRow.id == offer.id).values(waited_s=1.0))
    await giving_up
    assert await two.state(offer) is OfferState.OFFERED, "it was broken off"
    await two.first._pay()
    assert await two.state(offer) is OfferState.DECLINED
    assert (await two.row(waiter)).state == TicketState.WAITING.value
    await two.database.close()
    await store.close()


async def _until_blocked(database: Database) -> None:
    blocked = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event <> 'advisory'")
    async with asyncio.timeout(10):
        while True:
            async with database.session() as session:
                if (await session.execute(blocked)).scalar_one():
                    return
            await asyncio.sleep(0.01)


@needs_server
async def test_callers_are_told_when_the_database_stands_still(server: Server) -> None:
    """It takes connections and answers nothing that matters: whoever waits goes another way."""
    store = RecordStore(server.url)
    await store.upgrade()
    hung = Database(server.url, answer_s=0.2)
    room = WaitingRoom(hung, SETTINGS, look_s=0.01)
    waiter = await room.enter(card_for("still"), "")
    room.start()
    async with store.database.session(alone=True):
        with pytest.raises(RecordsUnavailable):
            await asyncio.wait_for(waiter.next_offer(), 20)
    await waiter.end(TicketState.LEFT, "abandoned")
    await room.stop()
    await hung.close()
    await store.close()
