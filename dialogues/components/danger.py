"""Learns what an emergency means, and which safety rule it is about, from examples of both kinds.

Run by ``voicebot dialogue train`` in this environment, where scikit-learn is. What comes out are plain arrays, which
the safety net reads outside Rasa: kernel least squares on sentence vectors (harmless sentences lie all around the
dangerous ones, so no plane parts them) and a linear classifier of the rules.

``python -m components.danger EXAMPLES.json OUT.npz``, where the examples are lists of [text, rule, weight], with an
empty rule for the harmless. Others are likened to those of weight 1 and to some of the rest (Nystrom's method,
Williams and Seeger, 2001): a support vector machine takes twenty times as long on examples that mishearing has mixed.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy.linalg.blas import ssyrk
from sklearn.linear_model import LogisticRegression

from components.vectors import training_vectors

WIDTH = 1.2
"""How quickly the likeness of two sentences fades (gamma)."""

SMOOTHNESS = 0.1
_TINY = 1e-3
_OF_THE_REST = 15
"""Every so many of the lighter examples is one to liken others to, beside those of weight 1: what that takes grows with
the square of their number."""

RULE_STRENGTH = 10.0


def _likeness(some: Any, others: Any) -> Any:
    return np.exp(-WIDTH * (2.0 - 2.0 * some @ others.T))


def learn(texts: list[str], rules: list[str], weights: list[float]) -> dict[str, np.ndarray]:
    """The arrays of ``voicebot.safety.meaning``."""
    vectors = training_vectors(texts).astype(np.float32)
    labels, counted = np.array(rules), np.array(weights, np.float32)
    dangerous = labels != ""
    heaviest = counted >= 1
    some = np.flatnonzero(heaviest), np.flatnonzero(~heaviest)[::_OF_THE_REST]
    support = vectors[np.concatenate(some)]
    # Both kinds count for the same in all.
    balanced = counted / np.where(dangerous, counted[dangerous].sum(), counted[~dangerous].sum()) * counted.sum() / 2
    like = _likeness(vectors, support)
    wanted = np.where(dangerous, 1.0, -1.0).astype(np.float32)
    heard = like.T @ (balanced * wanted)
    like *= np.sqrt(balanced)[:, None]
    # Of a product that is symmetric, half is enough to compute.
    upper = ssyrk(1.0, like.T)
    among = np.triu(upper) + np.triu(upper, 1).T
    among += SMOOTHNESS * _likeness(support, support) + _TINY * np.eye(len(support), dtype=np.float32)
    coefficients = np.linalg.solve(among, heard)
    which = LogisticRegression(C=RULE_STRENGTH, class_weight="balanced", max_iter=600, random_state=42)
    which.fit(vectors[dangerous], labels[dangerous], sample_weight=counted[dangerous])
    return {
        "support": support.astype(np.float16),
        "coefficients": coefficients.astype(np.float32),
        "gamma": np.array([WIDTH], np.float32),
        "rules": which.classes_.astype(str),
        "rule_weights": which.coef_.astype(np.float32),
        "rule_intercepts": which.intercept_.astype(np.float32),
    }


def main(examples: Path, out: Path) -> None:
    """Read the examples, write the arrays."""
    rows = json.loads(examples.read_text("utf-8"))
    learned = learn([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])
    with out.open("wb") as file:
        np.savez(file, **learned)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
