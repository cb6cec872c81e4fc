"""Facts are changed by people with a reason, checked as a whole, and heard by calls within seconds."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.facts.conftest import NOW
from voicebot.accounts.audit import Actor, Audit
from voicebot.facts.model import CouncilFacts, FactRefused, Kind
from voicebot.facts.reader import FactsReader, open_facts
from voicebot.facts.store import CHANGE, FactsStore
from voicebot.records.database import Database
from voicebot.settings import DialogueSettings, Settings

WHO = Actor("account", "a1", "jo.marsh")
OFFICE = {"title": "the council tax team", "timetable": "office", "out_of_hours": "callback"}
LATE_BINS = {
    "text": "Bins are being collected a day late this week.",
    "start": "2026-11-23",
    "end": "2026-11-27",
    "service": "waste",
}


async def test_a_fact_that_is_set_wins_over_the_default(store: FactsStore) -> None:
    assert (await store.current()).queue["revenues"].timetable == "always"

    await store.put(Kind.QUEUE, "revenues", OFFICE, who=WHO, why="closed at night")

    assert (await store.current()).queue["revenues"].timetable == "office"
    entry = await store.get(Kind.QUEUE, "revenues")
    assert entry is not None
    assert (entry.source, entry.changed_by, entry.changed_at, entry.why) == ("set", "jo.marsh", NOW, "closed at night")
    benefits = await store.get(Kind.QUEUE, "benefits")
    assert benefits is not None
    assert (benefits.source, benefits.changed_by) == ("default", "")


async def test_every_change_is_kept_with_who_and_why(store: FactsStore, database: Database) -> None:
    await store.put(Kind.NOTICE, "late_bins", LATE_BINS, who=WHO, why="snow")
    await store.put(Kind.NOTICE, "late_bins", {**LATE_BINS, "end": "2026-11-28"}, who=WHO, why="more snow")
    await store.remove(Kind.NOTICE, "late_bins", who=WHO, why="it thawed")

    changes = await store.changes(kind=Kind.NOTICE, key="late_bins")

    assert [change.why for change in changes] == ["it thawed", "more snow", "snow"]
    assert [change.before and change.before["end"] for change in changes] == ["2026-11-28", "2026-11-27", None]
    assert [change.after and change.after["end"] for change in changes] == [None, "2026-11-28", "2026-11-27"]
    audit = await Audit(database).entries(action=CHANGE)
    assert [(row["actor"]["name"], row["target"]) for row in audit] == [("jo.marsh", "notice late_bins")] * 3


async def test_a_default_can_be_taken_away_and_restored(store: FactsStore) -> None:
    await store.remove(Kind.HOLIDAY, "2026-12-24", who=WHO, why="we work")
    assert datetime(2026, 12, 24).date() not in (await store.current()).holiday

    await store.restore(Kind.HOLIDAY, "2026-12-24", who=WHO, why="we don't")

    assert (await store.current()).holiday[datetime(2026, 12, 24).date()].hours == "09:00-13:00"


@pytest.mark.parametrize(
    ("kind", "key", "value", "told"),
    [
        (Kind.QUEUE, "revenues", {**OFFICE, "timetable": "nights"}, "the timetable nights, which there isn't"),
        (Kind.QUEUE, "gas_emergency", {**OFFICE}, "for emergencies and never closes"),
        (Kind.HOLIDAY, "Christmas", {"name": "Christmas Day"}, "is no date"),
        (Kind.NOTICE, "", LATE_BINS, "needs a name"),
        (Kind.NOTICE, "n", {**LATE_BINS, "end": "2026-11-01"}, "ends before it begins"),
        (Kind.TIMETABLE, "office", {"hours": {"mon-fri": "9 to 5"}}, "write it like 09:00-17:00"),
    ],
)
async def test_what_is_wrong_changes_nothing(
    store: FactsStore, kind: Kind, key: str, value: dict[str, object], told: str
) -> None:
    with pytest.raises(FactRefused, match=told):
        await store.put(kind, key, value, who=WHO, why="a try")
    assert await store.changes() == []
    assert await store.current() == store.defaults


async def test_a_reason_is_asked_for_and_what_is_needed_stays(store: FactsStore) -> None:
    with pytest.raises(FactRefused, match="why it is changed"):
        await store.put(Kind.NOTICE, "n", LATE_BINS, who=WHO, why="  ")
    with pytest.raises(FactRefused, match="has the timetable always, which there isn't"):
        await store.remove(Kind.TIMETABLE, "always", who=WHO, why="tidying")
    with pytest.raises(FactRefused, match="there is no notice n"):
        await store.remove(Kind.NOTICE, "n", who=WHO, why="tidying")
    with pytest.raises(FactRefused, match="has no default"):
        await store.restore(Kind.NOTICE, "n", who=WHO, why="tidying")


async def test_two_people_changing_at_once_both_get_through(store: FactsStore) -> None:
    await asyncio.gather(
        store.put(Kind.QUEUE, "revenues", OFFICE, who=WHO, why="one"),
        store.put(Kind.NOTICE, "late_bins", LATE_BINS, who=WHO, why="two"),
    )
    facts = await store.current()
    assert facts.queue["revenues"].timetable == "office"
    assert "late_bins" in facts.notice


async def test_calls_hear_of_a_change_at_the_next_look(store: FactsStore, defaults: CouncilFacts) -> None:
    reader = FactsReader(defaults, lambda: NOW)
    assert reader.is_open("revenues")

    await store.put(Kind.QUEUE, "revenues", OFFICE, who=WHO, why="closed at night")
    await store.put(Kind.NOTICE, "late_bins", LATE_BINS, who=WHO, why="snow")
    assert await reader.refresh(store)

    assert not reader.is_open("revenues")
    assert reader.is_open("revenues", datetime(2026, 11, 25, 10, tzinfo=UTC))
    assert reader.out_of_hours("revenues") == "callback"
    assert [name for name, _ in reader.notices_for("waste", "missed_bin")] == ["late_bins"]
    assert reader.notices_for("highways", "pothole") == []
    assert reader.greeting_notices() == []


async def test_a_database_that_is_away_leaves_what_was_known(store: FactsStore, defaults: CouncilFacts) -> None:
    reader = FactsReader(defaults, lambda: NOW)
    await store.put(Kind.QUEUE, "revenues", OFFICE, who=WHO, why="closed at night")
    assert await reader.refresh(store)
    away = Database("sqlite+aiosqlite:////nonexistent/voicebot.sqlite")
    gone = FactsStore(away, defaults)

    assert not await reader.refresh(gone)
    assert not reader.is_open("revenues")
    fresh = FactsReader(defaults, lambda: NOW)
    assert not await fresh.refresh(gone)
    assert fresh.facts == defaults
    await away.close()


async def test_a_running_reader_follows_the_database(tmp_path: Path, defaults: CouncilFacts) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'voicebot.sqlite'}"
    settings = Settings(
        data=tmp_path, database_url=url, dialogue=DialogueSettings(project=Path(__file__).parents[2] / "dialogues")
    )
    database = Database(url)
    await database.upgrade()
    try:
        async with open_facts(settings) as reader, asyncio.timeout(20):
            await FactsStore(database, defaults).put(Kind.NOTICE, "late_bins", LATE_BINS, who=WHO, why="snow")
            while "late_bins" not in reader.facts.notice:
                await asyncio.sleep(0.05)
    finally:
        await database.close()
