"""The pages of supervisors and the worklist: found calls, what may be heard by whom, the switch, the reports."""

import csv
import io
import json
import wave
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.accounts_helpers import PASSWORD, ROOT, cheap_passwords
from tests.web.conftest import Browser
from tests.web.desk_world import RATE, a_call, a_message, ended, joined, offered
from voicebot.accounts.roles import Role
from voicebot.accounts.service import Accounts, open_accounts
from voicebot.handoff.desk import Desk
from voicebot.handoff.desk_views import WrapUp
from voicebot.handoff.reports import report
from voicebot.records.store import RecordStore
from voicebot.settings import Settings
from voicebot.web.call_audio import cut
from voicebot.web.csv_text import cell
from voicebot.web.words import call_time, length, percent, queue_title


@pytest.fixture
def accounts(settings: Settings, store: RecordStore) -> Accounts:
    """By the real clock, as the desk's."""
    return open_accounts(settings, store.database, passwords=cheap_passwords())


@pytest.fixture
async def sam(browser: Browser, accounts: Accounts) -> Browser:
    """A supervisor's browser."""
    await accounts.people.add(ROOT, "sam", [Role.SUPERVISOR], display_name="Sam Okafor", password=PASSWORD)
    await browser.sign_in("sam")
    return browser


async def test_calls_are_found_by_what_people_look_for(sam: Browser, store: RecordStore) -> None:
    await a_call(store, "one", "NV-22222")
    await a_call(store, "two", "NV-33333", caller="07700900456", outcome="reported", ago=timedelta(days=3))
    await a_call(store, "now", "NV-44444", caller="", over=False)

    async def found(**query: str) -> set[str]:
        text = (await sam.get("/supervisor/calls.csv", params=query)).content.decode("utf-8-sig")
        return {row["reference"] for row in csv.DictReader(io.StringIO(text))}

    every = {"NV-22222", "NV-33333", "NV-44444"}
    assert await found() == every
    assert await found(words="nv-22222") == {"NV-22222"}
    assert await found(words="07700 900456") == {"NV-33333"}
    assert await found(words="EMPTIED again") == every, "what was said"
    assert await found(words="100% _nothing") == set(), "no wildcards"
    assert await found(outcome="reported") == {"NV-33333"}
    assert await found(outcome="now") == {"NV-44444"}
    assert await found(service="waste", queue="waste_street", outcome="transferred") == {"NV-22222"}
    long_ago = (date.today() - timedelta(days=2)).isoformat()
    assert await found(last=long_ago) == {"NV-33333"}
    assert await found(first=long_ago) == {"NV-22222", "NV-44444"}
    wrong = await sam.get("/supervisor/calls", params={"first": "last week"})
    assert (wrong.status_code, "Enter a date like" in wrong.text) == (422, True)
    assert (await sam.get("/supervisor/calls", params={"before": "x"})).status_code == 400


async def test_one_call_is_shown_whole(sam: Browser, store: RecordStore, accounts: Accounts) -> None:
    await a_call(store, "one", "NV-22222")
    shown = await sam.get("/supervisor/calls/one")
    assert shown.status_code == 200
    for words in ("Bins and waste: the missed bin", "9 Quarry Close", "72 %, not confirmed", "Keyed in", "610"):
        assert words in shown.text, words
    assert "This call was not recorded." in shown.text and "audio?at_ms" not in shown.text
    entries = await accounts.audit.entries()
    assert ("calls.read", "one") in [(entry["action"], entry["target"]) for entry in entries]
    assert (await sam.get("/supervisor/calls/none")).status_code == 404


async def test_a_moment_of_a_recording_is_heard(sam: Browser, store: RecordStore, tmp_path: Path) -> None:
    await a_call(store, "one", "NV-22222", recording=tmp_path / "one.wav")
    clip = await sam.get("/calls/one/audio", params={"at_ms": "12700", "for_ms": "1000"})
    assert (clip.status_code, clip.headers["content-type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(clip.content)) as sound:
        assert sound.getnframes() == RATE
        first = int.from_bytes(sound.readframes(1), "little", signed=True)
    assert first == 1200, "the twelfth second"
    whole = await sam.get("/calls/one/audio", headers={"Range": "bytes=0-43"})
    assert (whole.status_code, whole.content[:4], len(whole.content)) == (206, b"RIFF", 44)
    assert (await sam.get("/calls/one/audio", params={"at_ms": "-1"})).status_code == 400
    assert (await sam.get("/calls/one/audio", params={"at_ms": "99999999"})).status_code == 200


async def test_a_call_that_goes_on_can_be_heard_so_far(sam: Browser, store: RecordStore, settings: Settings) -> None:
    settings.recordings.mkdir(parents=True)
    await a_call(store, "scratch", "NV-22222", recording=settings.recordings / "now.wav")
    await a_call(store, "now", "NV-44444", over=False)
    assert (await sam.get("/calls/now/audio", params={"at_ms": "5000"})).status_code == 200
    assert (await sam.get("/calls/..%2Fnow/audio")).status_code == 404


async def test_agents_hear_their_own_calls_and_their_callers_earlier_ones(
    browser: Browser, store: RecordStore, accounts: Accounts, settings: Settings, tmp_path: Path
) -> None:
    await accounts.people.add(ROOT, "jane", [Role.AGENT], password=PASSWORD)
    for call_id, caller in (("mine", "01632960123"), ("earlier", "01632960123"), ("other", "07700900456")):
        await a_call(store, call_id, f"NV-{call_id}", caller=caller, recording=tmp_path / f"{call_id}.wav")
    await browser.sign_in("jane")
    desk = Desk(store.database, settings.handoff)
    await desk.sign_in("jane", "Jane")
    await desk.become_available("jane")

    async def heard() -> set[str]:
        return {name for name in ("mine", "earlier", "other") if (await browser.get(f"/calls/{name}/audio")).is_success}

    assert await heard() == set()
    offer = await offered(store, "jane", "mine", "NV-mine")
    assert await heard() == {"mine", "earlier"}
    await desk.accept("jane", offer)
    await joined(store, offer)
    await ended(store, offer)
    await desk.wrap_up("jane", offer, WrapUp(outcome="resolved"))
    assert await heard() == {"mine"}, "the others are no business of theirs any more"
    plays = [entry for entry in await accounts.audit.entries() if entry["action"] == "recording.play"]
    assert {entry["target"] for entry in plays} == {"mine", "earlier"}


async def test_the_switch_is_shown_to_everybody_and_in_the_audit(
    sam: Browser, accounts: Accounts, settings: Settings, store: RecordStore
) -> None:
    refused = await sam.submit("/supervisor/bypass/on", {"reason": "  "}, at="/supervisor/")
    assert (refused.status_code, "Enter why" in refused.text) == (422, True)
    assert (await sam.submit("/supervisor/bypass/on", {"reason": "Wrong <bin> days"}, at="/supervisor/")).is_redirect
    for path in ("/", "/account", "/supervisor/reports", "/work/"):
        assert "Wrong &lt;bin&gt; days" in (await sam.get(path)).text, path
    async with Browser(sam._transport.app) as nobody:  # type: ignore[attr-defined]
        assert "Wrong" not in (await nobody.get("/sign-in")).text
    await sam.submit("/supervisor/bypass/off", at="/supervisor/")
    assert "Wrong &lt;bin&gt;" not in (await sam.get("/")).text
    actions = [(entry["action"], entry["actor"]["name"], entry["detail"]) for entry in await accounts.audit.entries()]
    assert ("bypass.on", "sam", {"reason": "Wrong <bin> days"}) in actions
    assert any(action == "bypass.off" for action, *_ in actions)


async def test_the_worklist_is_worked_through(
    sam: Browser, store: RecordStore, accounts: Accounts, tmp_path: Path
) -> None:
    await a_call(store, "one", "NV-22222", outcome="message")
    await a_message(store, "one", "message1", tmp_path / "message.wav")
    assert "NV-22222" in (await sam.get("/work/")).text
    page = "/work/message1"
    assert (await sam.submit(f"{page}/close", {"outcome": "done"}, at=page)).status_code == 422, "not taken on"
    assert (await sam.submit(f"{page}/claim", at=page)).is_redirect
    assert (await sam.submit(f"{page}/claim", at=page)).status_code in (303, 422)
    assert (await sam.submit(f"{page}/close", {"outcome": "?"}, at=page)).status_code == 422
    sound = await sam.get(f"{page}/audio")
    assert (sound.status_code, sound.content[:4]) == (200, b"RIFF")
    closed = await sam.submit(f"{page}/close", {"outcome": "reached", "notes": "All well"}, at=page)
    assert closed.headers["location"] == "/work/?done=closed"
    assert "Rang back and reached them (sam)" in (await sam.get("/work/", params={"state": "closed"})).text
    exported = (await sam.get("/work/export.csv")).text
    assert "reached" in exported and "01632960123" not in exported


async def test_reports_count_what_became_of_calls(store: RecordStore, settings: Settings, sam: Browser) -> None:
    for number, outcome in enumerate(("answered", "reported", "transferred", "abandoned", "abandoned")):
        await a_call(store, f"c{number}", f"NV-{number}", outcome=outcome, ago=timedelta(minutes=3))
    await a_call(store, "now", "NV-44444", over=False)
    desk = Desk(store.database, settings.handoff)
    for name, repeated in (("jane", True), ("tom", False)):
        await desk.sign_in(name, name)
        await desk.become_available(name)
        offer = await offered(store, name, f"call-of-{name}", f"NV-{name}")
        await desk.accept(name, offer)
        await joined(store, offer)
        await ended(store, offer)
        await desk.wrap_up(name, offer, WrapUp(outcome="resolved", repeated=repeated))
    zone = ZoneInfo("Europe/London")
    today = date.today()
    found = await report(store.database, today - timedelta(days=1), today + timedelta(days=1), zone)
    assert found.calls == 5, "a call that goes on is not counted yet"
    shares = [found.share(kind) for kind in ("bot", "people", "abandoned")]
    assert shares == [0.4, 0.2, 0.4]
    assert (found.wrapped_up, found.repeated_share) == (2, 0.5)
    assert [(one.queue, one.taken, one.median_s, one.longest_s) for one in found.waits] == [("waste_street", 2, 42, 42)]
    assert (found.needs[0].need, found.needs[0].calls) == ("Bins and waste: the missed bin", 5)
    empty = await report(store.database, date(2020, 1, 1), date(2020, 12, 31), zone)
    assert (len(empty.days), empty.share("bot"), empty.repeated_share) == (92, None, None)
    wrong = await sam.get("/supervisor/reports", params={"first": "2026-11-02", "last": "2026-11-01"})
    assert wrong.status_code == 422
    assert (await sam.get("/supervisor/reports.csv")).text.count("\n") == 15


def test_a_spreadsheet_is_given_no_formula() -> None:
    assert [cell(value) for value in ("=1+1", "+441632960123", "@x", "-5", -5, None, "plain")] == [
        "'=1+1", "'+441632960123", "'@x", "'-5", "-5", "", "plain",
    ]  # fmt: skip


def test_a_cut_stays_within_the_file(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(bytes(4 * RATE))
    for at_ms, for_ms, frames in ((-500, 300, 2400), (900, 5000, 800), (5000, 1000, 0)):
        with wave.open(io.BytesIO(cut(path, at_ms, for_ms))) as clip:
            assert (clip.getnchannels(), clip.getnframes()) == (2, frames)


def test_words() -> None:
    assert [length(seconds) for seconds in (0, 59.6, 75, 3720, 3600 * 72, None)] == [
        "0 s", "1 min 0 s", "1 min 15 s", "1 h 2 min", "3 days", "",
    ]  # fmt: skip
    assert (call_time(75900.0), call_time(None), percent(0.254), percent(None)) == ("1:15", "", "25 %", "")
    assert queue_title("waste_street", "the waste team") == "Waste team"
    assert json.dumps(queue_title("new_one")) == '"New one"'
