"""Which of two recognisers is believed."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.errors import SpeechUnavailable
from voicebot.stt.either import SurerOfTwo
from voicebot.stt.recogniser import NO_HINTS, Request
from voicebot.stt.transcript import Hints, Transcript

SOUND = np.zeros(800, np.int16)


class Says:
    """A recogniser that always hears the same; counts how often it was asked."""

    batch = 4

    def __init__(self, name: str, text: str, confidence: float, *, fails: bool = False) -> None:
        self.name = name
        self._heard = Transcript(text, confidence, engine=name)
        self._fails = fails
        self.asked = 0

    def recognise(self, samples: NDArray[np.int16], rate: int, hints: Hints = NO_HINTS) -> Transcript:
        return self.recognise_all([Request(samples, rate, hints)])[0]

    def recognise_all(self, requests: Sequence[Request]) -> list[Transcript]:
        self.asked += len(requests)
        if self._fails:
            raise SpeechUnavailable("gone")
        return [self._heard] * len(requests)


@pytest.mark.parametrize(
    ("first", "second", "believed", "asked"),
    [
        (("bin", 0.8), ("been", 0.9), "first", 0),
        (("bin", 0.3), ("been", 0.6), "second", 1),
        (("bin", 0.3), ("been", 0.2), "first", 1),
        (("", 0.2), ("been", 0.1), "second", 1),
        (("", 0.2), ("", 0.9), "first", 1),
        (("", 1.0), ("been", 0.9), "first", 0),
    ],
)
def test_the_surer_is_believed(first: tuple[str, float], second: tuple[str, float], believed: str, asked: int) -> None:
    other = Says("second", *second)
    both = SurerOfTwo(Says("first", *first), other)
    assert both.recognise(SOUND, 8000).engine == believed
    assert other.asked == asked
    assert both.name == "first + second"


def test_a_second_that_fails_changes_nothing() -> None:
    both = SurerOfTwo(Says("first", "bin", 0.1), Says("second", "", 0.0, fails=True))
    heard = both.recognise_all([Request(SOUND, 8000), Request(SOUND, 8000)])
    assert [one.text for one in heard] == ["bin", "bin"]
