"""Scripted calls that end at people, held in text through the session and Rasa: how soon they are taken; at night."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from voicebot.dialogue.client import DialogueClient
from voicebot.measure.calls import held
from voicebot.rehearsal.script import CallScript, Line, load_script
from voicebot.safety.detector import SafetyNet
from voicebot.session.ledger import Ledger
from voicebot.session.nothing_kept import NothingKept
from voicebot.settings import DialogueSettings, Settings

pytestmark = pytest.mark.rasa

SERVICES = Path(__file__).parents[2] / "dialogues" / "services"
NIGHT = datetime(2026, 11, 28, 22, 0, tzinfo=UTC)
"""A Saturday, ten in the evening."""

DAY = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)

PRESSING = {
    "homelessness/nowhere_tonight": ("homelessness_urgent", "urgent"),
    "childrens_services/child_at_risk": ("safeguarding_children", "urgent"),
    "adult_social_care/missed_visit": ("adult_social_care", "high"),
    "council_housing/possession": ("housing", "high"),
    "benefits/stopped": ("benefits", "normal"),
    "benefits/claim_not_proven": ("benefits", "normal"),
    "council_tax/balance": ("revenues", "normal"),
}

AT_NIGHT = {
    "homelessness/nowhere_tonight": ("transferred", ""),
    "childrens_services/child_at_risk": ("transferred", ""),
    "council_tax/arrears": ("callback", "They'll ring you back on Monday at nine."),
    "waste/repeated_misses": ("message", "It opens again on Monday at half past seven."),
    "housing_repairs/disrepair": ("message", "ring 01632 960199"),
    "adult_social_care/missed_visit": ("message", "ring 01632 960188"),
    "planning/enforcement": ("callback", "a building is falling down"),
}

NO_HEATING: dict[str, Any] = {
    "name": "no heating with a baby",
    "opening": "my boiler's packed in",
    "answers": {
        "postcode": "zb3 8lp",
        "house_number": "nine",
        "address_ok": "yes",
        "repair_room": "all over",
        "repair_fault": "the boiler has stopped",
        "vulnerable": "my baby is six months old",
        "safety": "yes",
    },
    "expect": {},
}


class Handoffs(NothingKept):
    """Keeps to whom calls were handed, and how soon they are to be taken."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str]] = []
        self.cards: list[dict[str, Any]] = []

    def handoff(self, call_id: str, queue: str, priority: str, reason: str, card: dict[str, Any]) -> None:
        self.made.append((queue, priority))
        self.cards.append(card)


@pytest.fixture(scope="module")
def net(project: Path) -> SafetyNet:
    return SafetyNet.load(project)


def script(name: str) -> CallScript:
    """A call of which nobody is in danger right now, should the safety net ask."""
    service, _, call = name.partition("/")
    read = load_script(SERVICES / service / "calls" / f"{call}.yml")
    return read.model_copy(update={"answers": {**read.answers, "safety": (Line(say="no"),)}})


async def hold(
    call: CallScript, client: DialogueClient, net: SafetyNet, project: Path, at: datetime
) -> tuple[Ledger, Handoffs]:
    sink = Handoffs()
    settings = Settings(dialogue=DialogueSettings(project=project))
    return await held(call, client, net, settings, at=at, sink=sink), sink


@pytest.mark.parametrize("name", PRESSING)
async def test_the_card_and_the_queue_say_how_soon(
    client: DialogueClient, net: SafetyNet, project: Path, name: str
) -> None:
    _, sink = await hold(script(name), client, net, project, DAY)
    queue, priority = PRESSING[name]
    assert sink.made == [(queue, priority)]
    assert sink.cards[0]["urgency"] == priority


async def test_no_heating_with_a_baby_is_urgent(client: DialogueClient, net: SafetyNet, project: Path) -> None:
    ledger, sink = await hold(CallScript.model_validate(NO_HEATING), client, net, project, DAY)
    assert sink.made == [("repairs_emergency", "urgent")], [turn.text for turn in ledger.turns]
    assert sink.cards[0]["urgency"] == "urgent"


@pytest.mark.parametrize("name", AT_NIGHT)
async def test_at_night_each_service_goes_its_own_way(
    client: DialogueClient, net: SafetyNet, project: Path, name: str
) -> None:
    ledger, _ = await hold(script(name), client, net, project, NIGHT)
    outcome, told = AT_NIGHT[name]
    said = " ".join(turn.text for turn in ledger.turns if turn.who == "bot")
    assert ledger.outcome == outcome, said
    assert told in said
    assert (outcome == "transferred") is ("put you through" in said)


async def test_who_cannot_show_who_they_are_is_told_why_a_person_follows(
    client: DialogueClient, net: SafetyNet, project: Path
) -> None:
    for name, told in (
        ("benefits/claim_not_proven", "I can't match those details"),
        ("council_tax/balance", "I can't check who's calling"),
    ):
        ledger, _ = await hold(script(name), client, net, project, DAY)
        assert told in " ".join(turn.text for turn in ledger.turns if turn.who == "bot")
