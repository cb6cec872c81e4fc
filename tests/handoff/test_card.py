"""The handover card: only recorded facts, the same every time, short enough to whisper and to signal."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.dialogue.acts import Fact, FactSource
from voicebot.handoff.card import Card, Line, build_card
from voicebot.handoff.titles import Titles

TITLES = Titles(
    {"waste": "bins and waste", "council_tax": "council tax"},
    {
        "waste_missed_bin": "the missed bin",
        "waste_collection_day": "your collection day",
        "council_tax_arrears": "council tax",
    },
    {"gas_or_co": "Gas or carbon monoxide"},
)


def make_card(**changes: object) -> Card:
    usual: dict[str, object] = {
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
        "transcript": [
            Line("bot", "How can I help?", 0.0),
            Line("caller", "my bin", 1200.0, "need"),
            Line("caller", "recycling", 4000.0, "bin"),
        ],
        "titles": TITLES,
    }
    return build_card(**{**usual, **changes})  # type: ignore[arg-type]


def test_same_facts_give_the_same_card() -> None:
    assert make_card() == make_card()
    assert json.dumps(make_card().as_json()) == json.dumps(make_card().as_json())


def test_it_says_who_what_and_what_was_done() -> None:
    card = make_card()
    assert card.who.name == "Anna Price"
    assert card.who.number == "01632960123"
    assert card.need == "Bins and waste: the missed bin"
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
    assert card.whisper().startswith("Urgent. Safety alert: Gas or carbon monoxide.")
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


def test_the_need_is_in_plain_words_and_said_of_the_caller() -> None:
    assert make_card(topic="collection_day").need == "Bins and waste: their collection day"
    arrears = make_card(service="council_tax", topic="arrears")
    assert arrears.need == "Council tax: arrears", "a title that repeats the service's says nothing"
    assert make_card(service="new_one", topic="brass_bands").need == "New one: brass bands"
    assert make_card(service="waste", topic="", need="human").need == "Bins and waste: asked for a person"


def test_it_keeps_the_callers_own_words() -> None:
    assert make_card().words == "my bin"
    keyed = [Line("caller", "[0]", 900.0, "need"), Line("caller", "zb3 8lp", 2000.0, "postcode")]
    assert make_card(transcript=keyed).words == ""


def test_it_tells_how_to_speak_to_the_caller_and_what_went_wrong() -> None:
    card = make_card(
        wishes=["Asked to be spoken to slowly"],
        steps={"no_match": 2, "no_input": 1, "transfer": 1},
        answered=["collection_day"],
        facts=[],
        references=[],
        topic="",
    )
    assert card.communication == ("Asked to be spoken to slowly",)
    assert card.done == (
        "Answered: their collection day",
        "Could not understand the caller 2 times",
        "Heard nothing from the caller once",
    )
    assert card.next_step == "Ask what the call is about: the assistant did not find out."


def test_safeguarding_is_an_alert() -> None:
    card = make_card(queue="safeguarding_children", priority="urgent")
    assert (card.flags, card.alerts) == (("safeguarding",), ("Safeguarding: a child",))
    assert make_card(emergency="gas_or_co").alerts == ("Safety: Gas or carbon monoxide",)


def test_a_broken_service_file_costs_its_titles_alone(tmp_path: Path) -> None:
    for name, text in {
        "good": "service: good\ntitle: good things\nneeds:\n  good_one: {need: answer, title: the one}\n",
        "torn": "service: torn\nneeds: [\n",
        "odd": "just words\n",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "service.yml").write_text(text, encoding="utf-8")
    titles = Titles.load(tmp_path, {"fire": "Fire"})
    assert (titles.service("good"), titles.need("good", "one"), titles.rule("fire")) == (
        "Good things",
        "the one",
        "Fire",
    )
    assert titles.service("torn") == "Torn"


WORDS = st.text(max_size=60)
FACTS = st.lists(
    st.builds(
        Fact,
        name=st.sampled_from(["name", "phone", "address", "postcode", "street", "uprn", "bin", "verified", "x"])
        | WORDS,
        value=WORDS,
        source=st.sampled_from(FactSource),
        confidence=st.floats(0, 1),
        confirmed=st.booleans(),
        label=WORDS,
        at_ms=st.none() | st.floats(0, 1e7),
    ),
    max_size=8,
    unique_by=lambda fact: fact.name,
)
LISTS = st.lists(WORDS, max_size=3)


@given(
    facts=FACTS,
    service=WORDS,
    topic=WORDS,
    caller=WORDS,
    reason=WORDS,
    queue=WORDS,
    emergency=st.none() | st.just("gas_or_co"),
    references=LISTS,
    answered=LISTS,
    failures=LISTS,
    steps=st.dictionaries(st.sampled_from(["no_match", "no_input", "transfer"]), st.integers(0, 9)),
)
def test_whatever_was_recorded_nothing_is_added_and_the_card_is_the_same_again(**recorded: object) -> None:
    card = make_card(**recorded)
    assert card == make_card(**recorded)
    as_json = card.as_json()
    assert json.loads(json.dumps(as_json)) == json.loads(json.dumps(make_card(**recorded).as_json()))
    facts = recorded["facts"]
    assert isinstance(facts, list)
    assert [(fact.name, fact.value, fact.source, fact.confirmed) for fact in card.facts] == [
        (fact.name, fact.value, fact.source, fact.confirmed) for fact in facts
    ]
    values = {fact.value for fact in facts}
    known = {"", recorded["caller"], *values}
    assert {card.who.name, card.who.number, card.who.uprn, card.who.verified} <= known
    assert card.who.address in known or all(part in " ".join(values) for part in card.who.address.split())
    assert len(card.whisper().split()) <= 17
    assert len(bytes.fromhex(card.user_to_user().partition(";")[0])) <= 128


@pytest.mark.parametrize("at_ms", [None, 4200.0])
def test_a_fact_keeps_the_moment_at_which_it_came_up(at_ms: float | None) -> None:
    fact = Fact(name="bin", value="recycling", source=FactSource.KEYED, at_ms=at_ms)
    kept = make_card(facts=[fact]).as_json()["facts"][0]
    assert (kept["at_ms"], kept["source"], kept["label"]) == (at_ms, "keyed", "Bin")
