"""Agents at the desk: presence, the worklist, the bypass."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.handoff.conftest import Clock
from voicebot.accounts.audit import Actor, Audit
from voicebot.handoff.desk import Desk
from voicebot.handoff.desk_state import DeskError
from voicebot.handoff.desk_views import plain
from voicebot.handoff.forgetting import forget_desk
from voicebot.handoff.models import AgentState
from voicebot.records.entries import CallEnd, CallStart, HandoffEntry, MessageEntry
from voicebot.records.store import RecordStore

SUPERVISOR = Actor("account", "1", "sam", "127.0.0.1")


async def test_a_new_agent_is_away_and_becomes_available(desk: Desk) -> None:
    first = await desk.sign_in("ann", "Ann Archer")
    assert (first.state, first.address, first.queues) == (AgentState.AWAY, "browser:ann", ("*",))
    before = await desk.version()
    assert (await desk.become_available("ann")).state is AgentState.AVAILABLE
    assert await desk.version() > before, "pages notice"
    assert (await desk.go_away("ann", " Lunch ")).reason == "Lunch"
    assert (await desk.sign_out("ann")).state is AgentState.OFFLINE
    assert await desk.agents() == []


async def test_opening_the_page_again_keeps_the_state(desk: Desk) -> None:
    await desk.sign_in("ann", "Ann")
    await desk.become_available("ann")
    assert (await desk.sign_in("ann", "Ann")).state is AgentState.AVAILABLE


async def test_a_page_that_falls_silent_counts_as_closed(desk: Desk, clock: Clock) -> None:
    await desk.sign_in("ann", "Ann")
    clock.forward(31)
    presence = await desk.presence("ann")
    assert presence is not None
    assert not presence.seen
    await desk.seen("ann")
    presence = await desk.presence("ann")
    assert presence is not None
    assert presence.seen


async def test_only_their_own_browser_or_a_desk_phone_is_rung(desk: Desk) -> None:
    await desk.sign_in("ann", "Ann")
    assert (await desk.ring_at("ann", "sip:205@pbx.example")).address == "sip:205@pbx.example"
    for wrong in ("browser:bob", "tel:999", "", "https://example.org"):
        with pytest.raises(DeskError):
            await desk.ring_at("ann", wrong)


async def test_who_is_not_at_the_desk_is_told_so(desk: Desk) -> None:
    with pytest.raises(DeskError):
        await desk.become_available("nobody")
    with pytest.raises(DeskError):
        await desk.hold("nobody", "no-offer")
    assert await desk.presence("nobody") is None
    assert await desk.in_hand("nobody") is None


async def test_the_bypass_needs_a_reason_and_is_audited(desk: Desk, store: RecordStore) -> None:
    assert not (await desk.bypass.state()).on
    with pytest.raises(DeskError):
        await desk.bypass.switch_on(SUPERVISOR, "Sam", "  ")
    state = await desk.bypass.switch_on(SUPERVISOR, "Sam Supervisor", "Wrong answers about bins")
    assert (state.on, state.by, state.reason) == (True, "Sam Supervisor", "Wrong answers about bins")
    assert not (await desk.bypass.switch_off(SUPERVISOR, "Sam Supervisor")).on
    entries = await Audit(store.database).entries()
    assert [entry["action"] for entry in entries] == ["bypass.off", "bypass.on"]
    assert entries[1]["detail"] == {"reason": "Wrong answers about bins"}


async def leave_message(store: RecordStore, call_id: str, queue: str = "waste") -> None:
    card = {"need": "Bins and recycling: missed bin", "who": {"number": "07700900123"}}
    await store.apply(
        [
            CallStart(call_id=call_id, reference=f"NV-{call_id}", caller="01632960001"),
            MessageEntry(call_id=call_id, queue=queue, path=f"/messages/{call_id}.wav", card=card, duration_ms=4200),
            CallEnd(call_id=call_id, outcome="message", ended_at=datetime(2026, 11, 25, 9, 59, tzinfo=UTC)),
        ]
    )


async def test_messages_are_taken_over_once_claimed_and_closed(desk: Desk, store: RecordStore) -> None:
    await leave_message(store, "c1")
    assert [item.kind for item in await desk.work.items()] == ["message"]
    (item,) = await desk.work.items()
    assert (item.number, item.has_audio, item.duration_s, item.age_s) == ("07700900123", True, 4.2, 60.0)
    claimed = await desk.work.claim("ann", item.id)
    assert (claimed.state, claimed.claimed_by) == ("claimed", "ann")
    with pytest.raises(DeskError):
        await desk.work.claim("bob", item.id)
    with pytest.raises(DeskError):
        await desk.work.close("bob", item.id, "done")
    await desk.work.close("ann", item.id, "reached", "Bin is emptied tomorrow")
    assert await desk.work.items() == []
    (closed,) = await desk.work.items("closed")
    assert (closed.outcome, closed.closed_by) == ("reached", "ann")
    assert plain(closed)["closed_at"] == "2026-11-25T10:00:00.000Z"


async def test_overdue_items_are_counted_and_queues_kept_apart(desk: Desk, store: RecordStore, clock: Clock) -> None:
    await leave_message(store, "c1", "waste")
    await leave_message(store, "c2", "revenues")
    assert [item.queue for item in await desk.work.items(queues=["revenues"])] == ["revenues"]
    assert (await desk.work.counts()).overdue == 0
    clock.forward(4 * 3600)
    assert all(item.overdue for item in await desk.work.items())
    assert (await desk.work.counts(["waste"])).overdue == 1


async def test_what_is_old_is_forgotten(desk: Desk, store: RecordStore, clock: Clock) -> None:
    await leave_message(store, "c1")
    assert len(await desk.work.items()) == 1
    await forget_desk(store.database, clock() - timedelta(hours=1))
    (item,) = await desk.work.items()
    await forget_desk(store.database, clock())
    assert await desk.work.item(item.id) is None


async def test_a_promised_callback_is_on_the_list_and_due_sooner(desk: Desk, store: RecordStore) -> None:
    await store.apply(
        [
            CallStart(call_id="c1", reference="NV-1", caller="01632960001"),
            HandoffEntry(call_id="c1", queue="revenues", reason="Call back tomorrow", outcome="callback"),
            HandoffEntry(call_id="c1", queue="revenues", outcome="joined"),
        ]
    )
    (item,) = await desk.work.items()
    assert (item.kind, item.number) == ("callback", "01632960001")
    assert item.due_at - item.made_at == timedelta(minutes=60)
