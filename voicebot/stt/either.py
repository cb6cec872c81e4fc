"""Two recognisers of different kinds: the surer is believed."""

from collections.abc import Sequence

import numpy as np
import structlog
from numpy.typing import NDArray

from voicebot.errors import SpeechUnavailable
from voicebot.stt.recogniser import NO_HINTS, Recogniser, Request
from voicebot.stt.transcript import Hints, Transcript

_log = structlog.get_logger(__name__)

SURE = 0.5
"""A first reading with this confidence is not doubted: asking twice takes time."""


class SurerOfTwo:
    """Hears with ``first``; where that is unsure of words, ``second`` hears too, and the surer one counts.

    Their confidences compare because each was calibrated on what it gets right and wrong
    (:class:`~voicebot.stt.confidence.Calibration`). A second that fails leaves the first's word.
    """

    def __init__(self, first: Recogniser, second: Recogniser) -> None:
        self._first, self._second = first, second

    @property
    def name(self) -> str:
        """Both names; ``engine`` of a transcript says whose it is."""
        return f"{self._first.name} + {self._second.name}"

    @property
    def batch(self) -> int:
        """The first's."""
        return self._first.batch

    def recognise(self, samples: NDArray[np.int16], rate: int, hints: Hints = NO_HINTS) -> Transcript:
        """Hear mono ``samples`` at ``rate`` Hz. Raises :class:`~voicebot.errors.SpeechUnavailable`."""
        return self.recognise_all([Request(samples, rate, hints)])[0]

    def recognise_all(self, requests: Sequence[Request]) -> list[Transcript]:
        """Hear several utterances. Raises as :meth:`recognise`."""
        heard = self._first.recognise_all(requests)
        return [
            one if one.confidence >= SURE or request.hints.goes_on else self._surer(one, request)
            for one, request in zip(heard, requests, strict=True)
        ]

    def _surer(self, heard: Transcript, request: Request) -> Transcript:
        try:
            other = self._second.recognise(request.samples, request.rate, request.hints)
        except SpeechUnavailable as error:
            _log.warning("second_recogniser_failed", error=type(error).__name__)
            return heard
        if not other.text or (heard.text and heard.confidence >= other.confidence):
            return heard
        return other
