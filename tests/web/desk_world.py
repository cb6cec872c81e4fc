"""Calls, cards and offers for the tests of the pages of agents and supervisors: what the media process would write."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select, update

from voicebot.accounts.keys import new_id
from voicebot.audio.wav import write_wav
from voicebot.dialogue.acts import Fact, FactSource
from voicebot.handoff.card import Line, build_card
from voicebot.handoff.desk_state import bump, claim
from voicebot.handoff.models import AgentRow, AgentState, OfferRow, OfferState, TicketKind, TicketRow, TicketState
from voicebot.handoff.titles import Titles
from voicebot.records.entries import (
    CallEnd,
    CallStart,
    FactsEntry,
    HandoffEntry,
    Latency,
    MessageEntry,
    RecordingEntry,
    StepEntry,
    TurnEntry,
)
from voicebot.records.store import RecordStore

CALLER = "01632960123"
RATE = 8000
TITLES = Titles(
    {"waste": "bins and waste"}, {"waste_missed_bin": "the missed bin", "waste_collection_day": "your collection day"}
)
FACTS = (
    Fact(name="name", value="Anna Price", source=FactSource.SAID, confirmed=True, label="Name", at_ms=31000),
    Fact(name="bin", value="recycling", source=FactSource.SAID, confidence=0.72, label="Bin", at_ms=22000),
    Fact(name="house_number", value="9", source=FactSource.KEYED, confirmed=True, label="House number", at_ms=12500),
    Fact(
        name="address",
        value="9 Quarry Close, Little Harrow",
        source=FactSource.LOOKED_UP,
        confirmed=True,
        label="Address",
        at_ms=13000,
    ),
)
SAID = (
    ("bot", "Norbury Vale Council. This is an automated assistant. How can I help?", 0.0, None),
    ("caller", "my recycling bin hasn't been emptied again", 5200.0, "need"),
    ("bot", "Sorry about that. What's the postcode?", 8000.0, None),
    ("caller", "zb3 8lp", 10100.0, "postcode"),
    ("caller", "[9]", 12500.0, "house_number"),
    ("bot", "Which bin was it?", 19000.0, None),
    ("caller", "the recycling one, can I speak to somebody", 22000.0, "bin"),
)


def card_of(call_id: str, reference: str, *, priority: str = "normal", emergency: str | None = None) -> dict[str, Any]:
    """The card of a caller whose bin was missed."""
    return build_card(
        call_id=call_id,
        reference=reference,
        queue="waste_street",
        priority=priority,
        reason="The caller asked for a person.",
        service="waste",
        need="report",
        topic="missed_bin",
        facts=FACTS,
        caller=CALLER,
        emergency=emergency,
        references=["NVC 482 913"],
        answered=["collection_day"],
        failures=[],
        transcript=[Line(who, text, at_ms, asked or "") for who, text, at_ms, asked in SAID],
        titles=TITLES,
        wishes=["Asked to be spoken to slowly"],
        steps={"no_match": 1},
    ).as_json()


async def a_call(
    store: RecordStore,
    call_id: str,
    reference: str,
    *,
    caller: str = CALLER,
    outcome: str = "transferred",
    ago: timedelta = timedelta(hours=1),
    over: bool = True,
    recording: Path | None = None,
) -> None:
    """The record of a call, with a recording of a tone that rises every second when ``recording`` says where."""
    began = datetime.now(UTC) - ago
    await store.begin_call(CallStart(call_id=call_id, reference=reference, line="sip", caller=caller, started_at=began))
    for who, text, at_ms, asked in SAID:
        latency = Latency(end_of_turn=420, stt=80, dialogue=60, tts=40, total=610) if who == "bot" and at_ms else None
        turn = TurnEntry.model_validate(
            {"call_id": call_id, "who": who, "text": text, "at_ms": at_ms, "asked": asked, "latency": latency}
        )
        await store.add_turn(turn)
    card = card_of(call_id, reference)
    await store.apply(
        [
            FactsEntry(call_id=call_id, facts=FACTS),
            StepEntry(call_id=call_id, kind="transfer", at_ms=24000, data={"queue": "waste_street"}),
            HandoffEntry(
                call_id=call_id, queue="waste_street", reason="The caller asked for a person.", card=card, at_ms=24000
            ),
        ]
    )
    if recording is not None:
        seconds = np.arange(30)
        rising = np.concatenate([np.full(RATE, 100 * second, dtype=np.int16) for second in seconds])
        write_wav(recording, rising, RATE)
        await store.apply([RecordingEntry(call_id=call_id, path=str(recording), duration_ms=30_000)])
    if over:
        end = CallEnd(
            call_id=call_id,
            ended_at=began + timedelta(minutes=2),
            outcome=outcome,
            service="waste",
            queue="waste_street",
            card=card,
        )
        await store.finish_call(end)


async def a_message(store: RecordStore, call_id: str, uid: str, path: Path) -> None:
    """A message that a caller left."""
    write_wav(path, np.zeros(RATE * 2, dtype=np.int16), RATE)
    card = card_of(call_id, "NV-MSG22")
    await store.add_message(
        MessageEntry(call_id=call_id, uid=uid, queue="waste_street", path=str(path), card=card, duration_ms=2000)
    )


async def offered(store: RecordStore, agent: str, call_id: str, reference: str, **about: str) -> str:
    """A caller waits and is offered to an agent who is available; gives the offer's id."""
    now = datetime.now(UTC)
    ticket = TicketRow(
        id=new_id(),
        call_id=call_id,
        reference=reference,
        kind=TicketKind.CALL.value,
        state=TicketState.WAITING.value,
        queue="waste_street",
        overflow="",
        priority=0 if about.get("priority") == "urgent" else 2,
        entered_at=now - timedelta(seconds=42),
        owner="media",
        owner_seen_at=now,
        caller=CALLER,
        tried={},
        card=card_of(call_id, reference, priority=about.get("priority", "normal"), emergency=about.get("emergency")),
    )
    offer = OfferRow(
        id=new_id(),
        ticket_id=ticket.id,
        call_id=call_id,
        queue="waste_street",
        caller=CALLER,
        agent=agent,
        address=f"browser:{agent}",
        owner="media",
        state=OfferState.OFFERED.value,
        waited_s=42.0,
        made_at=now,
        recording="on",
        parties=[],
    )
    async with store.database.session() as session:
        session.add(ticket)
        await session.flush()
        row = await session.get(AgentRow, agent)
        assert row is not None
        assert await claim(session, ticket, row, offer, now)
        await bump(session)
    return offer.id


async def joined(store: RecordStore, offer_id: str) -> None:
    """Caller and agent hear each other."""
    async with store.database.session() as session:
        offer = await session.get(OfferRow, offer_id)
        assert offer is not None
        offer.state, offer.joined_at = OfferState.JOINED.value, datetime.now(UTC)
        set_agent = update(AgentRow).where(AgentRow.name == offer.agent).values(state=AgentState.IN_CALL.value)
        await session.execute(set_agent)
        await bump(session)


async def ended(store: RecordStore, offer_id: str) -> None:
    """They have hung up."""
    async with store.database.session() as session:
        offer = await session.get(OfferRow, offer_id)
        assert offer is not None
        offer.state, offer.ended_at = OfferState.ENDED.value, datetime.now(UTC)
        ticket = await session.get(TicketRow, offer.ticket_id)
        assert ticket is not None
        ticket.state = TicketState.DONE.value
        set_agent = update(AgentRow).where(AgentRow.name == offer.agent).values(state=AgentState.WRAPPING_UP.value)
        await session.execute(set_agent)
        await bump(session)


async def offer_row(store: RecordStore, offer_id: str) -> OfferRow:
    """An offer as it is now."""
    async with store.database.session() as session:
        return (await session.execute(select(OfferRow).where(OfferRow.id == offer_id))).scalar_one()
