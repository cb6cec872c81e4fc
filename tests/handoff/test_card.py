"""The handover card: only recorded facts, the same every time, short enough to whisper and to signal."""

import json

from voicebot.dialogue.acts import Fact, FactSource
from voicebot.handoff.card import Card, Line, build_card


def make_card(**changes: object) -> Card:
    given: dict[str, object] = {
        "call_id": "c1",
        "reference": "NV-4F7K2",
        "queue": "waste_street",
        "priority": "normal",
        "reason": "The caller asked for a person.",
        "service": "waste",
        "need": "report",
        "topic": "missed_bin",
        "facts": [
            Fact(name="name", value="Anna Price", source=FactSource.SAID, confirmed=True),
            Fact(name="address", value="12 Mill Lane, ZB3 8LP", source=FactSource.LOOKED_UP, confirmed=True),
            Fact(name="bin", value="recycling", source=FactSource.SAID, confidence=0.7, label="Which bin"),
        ],
        "caller": "01632960123",
        "emergency": None,
        "references": ["NVC 482 913"],
        "answered": [],
        "failures": [],
        "transcript": [Line("caller", "my bin", 1200.0)],
    }
    return build_card(**{**given, **changes})  # type: ignore[arg-type]


def test_same_facts_give_the_same_card() -> None:
    assert make_card() == make_card()
    assert json.dumps(make_card().as_json()) == json.dumps(make_card().as_json())


def test_it_says_who_what_and_what_was_done() -> None:
    card = make_card()
    assert card.who.name == "Anna Price"
    assert card.who.number == "01632960123"
    assert card.need == "Bins and recycling: missed bin"
    assert card.done == ("Gave reference NVC 482 913",)
    assert card.why == "The caller asked for a person."
    assert "Which bin" in card.next_step, "what is not confirmed is what the agent must check"


def test_an_address_is_put_together_from_its_parts() -> None:
    facts = [
        Fact(name="house_number", value="9A", source=FactSource.SAID),
        Fact(name="street", value="Mill Lane", source=FactSource.LOOKED_UP),
        Fact(name="postcode", value="ZB3 8LP", source=FactSource.SAID),
    ]
    assert make_card(facts=facts).who.address == "9A Mill Lane ZB3 8LP"


def test_nothing_known_is_nothing_claimed() -> None:
    card = make_card(facts=[], caller="", service="none", topic="", need="none", references=[])
    assert card.who.name == card.who.number == card.who.address == ""
    assert card.done == ()
    assert card.need == "General enquiries: not yet known"


def test_an_emergency_comes_first_in_the_whisper() -> None:
    card = make_card(emergency="gas_or_co", priority="urgent")
    assert card.whisper().startswith("Urgent. Safety alert: gas or co.")
    assert card.urgency == "urgent"
    assert "safe" in card.next_step


def test_the_whisper_fits_in_six_seconds_however_much_is_known() -> None:
    card = make_card(topic="a_very_long_topic_" * 20)
    assert len(card.whisper().split()) <= 17


def test_user_to_user_is_small_hex_without_personal_data() -> None:
    value = make_card().user_to_user()
    hexed, _, encoding = value.partition(";")
    assert encoding == "encoding=hex"
    raw = bytes.fromhex(hexed)
    assert len(raw) <= 128
    assert json.loads(raw)["ref"] == "NV-4F7K2"
    assert b"Anna" not in raw
    assert b"01632" not in raw
