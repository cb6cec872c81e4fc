"""What a sentence is, asked of its words and of its meaning: two logistic regressions that answer one question.

The one on weighed words and letter groups knows the words of the trade, the one on the vector of a frozen sentence
encoder knows that "mine got left" is near "you missed my bin". Their geometric mean is the answer.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression


class Judge:
    """``classes`` are the answers, in the order of every row of chances."""

    def __init__(self, config: dict[str, Any]) -> None:
        options = {"class_weight": "balanced", "random_state": 42}
        # One against the rest: all at once would take gigabytes and minutes with this many words and intents. In its
        # dual form, stopped at a half, it is there in a fourth of the time, with chances that differ by a thousandth;
        # as much do those of the other, stopped after 60 steps of 106.
        self._by_words = LogisticRegression(
            C=config["word_strength"],
            solver="liblinear",
            dual=True,
            tol=0.5,
            max_iter=config["steps_for_words"],
            **options,
        )
        self._by_meaning = LogisticRegression(
            C=config["meaning_strength"], max_iter=config["steps_for_meaning"], **options
        )
        self._of_words = config["weight_of_words"]

    @property
    def classes(self) -> Any:
        """What it tells apart."""
        return self._by_words.classes_

    def fit(self, weighed: Any, vectors: Any, labels: Any, beside: ThreadPoolExecutor) -> list["Future[Any]"]:
        """Begin to learn; both are at work outside Python, so that beside each other they take the longer's time."""
        return [
            beside.submit(self._learn, self._by_words, weighed, labels),
            beside.submit(self._learn, self._by_meaning, vectors, labels),
        ]

    @staticmethod
    def _learn(regression: LogisticRegression, what: Any, labels: Any) -> None:
        regression.fit(what, labels)
        # Kept in half of the room that it was reckoned in.
        regression.coef_ = regression.coef_.astype(np.float32)

    def chances(self, weighed: Any, vector: Any) -> Any:
        """The chance of each answer; they need not add up to 1."""
        words = self._by_words.predict_proba(weighed)[0]
        meaning = self._by_meaning.predict_proba(vector)[0]
        return words**self._of_words * meaning ** (1.0 - self._of_words)
