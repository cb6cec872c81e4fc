"""A person's calls are found however their number is written, given to them whole, and forgotten whole."""

import json
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from voicebot.dialogue.acts import Fact, FactSource
from voicebot.errors import RecordsError
from voicebot.handoff.models import WrapUpRow
from voicebot.outbox.outbox import outbox_row
from voicebot.outbox.tables import OutboxRow
from voicebot.records import subject
from voicebot.records.cli import app
from voicebot.records.entries import CallStart, MessageEntry, RecordingEntry, TurnEntry
from voicebot.records.models import CallRow, TurnRow
from voicebot.records.store import RecordStore

START = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
MINE = "+44 1632 960123"


@pytest.fixture
async def kept(store: RecordStore, tmp_path: Path) -> RecordStore:
    """Two calls of one person, one in which another gave that number, and a stranger's."""
    callers = {"a": "01632960123", "b": "sip:+441632960123@trunk.example", "c": "", "d": "01632960999"}
    for minute, (call_id, caller) in enumerate(callers.items()):
        await store.begin_call(CallStart(call_id=call_id, caller=caller, started_at=START.replace(minute=minute)))
        await store.add_turn(TurnEntry(call_id=call_id, who="caller", text=f"said in {call_id}", at_ms=1000.0))
    number = Fact(name="phone", value="01632 960 123", source=FactSource.SAID, confidence=0.9)
    await store.set_facts("c", [number])
    for name in ("tape.wav", "message.wav", "strangers.wav"):
        (tmp_path / name).write_bytes(b"RIFF" + name.encode())
    await store.apply([RecordingEntry(call_id="a", path=str(tmp_path / "tape.wav"))])
    await store.add_message(MessageEntry(call_id="b", queue="waste_street", path=str(tmp_path / "message.wav")))
    await store.apply([RecordingEntry(call_id="d", path=str(tmp_path / "strangers.wav"))])
    async with store.database.session() as session:
        session.add(outbox_row("call.ended", {"caller": MINE}, call_id="a"))
        session.add(outbox_row("call.ended", {}, call_id="d"))
        session.add_all(WrapUpRow(offer_id=f"of {call_id}", call_id=call_id, agent="jane") for call_id in "ad")
    return store


@pytest.mark.parametrize("written", [MINE, "01632960123", "(01632) 960-123", "00441632960123", "tel:+441632960123"])
async def test_found_however_the_number_is_written(kept: RecordStore, written: str) -> None:
    assert await subject.calls_of(kept, written) == ["a", "b", "c"]
    assert await subject.calls_of(kept, "anonymous") == []


async def test_what_is_given_holds_everything_and_nothing_of_others(kept: RecordStore, tmp_path: Path) -> None:
    to = tmp_path / "theirs.zip"
    assert await subject.export(kept, await subject.calls_of(kept, MINE), to) == 2
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    with zipfile.ZipFile(to) as archive:
        names = archive.namelist()
        text = "".join(archive.read(name).decode() for name in names if name.endswith(".json"))
        everything = [json.loads(archive.read(name)) for name in names if name.endswith("everything.json")]
    assert len(everything) == 3 and everything[0]["outbox"][0]["payload"] == {"caller": MINE}
    assert {Path(name).name for name in names} == {"call.json", "everything.json", "tape.wav", "message.wav"}
    assert all(f"said in {call_id}" in text for call_id in "abc") and "said in d" not in text


async def test_what_is_there_is_not_replaced_and_what_failed_leaves_nothing(kept: RecordStore, tmp_path: Path) -> None:
    (tmp_path / "old.zip").write_text("precious")
    with pytest.raises(RecordsError, match="name another file"):
        await subject.export(kept, ["a"], tmp_path / "old.zip")
    assert (tmp_path / "old.zip").read_text() == "precious"
    with pytest.raises(RecordsError, match="can't be written"):
        await subject.export(kept, ["a"], tmp_path / "nowhere" / "new.zip")


async def test_forgotten_in_every_table_and_on_disk(kept: RecordStore, tmp_path: Path) -> None:
    assert await subject.forget(kept, await subject.calls_of(kept, MINE)) == 2
    async with kept.database.session() as session:
        assert (await session.execute(select(CallRow.id))).scalars().all() == ["d"]
        assert (await session.execute(select(TurnRow.call_id))).scalars().all() == ["d"]
        assert (await session.execute(select(OutboxRow.call_id))).scalars().all() == ["d"]
        assert (await session.execute(select(WrapUpRow.call_id))).scalars().all() == ["d"]
    assert not (tmp_path / "tape.wav").exists() and not (tmp_path / "message.wav").exists()
    assert (tmp_path / "strangers.wav").exists()


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICEBOT_DATA", str(tmp_path))
    run = CliRunner()
    assert isinstance(run.invoke(app, ["find"]).exception, RecordsError)
    nothing = run.invoke(app, ["find", "--number", MINE])
    assert nothing.exit_code == 0 and "0 calls" in nothing.output
    assert isinstance(run.invoke(app, ["find", "--reference", "NV-404"]).exception, RecordsError)
    assert isinstance(run.invoke(app, ["export", "x.zip", "--number", MINE]).exception, RecordsError)
    refused = run.invoke(app, ["forget", "--number", MINE], input="n\n")
    assert refused.exit_code == 1 and "Delete 0 calls" in refused.output
    assert "Deleted 0 calls" in run.invoke(app, ["forget", "--number", MINE, "--yes"]).output
