"""Two needs that a sentence may have alike: "is it about A, or B?", and which of them the answer names."""

import re
from collections.abc import Iterable
from typing import Any

from . import parsing
from .topics import SURE, topics

NEAR = 0.04
"""Confidences that differ by less are alike; the same as ``ambiguity_threshold`` in config.yml."""

_SMALL = frozenset(
    ("a", "an", "the", "to", "of", "for", "and", "or", "on", "in", "your", "my", "is", "it", "about", "how")
)
_STEM = 5
"""Words that begin with the same letters are the same: "permits" and "permit"."""


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in parsing.clean(text).split() if word not in _SMALL}


def alike(ranking: Iterable[dict[str, Any]]) -> tuple[str, str] | None:
    """The two needs of a ranking that are as likely as each other, if their titles tell a caller the difference."""
    likeliest = [each for each in ranking if each["name"] != "nlu_fallback"][:2]
    if len(likeliest) < 2:
        return None
    first, second = likeliest
    needs = topics().of(first["name"]), topics().of(second["name"])
    if "none" in (needs[0].service, needs[1].service) or float(second["confidence"]) < SURE:
        return None
    if float(first["confidence"]) - float(second["confidence"]) >= NEAR:
        return None
    one, other = (_stems(need.title) - _stems(topics().titles.get(need.service, "")) for need in needs)
    if not one or not other or one <= other or other <= one or "complaints" in (needs[0].title, needs[1].title):
        return None
    return str(first["name"]), str(second["name"])


def named(text: str, one: str, other: str) -> str | None:
    """Which of two intents an answer to "is it about A, or B?" names: by its place or by words of its title."""
    said = re.sub(r"\b(?:one|please|it's|the)\b", " ", parsing.clean(text)).strip()
    if (place := parsing.option(said, 2)) is not None:
        return (one, other)[place]
    words = _stems(text)
    titles = [_stems(topics().of(intent).title) for intent in (one, other)]
    hits = len(words & (titles[0] - titles[1])), len(words & (titles[1] - titles[0]))
    if not max(hits) or hits[0] == hits[1]:
        return None
    return one if hits[0] > hits[1] else other
