"""Learns what an emergency means, and which safety rule it is about, from examples of both kinds.

Run by ``voicebot dialogue train`` in this environment, where scikit-learn is. What comes out are plain arrays, which
the safety net reads outside Rasa: kernel least squares on sentence vectors (harmless sentences lie all around the
dangerous ones, so no plane parts them) and a linear classifier of counted words.

``python -m components.danger EXAMPLES.json OUT.npz``, where the file has "examples", lists of [text, rule, weight,
features] with an empty rule for the harmless, "said", how many of them stand as they were said (the rest are misheard),
and "buckets", how many features there are. All are likened to the emergencies and to some of the rest (Nystrom's
method, Williams and Seeger, 2001): a support vector machine takes twenty times as long on examples that mishearing has
mixed.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.blas import ssyrk
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from components.vectors import training_vectors

WIDTH = 1.2
"""How quickly the likeness of two sentences fades (gamma)."""

SMOOTHNESS = 0.05
_TINY = 0.03
"""What keeps the equations solvable in single precision."""

_LANDMARKS, _OF_THE_REST = 8500, 60
"""How many examples others are likened to: all emergencies, every so many of those that weigh less than 1, and for the
rest harmless ones. What it takes grows with the square of their number. What is nearest is sought among all."""

WORDS_STRENGTH = 10.0

_UNSEEN = 0.2
"""What a feature counts as that no example of a rule has."""


def _likeness(some: Any, others: Any) -> Any:
    return np.exp(-WIDTH * (2.0 - 2.0 * some @ others.T))


def _evenly(which: Any, many: int) -> Any:
    """As many of them, at even distances; all if there are no more."""
    return which[np.linspace(0, len(which) - 1, min(max(many, 0), len(which))).astype(np.int64)]


def learn_meaning(texts: list[str], labels: Any, counted: Any, said: int) -> dict[str, np.ndarray]:
    """How much like an emergency, and like each rule's, a sentence is; the arrays of ``voicebot.safety.meaning``.

    The first ``said`` texts are not misheard.
    """
    vectors = training_vectors(texts).astype(np.float32)
    dangerous = labels != ""
    heaviest = counted >= 1
    some = np.concatenate([np.flatnonzero(heaviest & dangerous), np.flatnonzero(~heaviest)[::_OF_THE_REST]])
    some = np.concatenate([some, _evenly(np.flatnonzero(heaviest & ~dangerous), _LANDMARKS - len(some))])
    support = vectors[some]
    # Both kinds count for the same in all.
    balanced = counted / np.where(dangerous, counted[dangerous].sum(), counted[~dangerous].sum()) * counted.sum() / 2
    names = np.unique(labels[dangerous])
    wanted = np.column_stack([np.where(dangerous, 1.0, -1.0), labels[:, None] == names]).astype(np.float32)
    like = _likeness(vectors, support)
    heard = like.T @ (balanced[:, None] * wanted)
    like *= np.sqrt(balanced)[:, None]
    # Of a product that is symmetric, half is enough to compute.
    among = ssyrk(1.0, like.T)
    among += SMOOTHNESS * _likeness(support, support) + _TINY * np.eye(len(support), dtype=np.float32)
    return {
        "support": support.astype(np.float16),
        "dangerous": dangerous[some],
        "everyday": vectors[np.setdiff1d(np.arange(said), some)].astype(np.float16),
        "coefficients": cho_solve(cho_factor(among, overwrite_a=True), heard).astype(np.float32),
        "gamma": np.array([WIDTH], np.float32),
        "rules": names.astype(str),
    }


def learn_words(features: list[list[int]], buckets: int, dangerous: Any, counted: Any) -> dict[str, np.ndarray]:
    """What every feature counts for danger; each sentence's are of length one together."""
    sizes = np.array([len(one) for one in features])
    ends = np.concatenate([[0], np.cumsum(sizes)])
    values = np.repeat(1 / np.sqrt(np.maximum(1, sizes)), sizes)
    where = np.concatenate([np.array(one, np.int64) for one in features])
    counts = csr_matrix((values, where, ends), shape=(len(features), buckets))
    words = LogisticRegression(C=WORDS_STRENGTH, solver="liblinear", class_weight="balanced", random_state=42)
    words.fit(counts, dangerous, sample_weight=counted)
    return {"words": words.coef_[0].astype(np.float32), "words_bias": words.intercept_.astype(np.float32)}


def learn_rule_words(features: list[list[int]], buckets: int, labels: Any) -> dict[str, np.ndarray]:
    """How much oftener each feature is seen under a rule than under the others, as a logarithm; (rules, features)."""
    names = np.unique(labels[labels != ""])
    counts = np.full((len(names), buckets), _UNSEEN)
    for where, rule in zip(features, labels, strict=True):
        if rule:
            counts[np.searchsorted(names, rule), where] += 1
    shares = np.log(counts / counts.sum(axis=1, keepdims=True))
    return {"rule_words": (shares - shares.mean(axis=0)).astype(np.float16)}


def main(examples: Path, out: Path) -> None:
    """Read the examples, write the arrays."""
    given = json.loads(examples.read_text("utf-8"))
    texts, rules, weights, features = map(list, zip(*given["examples"], strict=True))
    labels, counted = np.array(rules), np.array(weights, np.float32)
    buckets = given["buckets"]
    learned = {
        **learn_meaning(texts, labels, counted, given["said"]),
        **learn_words(features, buckets, labels != "", counted),
        **learn_rule_words(features, buckets, labels),
    }
    with out.open("wb") as file:
        np.savez(file, **learned)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
