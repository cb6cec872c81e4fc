"""The database goes away and comes back, the disk is full: the call goes on."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from voicebot.dialogue.acts import Fact, FactSource
from voicebot.records.entries import CallEnd, CallStart, TurnEntry
from voicebot.records.store import RecordStore
from voicebot.records.writer import RecordWriter


@pytest.fixture
async def writer(store: RecordStore, tmp_path: Path) -> AsyncIterator[RecordWriter]:
    writer = RecordWriter(store, tmp_path / "journal", retry_s=0.02)
    await writer.start()
    yield writer
    await writer.close()


class Outage:
    """Holds the database's only write lock, as a stuck backup would."""

    def __init__(self, database: str) -> None:
        self._connection = sqlite3.connect(database.removeprefix("sqlite+aiosqlite:///"), isolation_level=None)

    def begin(self) -> None:
        self._connection.execute("BEGIN EXCLUSIVE")

    def end(self) -> None:
        self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def outage(database: str, store: RecordStore) -> Iterator[Outage]:
    outage = Outage(database)
    yield outage
    outage.close()


def turn(n: int, call_id: str = "c1") -> TurnEntry:
    return TurnEntry(call_id=call_id, who="caller", text=f"turn {n}", at_ms=float(n))


async def texts(store: RecordStore, call_id: str = "c1") -> list[str]:
    call = await store.call(call_id)
    return [t["text"] for t in call["transcript"]] if call else []


async def replayed(writer: RecordWriter, count: int) -> None:
    await asyncio.wait_for(writer.drained(), 10)
    assert writer.counts.replayed == count


async def test_writes_in_order_without_waiting(writer: RecordWriter, store: RecordStore) -> None:
    writer.begin_call(CallStart(call_id="c1"))
    for n in range(100):
        writer.add_turn(turn(n))
    writer.set_facts("c1", [Fact(name="name", value="Jane Burns", source=FactSource.SAID)])
    writer.finish_call(CallEnd(call_id="c1", outcome="answered"))
    await writer.settle()
    assert await texts(store) == [f"turn {n}" for n in range(100)]
    assert writer.counts.written == 103 and writer.counts.journaled == 0


async def test_database_goes_away_in_a_call_and_comes_back(
    writer: RecordWriter, store: RecordStore, outage: Outage, tmp_path: Path
) -> None:
    writer.begin_call(CallStart(call_id="c1"))
    writer.add_turn(turn(0))
    await writer.settle()
    outage.begin()
    writer.add_turn(turn(1))
    await writer.settle()
    writer.add_turn(turn(2))
    writer.begin_call(CallStart(call_id="c2"))
    await writer.settle()
    assert writer.database_up is False
    journal = tmp_path / "journal" / "media.jsonl"
    assert journal.stat().st_mode & 0o077 == 0
    assert len(journal.read_text().splitlines()) == 3
    outage.end()
    await replayed(writer, 3)
    writer.add_turn(turn(3))
    await writer.settle()
    assert await texts(store) == [f"turn {n}" for n in range(4)]
    assert await store.call("c2") is not None
    assert not journal.exists()
    assert writer.counts.lost == 0


async def test_a_restart_replays_the_journal(store: RecordStore, outage: Outage, tmp_path: Path) -> None:
    outage.begin()
    async with RecordWriter(store, tmp_path / "journal", retry_s=0.02) as first:
        first.begin_call(CallStart(call_id="c1"))
        first.add_turn(turn(1))
    assert first.counts.journaled == 2
    with (tmp_path / "journal" / "media.jsonl").open("a") as journal:
        journal.write('{"entry": "turn", "call_id": "c1", "te')
    outage.end()
    async with RecordWriter(store, tmp_path / "journal", retry_s=0.02) as second:
        await replayed(second, 2)
        assert await texts(store) == ["turn 1"]
        assert second.counts.lost == 1


async def test_a_full_disk_is_counted_and_the_call_goes_on(store: RecordStore, outage: Outage, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    journal.mkdir()
    (journal / "media.jsonl").symlink_to("/dev/full")
    outage.begin()
    async with RecordWriter(store, journal, retry_s=0.02, max_waiting=5) as writer:
        writer.begin_call(CallStart(call_id="c1"))
        await writer.settle()
        for n in range(4):
            writer.add_turn(turn(n))
        assert writer.counts.lost == 0
        writer.add_turn(turn(4))
        assert writer.counts.lost == 1
        outage.end()
        await asyncio.wait_for(writer.drained(), 10)
    # What was lost is the oldest turn, not the call's beginning.
    assert await texts(store) == [f"turn {n}" for n in range(1, 5)]
    assert writer.counts.rejected == 0


async def test_entries_wait_in_memory_while_the_disk_is_full(
    store: RecordStore, outage: Outage, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    journal.mkdir()
    (journal / "media.jsonl").symlink_to("/dev/full")
    outage.begin()
    async with RecordWriter(store, journal, retry_s=0.02) as writer:
        writer.begin_call(CallStart(call_id="c1"))
        writer.add_turn(turn(1))
        await writer.settle()
        outage.end()
        await asyncio.wait_for(writer.drained(), 10)
        assert await texts(store) == ["turn 1"] and writer.counts.lost == 0


async def test_one_bad_entry_does_not_hold_up_the_others(writer: RecordWriter, store: RecordStore) -> None:
    writer.begin_call(CallStart(call_id="c1"))
    writer.add_turn(turn(1, "ghost"))
    writer.add_turn(turn(2))
    await writer.settle()
    assert await texts(store) == ["turn 2"]
    assert writer.counts.rejected == 1


async def test_writers_of_one_name_keep_apart_and_inherit(store: RecordStore, outage: Outage, tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    outage.begin()
    async with RecordWriter(store, folder, retry_s=0.02) as one, RecordWriter(store, folder, retry_s=0.02) as two:
        one.begin_call(CallStart(call_id="c1"))
        two.begin_call(CallStart(call_id="c2"))
    assert sorted(path.name for path in folder.glob("*.jsonl")) == ["media-1.jsonl", "media.jsonl"]
    outage.end()
    async with RecordWriter(store, folder, name="chat", retry_s=0.02) as heir:
        await replayed(heir, 2)
    assert {call["id"] for call in await store.recent_calls()} == {"c1", "c2"}
    assert list(folder.glob("*.jsonl")) == []


async def test_a_database_file_that_is_moved_away_and_back_loses_nothing(
    writer: RecordWriter, store: RecordStore, database: str
) -> None:
    file = Path(database.removeprefix("sqlite+aiosqlite:///"))
    writer.begin_call(CallStart(call_id="c1"))
    await writer.settle()
    await store.close()
    aside = file.with_name("aside.sqlite")
    file.rename(aside)
    writer.add_turn(turn(1))
    await writer.settle()
    assert writer.counts.journaled == 1 and not file.exists()
    aside.rename(file)
    await asyncio.wait_for(writer.drained(), 10)
    assert await texts(store) == ["turn 1"]


async def test_a_journal_that_can_not_be_made_stops_nobody(store: RecordStore, outage: Outage, tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file where the folder should be")
    outage.begin()
    async with RecordWriter(store, tmp_path / "journal", retry_s=0.02) as writer:
        writer.begin_call(CallStart(call_id="c1"))
        await writer.settle()
        outage.end()
        await asyncio.wait_for(writer.drained(), 10)
    assert await store.call("c1") is not None and writer.counts.lost == 0
