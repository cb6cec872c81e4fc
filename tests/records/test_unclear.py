"""What was not understood, without who said it."""

from datetime import UTC, datetime

import pytest

from voicebot.dialogue.acts import Fact, FactSource
from voicebot.records.dismissed import bring_back, dismiss
from voicebot.records.entries import CallStart, StepEntry, TurnEntry, turn_uid
from voicebot.records.redaction import redacted
from voicebot.records.store import RecordStore
from voicebot.records.unclear import unclear_phrases


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("my name is Susan Khan and my bin is full", "my name is [name] and my bin is full"),
        ("it's mrs okafor about the damp", "it's [name] about the damp"),
        ("i live at 12 mill lane", "i live at [number] [street]"),
        ("the postcode's zb4 1qp", "the postcode's [postcode]"),
        ("ring me on 01632 960 123 please", "ring me on [number] please"),
        ("it's oh one six three two nine six oh", "it's [number]"),
        ("write to jo.b@mail.example", "write to [email]"),
        ("jo at mail dot example", "[email]"),
        ("there's one bin on the road", "there's one bin on the road"),
        ("the allotment is full of weeds", "the allotment is full of weeds"),
    ],
)
def test_whatever_looks_personal_goes(said: str, left: str) -> None:
    assert redacted(said) == left


def test_what_the_call_learned_goes_too() -> None:
    assert (
        redacted("it's for Thanh over at Foundry", ["Thanh Nguyen", "7 Foundry Row"])
        == "it's for [personal] over at [personal]"
    )


async def test_phrases_by_how_often_they_came(store: RecordStore) -> None:
    said = [
        ("who do i see about a plot", "nlu_fallback", 0.1, None),
        ("Who do I see about a plot?", "nlu_fallback", 0.2, "need"),
        ("something about susan's garden", "waste_garden", 0.3, "anything_else"),
        ("my bin was missed", "waste_missed_bin", 0.9, "need"),
        ("half past nine", "nlu_fallback", 0.1, "callback_when"),
        ("er", "nlu_fallback", 0.1, "need"),
        ("i know this one", "nlu_fallback", 0.1, "need"),
    ]
    for number, (text, intent, confidence, asked) in enumerate(said):
        call = f"call-{number}"
        data = {"turn": 1, "intent": intent, "confidence": confidence}
        start = datetime(2026, 11, 25, 10, number, tzinfo=UTC)
        await store.apply(
            [
                CallStart(call_id=call, reference=f"NV-{number}", line="sip", caller="", called="", started_at=start),
                TurnEntry(call_id=call, uid=turn_uid(call, 1), who="caller", text=text, at_ms=5, asked=asked),
                StepEntry(call_id=call, kind="understood", at_ms=5, data=data),
            ]
        )
    await store.set_facts("call-2", [Fact(name="name", value="Susan Khan", source=FactSource.SAID)])
    found = await unclear_phrases(store.database, known=["I know this one."])
    assert [(phrase.text, phrase.intent, phrase.times) for phrase in found] == [
        ("Who do I see about a plot?", "", 2),
        ("something about [personal]'s garden", "waste_garden", 1),
    ]
    for _ in range(2):
        async with store.database.session(alone=True) as session:
            at = datetime(2026, 11, 26, tzinfo=UTC)
            await dismiss(session, "who do I see about a plot", by_name="amir", at=at)
    assert [phrase.times for phrase in await unclear_phrases(store.database)] == [1, 1]
    async with store.database.session(alone=True) as session:
        await bring_back(session, "Who do I see about a plot?")
    assert (await unclear_phrases(store.database))[0].text == "Who do I see about a plot?"
