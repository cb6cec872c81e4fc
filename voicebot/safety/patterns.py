"""The small pattern language of ``dialogues/safety/rules.yml``, compiled once and matched against words.

A pattern is one or more groups joined by ``+`` (any order, within :data:`WINDOW` counted words); a group is a
sequence of elements, with at most :data:`GAP` counted words between two of them, or :data:`WIDE_GAP` after ``..``; an
element is any of some phrases. Words of a phrase stand side by side, apart from light words of the caller.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from voicebot.errors import ConfigurationError
from voicebot.safety.words import LIGHT, Words, split

GAP = 2
WIDE_GAP = 6
WINDOW = 12
_words = str.split
_FUZZY_RATIO = 80.0
_TYPO_LENGTH = 8
_REAL_WORDS = frozenset(
    {"shouting", "breeding", "browning", "stranded", "stranger", "strangers", "sleeting", "planning", "staring"}
)
"""Words that look like a misspelt word of danger, and are not."""

Phrase = tuple[str, ...]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Element:
    """Any of ``phrases``; ``optional`` when the alternatives contain an empty one."""

    phrases: frozenset[Phrase]
    gap: int = GAP
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern and the text that it was written as; a ``strong`` one (``!``) heeds no exclusion.

    A ``whole`` one (``=``) stands only for an utterance that says no more.
    """

    source: str
    groups: tuple[tuple[Element, ...], ...]
    strong: bool = False
    whole: bool = False


def compile_pattern(source: str, classes: Mapping[str, frozenset[Phrase]], *, gap: int = GAP) -> Pattern:
    """Compile one pattern; ``gap`` is what a plain space allows. Raises :class:`ConfigurationError` if ill formed."""
    groups = []
    strong, whole = source.startswith("!"), source.startswith("=")
    for part in _top_level(source.lstrip("!="), "+"):
        elements: list[Element] = []
        wide = False
        for piece in re.findall(r"\([^()]*\)|\{\w+\}|\.\.|[^\s(){}]+|[(){}]", part):
            if piece == "..":
                wide = True
                continue
            if piece in "(){}":
                raise ConfigurationError(f"the safety pattern {source!r} has a bracket too many or too few")
            alternatives = piece[1:-1].split("|") if piece.startswith("(") else [piece]
            phrases: set[Phrase] = set()
            optional = False
            for alternative in alternatives:
                name = re.fullmatch(r"\{(\w+)\}", alternative.strip())
                if name:
                    if name[1] not in classes:
                        raise ConfigurationError(f"the safety pattern {source!r} uses an unknown class {name[1]!r}")
                    phrases |= classes[name[1]]
                elif not alternative.strip():
                    optional = True
                else:
                    phrases.add(phrase(alternative))
            if not phrases:
                raise ConfigurationError(f"the safety pattern {source!r} has an element without words")
            elements.append(Element(frozenset(phrases), WIDE_GAP if wide else gap, optional))
            wide = False
        if not any(not element.optional for element in elements):
            raise ConfigurationError(f"the safety pattern {source!r} has a part without words")
        groups.append(tuple(elements))
    return Pattern(source, tuple(groups), strong, whole)


def phrase(text: str) -> Phrase:
    """The words of a phrase, with ``*`` and ``~`` kept."""
    words: list[str] = []
    for word in text.split():
        star, tilde = word.endswith("*"), word.startswith("~")
        plain = split(word.strip("*~")).tokens
        words.extend(plain[:-1])
        if plain:
            words.append(("~" if tilde else "") + plain[-1] + ("*" if star else ""))
    if not words:
        raise ConfigurationError(f"the safety phrase {text!r} has no words")
    return tuple(words)


def _top_level(source: str, separator: str) -> list[str]:
    parts = [part.strip() for part in re.split(rf"\s\{separator}\s", source)]
    if not all(parts):
        raise ConfigurationError(f"the safety pattern {source!r} has an empty part")
    return parts


class PhraseIndex:
    """Finds every phrase of a set in an utterance, in one pass over its words."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        phrases = {p for pattern in patterns for group in pattern.groups for e in group for p in e.phrases}
        self._by_first: dict[str, list[Phrase]] = {}
        for item in sorted(phrases):
            self._by_first.setdefault(item[0], []).append(item)
        vocabulary = {word for item in phrases for word in item}
        self._exact = {word for word in vocabulary if not word.endswith("*") and not word.startswith("~")}
        self._prefixes = sorted(word for word in vocabulary if word.endswith("*"))
        self._fuzzy = sorted(word for word in vocabulary if word.startswith("~"))
        self._long = sorted(word for word in self._exact if len(word) >= _TYPO_LENGTH)
        self._needing: dict[Phrase, set[str]] = {}
        for pattern in patterns:
            for item in _needed(pattern).phrases:
                self._needing.setdefault(item, set()).add(pattern.source)
        self._readings = lru_cache(maxsize=4096)(self._read)

    def _read(self, token: str) -> frozenset[str]:
        """All words of the vocabulary that ``token`` may stand for."""
        readings = {token} if token in self._exact else set()
        readings |= {word for word in self._prefixes if token.startswith(word[:-1])}
        readings |= {w for w in self._fuzzy if token == w[1:] or fuzz.ratio(token, w[1:]) >= _FUZZY_RATIO}
        if not readings and len(token) >= _TYPO_LENGTH - 1 and token not in _REAL_WORDS:
            readings = {w for w in self._long if w[0] == token[0] and OSA.distance(token, w, score_cutoff=1) <= 1}
        return frozenset(readings)

    def possible(self, found: Iterable[Phrase]) -> frozenset[str]:
        """The sources of the patterns that can match where these phrases stand: most need a phrase that does not."""
        return frozenset[str]().union(*(self._needing.get(item, ()) for item in found))

    def spans(self, words: Words) -> dict[Phrase, list[Span]]:
        """Where each phrase stands: start and end (exclusive) among the words."""
        readings = [self._readings(token) for token in words.tokens]
        found: dict[Phrase, list[Span]] = {}
        for start, first in enumerate(readings):
            for word in first:
                for item in self._by_first.get(word, ()):
                    end = _follow(item, start, words, readings)
                    if end:
                        found.setdefault(item, []).append((start, end))
        return found


def _needed(pattern: Pattern) -> Element:
    """The part of a pattern that the fewest phrases stand for, of those that can't be left out."""
    every = (element for group in pattern.groups for element in group if not element.optional)
    return min(every, key=lambda element: len(element.phrases))


def _follow(item: Phrase, start: int, words: Words, readings: Sequence[frozenset[str]]) -> int:
    at = start + 1
    for word in item[1:]:
        while at < len(readings) and word not in readings[at] and words.tokens[at] in LIGHT:
            at += 1
        if at >= len(readings) or word not in readings[at]:
            return 0
        at += 1
    return at


def matches(
    pattern: Pattern, words: Words, found: Mapping[Phrase, Sequence[Span]], masked: frozenset[int] = frozenset()
) -> Iterator[tuple[Span, ...]]:
    """Every way in which ``pattern`` stands in ``words``: the spans of its elements, in the order of the pattern."""
    options = []
    masked = frozenset() if pattern.strong else masked
    for group in pattern.groups:
        ways = list(_sequences(group, words, found, masked))
        if not ways:
            return
        options.append(ways)
    for match in _together(options, (), words):
        if (
            not pattern.whole
            or sum(words.weight[span[1]] - words.weight[span[0]] for span in match) == words.weight[-1]
        ):
            yield match


def _together(
    options: Sequence[Sequence[tuple[Span, ...]]], chosen: tuple[Span, ...], words: Words
) -> Iterator[tuple[Span, ...]]:
    if not options:
        yield chosen
        return
    for way in options[0]:
        if any(a < d and c < b for a, b in way for c, d in chosen):
            continue
        joined = chosen + way
        if len(chosen) and words.between(min(s[0] for s in joined), max(s[1] for s in joined)) > WINDOW + len(joined):
            continue
        yield from _together(options[1:], joined, words)


def _sequences(
    group: Sequence[Element], words: Words, found: Mapping[Phrase, Sequence[Span]], masked: frozenset[int]
) -> Iterator[tuple[Span, ...]]:
    layers: list[tuple[Element, list[Span]]] = []
    for element in group:
        spans = sorted(
            {
                span
                for item in (element.phrases if len(element.phrases) < len(found) else found)
                if item in element.phrases
                for span in found.get(item, ())
                if masked.isdisjoint(range(*span))
            }
        )
        if not spans and not element.optional:
            return
        layers.append((element, spans))
    yield from _chain(layers, (), words)


def _chain(
    layers: Sequence[tuple[Element, list[Span]]], chosen: tuple[Span, ...], words: Words
) -> Iterator[tuple[Span, ...]]:
    if not layers:
        if chosen:
            yield chosen
        return
    element, spans = layers[0]
    for span in spans:
        if chosen and not 0 <= words.between(chosen[-1][1], span[0]) <= element.gap:
            continue
        yield from _chain(layers[1:], (*chosen, span), words)
    if element.optional:
        yield from _chain(layers[1:], chosen, words)
