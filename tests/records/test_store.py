"""What is written comes back as the API promises."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

import voicebot.accounts.models
import voicebot.facts.tables
import voicebot.flows.tables
import voicebot.handoff.models
import voicebot.records.dismissed  # noqa: F401 - their tables
from voicebot.dialogue.acts import Fact, FactSource
from voicebot.errors import ConfigurationError, RecordsUnavailable
from voicebot.records.database import RecordRejected
from voicebot.records.entries import (
    REFERENCE_LETTERS,
    Attempt,
    CallEnd,
    CallStart,
    CallState,
    HandoffEntry,
    Latency,
    MessageEntry,
    RecordingEntry,
    StepEntry,
    TurnEntry,
    new_reference,
)
from voicebot.records.migrations import upgrade
from voicebot.records.models import Base
from voicebot.records.retention import forget_old
from voicebot.records.store import RecordStore
from voicebot.records.view import STAGES

START = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
CARD = {"need": "missed bin", "flags": ["none"], "transcript": ["my card is 4539 1488 0343 6467"]}


def said(value: str, *, confirmed: bool = False) -> Fact:
    return Fact(name="postcode", value=value, source=FactSource.SAID, confidence=0.8, confirmed=confirmed, at_ms=900.0)


async def whole_call(store: RecordStore, call_id: str = "c1") -> None:
    await store.begin_call(
        CallStart(call_id=call_id, line="sip", caller="01632960123", called="01632960000", started_at=START)
    )
    await store.add_turn(TurnEntry(call_id=call_id, who="bot", text="Hello", at_ms=0.0, heard="Hello"))
    await store.add_turn(
        TurnEntry(
            call_id=call_id,
            who="caller",
            text="my bin was missed",
            at_ms=2100.0,
            confidence=0.9,
            asked="need",
            latency=Latency(end_of_turn=640, stt=300, dialogue=90, tts=40, total=1070),
        )
    )
    await store.set_facts(call_id, [said("ZB1 1AA")])
    await store.set_facts(call_id, [said("ZB3 8LP")])
    await store.set_facts(call_id, [said("ZB3 8LP", confirmed=True)])
    await store.add_step(StepEntry(call_id=call_id, kind="state", at_ms=5.0, data={"to": "listen"}))
    handoff = HandoffEntry(call_id=call_id, queue="waste_street", priority="high", reason="asked", card=CARD)
    await store.add_handoff(handoff)
    attempt = Attempt(address="sip:agent@127.0.0.1", result="answered", started_ms=9000, ended_ms=12000)
    await store.update_handoff(handoff.model_copy(update={"attempts": (attempt,), "outcome": "joined"}))
    await store.finish_call(
        CallEnd(
            call_id=call_id,
            ended_at=START + timedelta(minutes=2),
            outcome="transferred",
            service="waste",
            need="report",
            queue="waste_street",
        )
    )


async def test_a_call_comes_back_as_the_api_promises(store: RecordStore) -> None:
    await whole_call(store)
    call = await store.call("c1")
    assert call is not None
    promised = {
        *("id", "reference", "line", "from", "started_at", "ended_at", "service", "need", "outcome", "queue"),
        *("emergency", "transcript", "facts", "latency_ms", "card"),
    }
    assert promised <= set(call)
    assert (call["from"], call["started_at"], call["ended_at"]) == (
        "01632960123",
        "2026-11-03T09:30:00.000Z",
        "2026-11-03T09:32:00.000Z",
    )
    assert [turn["who"] for turn in call["transcript"]] == ["bot", "caller"]
    assert call["transcript"][0]["heard"] == "Hello"
    assert call["latency_ms"] == [
        dict.fromkeys((*STAGES, "at_ms"), 0)
        | {"end_of_turn": 640, "stt": 300, "dialogue": 90, "tts": 40, "transport": 0, "total": 1070}
    ]
    assert [(f["name"], f["value"], f["confirmed"]) for f in call["facts"]] == [("postcode", "ZB3 8LP", True)]
    assert call["handoffs"][0]["outcome"] == "joined" and len(call["handoffs"]) == 1
    assert call["card"]["transcript"] == ["my card is [card number removed]"]
    assert call["emergency"] is None and call["queue"] == "waste_street"
    assert await store.call(call["reference"].lower()) == call
    assert await store.call("nobody") is None
    assert call["steps"] == [{"kind": "state", "at_ms": 5.0, "data": {"to": "listen"}}]


async def test_superseded_facts_are_kept_in_the_database(store: RecordStore, database: str) -> None:
    await whole_call(store)
    with sqlite3.connect(database.removeprefix("sqlite+aiosqlite:///")) as db:
        rows = db.execute("select value, superseded from facts order by id").fetchall()
    db.close()
    assert rows == [("ZB1 1AA", 1), ("ZB3 8LP", 0)]


async def test_recent_calls_newest_first_and_paged(store: RecordStore) -> None:
    for n in range(5):
        await store.begin_call(CallStart(call_id=f"c{n}", started_at=START + timedelta(minutes=n)))
    assert [c["id"] for c in await store.recent_calls(3)] == ["c4", "c3", "c2"]
    older = await store.recent_calls(3, before=START + timedelta(minutes=2))
    assert [c["id"] for c in older] == ["c1", "c0"]
    assert len(await store.recent_calls(0)) == 1


async def test_writing_twice_changes_nothing(store: RecordStore) -> None:
    start = CallStart(call_id="c1", started_at=START)
    turn = TurnEntry(call_id="c1", who="caller", text="hello", at_ms=1.0)
    for _ in range(2):
        await store.apply([start, turn])
    call = await store.call("c1")
    assert call is not None and len(call["transcript"]) == 1


async def test_card_numbers_are_removed_from_all_that_is_written(store: RecordStore, database: str) -> None:
    number = "4539 1488 0343 6467"
    await store.begin_call(CallStart(call_id="c1"))
    await store.add_turn(TurnEntry(call_id="c1", who="caller", text=f"it is {number}", at_ms=1.0, heard=number))
    await store.set_facts("c1", [Fact(name="reference", value=number, source=FactSource.SAID)])
    await store.add_handoff(HandoffEntry(call_id="c1", queue="revenues", reason=f"pay with {number}"))
    await store.add_step(StepEntry(call_id="c1", kind="x", at_ms=1.0, data={"deep": [{"er": number}]}))
    await store.add_message(MessageEntry(call_id="c1", queue="revenues", card={"said": number}))
    await store.close()
    assert b"0343" not in Path(database.removeprefix("sqlite+aiosqlite:///")).read_bytes()


async def test_an_entry_of_an_unknown_call_is_rejected(store: RecordStore) -> None:
    with pytest.raises(RecordRejected):
        await store.add_turn(TurnEntry(call_id="ghost", who="bot", text="hi", at_ms=1.0))
    with pytest.raises(RecordRejected):
        await store.apply([CallState(call_id="ghost", service="waste")])


async def test_a_taken_reference_is_replaced(store: RecordStore) -> None:
    await store.begin_call(CallStart(call_id="a", reference="NV-22222"))
    await store.begin_call(CallStart(call_id="b", reference="NV-22222"))
    other = await store.call("b")
    assert other is not None and other["reference"] != "NV-22222" and other["reference"].startswith("NV-")


async def test_purge_deletes_old_calls_and_their_audio(store: RecordStore, tmp_path: Path) -> None:
    audio, tape = tmp_path / "message.wav", tmp_path / "recording.wav"
    audio.write_bytes(b"RIFF")
    tape.write_bytes(b"RIFF")
    await whole_call(store)
    await store.add_message(MessageEntry(call_id="c1", queue="waste_street", path=str(audio)))
    await store.apply([RecordingEntry(call_id="c1", path=str(tape))])
    await store.begin_call(CallStart(call_id="new", started_at=START + timedelta(days=90)))
    assert await store.purge(START + timedelta(days=30)) == 1
    assert [c["id"] for c in await store.recent_calls(9)] == ["new"]
    assert not audio.exists() and not tape.exists() and await store.call("c1") is None
    assert await store.purge(START) == 0


@pytest.mark.parametrize(("keep_days", "left"), [(30, ["new"]), (89, ["new"]), (91, ["new", "c1"]), (0, ["new", "c1"])])
async def test_calls_are_forgotten_when_their_time_is_up(store: RecordStore, keep_days: int, left: list[str]) -> None:
    now = START + timedelta(days=90)
    await whole_call(store)
    await store.begin_call(CallStart(call_id="new", started_at=now))
    assert await forget_old(store, keep_days, now) == 2 - len(left)
    assert [call["id"] for call in await store.recent_calls()] == left


async def test_a_call_is_found_by_what_the_other_side_calls_it(store: RecordStore) -> None:
    for number, call_id in enumerate(("first", "second")):
        started = START + timedelta(minutes=number)
        await store.begin_call(CallStart(call_id=call_id, line_id="a84b4c@trunk.example", started_at=started))
    await store.begin_call(CallStart(call_id="nameless"))
    call = await store.call("a84b4c@trunk.example")
    assert call is not None and (call["id"], call["line_id"]) == ("second", "a84b4c@trunk.example")
    assert await store.call("") is None


async def test_messages_are_told_without_the_place_of_their_audio(store: RecordStore) -> None:
    await whole_call(store)
    message = MessageEntry(call_id="c1", queue="waste_street", path="/somewhere/m.wav", duration_ms=4200, at_ms=9000)
    await store.add_message(message)
    call = await store.call("c1")
    assert call is not None
    assert call["messages"] == [{"id": message.uid, "queue": "waste_street", "duration_ms": 4200, "at_ms": 9000}]


async def test_a_locked_database_is_unavailable(store: RecordStore, database: str) -> None:
    other = sqlite3.connect(database.removeprefix("sqlite+aiosqlite:///"), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(RecordsUnavailable):
        await store.begin_call(CallStart(call_id="c1"))
    other.execute("ROLLBACK")
    other.close()
    await store.begin_call(CallStart(call_id="c1"))


async def test_ping_needs_the_tables(tmp_path: Path) -> None:
    store = RecordStore(f"sqlite+aiosqlite:///{tmp_path / 'empty.sqlite'}")
    with pytest.raises(RecordsUnavailable):
        await store.ping()
    await store.upgrade()
    await store.ping()
    await store.close()


async def test_processes_may_migrate_at_once_and_again(database: str) -> None:
    await asyncio.gather(*(asyncio.to_thread(upgrade, database) for _ in range(3)))
    await asyncio.to_thread(upgrade, database)


def test_migrations_make_what_the_models_say(database: str) -> None:
    upgrade(database)
    engine = create_engine(database.replace("+aiosqlite", ""))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_wrong_urls_say_so() -> None:
    with pytest.raises(ConfigurationError):
        RecordStore("nonsense")
    with pytest.raises(ConfigurationError):
        RecordStore("nonsense+driver://x")


def test_references_can_be_read_out() -> None:
    assert {c for _ in range(50) for c in new_reference()[3:]} <= set(REFERENCE_LETTERS)
    assert not set("01OILSZU") & set(REFERENCE_LETTERS) - set("Z")
