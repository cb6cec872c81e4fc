"""What the dialogue makes of words before a pause, and how that changes what is waited for."""

import numpy as np
import pytest

from tests.turns.espeak_voice import quiet, speech
from voicebot.audio.frames import AudioFrame
from voicebot.dialogue.acts import Ask, Profile
from voicebot.session.port import CallerPort
from voicebot.settings import CallSettings, TurnSettings
from voicebot.spoken.finished import Finish, SentenceEnds

EXAMPLES = SentenceEnds(["i want to report a pothole"] * 9 + ["the school on station road"] * 9)


def paused(words: str) -> CallerPort:
    """A port whose caller has paused after something that was heard as ``words``."""
    port = CallerPort(
        8000,
        TurnSettings(),
        CallSettings(),
        speculate=lambda _: None,
        piece_started=lambda *_: None,
        piece_over=lambda _: None,
        holding=np.zeros(0, np.int16),
        ends=EXAMPLES,
    )
    port.expect(Ask(slot="need", text="?", profile=Profile.NORMAL))
    audio = np.concatenate([quiet(400), speech("i want to report a pothole"), quiet(200)])
    for at in range(0, len(audio) - 159, 160):
        port.exchange(AudioFrame(audio[at : at + 160], 8000, at))
    port.guessed(words)
    return port


@pytest.mark.parametrize(
    ("words", "sounds", "sure", "answered", "finish"),
    [
        ("i want to report a pothole", Finish.CLOSED, True, False, Finish.SETTLED),
        ("i want to report a pothole", Finish.CLOSED, False, True, Finish.SETTLED),
        ("i want to report a pothole", Finish.CLOSED, False, False, Finish.CLOSED),
        ("the school on station", Finish.DOUBTFUL, True, False, Finish.CLOSED),
        ("the school on station", Finish.DOUBTFUL, False, True, Finish.UNKNOWN),
        ("i want to report a", Finish.OPEN, True, True, Finish.OPEN),
    ],
)
def test_two_witnesses_end_a_turn_and_one_alone_only_helps(
    words: str, sounds: Finish, *, sure: bool, answered: bool, finish: Finish
) -> None:
    port = paused(words)
    assert port.floor.ear.finish is sounds
    port.understood(sure=sure, answered=answered)
    assert port.floor.ear.finish is finish


def test_more_words_are_not_waited_for_where_these_are_enough() -> None:
    port = paused("the school on station")
    port.wait_no_longer()
    assert port.floor.ear.finish is Finish.CLOSED

    port = paused("i want to report a")
    port.wait_no_longer()
    assert port.floor.ear.finish is Finish.OPEN


def test_going_on_makes_it_unknown_again() -> None:
    port = paused("i want to report a pothole")
    port.understood()
    audio = np.concatenate([quiet(40), speech("on mill lane")])
    for at in range(0, len(audio) - 159, 160):
        port.exchange(AudioFrame(audio[at : at + 160], 8000, 16000 + at))
    assert port.floor.ear.finish is Finish.UNKNOWN
