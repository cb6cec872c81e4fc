"""What PocketSphinx is told may be said: words as they sound, answers by question, pronunciations."""

from pathlib import Path

import pocketsphinx
import pytest

from voicebot.errors import ConfigurationError
from voicebot.spoken.find import find_phone, find_postcodes
from voicebot.stt.hotwords import WordLists
from voicebot.stt.sphinx.grammar import Grammar, vocabulary
from voicebot.stt.sphinx.kinds import Kind, kinds_of, sentences
from voicebot.stt.sphinx.pronunciation import dictionary_lines, from_ipa, is_in_dictionary, pronounced
from voicebot.stt.sphinx.sayings import Sayings, in_words, options, read_sayings
from voicebot.stt.transcript import Hints

DIALOGUES = Path(__file__).parents[2] / "dialogues"


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar(read_sayings(DIALOGUES), WordLists.load(DIALOGUES / "words"))


@pytest.mark.parametrize(
    ("written", "sounds"),
    [
        ("My bin's at 12 Mill Lane!", "my bin's at twelve mill lane"),
        ("[ZB3](postcode) 8LP", "z b three eight l p"),
        ("PCN", "p c n"),
        ("press 0, or 45", "press zero or forty five"),
        ("fly-tipping", "fly tipping"),
        ("07700 900123", "zero seven seven zero zero nine zero zero one two three"),
        ("…", ""),
    ],
)
def test_words_as_they_sound(written: str, sounds: str) -> None:
    assert in_words(written) == sounds


def test_a_question_offers_what_stands_around_its_or() -> None:
    assert options("Is it broken, missing, or too small?") == ["broken", "missing", "too small"]
    assert options("Press 1 for rubbish, or 2 for recycling.") == ["rubbish", "recycling"]
    assert options("What's the postcode?") == []
    assert options("We can come on {option_1}, or {option_2}.") == []


def test_sayings_of_a_project(tmp_path: Path) -> None:
    service = tmp_path / "services" / "waste"
    (service / "calls").mkdir(parents=True)
    (tmp_path / "shared").mkdir()
    example = "nlu:\n  - intent: {}\n    examples: |\n      - {}\n"
    (tmp_path / "shared" / "nlu.yml").write_text(example.format("deny", "no ta"))
    (service / "nlu.yml").write_text(example.format("waste_missed_bin", "[bins](thing) not emptied"))
    (service / "domain.yml").write_text(
        "responses:\n  utter_ask_bin:\n    - text: Rubbish, or recycling?\n"
        "      custom: {ask: {slot: bin, hints: [food caddy, 'list:towns'], keypad: {'1': the garden one}}}\n"
        "  utter_hello:\n    - text: This, or that?\n"
    )
    (service / "forms.yml").write_text("made_questions:\n  plot: {kind: choice, choices: {full: [a whole one]}}\n")
    (service / "calls" / "one.yml").write_text("answers:\n  bin: {say: 'the blue one', if_hears: x, else_say: 'no'}\n")
    found = read_sayings(tmp_path)
    assert found.needs == ("bins not emptied",)
    assert found.any_time == ("no ta",)
    assert set(found.answers["bin"]) == {"food caddy", "the garden one", "rubbish", "recycling", "the blue one", "no"}
    assert found.answers["plot"] == ("a whole one",)
    assert read_sayings(tmp_path / "nowhere") == Sayings()
    (service / "domain.yml").write_text("responses: [")
    with pytest.raises(ConfigurationError, match=r"domain\.yml"):
        read_sayings(tmp_path)


@pytest.mark.parametrize(
    ("slot", "kinds"),
    [
        ("report_postcode", {Kind.POSTCODE, Kind.PLACE}),
        ("phone", {Kind.PHONE}),
        ("date_of_birth", {Kind.DATE}),
        ("account_ref", {Kind.FIGURES}),
        ("tenancy_ref", {Kind.CODE, Kind.FIGURES}),
        ("name", {Kind.NAME}),
        ("bin", set()),
    ],
)
def test_the_name_of_a_slot_tells_how_its_answers_are_built(slot: str, kinds: set[Kind]) -> None:
    assert kinds_of(slot) == kinds


def test_made_answers_are_such_answers() -> None:
    postcodes = sentences(Kind.POSTCODE, areas=["z b"])
    assert sum(bool(find_postcodes(one)) for one in postcodes) > 0.9 * len(postcodes)
    phones = [one for one in sentences(Kind.PHONE) if "seven" in one]
    assert sum(bool(find_phone(one)) for one in phones) > 0.5 * len(phones)
    assert sentences(Kind.DATE) == sentences(Kind.DATE)


def test_each_question_has_a_language_of_its_own(grammar: Grammar) -> None:
    yes_no = grammar.answers(Hints("yes_no", slot="confirm"))
    bin_asked = grammar.answers(Hints(slot="bin", hotwords=("skip",)))
    assert yes_no["yes please"] > bin_asked["yes please"] > 0
    assert "the blue recycling bin" in bin_asked
    assert "skip" in bin_asked
    assert "skip" not in yes_no
    places = grammar.answers(Hints("spelling", slot="postcode"))
    assert any("mill lane" in line for line in places)
    assert grammar.is_open(Hints())
    assert grammar.is_open(Hints("patient", slot="assisted_reason"))
    assert not grammar.is_open(Hints("yes_no", slot="confirm"))
    assert {"pothole", "thornwick", "sofa", "november"} <= vocabulary(grammar.everything())


def test_words_that_the_dictionary_lacks_are_read_by_rule(grammar: Grammar) -> None:
    assert not is_in_dictionary("thornwick")
    assert pronounced("thornwick") == ("TH AO R N W IH K",)
    assert pronounced("wheelie") == ("W IY L IY",)
    assert from_ipa("ˈæʃkuːm") == "AE SH K UW M"
    assert from_ipa("tʃˈɜːtʃ") == "CH ER CH"
    assert pronounced("z")[0] == "Z EH D"
    assert "h(2) HH EY CH" in dictionary_lines(["h"])


def test_every_word_of_the_dialogues_is_pronounced_in_phones_that_the_model_has(grammar: Grammar) -> None:
    lines = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")).read_text().splitlines()
    phones = {phone for line in lines for phone in line.split()[1:]}
    for word in vocabulary(grammar.everything()):
        ways = pronounced(word)
        assert ways, word
        assert {phone for way in ways for phone in way.split()} <= phones, word
