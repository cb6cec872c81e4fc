"""Is what was said so far all that the caller wants to say?"""

from pathlib import Path

import pytest

from voicebot.dialogue.acts import Profile
from voicebot.spoken.finished import Finish, SentenceEnds, how_finished

PROJECT = Path(__file__).parents[2] / "dialogues"


@pytest.fixture(scope="module")
def ends() -> SentenceEnds:
    return SentenceEnds.load(PROJECT)


@pytest.mark.parametrize(
    ("text", "slot", "profile", "expected"),
    [
        ("my address is", "address", Profile.NORMAL, Finish.OPEN),
        ("my bin was not", "need", Profile.NORMAL, Finish.OPEN),
        ("my bin was not collected", "need", Profile.NORMAL, Finish.CLOSED),
        ("Can I speak to someone, please?", "need", Profile.NORMAL, Finish.CLOSED),
        ("", "need", Profile.NORMAL, Finish.UNKNOWN),
        ("yes", "confirm", Profile.YES_NO, Finish.COMPLETE),
        ("yes it is", "confirm", Profile.YES_NO, Finish.COMPLETE),
        ("yes but", "confirm", Profile.YES_NO, Finish.OPEN),
        ("no", "anything_else", Profile.NORMAL, Finish.CLOSED),
        ("zed bee three", "postcode", Profile.SPELLING, Finish.OPEN),
        ("ZB3 8LP", "postcode", Profile.SPELLING, Finish.COMPLETE),
        ("oh seven seven double oh", "phone", Profile.SPELLING, Finish.OPEN),
        ("oh seven seven double oh nine oh oh one two three", "phone", Profile.SPELLING, Finish.COMPLETE),
        ("i don't have a postcode please", "postcode", Profile.SPELLING, Finish.CLOSED),
        ("this number", "phone", Profile.SPELLING, Finish.CLOSED),
        ("no number", "phone", Profile.SPELLING, Finish.CLOSED),
        ("the number", "phone", Profile.SPELLING, Finish.OPEN),
        ("sorry i don't know", "report_ref", Profile.SPELLING, Finish.CLOSED),
        ("my number", "phone", Profile.SPELLING, Finish.OPEN),
        ("no", "phone", Profile.SPELLING, Finish.OPEN),
        ("the third of june 1952", "date_of_birth", Profile.SPELLING, Finish.CLOSED),
        ("the third of june nineteen fifty two", "date_of_birth", Profile.SPELLING, Finish.CLOSED),
        ("the third of june nineteen fifty", "date_of_birth", Profile.SPELLING, Finish.OPEN),
        ("the third of june", "date_of_birth", Profile.SPELLING, Finish.OPEN),
        ("4th of the 9th 88", "date_of_birth", Profile.SPELLING, Finish.CLOSED),
        ("the fourth of the ninth eighty eight", "date_of_birth", Profile.SPELLING, Finish.CLOSED),
        ("4th of the 9th 19", "date_of_birth", Profile.SPELLING, Finish.OPEN),
        ("4th of the 9th", "date_of_birth", Profile.SPELLING, Finish.OPEN),
        ("q q 12 34 56 c", "benefit_claim", Profile.SPELLING, Finish.COMPLETE),
        ("q q 12 34", "benefit_claim", Profile.SPELLING, Finish.OPEN),
        ("erm right", "phone", Profile.SPELLING, Finish.OPEN),
        ("council tenants", "tenancy_ref", Profile.SPELLING, Finish.DOUBTFUL),
        ("nine a it's the flat above", "house_number", Profile.SPELLING, Finish.CLOSED),
        ("3 6", "date_of_birth", Profile.SPELLING, Finish.OPEN),
        ("twenty", "house_number", Profile.NORMAL, Finish.OPEN),
        ("twenty four", "house_number", Profile.NORMAL, Finish.COMPLETE),
        ("12", "house_number", Profile.SPELLING, Finish.COMPLETE),
        ("twelve", "address", Profile.NORMAL, Finish.OPEN),
        ("the third", "move_date", Profile.NORMAL, Finish.OPEN),
        ("the third of march", "move_date", Profile.NORMAL, Finish.CLOSED),
        ("the third of march", "date_of_birth", Profile.NORMAL, Finish.OPEN),
    ],
)
def test_words_and_what_was_asked_decide(
    ends: SentenceEnds, text: str, slot: str, profile: Profile, expected: Finish
) -> None:
    assert how_finished(text, slot=slot, profile=profile, ends=ends) is expected


def test_as_many_figures_as_there_are_end_it(ends: SentenceEnds) -> None:
    def judged(text: str, figures: int) -> Finish:
        return how_finished(text, slot="tenancy_ref", profile=Profile.SPELLING, figures=figures, ends=ends)

    assert judged("six one eight three five four two", 7) is Finish.CLOSED
    assert judged("6183542", 7) is Finish.CLOSED
    assert judged("six one eight three five four", 7) is Finish.OPEN
    assert judged("six one eight three five four double", 7) is Finish.OPEN
    assert judged("six one eight three five four two", 0) is Finish.OPEN


def test_a_question_may_end_in_what_a_statement_cannot(ends: SentenceEnds) -> None:
    assert how_finished("what band is my house in", slot="need", ends=ends) is not Finish.OPEN
    assert how_finished("my house is in", slot="need", ends=ends) is Finish.OPEN


def test_without_examples_only_what_is_sure_is_said() -> None:
    nothing = SentenceEnds()
    assert how_finished("my address is", slot="address", ends=nothing) is Finish.OPEN
    assert how_finished("my bin was not collected", slot="need", ends=nothing) is Finish.UNKNOWN
    assert how_finished("ZB3 8LP", slot="postcode", profile=Profile.SPELLING, ends=nothing) is Finish.COMPLETE


def test_a_folder_without_examples_is_no_mistake(tmp_path: Path) -> None:
    assert SentenceEnds.load(tmp_path).known == 0
