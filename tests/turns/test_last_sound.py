"""From which sample on a caller waits, and when it had come."""

import numpy as np
import pytest

from voicebot.audio.frames import AudioFrame, Transit
from voicebot.turns.last_sound import LastSound, last_sound

LOUD = np.full(160, 8000, np.int16)
QUIET = np.zeros(160, np.int16)


def frames(*samples: np.ndarray, transit: Transit | None = None) -> list[AudioFrame]:
    return [AudioFrame(part, 8000, 160 * number, transit=transit) for number, part in enumerate(samples)]


def partly(ms: int) -> np.ndarray:
    return np.concatenate([LOUD[: ms * 8], QUIET[ms * 8 :]])


def test_it_is_where_the_sound_ends_whatever_the_detector_lags() -> None:
    turn = frames(LOUD, LOUD, partly(10), QUIET, QUIET, QUIET)
    assert last_sound(turn, 640) == LastSound(400, 480, 480)
    assert last_sound(turn, 320) == LastSound(400, 480, 480)


def test_where_noise_stands_out_all_the_time_the_detector_is_believed() -> None:
    assert last_sound(frames(*[LOUD] * 6), 320) == LastSound(320, 320, 320)


def test_a_turn_cut_short_ends_where_it_ends() -> None:
    assert last_sound(frames(QUIET, QUIET), 2000) == LastSound(320, 320, 320)


def test_a_sound_came_before_it_was_heard() -> None:
    turn = frames(LOUD, LOUD, partly(10), QUIET, QUIET, QUIET, transit=Transit(4.0, 10.0, 20.0))
    # The frame's latter 10 ms are the first half of the newest packet, those before them of the one before.
    assert last_sound(turn, 480).came == 480 - (4 + 20) * 8
    longer = frames(LOUD, LOUD, partly(15), QUIET, QUIET, QUIET, transit=Transit(4.0, 10.0, 20.0))
    assert last_sound(longer, 480).came == 480 - 4 * 8


@pytest.mark.parametrize(("back", "waited"), [(0.125, 5.0), (10.0, 5.0), (10.125, 25.0), (20.0, 25.0), (30.125, 45.0)])
def test_what_lies_farther_back_came_earlier(back: float, waited: float) -> None:
    assert Transit(5.0, 10.0, 20.0).waited(back) == waited


def test_what_has_not_come_has_not_waited_less_than_the_newest() -> None:
    assert Transit(5.0, -10.0, 20.0).waited(0.125) == 5.0
