"""Word errors as our recogniser makes them: words are lost, misheard and joined as its counted confusions say.

The share of wrong words is given; which words go wrong, and what they become, follows the counts. So "bin" becomes
"been" and short words get lost; letters are never shuffled.
"""

import json
import random
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from rapidfuzz import fuzz, process

from voicebot.errors import ConfigurationError

TABLE = Path(__file__).with_name("confusions.json")
"""What our recogniser makes of words, counted; ``confusions.py`` is its recipe."""

_PRIOR = 4.0
"""How many sayings of the average word a word's own counts are weighed against."""

_LIKE = 5
_MOST = 0.9


class Noise:
    """Makes texts noisy. The same text, rate and seed give the same words."""

    def __init__(self, table: Path = TABLE, seed: int = 1) -> None:
        try:
            content = json.loads(table.read_text("utf-8"))
            self._words: dict[str, tuple[int, dict[str, int]]] = {
                word: (said, heard) for word, (said, heard) in content["words"].items()
            }
            self._added: dict[str, int] = content["added"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(f"{table} is not a table of confusions: {error}") from error
        self._seed = seed
        said = sum(said for said, _ in self._words.values())
        wrong = sum(sum(heard.values()) for _, heard in self._words.values())
        lost = sum(heard.get("", 0) for _, heard in self._words.values())
        added = sum(self._added.values())
        self._usual = wrong / said
        self._lost_share = lost / max(1, wrong)
        self._added_share = added / max(1, wrong + added)
        self._heard = sorted({one for _, heard in self._words.values() for one in heard if one and " " not in one})

    def make(self, texts: Sequence[str], rate: float) -> list[str]:
        """The texts with about ``rate`` word errors for each word over all of them (0 to 0.5)."""
        weights = [[self._error_rate(word) for word in text.split()] for text in texts]
        every = [weight for text in weights for weight in text]
        factor = self._factor(every, rate * (1 - self._added_share))
        return [
            self._one(text, [min(_MOST, factor * w) for w in own], rate)
            for text, own in zip(texts, weights, strict=True)
        ]

    @staticmethod
    def _factor(weights: Sequence[float], rate: float) -> float:
        """What the words' own error rates are multiplied by, so that their mean is ``rate`` after capping."""
        low, high = 0.0, 1000.0
        for _ in range(50):
            middle = (low + high) / 2
            mean = sum(min(_MOST, middle * weight) for weight in weights) / max(1, len(weights))
            low, high = (middle, high) if mean < rate else (low, middle)
        return low

    def _error_rate(self, word: str) -> float:
        said, heard = self._words.get(word, (0, {}))
        return (sum(heard.values()) + _PRIOR * self._usual) / (said + _PRIOR)

    def _one(self, text: str, chances: Sequence[float], rate: float) -> str:
        choose = random.Random(zlib.crc32(f"{self._seed} {rate} {text}".encode()))
        words: list[str] = []
        for word, chance in zip(text.split(), chances, strict=True):
            if self._added and choose.random() < rate * self._added_share:
                words.append(choose.choices(list(self._added), list(self._added.values()))[0])
            words.append(self._misheard(word, choose) if choose.random() < chance else word)
        noisy = " ".join(word for word in words if word)
        return noisy or text

    def _misheard(self, word: str, choose: random.Random) -> str:
        """What the word was heard as; for a word with no counted errors, lost or the likest of misheard words."""
        heard = self._words.get(word, (0, {}))[1]
        if heard:
            return choose.choices(list(heard), list(heard.values()))[0]
        if choose.random() < self._lost_share:
            return ""
        return choose.choice(self._likest(word) or [""])

    @lru_cache(maxsize=4096)  # noqa: B019 - a handful of these live as long as the command
    def _likest(self, word: str) -> list[str]:
        found = process.extract(word, self._heard, scorer=fuzz.ratio, limit=_LIKE + 1)
        return [one for one, _, _ in found if one != word][:_LIKE]


def word_error_rate(said: Sequence[str], heard: Sequence[str]) -> float:
    """Wrong, lost and added words for each word said, over all texts."""
    from rapidfuzz.distance import Levenshtein

    wrong = sum(Levenshtein.distance(a.split(), b.split()) for a, b in zip(said, heard, strict=True))
    return wrong / max(1, sum(len(text.split()) for text in said))
