"""Which intent a sentence has: what its words are, what it means, and whether anything like it was ever an example.

A :class:`~components.judge.Judge` tells the intent. Its chances are scaled by the cosine to the nearest example of each
intent, so that a sentence unlike all examples is not believed. Two more judges are asked simpler questions of the same
sentence, and weigh in: which service it is about, and whether it is the council's business at all. An intent gains by
what its service gets as a whole: "it's about my council tax" is clear enough, though it could be any of a dozen needs.
The figures are in docs/dialogue-contract.md.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from actions.topics import ABOUT, topics
from components.dialect import Dialect
from components.encoder import encoder
from components.judge import Judge
from components.vectors import training_vectors

_FILE = "classifier.joblib"
_REFERS = re.compile(
    r"\b(?:if|whether|when|where|why|how|what) (?:\w+ )?(?:it|it's|they|they've|they're|that|that's)\b"
)
"""Words that ask about what was spoken of before."""
_RING_ME = re.compile(
    r"\b(?:can|could|will|would|please|want|need|like|get) (?:\w+ ){0,5}?(?:ring|call|phone) (?:me|us)(?: back)?\b|"
    r"\b(?:want|need|like|have) (?:\w+ ){0,2}?(?:call ?back)\b"
)
_ANOTHER = (
    r"and also|oh and|and another thing|(?:and )?(?:while|whilst) i'm (?:on|at it|here)|(?:and )?one more thing|"
    r"as well as|on top of that"
)
"""What says that another matter begins."""
_WHILE = re.compile(r"(?:and )?(?:while|whilst)|(?:and )?one more thing|and another thing")
"""What says so beyond doubt, whatever it is about."""
_JOINS = re.compile(rf"\b(?:(?P<another>{_ANOTHER})|and then|and|also|plus)\b")
_BACKGROUND = re.compile(
    r"(?:(?:hi|hello|hiya|well|so|er|um) )*(?:i've|i have|we've|we have|i|we|i'm|we're|my \w+(?:'s| has)) "
    r"(?:just |only |recently |newly )*"
    r"(?:moved|come|got married|had a baby|retired|turned \w+|separated|died|passed (?:away|on))"
    r"(?: (?:house|home|in|here|to|into|the|area|town|a|new|place|flat|from|last|this|week|month))*"
)
"""What is told before the need and is none: "I've just moved and I want to be on the voting list"."""
_FEWEST_WORDS = 3
"""Of each half of a sentence that may hold two needs."""
_WORD = r"(?u)\b\w+\b"
"""One letter is a word too: "a band", "9 A"."""
_NOT_OURS = "out_of_scope"
"""The need of what is somebody else's business, which counts together like a service."""
_LEAST = 1e-12
_DIALECT = Dialect.load()
_TWICE = 2
"""Words and letter groups of one example alone teach little, and are half of them."""


def plain(text: str) -> str:
    """Lower case, without punctuation (recognisers differ in what they write of it), the words of dialects opened."""
    bare = re.sub(r"[^\w' ]+", " ", text.lower().replace("\u2019", "'"))
    return _DIALECT.opened(" ".join(bare.split()))


class Understanding:
    """The trained model: ``names`` of the intents, in the order of every row of chances."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.names: Any = np.array([])
        counted = {"sublinear_tf": True, "min_df": _TWICE, "dtype": np.float32}
        word, letter = tuple(config["word_ngrams"]), tuple(config["letter_ngrams"])
        self._words = FeatureUnion(
            [
                ("words", TfidfVectorizer(token_pattern=_WORD, ngram_range=word, **counted)),
                ("letters", TfidfVectorizer(analyzer="char_wb", ngram_range=letter, **counted)),
            ]
        )
        self._intent, self._service, self._theirs = Judge(config), Judge(config), Judge(config)
        self._vectors: Any = None
        self._starts: Any = None
        self._of_intent = config["weight_of_intent"]
        self._of_service = config["weight_of_service"]
        self._of_theirs = config["weight_of_theirs"]
        self._readily_theirs = config["readily_theirs"]
        self._services: Any = None
        self._not_ours: Any = None

    def fit(self, texts: list[str], intents: list[str]) -> None:
        """Learn from examples."""
        # In the order of the intents, so that the nearest example of each is the maximum of a slice.
        order = sorted(range(len(texts)), key=lambda index: intents[index])
        texts, labels = [texts[index] for index in order], np.array([intents[index] for index in order])
        self.names, self._starts, which = np.unique(labels, return_index=True, return_inverse=True)
        groups, self._services = np.unique([_group(str(name)) for name in self.names], return_inverse=True)
        self._not_ours = groups[self._services] == _NOT_OURS
        self._vectors = training_vectors(texts)
        learned = self._words.fit_transform(texts), self._vectors.astype(np.float32)
        with ThreadPoolExecutor(2) as beside:
            # The longest first.
            learning = [
                *self._intent.fit(*learned, labels, beside),
                *self._service.fit(*learned, groups[self._services[which]], beside),
                *self._theirs.fit(*learned, self._not_ours[which], beside),
            ]
            for one in learning:
                one.result()

    @cached_property
    def _examples(self) -> Any:
        """Vectors of all examples, as they are reckoned with; kept in half of that."""
        return self._vectors.astype(np.float32)

    def chances(self, text: str) -> Any:
        """The confidence in each intent, 0 to 1; they need not add up to 1."""
        vector, weighed = encoder().encode([text]), self._words.transform([text])
        nearest = np.maximum.reduceat(self._examples @ vector[0], self._starts).clip(0.0, 1.0)
        joined = self._intent.chances(weighed, vector) * nearest
        joined *= self._service.chances(weighed, vector)[self._services] ** self._of_service
        ours, theirs = self._theirs.chances(weighed, vector)
        joined[self._not_ours] *= self._readily_theirs * (theirs / max(float(ours), _LEAST)) ** self._of_theirs
        share = joined / max(float(joined.sum()), _LEAST)
        service = np.bincount(self._services, share)[self._services]
        return share**self._of_intent * service ** (1.0 - self._of_intent) * np.sqrt(nearest)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class WordsAndMeaningClassifier(GraphComponent, IntentClassifier):
    """:class:`Understanding` as a component of Rasa's. It reads the text itself and needs no featurizer before it."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The strengths are inverses of the regularisation; ``ranking`` is how many intents are reported.

        ``weight_of_words`` is how much they count beside the meaning, ``weight_of_intent`` how much an intent's own
        chance counts beside its service's, and ``sure_of_both`` the confidence from which each half of a sentence
        counts as a need of its own. ``weight_of_service`` and ``weight_of_theirs`` are how much the judges of those
        count beside the intent's, and ``readily_theirs`` how much sooner than by chance something is believed to be
        somebody else's business: the examples of the council's outnumber what there is in the world besides.
        ``sure_alone`` is the confidence from which a question that names nothing needs no context.
        """
        return {
            "word_strength": 20.0,
            "meaning_strength": 10.0,
            "word_ngrams": [1, 2],
            "letter_ngrams": [2, 4],
            "ranking": 10,
            "steps_for_words": 400,
            "steps_for_meaning": 60,
            "weight_of_words": 0.6,
            "weight_of_intent": 0.3,
            "weight_of_service": 0.2,
            "weight_of_theirs": 0.5,
            "readily_theirs": 1.2,
            "sure_of_both": 0.75,
            "sure_of_another": 0.4,
            "sure_alone": 0.5,
        }

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        trained: Understanding | None = None,
    ) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage = model_storage
        self._resource = resource
        self._trained = trained

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> WordsAndMeaningClassifier:
        """A new, untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> WordsAndMeaningClassifier:
        """The trained component. Only models trained by this project are ever loaded: joblib runs what it reads."""
        with model_storage.read_from(resource) as folder:
            trained = joblib.load(folder / _FILE)
        encoder()
        return cls(config, model_storage, resource, trained)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples."""
        examples = [e for e in training_data.intent_examples if e.get(INTENT) and e.get(TEXT)]
        self._trained = Understanding(self._config)
        self._trained.fit([plain(e.get(TEXT)) for e in examples], [e.get(INTENT) for e in examples])
        with self._model_storage.write_to(self._resource) as folder:
            joblib.dump(self._trained, folder / _FILE)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent and ranking of each message."""
        for message in messages:
            text = plain(message.get(TEXT) or "")
            if not text or self._trained is None:
                message.set(INTENT, {"name": None, "confidence": 0.0}, add_to_output=True)
                continue
            about = (message.get("metadata") or {}).get(ABOUT)
            chances = self._followed_on(text, self._trained.chances(text), about)
            both = self._two_needs(text, chances)
            if both is not None:
                first, chances, also = both
                message.set("also", {**also, "first": first}, add_to_output=True)
            chances = self._rung_back(text, chances)
            best = np.argsort(-chances)[: self._config["ranking"]]
            ranking = [{"name": str(self._trained.names[at]), "confidence": float(chances[at])} for at in best]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _followed_on(self, text: str, alone: Any, about: dict[str, str] | None) -> Any:
        """The chances of words that name nothing: with what the call is ``about`` after them, if that is meant.

        ``alone`` are those of the words themselves, which stay if they are sure and speak for no other business.
        """
        assert self._trained is not None
        names = self._trained.names
        if about is None:
            return alone
        best = topics().of(str(names[alone.argmax()]))
        others = best.need == _NOT_OURS or best.service not in ("none", about["service"])
        if alone.max() >= self._config["sure_alone"] and not others:
            return alone
        told = self._trained.chances(f"{text} {plain(about['title'])}")
        return told if topics().of(str(names[told.argmax()])).service == about["service"] else alone

    def _rung_back(self, text: str, chances: Any) -> Any:
        """The chances, with the service's call back first where the words ask for one: who says "can someone ring me
        about my dad, he can't cook" is not told how to get a call back."""
        assert self._trained is not None
        names = self._trained.names
        at = int(chances.argmax())
        (wanted,) = np.nonzero(names == f"{_service(str(names[at]))}_callback")
        if not len(wanted) or not _RING_ME.search(text) or topics().of(str(names[at])).need != "answer":
            return chances
        changed = chances.copy()
        changed[wanted[0]], changed[at] = chances[at], chances[wanted[0]]
        return changed

    def _two_needs(self, text: str, whole: Any) -> tuple[str, Any, dict[str, Any]] | None:
        """The first half, its chances, and what else was asked, when a sentence holds two needs.

        "My bin wasn't collected and there's a pothole outside" does; "my bin and the one next door" doesn't.
        """
        assert self._trained is not None
        names = self._trained.names
        found: tuple[float, str, Any, dict[str, Any]] | None = None
        for join in _JOINS.finditer(text):
            first, second = text[: join.start()].strip(), text[join.end() :].strip()
            if min(len(first.split()), len(second.split())) < _FEWEST_WORDS:
                continue
            one, other = self._trained.chances(first), self._trained.chances(second)
            intents = str(names[one.argmax()]), str(names[other.argmax()])
            if "" in map(_service, intents) or intents[0] == intents[1] or _BACKGROUND.fullmatch(first):
                continue
            alike = _service(intents[0]) == _service(intents[1])
            if alike and not all(map(_is_answer, intents)) and not _WHILE.match(join["another"] or ""):
                # "It was missed and nobody came again" is one need; two questions are two.
                continue
            if str(names[whole.argmax()]) == intents[0] and _REFERS.search(second):
                # "... and I want to know if it's been paid" asks more of the same.
                continue
            least = float(min(one.max(), other.max()))
            sure = self._config["sure_of_another" if join["another"] else "sure_of_both"]
            # A sentence that is clear as a whole stays whole, unless its halves are clearer.
            if least < sure or (str(names[whole.argmax()]) not in intents and float(whole.max()) > least):
                continue
            if found is None or least > found[0]:
                also = {"intent": intents[1], "text": second, "confidence": float(other.max())}
                found = (least, first, one, also)
        return found[1:] if found else None


def _group(intent: str) -> str:
    """What an intent counts together with: its service, or all that is none of the council's; else itself."""
    about = topics().of(intent)
    if about.service != "none":
        return about.service
    return _NOT_OURS if about.need == _NOT_OURS else intent


def _is_answer(intent: str) -> bool:
    """Whether a need is met by an answer alone."""
    return topics().of(intent).need == "answer"


def _service(intent: str) -> str:
    """The service of an intent; empty for what belongs to none."""
    return topics().of(intent).service.replace("none", "")
