"""The part of ``make prove`` that measures how a person is understood where no weights of Whisper's are."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio_models.recipe import channel, evaluate, grammar, speech, wordless
from tests.prove import telephone_prompts as prompts
from tests.prove.telephone_prompts import Prompt
from voicebot.models.store import shipped_stt
from voicebot.spoken import find
from voicebot.stt.either import SurerOfTwo
from voicebot.stt.hotwords import WordLists
from voicebot.stt.recogniser import NO_HINTS, Recogniser, Request
from voicebot.stt.sphinx.grammar import Grammar, vocabulary
from voicebot.stt.sphinx.recogniser import SphinxRecogniser
from voicebot.stt.sphinx.sayings import read_sayings
from voicebot.stt.transcript import Hints, Transcript
from voicebot.stt.whisper import WhisperRecogniser

_PROJECT = Path(__file__).parents[2] / "dialogues"
_RATE = prompts.RATE
_EACH = 20
_WORDLESS = 60
_SEED = 612

_PHONE = Hints("spelling", "What's the phone number?", slot="phone")
_ACCOUNT = Hints("spelling", "What's the account number?", slot="account_ref")
_POSTCODE = Hints("spelling", "What's the postcode?", slot="postcode")
_DATE = Hints(prompt="When did you move?", slot="move_date")


async def people() -> dict[str, Any]:
    """Word errors of PocketSphinx on recordings of a person, and who is believed beside the small recogniser."""
    return await asyncio.to_thread(_measure)


def _measure() -> dict[str, Any]:
    if not prompts.installed():
        return {
            "title": "People without Whisper's weights",
            "about": f"Not measured: Debian's {prompts.PACKAGE} is not installed.",
            "columns": ["", "clips"],
            "rows": [],
        }
    folder = shipped_stt()
    assert folder is not None
    sphinx, small = SphinxRecogniser(_PROJECT, _PROJECT / "words", workers=2), WhisperRecogniser(folder)
    sphinx.warm_up()
    once = _Once(sphinx)
    ears: tuple[Recogniser, ...] = (once, small, SurerOfTwo(small, once))
    language = Grammar(read_sayings(_PROJECT), WordLists.load(_PROJECT / "words"))
    known = vocabulary(language.everything())
    chosen = prompts.sentences(known.__contains__)
    rows: list[list[Any]] = []
    try:
        for title, clips, hints in (
            ("a person: prompts of words that are known, nothing asked", chosen, Hints()),
            ("a person: eight figures, asked for an account number", _made(lambda n: prompts.figures(8, n)), _ACCOUNT),
            ("a person: phone numbers, asked for", _made(prompts.phone), _PHONE),
            ("a person: postcodes, asked for", _made(prompts.postcode), _POSTCODE),
            ("a person: days and months, asked for", _made(prompts.date), _DATE),
            ("espeak-ng: callers' sentences, nothing asked", _synthetic(), Hints()),
        ):
            rows.append([title, len(clips), *(_row(ears, clips, hints))])
            print(rows[-1], flush=True)
        words = _nothing(sphinx)
    finally:
        sphinx.close()
    return {
        "title": "People without Whisper's weights",
        "about": f"Telephone prompts that a person recorded (Debian's `{prompts.PACKAGE}`, American), through A-law: "
        "those whose words PocketSphinx' language model, made from the dialogue alone, holds; and answers "
        "put together from recorded figures and letters. Word error rate in percent, and whole answers that are exact. "
        "Both: the small recogniser is asked first, PocketSphinx where it is unsure, and the surer is believed.",
        "columns": [
            *("", "clips", "PocketSphinx", "exact", "small recogniser", "exact", "both", "exact"),
            "PocketSphinx believed, %",
        ],
        "rows": rows,
        "notes": [
            f"words that PocketSphinx' language model holds: {len(known)}",
            f"prompts left out, because a word of theirs is not among them: {len(prompts.texts()) - len(chosen)} of "
            f"{len(prompts.texts())} (single words are left out, too)",
            "words of the prompts that were heard: "
            + " ".join(sorted({word for one in chosen for word in one.said.split()})),
            f"clips of silence, noise, music and keys in which PocketSphinx heard words: {words} of {_WORDLESS}",
        ],
    }


class _Once:
    """A recogniser that hears the same recording only once: PocketSphinx alone, and again beside another."""

    def __init__(self, ear: SphinxRecogniser) -> None:
        self._ear = ear
        self._heard: dict[tuple[bytes, Hints], Transcript] = {}
        self.name, self.batch = ear.name, ear.batch

    def recognise(self, samples: NDArray[np.int16], rate: int, hints: Hints = NO_HINTS) -> Transcript:
        """As the recogniser does."""
        key = (samples.tobytes(), hints)
        if key not in self._heard:
            self._heard[key] = self._ear.recognise(samples, rate, hints)
        return self._heard[key]

    def recognise_all(self, requests: Sequence[Request]) -> list[Transcript]:
        """As the recogniser does."""
        return [self.recognise(one.samples, one.rate, one.hints) for one in requests]


def _made(make: Callable[[int], Prompt]) -> list[Prompt]:
    return [make(number) for number in range(_EACH)]


def _synthetic() -> list[Prompt]:
    """Sentences of the small recogniser's tests, in the voices that it knows."""
    found = []
    for number in range(_EACH):
        rng = random.Random(f"{_SEED}/{number}")
        one = grammar.sentence(evaluate.TEST_SEED, number)
        if one.text:
            samples, rate = speech.say(one.speech, speech.espeak_voice(rng))
            line = channel.trim(channel.to_line(samples, rate))
            found.append(Prompt((np.clip(line, -1, 1) * 32767).astype(np.int16), one.text))
    return found


def _row(ears: Iterable[Recogniser], clips: list[Prompt], hints: Hints) -> list[str]:
    """Word error rate and share of exact answers of each ear, and how often the last believed PocketSphinx."""
    cells: list[str] = []
    engines: Counter[str] = Counter()
    for ear in ears:
        wrong = words = exact = 0
        engines.clear()
        for one in clips:
            line = channel.g711(one.samples.astype(np.float32) / 32768.0, "alaw")
            heard = ear.recognise((np.clip(line, -1, 1) * 32767).astype(np.int16), _RATE, hints)
            engines[heard.engine] += 1
            errors = evaluate.word_errors(one.said, heard.text)
            wrong, words = wrong + errors, words + len(one.said.split())
            exact += _value(one.said, hints) == _value(heard.text, hints)
        cells += [f"{100 * wrong / words:.1f}", f"{100 * exact / len(clips):.0f} %"]
    return [*cells, f"{100 * engines['pocketsphinx'] / len(clips):.0f}"]


def _value(text: str, hints: Hints) -> str:
    """What the answer comes to: the words, or the value that is found in them."""
    if hints is _POSTCODE:
        return next(iter(find.find_postcodes(text)), "")
    if hints is _PHONE:
        return find.find_phone(text) or ""
    return text


def _nothing(ear: Recogniser) -> int:
    """Wordless clips in which words were heard."""
    words = 0
    for index in range(_WORDLESS):
        _, audio = wordless.clip(_SEED, index)
        words += bool(ear.recognise((audio * 32767).astype(np.int16), _RATE).text)
    return words
