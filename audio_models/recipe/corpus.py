"""What training hears: the grammar, the dialogue's own sentences, and words that nobody says together.

The grammar alone leaves the recogniser at a loss with words that a council's flows ask for and answer with. So a part
of the corpus is read from ``dialogues/``: callers' examples, answers to each question, and what the bot itself says.
Words of a pronouncing dictionary, drawn at random, teach it to spell what it has never met. Tests draw from
:mod:`audio_models.recipe.grammar` alone, so that their figures stay comparable while the dialogue grows.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from audio_models.recipe import grammar, spoken
from audio_models.recipe.grammar import Sentence
from voicebot.speech.fixed_sentences import fixed_sentences
from voicebot.stt.sphinx.pronunciation import dictionary_words
from voicebot.stt.sphinx.sayings import in_words, read_sayings

DIALOGUES = Path(__file__).parents[2] / "dialogues"

SHARES: dict[str, float] = {"grammar": 0.52, "callers": 0.22, "bot": 0.18, "wild": 0.06, "empty": 0.02}
"""Share of each source in what training hears; they sum to one."""

PAUSED = ("postcode", "digits", "address", "spelled", "date")
"""Kinds of sentences in which a speaker stops between groups."""

_PAUSES = 0.35
_SENTENCES = 3
"""Most sentences of the bot in one breath."""

_WORD = re.compile(r"[a-z]{3,11}")
_FIGURES = re.compile(r"\d{3,4}")
_YEARS = (*range(1910, 2000), *range(2010, 2100))
"""Said in two halves; the others as numbers."""


@dataclass(frozen=True)
class Dialogue:
    """Texts of a dialogue project: ``callers`` as they sound, ``bot`` as it is said."""

    callers: tuple[str, ...]
    bot: tuple[str, ...]


@lru_cache(maxsize=1)
def dialogue() -> Dialogue:
    """Return what callers and the bot say in ``dialogues/``."""
    sayings = read_sayings(DIALOGUES)
    answers = sorted({said for given in sayings.answers.values() for said in given})
    callers = (*sayings.needs, *sayings.any_time, *answers)
    return Dialogue(
        tuple(one for one in callers if len(one) < 160), tuple(map(spelled_out, fixed_sentences(DIALOGUES)))
    )


@lru_cache(maxsize=1)
def dictionary() -> tuple[str, ...]:
    """Return plain words of the pronouncing dictionary that comes with PocketSphinx."""
    return tuple(word for word in dictionary_words() if _WORD.fullmatch(word))


def spelled_out(text: str) -> str:
    """``text`` with numbers of three and four figures in words, so that all synthesisers say them alike."""

    def words(match: re.Match[str]) -> str:
        number = int(match[0])
        if number in _YEARS:
            return f"{spoken.cardinal(number // 100)} {spoken.cardinal(number % 100)}"
        return spoken.cardinal(number)

    return _FIGURES.sub(words, text)


def _bot(rng: random.Random) -> Sentence:
    said = dialogue().bot
    first = rng.randrange(len(said))
    text = " ".join(said[first : first + rng.choice((1, 1, 1, 2, _SENTENCES))])
    return Sentence(text=in_words(text), speech=text, kind="bot", section="bot")


def _callers(rng: random.Random) -> Sentence:
    words = rng.choice(dialogue().callers).split()
    # A lone letter other than the words "a" and "i" is spelled out.
    marked = " ".join(f"~{word}" if len(word) == 1 and word not in "ai" else word for word in words)
    return Sentence(
        text=grammar.transcript(marked), speech=grammar.speech_form(marked), kind="callers", section="callers"
    )


def _wild(rng: random.Random) -> Sentence:
    count = rng.choice((1, 2, 2, 3, 4))
    text = " ".join(rng.choice(dictionary() if rng.random() < 0.7 else grammar.vocabulary()) for _ in range(count))
    return Sentence(text=text, speech=text, kind="wild", section="wild")


def _paused(said: Sentence, rng: random.Random) -> Sentence:
    """Commas between groups of two to five words, as people read numbers out."""
    words, groups = said.speech.split(), []
    while words:
        size = rng.randint(2, 5)
        groups.append(" ".join(words[:size]))
        words = words[size:]
    return replace(said, speech=", ".join(groups))


def training_sentence(seed: int, index: int) -> Sentence:
    """Return sentence number ``index`` of what the training with ``seed`` hears.

    The same arguments and the same ``dialogues/`` always give the same sentence.
    """
    rng = random.Random(f"{seed}/{index}/corpus")
    source = rng.choices(list(SHARES), weights=list(SHARES.values()))[0]
    if source == "bot":
        return _bot(rng)
    if source == "callers":
        return _callers(rng)
    if source == "wild":
        return _wild(rng)
    if source == "empty":
        return Sentence("", "", "empty", "empty")
    said = grammar.sentence(seed, index)
    return _paused(said, rng) if said.kind in PAUSED and rng.random() < _PAUSES else said
