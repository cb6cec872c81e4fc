"""The same records on a real PostgreSQL, started from Debian's binaries for the length of these tests."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.postgres_server import Server, needs_server, running_server
from voicebot.app.records_sink import open_sink
from voicebot.dialogue.acts import Fact, FactSource
from voicebot.errors import ConfigurationError, RecordsUnavailable
from voicebot.records.database import RecordRejected
from voicebot.records.entries import CallEnd, CallStart, TurnEntry
from voicebot.records.entries import Latency as KeptLatency
from voicebot.records.migrations import upgrade
from voicebot.records.store import RecordStore
from voicebot.records.writer import RecordWriter
from voicebot.session.ledger import Latency, Ledger
from voicebot.settings import Settings
from voicebot.telephony.leg import CallFacts, Direction

START = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One of its own, empty at first: these tests migrate it, stop it and start it again."""
    with running_server() as server:
        yield server


@pytest.fixture
async def postgres(server: Server) -> AsyncIterator[RecordStore]:
    store = RecordStore(server.url)
    await store.upgrade()
    yield store
    await store.close()


@needs_server
async def test_processes_may_migrate_at_once(server: Server) -> None:
    code = f"from voicebot.records.migrations import upgrade; upgrade({server.url!r})"
    started = [await asyncio.create_subprocess_exec(sys.executable, "-c", code) for _ in range(2)]
    async with asyncio.timeout(60):
        assert [await process.wait() for process in started] == [0, 0]
    await asyncio.to_thread(upgrade, server.url)


@needs_server
async def test_the_same_as_on_sqlite(postgres: RecordStore) -> None:
    turn = TurnEntry(call_id="p1", who="caller", text="hello", at_ms=5, heard=True, latency=KeptLatency(total=800))
    for _ in range(2):
        await postgres.apply([CallStart(call_id="p1", caller="01632960123", started_at=START), turn])
    for value in ("ZB1 1AA", "ZB3 8LP"):
        await postgres.set_facts("p1", [Fact(name="postcode", value=value, source=FactSource.KEYED)])
    await postgres.apply([CallEnd(call_id="p1", outcome="answered", ended_at=START + timedelta(minutes=1))])
    call = await postgres.call("p1")
    assert call is not None
    assert call["started_at"] == "2026-11-03T09:30:00.000Z" and len(call["transcript"]) == 1
    assert [fact["value"] for fact in call["facts"]] == ["ZB3 8LP"] and call["latency_ms"][0]["total"] == 800
    assert (await postgres.outcomes()) == {"answered": 1}
    with pytest.raises(RecordRejected):
        await postgres.add_turn(TurnEntry(call_id="ghost", who="bot", text="hi", at_ms=1.0))
    assert await postgres.purge(START + timedelta(days=1)) == 1
    assert await postgres.recent_calls() == []


@needs_server
async def test_a_server_that_restarts_in_a_call_costs_nothing(
    postgres: RecordStore, server: Server, tmp_path: Path
) -> None:
    async with RecordWriter(postgres, tmp_path / "journal", retry_s=0.1) as writer:
        writer.begin_call(CallStart(call_id="p2"))
        await writer.settle()
        server.stop()
        writer.add_turn(TurnEntry(call_id="p2", who="caller", text="one", at_ms=1))
        await writer.settle()
        assert writer.counts.journaled == 1
        with pytest.raises(RecordsUnavailable):
            await postgres.ping()
        server.start()
        writer.add_turn(TurnEntry(call_id="p2", who="caller", text="two", at_ms=2))
        await asyncio.wait_for(writer.drained(), 20)
    call = await postgres.call("p2")
    assert call is not None and [turn["text"] for turn in call["transcript"]] == ["one", "two"]


@needs_server
async def test_a_ledger_is_kept_whole(server: Server, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, database_url=server.url)
    call_id = "4539148803436467" * 4
    async with open_sink(settings) as sink:
        ledger = Ledger(CallFacts(call_id, "sip", Direction.INBOUND, caller="s" * 999), "NV-4F7K3", sink)
        ledger.said_by_caller("nul\0 and \udce9", 1.0, asked="postcode")
        ledger.said_by_bot("Hello", 2.0)
        ledger.took(Latency(1, 2, 3, 4, 5, 15))
        ledger.handing_over(ledger.card(queue="waste", priority="normal", reason="asked"))
        ledger.attempted("sip:agent@127.0.0.1", "accepted", 9.0)
        ledger.step("joined", 9.0, attempts=1)
        ledger.message("waste", "/nowhere.wav", 1.0)
        ledger.finish("transferred")
        await sink.written()
    store = RecordStore(server.url)
    call = await store.call(call_id)
    assert call is not None and [turn["text"] for turn in call["transcript"]] == ["nul and ?", "Hello"]
    assert call["outcome"] == "transferred" and call["handoffs"][0]["outcome"] == "joined"
    assert call["latency_ms"][0]["total"] == 15 and len(call["steps"]) == 1
    await store.close()
    assert list((tmp_path / "journal").glob("*.jsonl")) == []


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(ConfigurationError, match=r"voicebot\[postgres\]"):
        RecordStore("postgresql+asyncpg://x@/y")
