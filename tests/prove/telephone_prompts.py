"""Telephone prompts that a person recorded: Debian's ``asterisk-core-sounds-en-wav``, with what is said in each.

They are the only recordings of a human being on a telephone that can be had from a package archive. Answers that nobody
recorded, such as a phone number, are put together from the figures that somebody did.
"""

import gzip
import random
import re
import string
import wave
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicebot.stt.sphinx.sayings import in_words

PACKAGE = "asterisk-core-sounds-en-wav"
RATE = 8000
_SOUNDS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
_TEXTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
_GAP_S = 0.06
_SEED = 88

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """What was recorded, and what is said in it, as it sounds."""

    samples: Samples
    said: str


def installed() -> bool:
    """Whether the package is there, with its list of texts."""
    return _SOUNDS.is_dir() and _TEXTS.is_file()


@cache
def texts() -> dict[str, str]:
    """Names and words of the prompts; those with sounds, signs or remarks in their text are left out."""
    found = {}
    with gzip.open(_TEXTS, "rt", encoding="utf-8") as lines:
        for line in lines:
            name, _, text = line.strip().partition(": ")
            plain = text and not name.startswith(";") and not re.search(r"[\[\]<>()*#@]", text)
            if plain and (_SOUNDS / f"{name}.wav").is_file():
                found[name] = in_words(text)
    return found


@cache
def samples(name: str) -> Samples:
    """The recording called ``name``, at 8,000 Hz."""
    with wave.open(str(_SOUNDS / f"{name}.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)


def sentences(knows: Callable[[str], bool]) -> list[Prompt]:
    """The prompts of two words and more whose words are all known."""
    chosen = {name: said for name, said in texts().items() if len(said.split()) > 1 and all(map(knows, said.split()))}
    return [Prompt(samples(name), said) for name, said in sorted(chosen.items())]


_FIGURES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def figures(count: int, number: int) -> Prompt:
    """``count`` figures one after another; ``number`` picks which."""
    rng = random.Random(f"{_SEED}/figures/{number}")
    return _joined((f"digits/{(one := rng.randrange(10))}", _FIGURES[one]) for _ in range(count))


def phone(number: int) -> Prompt:
    """A mobile number, zero said as "oh"."""
    rng = random.Random(f"{_SEED}/phone/{number}")
    code = [0, 7, 7, 0, 0, 9, 0, 0, *(rng.randrange(10) for _ in range(3))]
    return _joined(("digits/oh", "oh") if one == 0 else (f"digits/{one}", _FIGURES[one]) for one in code)


def postcode(number: int) -> Prompt:
    """A postcode of the council's area (``ZB``)."""
    rng = random.Random(f"{_SEED}/postcode/{number}")
    inward = rng.choices([letter for letter in string.ascii_lowercase if letter not in "cikmov"], k=2)
    spoken = ["z", "b", str(rng.randint(1, 9)), str(rng.randint(0, 9)), *inward]
    return _joined(
        (f"digits/{one}", _FIGURES[int(one)])
        if one.isdigit()
        else ("letters/zed" if one == "z" else f"letters/{one}", one)
        for one in spoken
    )


def date(number: int) -> Prompt:
    """A day and a month, "first of March" without the "of"."""
    rng = random.Random(f"{_SEED}/date/{number}")
    day, month = rng.randint(1, 19), rng.randrange(12)
    return _joined((name, texts()[name]) for name in (f"digits/h-{day}", f"digits/mon-{month}"))


def _joined(parts: Iterable[tuple[str, str]]) -> Prompt:
    """Recordings one after another, their silence cut, a short pause between two."""
    gap = np.zeros(int(_GAP_S * RATE), np.int16)
    pieces: list[Samples] = []
    said = []
    for name, words in parts:
        pieces += [_cut(samples(name)), gap]
        said.append(words)
    return Prompt(np.concatenate(pieces), " ".join(said))


def _cut(recording: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(recording.astype(np.int32)) > 250)
    # The F of "four" and the S of "six" are forty decibels below their vowels.
    margin = RATE * 3 // 20
    return recording[max(0, loud[0] - margin) : loud[-1] + margin] if len(loud) else recording
