"""Learns what an emergency means, and which safety rule it is about, from examples of both kinds.

Run by ``voicebot dialogue train`` in this environment, where scikit-learn is. What comes out are plain arrays, which
the safety net reads outside Rasa: a support vector machine on sentence vectors (harmless sentences lie all around the
dangerous ones, so no plane parts them) and a linear classifier of the rules.

``python -m components.danger EXAMPLES.json OUT.npz``, where the examples are lists of [text, rule], with an empty rule
for the harmless, and a weight.
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from components.vectors import training_vectors

STRENGTH = 5.0
WIDTH = 2.0
"""The machine's cost of an error, and how quickly the likeness of two sentences fades (gamma)."""

RULE_STRENGTH = 10.0


def learn(texts: list[str], rules: list[str], weights: list[float]) -> dict[str, np.ndarray]:
    """The arrays of ``voicebot.safety.meaning``."""
    vectors = training_vectors(texts).astype(np.float32)
    labels = np.array(rules)
    dangerous = labels != ""
    machine = SVC(C=STRENGTH, gamma=WIDTH, class_weight="balanced")
    machine.fit(vectors, dangerous, sample_weight=np.array(weights))
    which = LogisticRegression(C=RULE_STRENGTH, class_weight="balanced", max_iter=600, random_state=42)
    which.fit(vectors[dangerous], labels[dangerous])
    return {
        "support": machine.support_vectors_.astype(np.float16),
        "coefficients": machine.dual_coef_[0].astype(np.float32),
        "intercept": machine.intercept_.astype(np.float32),
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
