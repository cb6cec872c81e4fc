"""Reports of a call: told to other systems, kept when those are late, and asked about later."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from voicebot.dialogue.acts import Ask, BotAct, Reported, Say, Send, Turn, TurnReply
from voicebot.dialogue.client import Parsed
from voicebot.errors import DialogueUnavailable
from voicebot.outbox.back_office import NAME
from voicebot.outbox.outbox import outbox_row
from voicebot.outbox.state import BackOffices, Standing
from voicebot.outbox.tables import BackOfficeRow, DeliveryRow
from voicebot.records.database import Database
from voicebot.safety.detector import SafetyNet
from voicebot.safety.guard import SafetyGuard
from voicebot.session import typed
from voicebot.session.ledger import Ledger
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.phrases import Phrase
from voicebot.session.talk import Talk
from voicebot.settings import CallSettings
from voicebot.telephony.leg import CallFacts, Direction

ELSE = Ask(slot="anything_else", text="Is there anything else?")
DONE = Say(text="That's sent. Your reference is NVC 482 913.")
MADE = Reported(
    reference="NVC 482 913", kind="pothole", service="highways", place="Mill Lane", details={"size": "large"}
)
STANDS = (Say(text="It's with our team now.", report="NVC 482 913"), ELSE)


class Script:
    """A dialogue that answers by a script."""

    def __init__(self, *replies: tuple[BotAct, ...]) -> None:
        self.replies = list(replies)

    async def turn(self, turn: Turn) -> TurnReply:
        if not self.replies:
            raise DialogueUnavailable("the script is over")
        return TurnReply(acts=self.replies.pop(0), service="highways", need="report")

    async def parse(self, text: str, asked: str | None = None) -> Parsed:
        return Parsed(intent="nlu_fallback", confidence=0.0, ranking=())


class Kept(NothingKept):
    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    def tell(self, call_id: str, kind: str, payload: dict[str, Any]) -> None:
        self.told.append((kind, payload))


@pytest.fixture(scope="module")
def net() -> SafetyNet:
    return SafetyNet.load(Path(__file__).parents[2] / "dialogues")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'voicebot.sqlite'}")
    await database.upgrade()
    yield database
    await database.close()


def call(
    net: SafetyNet, *replies: tuple[BotAct, ...], offices: BackOffices | None = None, sends: bool = False
) -> tuple[Talk, Kept]:
    records = Kept()
    ledger = Ledger(CallFacts("call-1", "text", Direction.INBOUND), "NV-12345", records)
    return Talk(ledger, Script(*replies), SafetyGuard(net), CallSettings(), offices=offices, sends=sends), records


def words(acts: Sequence[BotAct]) -> str:
    return " ".join(act.text for act in acts if isinstance(act, Say | Ask))


async def waits(database: Database, problem: str) -> None:
    row = outbox_row("report.made", {})
    async with database.session() as session:
        session.add(row)
        await session.flush()
        now = datetime.now(UTC)
        session.add(DeliveryRow(outbox_id=row.id, destination=NAME, state="waiting", due_at=now, problem=problem))


async def test_a_report_is_told_to_other_systems(net: SafetyNet) -> None:
    talk, records = call(net, (MADE, DONE, ELSE))
    acts = await typed.said(talk, "yes please send it")
    assert acts == (DONE, ELSE)
    ((kind, payload),) = records.told
    assert kind == "report.made"
    assert (payload["reference"], payload["kind"], payload["place"]) == ("NVC 482 913", "pothole", "Mill Lane")
    assert payload["details"] == {"size": "large"}
    assert payload["call_reference"] == "NV-12345"


async def test_a_back_office_that_is_late_is_told_to_the_caller(net: SafetyNet, database: Database) -> None:
    offices = BackOffices(database, frozenset({"pothole"}))
    await waits(database, problem="")
    await offices.refresh()
    assert not offices.is_late("pothole"), "it has not been tried yet"
    await waits(database, problem="the back office answered 503")
    await offices.refresh()
    assert not offices.is_late("missed_bin"), "which does not go there"
    talk, records = call(net, (MADE, DONE, ELSE), offices=offices)
    acts = await typed.said(talk, "yes please send it")
    assert words(acts) == f"{DONE.text} {Phrase.OFFICE_LATE} {ELSE.text}"
    assert len(records.told) == 1, "it is kept and sent later"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"status": "closed", "updated_on": date(2026, 11, 24)}, "The team closed it on Tuesday 24 November."),
        (
            {"status": "open", "expected_on": date(2026, 12, 4), "notes": "Lamp ordered."},
            "The team has it, and expects to be done by Friday 4 December. They wrote: Lamp ordered.",
        ),
        ({"status": "open"}, "It's with our team now."),
    ],
)
async def test_how_a_report_stands_is_what_the_teams_system_says(
    net: SafetyNet, database: Database, row: dict[str, Any], said: str
) -> None:
    async with database.session() as session:
        session.add(BackOfficeRow(reference="NVC 482 913", system=NAME, **row))
    talk, _ = call(net, STANDS, offices=BackOffices(database, timeout_s=60))
    assert words(await typed.said(talk, "what happened to my report")) == f"{said} {ELSE.text}"


async def test_without_an_answer_of_theirs_ours_is_said(net: SafetyNet) -> None:
    away = Database("sqlite+aiosqlite:////nonexistent/voicebot.sqlite")
    for offices in (None, BackOffices(away, timeout_s=60)):
        talk, _ = call(net, STANDS, offices=offices)
        assert words(await typed.said(talk, "what happened to my report")).startswith("It's with our team now.")
    assert Standing("open").sentence() == ""
    await away.close()


@pytest.mark.parametrize(("consent", "sends", "told"), [(True, True, 1), (False, True, 0), (True, False, 0)])
async def test_nothing_is_sent_without_consent_or_a_sender(
    net: SafetyNet, consent: bool, sends: bool, told: int
) -> None:
    send = Send(channel="sms", to="07700900123", template="report_made", values={"ref": "NVC"}, consent=consent)
    talk, records = call(net, (send, DONE, ELSE), sends=sends)
    await typed.said(talk, "yes please")
    assert len(records.told) == told
    if told:
        assert records.told[0] == (
            "send.sms",
            {"to": "07700900123", "template": "report_made", "values": {"ref": "NVC"}, "consent": True},
        )
    assert bool(talk.ledger.failures) is not bool(told), "the person who takes the call is told that nothing went out"
