"""Calls offered to agents, from the queue to the join, on a real database with phones in memory."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.handoff.hall import Hall, card_for, open_hall
from voicebot.handoff.desk_state import OfferOver
from voicebot.handoff.desk_views import OfferView, WrapUp
from voicebot.handoff.models import AgentState, OfferState, TicketState
from voicebot.telephony.leg import CallLeg


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with open_hall(tmp_path) as made:
        yield made


async def accepts(leg: CallLeg) -> None:
    """Pick up, press 1 until it counts, stay."""
    await leg.answer()
    for _ in range(20):
        await asyncio.sleep(0.05)
        await leg.send_keys("1")
    await leg.wait_ended()


async def picks_up(leg: CallLeg) -> None:
    """Pick up and press nothing."""
    await leg.answer()
    await leg.wait_ended()


async def offered(hall: Hall, agent: str) -> OfferView:
    """The agent's next offer, as their page sees it."""
    async with asyncio.timeout(10):
        while True:
            view = await hall.desk.in_hand(agent)
            if view is not None and view.state is OfferState.OFFERED:
                return view
            await asyncio.sleep(0.02)


async def test_from_the_queue_to_the_wrap_up(hall: Hall) -> None:
    await hall.phone("sip:ann@memory", accepts)
    await hall.agent("ann")
    card = card_for("c1")
    waiter = await hall.room.enter(card, "01632960001")
    async with asyncio.timeout(10):
        joined = await hall.serve(waiter, card)
    assert joined.agent == "ann"
    view = await hall.desk.in_hand("ann")
    assert view is not None
    assert (view.state, view.accepted_by, view.card["need"]) == (OfferState.JOINED, "key", card.need)
    assert (await hall.desk.agents())[0].state is AgentState.IN_CALL
    await hall.desk.note("ann", view.id, "Black bin")
    offer = next(iter(hall.room._offers.values()))
    await offer.ended()
    await waiter.end(TicketState.DONE, "talked")
    assert (await hall.desk.agents())[0].state is AgentState.WRAPPING_UP
    await hall.desk.wrap_up("ann", view.id, WrapUp("resolved", "Black bin", repeated=True), call_back="tomorrow")
    assert (await hall.desk.agents())[0].state is AgentState.AVAILABLE
    assert [(name, form.repeated) for name, form in await hall.desk.wrap_ups("c1")] == [("ann", True)]
    (item,) = await hall.desk.work.items()
    assert (item.kind, item.number) == ("callback", "01632960001")


async def test_the_card_is_on_the_screen_before_the_phone_rings(hall: Hall) -> None:
    rang = asyncio.Event()

    async def ring(leg: CallLeg) -> None:
        rang.set()
        await picks_up(leg)

    await hall.phone("sip:ann@memory", ring)
    await hall.agent("ann")
    waiter = await hall.room.enter(card_for("c1"), "")
    serving = asyncio.create_task(hall.serve(waiter, card_for("c1")))
    view = await offered(hall, "ann")
    assert not rang.is_set()
    await hall.desk.shown("ann", view.id)
    async with asyncio.timeout(5):
        await rang.wait()
    await hall.desk.accept("ann", view.id)
    async with asyncio.timeout(10):
        assert (await serving).agent == "ann", "taken on the screen: no key is needed once the whisper was heard"
    taken = await hall.desk.offer(view.id)
    assert taken is not None
    assert taken.accepted_by == "screen"


async def test_declined_on_screen_the_next_agent_is_rung(hall: Hall) -> None:
    await hall.phone("sip:ann@memory", picks_up)
    await hall.phone("sip:bob@memory", accepts)
    await hall.agent("ann")
    await hall.agent("bob")
    waiter = await hall.room.enter(card_for("c1"), "")
    serving = asyncio.create_task(hall.serve(waiter, card_for("c1")))
    view = await offered(hall, "ann")
    await hall.desk.decline("ann", view.id)
    async with asyncio.timeout(10):
        assert (await serving).agent == "bob"
    with pytest.raises(OfferOver):
        await hall.desk.accept("ann", view.id)
    assert [(each.agent, each.state) for each in await hall.desk.agents()] == [
        ("ann", AgentState.AVAILABLE),
        ("bob", AgentState.IN_CALL),
    ]


async def test_a_phone_that_is_dead_or_unanswered_sends_its_agent_away(hall: Hall) -> None:
    hall.settings.ring_s = 0.3
    never = asyncio.Event()

    async def rings(leg: CallLeg) -> None:
        await leg.ringing()
        await never.wait()

    await hall.phone("sip:bob@memory", rings)
    await hall.phone("sip:cat@memory", accepts)
    for name in ("ann", "bob", "cat"):
        await hall.agent(name)
    waiter = await hall.room.enter(card_for("c1"), "")
    async with asyncio.timeout(15):
        assert (await hall.serve(waiter, card_for("c1"))).agent == "cat"
    states = {each.agent: (each.state, each.reason) for each in await hall.desk.agents()}
    assert states["ann"] == (AgentState.AWAY, "Phone not reached")
    assert states["bob"] == (AgentState.AWAY, "Did not answer")
    assert [each.result for each in hall.attempts] == ["failed", "no_answer", "accepted"], "each is told once"
    never.set()


async def test_a_caller_who_leaves_takes_the_offer_with_them(hall: Hall) -> None:
    await hall.phone("sip:ann@memory", picks_up)
    await hall.agent("ann")
    waiter = await hall.room.enter(card_for("c1"), "")
    serving = asyncio.create_task(hall.serve(waiter, card_for("c1")))
    view = await offered(hall, "ann")
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    await waiter.end(TicketState.LEFT, "abandoned")
    with pytest.raises(OfferOver):
        await hall.desk.accept("ann", view.id)
    assert (await hall.desk.agents())[0].state is AgentState.AVAILABLE
    assert await hall.desk.waiting() == []


async def test_skill_priority_order_and_idleness_decide(hall: Hall) -> None:
    await hall.room.stop()
    order = [
        ("c1", "waste", "normal"),
        ("c2", "revenues", "normal"),
        ("c3", "waste", "urgent"),
        ("c4", "waste", "normal"),
    ]
    for call, queue, priority in order:
        await hall.room.enter(card_for(call, queue, priority), "")
    assert [each.call_id for each in await hall.desk.waiting()] == ["c3", "c1", "c2", "c4"]
    await hall.agent("ann", "waste")
    await hall.agent("bob", "waste")
    await hall.agent("cat", "revenues")
    await hall.room._distribution.round(hall.room.name)
    got = {name: (await hall.desk.in_hand(name)) for name in ("ann", "bob", "cat")}
    assert {name: view.call_id if view else "" for name, view in got.items()} == {"ann": "c3", "bob": "c1", "cat": "c2"}
    assert await hall.room._distribution.round(hall.room.name) == 0, "nobody is free, and nobody is offered twice"
    (last,) = [each for each in await hall.desk.waiting() if each.why == "busy"]
    assert (last.call_id, last.place) == ("c4", 3)


async def test_two_rounds_at_once_offer_each_call_once(hall: Hall) -> None:
    await hall.room.stop()
    for number in range(10):
        await hall.room.enter(card_for(f"c{number}"), "")
        await hall.agent(f"agent{number}")
    other = hall.media()
    await other.stop()
    made = await asyncio.gather(*(room._distribution.round("r") for room in (hall.room, other) for _ in range(3)))
    assert sum(made) == 10
    in_hand = [await hall.desk.in_hand(f"agent{number}") for number in range(10)]
    assert len({view.call_id for view in in_hand if view}) == 10
