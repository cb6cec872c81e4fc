"""Who is offered whose call: overflow to a second queue, the agent whom the caller knows, an agent by name."""

from datetime import timedelta

import pytest

from tests.handoff.conftest import Clock
from tests.handoff.hall import card_for
from voicebot.handoff.desk import Desk
from voicebot.handoff.desk_offer import DeskOffer
from voicebot.handoff.desk_views import WrapUp
from voicebot.handoff.models import TicketState
from voicebot.handoff.waiter import Waiter
from voicebot.handoff.waiting_room import WaitingRoom
from voicebot.records.store import RecordStore
from voicebot.settings import HandoffSettings

KNOWN, UNKNOWN = "01632960001", "01632960002"


class Floor:
    """A desk whose rounds are made by the tests."""

    def __init__(self, store: RecordStore, clock: Clock, **settings: object) -> None:
        given = HandoffSettings.model_validate({"queues": {}, "presence_s": 1e6, **settings})
        self.clock = clock
        self.desk = Desk(store.database, given, now=clock)
        self.room = WaitingRoom(store.database, given, now=clock)

    async def agent(self, name: str, *queues: str) -> None:
        """An agent who is available from now on."""
        await self.desk.sign_in(name, name.capitalize())
        await self.desk.serve(name, queues or ("*",))
        await self.desk.become_available(name)
        self.clock.forward(1)

    async def waits(self, caller: str = UNKNOWN, queue: str = "waste", *, only: str = "") -> Waiter:
        """A caller who begins to wait."""
        return await self.room.enter(card_for(f"c{self.clock.at.timestamp()}", queue), caller, only_agent=only)

    async def round(self) -> list[str]:
        """Offer what there is to offer; whom, in the order of their names."""
        await self.room._beat()
        await self.room._distribution.round(self.room.name)
        await self.room._look()
        agents = await self.desk.agents()
        return [each.agent for each in agents if each.offer_id and each.state == "offered"]

    async def talk(self, waiter: Waiter, *, minutes: float = 3) -> None:
        """The caller is taken by whom they are offered to, talks, and is wrapped up."""
        offer: DeskOffer = await waiter.next_offer()
        await offer.accept("key")
        await offer.joined(self.clock(), "")
        self.clock.forward(60 * minutes)
        await offer.ended()
        await waiter.end(TicketState.DONE, "talked")
        await self.desk.wrap_up(offer.agent, offer.id, WrapUp("resolved"))


async def test_a_call_that_waits_for_long_is_open_to_a_second_queue(store: RecordStore, clock: Clock) -> None:
    floor = Floor(store, clock, overflow={"waste": "contact"}, overflow_s=120)
    await floor.agent("ann", "contact")
    waiter = await floor.waits()
    clock.forward(119)
    assert await floor.round() == []
    (waiting,) = await floor.desk.waiting()
    assert (waiting.why, waiting.overflow) == ("nobody", "")
    clock.forward(1)
    assert await floor.round() == ["ann"]
    view = await floor.desk.in_hand("ann")
    assert view is not None
    assert view.queue == "waste", "it is still what it was about"
    await floor.talk(waiter)


async def test_its_own_people_come_before_those_of_the_second_queue(store: RecordStore, clock: Clock) -> None:
    floor = Floor(store, clock, overflow={"default": "contact"}, overflow_s=0)
    await floor.agent("ann", "contact")
    clock.forward(600)
    await floor.agent("bob", "waste")
    await floor.waits()
    assert await floor.round() == ["bob"]


async def test_who_was_named_is_waited_for_whatever_queue_would_overflow(store: RecordStore, clock: Clock) -> None:
    floor = Floor(store, clock, overflow={"waste": "contact"}, overflow_s=10)
    await floor.agent("ann", "contact", "waste")
    waiter = await floor.waits(only="bob")
    clock.forward(60)
    assert await floor.round() == []
    await waiter.anybody()
    assert await floor.round() == ["ann"]


@pytest.mark.parametrize(("days", "again"), [(6, "ann"), (8, "bob")])
async def test_a_caller_is_offered_to_whom_they_spoke_last(
    store: RecordStore, clock: Clock, days: int, again: str
) -> None:
    floor = Floor(store, clock, sticky_days=7)
    await floor.agent("ann")
    await floor.agent("bob")
    first = await floor.waits(KNOWN)
    assert await floor.round() == ["ann"], "idle for longest"
    await floor.talk(first)
    clock.forward(timedelta(days=days).total_seconds())
    await floor.waits(KNOWN)
    assert await floor.round() == [again], "bob is idle for longest now"


async def test_nobody_waits_for_somebody_whom_they_know(store: RecordStore, clock: Clock) -> None:
    """The one they spoke to is busy: whoever is free takes them."""
    floor = Floor(store, clock)
    await floor.agent("ann")
    await floor.talk(await _offered(floor, KNOWN))
    await floor.desk.go_away("ann", "Lunch")
    await floor.agent("bob")
    await floor.waits(KNOWN)
    assert await floor.round() == ["bob"]


async def _offered(floor: Floor, caller: str) -> Waiter:
    waiter = await floor.waits(caller)
    assert len(await floor.round()) == 1
    return waiter
