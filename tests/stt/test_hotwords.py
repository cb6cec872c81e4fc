"""Lists of likely words, and what they do to readings."""

from pathlib import Path

import pytest

from voicebot.errors import ConfigurationError
from voicebot.stt.decoder import Reading
from voicebot.stt.hotwords import Favour, WordList, WordLists
from voicebot.stt.transcript import Hints

STREETS = ("Mill Lane", "Station Road", "St Mary's Close")
LISTS = WordLists({"streets": WordList(STREETS, ("street", "road")), "towns": WordList(("Ashcombe",))})


def reading(*texts: tuple[str, float]) -> Reading:
    (text, score), *others = texts
    return Reading(text, score, tuple(others), 0.0, False)


@pytest.mark.parametrize(
    ("hints", "words"),
    [
        (Hints(prompt="Which street is it on?"), STREETS),
        (Hints(prompt="What's your name?"), ()),
        (Hints(prompt="Which street?", hotwords=("corner",)), ("corner", *STREETS)),
        (Hints(hotwords=("list:towns", "north")), ("north", "Ashcombe")),
        (Hints(hotwords=("list:nothing",)), ()),
    ],
)
def test_what_was_asked_brings_its_words(hints: Hints, words: tuple[str, ...]) -> None:
    assert LISTS.expand(hints).hotwords == words


def test_without_lists_hints_stay_as_they_are() -> None:
    hints = Hints("yes_no", "Which street?", ("corner",))
    assert WordLists.load(None).expand(hints) is hints


def test_lists_are_read_from_their_folder(tmp_path: Path) -> None:
    (tmp_path / "streets.txt").write_text("# asked: street, Road\n# comment\nMill Lane\n\nStation Road\n")
    lists = WordLists.load(tmp_path)
    assert lists.expand(Hints(prompt="What road?")).hotwords == ("Mill Lane", "Station Road")
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="bad"):
        WordLists.load(tmp_path)


def test_the_projects_own_lists_are_whole() -> None:
    lists = WordLists.load(Path(__file__).parents[2] / "dialogues" / "words")
    assert "Mill Lane" in lists.expand(Hints(prompt="Which street is it on?")).hotwords
    assert "Ashcombe" in lists.expand(Hints(prompt="Which town is that in?")).hotwords


def test_a_reading_with_hotwords_wins_where_the_decoder_is_in_doubt() -> None:
    favour = Favour(STREETS)
    chosen = favour.choose(reading(("twelve mill line", -0.10), ("twelve mill lane", -0.15)))
    assert (chosen.text, chosen.score) == ("twelve mill lane", -0.15)
    assert chosen.others == (("twelve mill line", -0.10),)


def test_a_sure_reading_stays() -> None:
    sure = reading(("the bin", -0.01), ("station road", -0.6))
    assert Favour(STREETS).choose(sure) is sure
    assert Favour(()).choose(sure) is sure


def test_case_and_punctuation_do_not_matter() -> None:
    assert Favour(STREETS).share("St. Mary's Close, please") == 0.75
    assert Favour(STREETS).share("st mary's close") == 1.0
    assert Favour(STREETS).share("It's Mill Lane.") == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("slot", "texts", "chosen"),
    [
        ("account_number", ("three seven oh five six nine", "three seven seven oh five six nine nine"), 1),
        ("phone", ("oh seven seven double oh nine", "oh seven seven double oh nine double oh one two three"), 1),
        ("postcode", ("z b three a l p", "z b three eight l p"), 1),
        ("", ("z b three a l p", "z b three eight l p"), 0),
        ("name", ("z b three a l p", "z b three eight l p"), 0),
    ],
)
def test_a_whole_answer_wins_over_one_with_a_figure_too_few(slot: str, texts: tuple[str, str], chosen: int) -> None:
    favoured = Favour((), slot).choose(reading((texts[0], -0.05), (texts[1], -0.12)))
    assert favoured.text == texts[chosen]


def test_a_whole_answer_that_was_hardly_heard_does_not_win() -> None:
    favoured = Favour((), "postcode").choose(reading(("i don't know it", -0.02), ("z b three eight l p", -0.6)))
    assert favoured.text == "i don't know it"
