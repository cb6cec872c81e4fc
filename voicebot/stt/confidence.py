"""From a decoder's scores to a confidence that is comparable over recognisers, and signs that a text is made up."""

import math
import re
import zlib
from dataclasses import dataclass

REJECT_CONFIDENCE = 0.35
"""The confidence of a score that is just to be rejected: the default of ``SpeechSettings.min_confidence``."""

SURE_CONFIDENCE = 0.9


@dataclass(frozen=True, slots=True)
class Calibration:
    """Mean log-probabilities a token of two landmarks, between which confidence runs as a logistic curve.

    A score of ``reject`` has confidence 0.35, a score of ``sure`` 0.9. Each model has its own: a small one trained on
    few sentences is sure of itself, one trained on the whole web is not.
    """

    reject: float
    sure: float

    def confidence(self, mean_log_probability: float) -> float:
        """0–1, growing with the score."""
        low, high = (math.log(p / (1 - p)) for p in (REJECT_CONFIDENCE, SURE_CONFIDENCE))
        slope = (high - low) / (self.sure - self.reject)
        logit = low + slope * (mean_log_probability - self.reject)
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


OWN_MODEL = Calibration(reject=-0.4, sure=-0.09)
"""The tiny model trained here: right utterances score about −0.09, wrong ones −0.19, people it never heard −0.6."""

WHISPER = Calibration(reject=-1.0, sure=-0.3)
"""Published Whisper weights: −1.0 is the threshold of the original decoder for a failed segment."""

_MAX_COMPRESSION = 2.4
_MAX_REPEATS = 5
_MAX_WORDS_PER_S = 7.0

_INVENTED = re.compile(
    r"thanks? (you )?for watching|subtitles? (by|provided)|please subscribe|amara\.org", re.IGNORECASE
)
_INVENTED_WHEN_SHORT = {"you", "thank you", "thanks", "bye", "so", "the", "okay", "oh"}
_SHORT_S = 0.15


def looks_looped(text: str, seconds: float) -> bool:
    """Whether a decoder got stuck: the same words again and again, or more words than anyone can say in ``seconds``."""
    words = text.lower().split()
    if len(words) < _MAX_REPEATS:
        return False
    encoded = text.encode()
    if len(encoded) / len(zlib.compress(encoded)) > _MAX_COMPRESSION:
        return True
    if len(words) > max(6.0, seconds * _MAX_WORDS_PER_S):
        return True
    for size in range(1, len(words) // _MAX_REPEATS + 1):
        run = 1
        for at in range(size, len(words) - size + 1, size):
            run = run + 1 if words[at : at + size] == words[at - size : at] else 1
            # "no no no no no" is something people say; six words in a row and more than can be spoken is not.
            if run > _MAX_REPEATS or (run == _MAX_REPEATS and size > 1):
                return True
    return False


def looks_invented(text: str, voiced_s: float) -> bool:
    """Whether ``text`` is what published Whisper weights are known to write when there are no words to hear."""
    if _INVENTED.search(text):
        return True
    return voiced_s < _SHORT_S and text.lower().strip(" .,!?") in _INVENTED_WHEN_SHORT
