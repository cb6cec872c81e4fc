"""A second opinion for what no pattern foresaw: a small linear classifier, trained when the rules are loaded.

It learns from the project's own examples (``safety/caught.txt``, ``safety/harmless.txt`` and the dialogue's training
sentences) in well under a second, and never does more than have the question asked. Its threshold is set so that
two or three in a hundred everyday sentences that it has not seen would be asked about.
"""

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicebot.errors import ConfigurationError
from voicebot.safety.words import LIGHT, split

CAUGHT_FILE = Path("safety") / "caught.txt"
HARMLESS_FILE = Path("safety") / "harmless.txt"

BUCKETS = 1 << 15
_ROUNDS = 8
_STEP = 0.5
_DECAY = 1e-3
_FALSE_ASKS = 0.025
_FOLDS = 3
_FEWEST_WORDS = 5
_MARGIN = 1.0
_SENTENCE = re.compile(r"^\s{2,}- (?!intent:|lookup:|synonym:|regex:)(.+)$")
_ENTITY = re.compile(r"\[([^\]]+)\](?:\{[^}]*\}|\([^)]*\))")

Vector = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Examples:
    """What must be caught, by rule, and what must not; ``everyday`` has the dialogue's own sentences by service.

    All of those are among the ``harmless`` too, though some of them are none.
    """

    caught: Mapping[str, tuple[str, ...]]
    harmless: tuple[str, ...]
    everyday: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def load_examples(project: Path) -> Examples:
    """Read the examples of a dialogue project. Raises :class:`ConfigurationError`."""
    try:
        caught = _sections(project / CAUGHT_FILE)
        harmless = _lines(project / HARMLESS_FILE)
        everyday: dict[str, tuple[str, ...]] = {}
        for path in everyday_files(project):
            found = (_SENTENCE.match(line) for line in path.read_text(encoding="utf-8").splitlines())
            said = tuple(_ENTITY.sub(r"\1", match[1]).strip("\"' ") for match in found if match)
            everyday[path.parent.name] = (*everyday.get(path.parent.name, ()), *said)
    except OSError as error:
        raise ConfigurationError(f"the safety examples can't be read: {error}") from error
    known = {rule: tuple(said) for rule, said in caught.items()}
    every = dict.fromkeys([*harmless, *(one for said in everyday.values() for one in said)])
    return Examples(known, tuple(every), everyday)


def everyday_files(project: Path) -> list[Path]:
    """Where the dialogue's own sentences are."""
    return sorted((*project.glob("services/*/nlu*.yml"), *project.glob("shared/nlu*.yml")))


def _lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in text if line.strip() and not line.startswith("#")]


def _sections(path: Path) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    rule = ""
    for line in _lines(path):
        if line.startswith("["):
            rule = line.strip("[]")
        elif not rule:
            raise ConfigurationError(f"{path}: the first line must name a rule, such as [gas_or_co]")
        else:
            sections.setdefault(rule, []).append(line)
    return sections


def features(text: str) -> Indices:
    """The hashed features of an utterance: words, their stems, and pairs of neighbours."""
    words = split(text).tokens
    content = [word for word in words if word not in LIGHT]
    found = set(content)
    found |= {f"{a}_{b}" for a, b in pairwise(words)}
    found |= {f"{a}+{b}" for a, b in pairwise(content)}
    found |= {f"{word[:4]}*" for word in content if len(word) >= 5}
    return np.array(sorted(zlib.crc32(item.encode()) % BUCKETS for item in found), dtype=np.int64)


class Linear:
    """Logistic regression by AdaGrad. Deterministic."""

    def __init__(self, inputs: Sequence[Indices], wanted: Sequence[bool]) -> None:
        self.weights: Vector = np.zeros(BUCKETS)
        self.bias = 0.0
        squares: Vector = np.full(BUCKETS, 1e-8)
        positives = max(1, sum(wanted))
        balance = (len(wanted) - positives) / positives
        order = np.random.default_rng(1)
        for _ in range(_ROUNDS):
            for at in order.permutation(len(inputs)):
                where = inputs[at]
                if not len(where):
                    continue
                root = np.sqrt(len(where))
                error = 1 / (1 + np.exp(-self.score(where))) - wanted[at]
                error *= balance if wanted[at] else 1.0
                gradient = error / root + _DECAY * self.weights[where]
                squares[where] += gradient**2
                self.weights[where] -= _STEP * gradient / np.sqrt(squares[where])
                self.bias -= 0.01 * error

    def score(self, where: Indices) -> float:
        """Above 0 more likely than not."""
        return float(self.weights[where].sum() / np.sqrt(max(1, len(where))) + self.bias)


class SecondOpinion:
    """Says which rule an utterance may be about, when the patterns found none."""

    def __init__(self, examples: Examples) -> None:
        caught = [(rule, features(said)) for rule, sentences in examples.caught.items() for said in sentences]
        harmless = [features(said) for said in examples.harmless]
        danger = [item for _, item in caught]
        # Every harmless sentence is scored by a classifier that has not seen it.
        scores: list[float] = []
        for fold in range(_FOLDS):
            kept = [item for at, item in enumerate(harmless) if at % _FOLDS != fold]
            trial = Linear([*danger, *kept], [True] * len(danger) + [False] * len(kept))
            scores += [trial.score(item) for item in harmless[fold::_FOLDS]]
        scores.sort(reverse=True)
        self._threshold = max(0.0, scores[int(len(scores) * _FALSE_ASKS)]) if scores else 0.0
        self._danger = Linear([*danger, *harmless], [True] * len(danger) + [False] * len(harmless))
        # Which rule it is: how much more often each feature is seen under it than under the others.
        self._rules = list(examples.caught)
        counts = np.zeros((len(self._rules), BUCKETS))
        for rule, item in caught:
            counts[self._rules.index(rule), item] += 1
        self._known = counts.sum(axis=0) > 0
        counts += 0.2
        self._log_odds = np.log(counts / counts.sum(axis=1, keepdims=True))

    def rule(self, text: str) -> str | None:
        """The id of the rule to ask about, or None; the first rule of the examples when it is not clear which."""
        if len(split(text).tokens) < _FEWEST_WORDS:
            return None
        where = features(text)
        if self._danger.score(where) <= self._threshold:
            return None
        odds = self._log_odds[:, where[self._known[where]]].sum(axis=1)
        second, first = np.sort(odds)[-2:] if len(odds) > 1 else (-np.inf, 0.0)
        # When it could be more than one, ask what the gravest would ask: whether anyone is in danger.
        return self._rules[int(odds.argmax())] if first - second >= _MARGIN else self._rules[0]
