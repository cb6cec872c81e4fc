"""How long a silence ends a turn: by how the words before it sound, what was asked, and how the caller speaks."""

import pytest

from voicebot.dialogue.acts import Profile
from voicebot.settings import TurnSettings
from voicebot.spoken.finished import Finish
from voicebot.turns.profiles import CallerPace

SETTINGS = TurnSettings()


@pytest.mark.parametrize(
    ("finish", "profile", "silence"),
    [
        (Finish.SETTLED, Profile.NORMAL, SETTINGS.end_settled_ms),
        (Finish.SETTLED, Profile.YES_NO, SETTINGS.end_settled_ms),
        (Finish.SETTLED, Profile.SPELLING, SETTINGS.end_closed_ms),
        (Finish.SETTLED, Profile.PATIENT, SETTINGS.end_patient_ms),
        (Finish.CLOSED, Profile.NORMAL, SETTINGS.end_closed_ms),
        (Finish.UNKNOWN, Profile.NORMAL, SETTINGS.end_normal_ms),
        (Finish.OPEN, Profile.NORMAL, SETTINGS.end_open_ms),
    ],
)
def test_the_surer_the_end_the_shorter_the_silence(finish: Finish, profile: Profile, silence: int) -> None:
    assert CallerPace(SETTINGS).end_ms(profile, finish) == silence


def test_who_pauses_between_sentences_is_waited_for_though_the_dialogue_has_an_answer() -> None:
    pace = CallerPace(SETTINGS)
    pace.paused(400, Profile.NORMAL, Finish.CLOSED)
    assert pace.end_ms(Profile.NORMAL, Finish.SETTLED) == 500


def test_who_needs_time_gets_it_after_whole_sentences_too() -> None:
    pace = CallerPace(SETTINGS)
    pace.ask_patience()
    assert pace.end_ms(Profile.NORMAL, Finish.SETTLED) >= 1400
