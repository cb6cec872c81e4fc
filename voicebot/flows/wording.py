"""What can be told of a sentence without hearing it: how long it takes to say, how hard it is to follow."""

import re

_LETTERS_A_SECOND = 15.0
_PAUSE_S = 0.3
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_VALUE = "something like this"
"""What stands for a value that isn't known yet: as long as a street or a date."""
_SENTENCE = re.compile(r"(?<=[.?!:])\s+")


def seconds(text: str) -> float:
    """About how long ``text`` takes to say at the ordinary pace."""
    plain = _PLACEHOLDER.sub(_VALUE, text)
    sentences = [part for part in _SENTENCE.split(plain) if part]
    return round(len(plain) / _LETTERS_A_SECOND + _PAUSE_S * max(0, len(sentences) - 1), 1)


def placeholders(text: str) -> list[str]:
    """What stands in braces, in order, each once."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [part for part in re.split(r"(?<=[.?!])\s+", text) if part]


def words(text: str) -> list[str]:
    """The words of a text."""
    return re.findall(r"[\w'’{}-]+", text)
