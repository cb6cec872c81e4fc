"""What a session's ledger passes on is what the API shows, while the call runs and after it."""

import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from voicebot.app.records_sink import WriterSink, open_sink
from voicebot.dialogue.acts import Fact, FactSource, Hangup, TurnReply
from voicebot.records.store import RecordStore
from voicebot.records.writer import RecordWriter
from voicebot.safety.card import redact
from voicebot.session.ledger import Latency, Ledger
from voicebot.settings import Settings
from voicebot.telephony.leg import CallFacts, Direction
from voicebot.telephony.quality import MediaQuality

LOOKS_LIKE_A_CARD = "4539148803436467" + "0123456789012345"
"""Thirty-two hexadecimal digits, as a call id has, which hold a card number."""


CARRIED = MediaQuality("PCMA", "", 900, 880, 20, 1, 0, 420, 2.3, 1.5, 60.0, 4.0, 25.0, 0.0, 1.0)


class Line:
    """A leg that knows how well it was carried."""

    def quality(self) -> MediaQuality | None:
        return CARRIED


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "var")


def ring(sink: WriterSink, call_id: str = LOOKS_LIKE_A_CARD, reference: str = "NV-4F7K3") -> Ledger:
    facts = CallFacts(
        call_id,
        "sip",
        Direction.INBOUND,
        caller="01632960123",
        called="01632960000",
        headers={"call-id": "3848276298220188511@atlanta.example.com"},
    )
    return Ledger(facts, reference, sink)


def known(value: str, *, confirmed: bool = False, more: tuple[Fact, ...] = ()) -> TurnReply:
    fact = Fact(
        name="postcode", value=value, source=FactSource.SAID, confidence=0.8, confirmed=confirmed, label="Postcode"
    )
    return TurnReply(acts=(Hangup(),), facts=(fact, *more), service="waste", need="report", queue="waste_street")


def talk(ledger: Ledger) -> None:
    greeting = ledger.said_by_bot("Hello, how can I help?", 20.0)
    ledger.heard(greeting, "Hello,")
    ledger.said_by_caller("my bin was missed at ZB1 1AA", 2100.0, confidence=0.9)
    ledger.learned(known("ZB1 1AA"), 2100.0, "missed_bin")
    ledger.said_by_bot("Which postcode?", 3000.0)
    ledger.took(Latency(640.0, 300.0, 90.0, 40.0, 10.0, 1100.0, jitter_buffer=20.0, at_ms=3300.0))
    ledger.said_by_caller("my card is 4539 1488 0343 6467", 4100.0, confidence=0.7, asked="postcode")
    ledger.learned(known("ZB3 8LP", confirmed=True), 4100.0, "missed_bin")


def hand_over(ledger: Ledger, message: str) -> None:
    ledger.handing_over(ledger.card(queue="waste_street", priority="high", reason="asked for a person"))
    ledger.step("transfer", 6000.0, queue="waste_street", priority="high")
    ledger.attempted("sip:agent@127.0.0.1:5070", "busy", 8000.0)
    ledger.attempted("sip:agent@127.0.0.1:5071", "no_answer", 28000.0)
    ledger.message("waste_street", message, 4.5)
    ledger.outcome = "message"


async def shown(settings: Settings, call_id: str = LOOKS_LIKE_A_CARD) -> dict[str, Any]:
    store = RecordStore(settings.database)
    call = await store.call(call_id)
    await store.close()
    assert call is not None
    return call


async def test_a_whole_call(settings: Settings) -> None:
    before = datetime.now(UTC)
    message = str(settings.data / "messages" / f"{LOOKS_LIKE_A_CARD}.wav")
    async with open_sink(settings) as sink:
        ledger = ring(sink)
        talk(ledger)
        hand_over(ledger, message)
        ledger.carried("caller", Line())
        ledger.carried("agent", object())
        ledger.recorded("/somewhere/c.wav", 18.0, 40.0)
        summary = ledger.finish("answered")
    call = await shown(settings)
    times = [datetime.fromisoformat(call.pop(name)) for name in ("started_at", "ended_at")]
    assert before.timestamp() - 0.001 <= times[0].timestamp() <= times[1].timestamp()
    card = call.pop("card")
    assert card["why"] == "asked for a person" and card["call_id"] == LOOKS_LIKE_A_CARD
    assert card["reference"] == "NV-4F7K3" and card["who"]["number"] == summary.card["who"]["number"] == "01632960123"
    assert redact("4539 1488 0343 6467") in str(card["transcript"]) and "0343" not in str(card["transcript"])
    assert [(item["duration_ms"], item["at_ms"]) for item in call.pop("recordings")] == [(18000, 40)]
    kept = call.pop("messages")
    assert [(item["queue"], item["duration_ms"]) for item in kept] == [("waste_street", 4500)]
    assert call == {
        "id": LOOKS_LIKE_A_CARD,
        "reference": "NV-4F7K3",
        "line": "sip",
        "line_id": "3848276298220188511@atlanta.example.com",
        "from": "01632960123",
        "to": "01632960000",
        "service": "waste",
        "need": "report",
        "outcome": "message",
        "queue": "waste_street",
        "emergency": None,
        "transcript": [
            {"who": "bot", "text": "Hello, how can I help?", "at_ms": 20, "heard": "Hello,"},
            {
                "who": "caller",
                "text": "my bin was missed at ZB1 1AA",
                "at_ms": 2100,
                "heard": "my bin was missed at ZB1 1AA",
            },
            {"who": "bot", "text": "Which postcode?", "at_ms": 3000, "heard": ""},
            {
                "who": "caller",
                "text": "my card is [card number removed]",
                "at_ms": 4100,
                "heard": "my card is [card number removed]",
            },
        ],
        "facts": [
            {
                "name": "postcode",
                "label": "Postcode",
                "value": "ZB3 8LP",
                "source": "said",
                "confidence": 0.8,
                "confirmed": True,
                "at_ms": 4100,
            }
        ],
        "latency_ms": [
            {
                "jitter_buffer": 20,
                "end_of_turn": 640,
                "stt": 300,
                "dialogue": 90,
                "tts": 40,
                "transport": 10,
                "total": 1100,
                "at_ms": 3300,
            },
        ],
        "handoffs": [
            {
                "queue": "waste_street",
                "priority": "high",
                "reason": "asked for a person",
                "attempts": [
                    {
                        "address": "sip:agent@127.0.0.1:5070",
                        "result": "busy",
                        "started_ms": 0,
                        "ended_ms": 8000,
                    },
                    {
                        "address": "sip:agent@127.0.0.1:5071",
                        "result": "no_answer",
                        "started_ms": 0,
                        "ended_ms": 28000,
                    },
                ],
                "outcome": "",
                "at_ms": 0,
            }
        ],
        "steps": [
            {"kind": "transfer", "at_ms": 6000, "data": {"queue": "waste_street", "priority": "high"}},
        ],
        "quality": [{"leg": "caller", **asdict(CARRIED)}],
    }
    with sqlite3.connect(settings.data / "voicebot.sqlite") as db:
        assert db.execute("select queue, path, duration_ms from messages").fetchall() == [
            ("waste_street", message, 4500)
        ]
        assert db.execute("select kind, at_ms from steps").fetchall() == [("transfer", 6000)]
        assert db.execute("select value, superseded from facts order by id").fetchall() == [
            ("ZB1 1AA", 1),
            ("ZB3 8LP", 0),
        ]
    db.close()


async def test_a_call_in_progress_can_be_read(store: RecordStore, tmp_path: Path) -> None:
    async with RecordWriter(store, tmp_path / "journal") as writer:
        ledger = ring(WriterSink(writer))
        talk(ledger)
        await writer.settle()
        call = await store.call(ledger.call.call_id)
        assert call is not None and call["ended_at"] is None and call["outcome"] is None
        assert len(call["transcript"]) == 4 and call["card"] == {} and call["service"] == "none"
        ledger.handing_over(ledger.card(queue="waste_street", priority="normal", reason=""))
        await writer.settle()
        call = await store.call(ledger.call.call_id)
        assert call is not None and call["outcome"] is None
        assert (call["service"], call["queue"], call["card"]["topic"]) == ("waste", "waste_street", "missed_bin")


async def test_words_confirmed_after_the_end_are_kept(settings: Settings) -> None:
    async with open_sink(settings) as sink:
        ledger = ring(sink)
        last = ledger.said_by_bot("Goodbye.", 900.0)
        ledger.took(Latency(1.0, 2.0, 3.0, 4.0, 5.0, 15.0))
        ledger.finish("answered")
        ledger.heard(last, "Good")
    call = await shown(settings)
    assert call["transcript"][0]["heard"] == "Good" and call["latency_ms"][0]["total"] == 15.0


async def test_what_no_database_takes_harms_no_call(settings: Settings) -> None:
    async with open_sink(settings) as sink:
        facts = CallFacts("c1", "sip", Direction.INBOUND, caller="sip:\udce9\0@" + "x" * 999)
        ledger = Ledger(facts, "NV-4F7K3", sink)
        ledger.said_by_caller("caf\udce9\0", 1.0)
        ledger.finish("abandoned")
    call = await shown(settings, "c1")
    assert call["transcript"][0]["text"] == "caf?" and len(call["from"]) == 256


async def test_a_fact_that_is_taken_back_is_no_longer_shown(settings: Settings) -> None:
    name = Fact(name="name", value="Jane Burns", source=FactSource.SAID)
    async with open_sink(settings) as sink:
        ledger = ring(sink)
        ledger.learned(known("ZB3 8LP", more=(name,)), 100.0, "")
        ledger.learned(known("ZB3 8LP"), 200.0, "")
        ledger.finish("answered")
    assert [fact["name"] for fact in (await shown(settings))["facts"]] == ["postcode"]


async def test_a_database_away_at_the_start_is_prepared_when_it_comes(settings: Settings) -> None:
    file = settings.data / "voicebot.sqlite"
    file.mkdir(parents=True)
    async with open_sink(settings) as sink:
        ledger = ring(sink)
        talk(ledger)
        ledger.finish("answered")
    assert list((settings.data / "journal").glob("*.jsonl")) != []
    file.rmdir()
    for _ in range(2):
        async with open_sink(settings) as sink:
            await sink.written()
    call = await shown(settings)
    assert call["outcome"] == "answered" and len(call["transcript"]) == 4
    assert list((settings.data / "journal").glob("*.jsonl")) == []


async def test_a_replay_doubles_nothing(settings: Settings, tmp_path: Path) -> None:
    store = RecordStore(settings.database)
    await store.upgrade()
    await store.close()
    blocker = sqlite3.connect(settings.data / "voicebot.sqlite", isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    journal = settings.data / "journal" / "media.jsonl"
    async with open_sink(settings, busy_timeout_ms=20) as sink:
        ledger = ring(sink)
        talk(ledger)
        hand_over(ledger, "")
        ledger.finish("answered")
    blocker.execute("ROLLBACK")
    blocker.close()
    kept = journal.read_bytes()
    seen = []
    for _ in range(2):
        journal.write_bytes(kept)
        async with open_sink(settings) as sink:
            await sink.written()
        with sqlite3.connect(settings.data / "voicebot.sqlite") as db:
            tables = ("turns", "facts", "handoffs", "messages", "steps")
            seen.append([db.execute(f"select count(*) from {table}").fetchone()[0] for table in tables])
        db.close()
    assert seen == [[4, 2, 1, 1, 1]] * 2
