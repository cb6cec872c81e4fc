"""The part of ``make prove`` that measures what the bot says: how it sounds, and whether it is understood."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio_models.recipe import channel, evaluate, grammar
from audio_models.recipe.corpus import spelled_out
from audio_models.recipe.spoken import cardinal, ordinal
from voicebot.models.store import shipped_stt
from voicebot.session.phrases import Phrase
from voicebot.settings import Settings
from voicebot.speech.fixed_sentences import fixed_sentences
from voicebot.speech.local import voice_from
from voicebot.spoken import find
from voicebot.spoken.lexicon import listed
from voicebot.spoken.normalise import normalise
from voicebot.spoken.say import for_voice
from voicebot.stt.sphinx.sayings import in_words
from voicebot.stt.transcript import Hints
from voicebot.stt.whisper import WhisperRecogniser
from voicebot.tts.engine import VoiceEngine
from voicebot.tts.measure import edge_dbfs, ending_db, loudness_dbfs
from voicebot.tts.spoken import SpokenText

ROOT = Path(__file__).parents[2]
_RATE = 8000
_SEED = 31
_EACH = 40
_CALLERS = 400
_SHORT = 6
"""Words of a short sentence."""

_PAUSE_LEVEL = 0.01
_PAUSE_FRAMES = 12
"""10 ms each: longer than the gap of any consonant."""

_LIGHT = frozenset(
    listed(
        "a an the of to in on at is are it i you we for and or be will can do does your my our that this with as by if "
        "not no so from have has was were there their they them he she his her"
    )
)
"""Words that carry little: not counted as content."""

_ALIKE = {"aye": "i", "okay": "ok", "e": "er"}
"""Words that sound alike, of which the recogniser may write either."""


async def voice() -> dict[str, Any]:
    """Every fixed sentence with the voice of the settings, callers' sentences in that voice, and values read out."""
    return await asyncio.to_thread(_measure)


def _measure() -> dict[str, Any]:
    folder = shipped_stt()
    assert folder is not None
    ear, engine = WhisperRecogniser(folder), voice_from(Settings().speech.voice)
    texts = [*fixed_sentences(ROOT / "dialogues"), *map(str, Phrase)]
    spoken = [engine.render(SpokenText(text), _RATE).samples for text in texts]
    slower = [engine.render(SpokenText(text, rate=0.8), _RATE).samples for text in texts]
    both = spoken + slower
    loudness = [loudness_dbfs(samples, _RATE) for samples in both]
    ratio = sum(map(len, slower)) / sum(map(len, spoken))
    rows: list[list[Any]] = [
        ["loudness, dBFS", len(both), f"{min(loudness):.1f} to {max(loudness):.1f}", "-21 to -19"],
        ["loudest click at a join, dBFS", len(both), f"{max(map(edge_dbfs, both)):.0f}", "under -40"],
        ["loudest end of a last word, dB", len(both), f"{max(ending_db(one, _RATE) for one in both):.0f}", "under -20"],
        ['length when asked for "slower" (0.8)', len(texts), f"{ratio:.2f} times", "more than 1.1"],
    ]
    rows.append(_callers(ear, engine))
    print(*rows, sep="\n", flush=True)
    rows += _fixed(ear, texts, spoken)
    for title, made in _VALUES.items():
        heard = sum(_read_out(ear, engine, title, made, number) for number in range(_EACH))
        rows.append([f"{title} read out and heard right, %", _EACH, f"{100 * heard / _EACH:.0f}", "97"])
        print(rows[-1], flush=True)
    return {
        "title": "What the bot says",
        "about": f"Voice: `{engine.name}`, at 8 kHz and through A-law, heard by the small recogniser, whose training "
        "had callers' sentences of the same kinds and the bot's own, in many voices. Content words, figures and "
        "letters as words. Values are heard group by group, as their pauses cut them. The end of a last word is its "
        "last 20 ms against the voice: a word that is cut ends loud.",
        "columns": ["", "of", "measured", "goal"],
        "rows": rows,
        "notes": [],
    }


def _hear(ear: WhisperRecogniser, samples: NDArray[np.int16], slot: str = "") -> str:
    sent = channel.g711(samples.astype(np.float32) / 32768.0, "alaw")
    return ear.recognise((sent * 32767).astype(np.int16), _RATE, Hints(slot=slot)).text


def _groups(samples: NDArray[np.int16]) -> list[NDArray[np.int16]]:
    """``samples`` cut in the middle of each pause."""
    frame = _RATE // 100
    whole = samples[: len(samples) // frame * frame].astype(np.float64).reshape(-1, frame)
    quiet = np.sqrt(np.mean(whole**2, axis=1)) < _PAUSE_LEVEL * np.abs(samples).max()
    cuts, began = [0], -1
    for index, still in enumerate(quiet):
        if not still:
            if began > 0 and index - began >= _PAUSE_FRAMES:
                cuts.append((began + index) // 2 * frame)
            began = -1
        elif began < 0:
            began = index
    return [samples[start:end] for start, end in pairwise([*cuts, len(samples)])]


def _content(words: Iterable[str]) -> Counter[str]:
    """Content words, those that sound alike as one; the S of "bin's" and "bins" too."""
    plain = (_ALIKE.get(word, word).replace("'", "") for word in words)
    return Counter(word for word in plain if word not in _LIGHT)


def _callers(ear: WhisperRecogniser, engine: VoiceEngine) -> list[Any]:
    """Callers' sentences that the recogniser did not hear in training, in the bot's voice."""
    right = total = 0
    for number in range(_CALLERS):
        one = grammar.sentence(evaluate.TEST_SEED, number)
        if not one.text or one.kind == "salad":
            continue
        heard = _hear(ear, engine.render(SpokenText(one.speech), _RATE).samples)
        said = _content(one.text.split())
        right, total = right + (said & _content(heard.split())).total(), total + said.total()
    return ["content words of callers' sentences heard right, %", total, f"{100 * right / total:.1f}", "97"]


def _fixed(ear: WhisperRecogniser, texts: list[str], spoken: list[NDArray[np.int16]]) -> list[list[Any]]:
    """Content words of the bot's own sentences, heard and said."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for text, samples in zip(texts, spoken, strict=True):
        # Both as they sound: the recogniser writes words, the text may write "press 0" and "GOV".
        heard = _content(in_words(_hear(ear, samples)).split())
        said = _content(in_words(spelled_out(text)).split())
        length = "short" if len(text.split()) <= _SHORT else "long"
        right[length] += (said & heard).total()
        total[length] += said.total()
    titles = {
        "short": f"content words of its own sentences of up to {_SHORT} words heard right, %",
        "long": "content words of its longer sentences heard right, %",
    }
    return [[title, total[kind], f"{100 * right[kind] / total[kind]:.1f}", "97"] for kind, title in titles.items()]


def _postcode(rng: random.Random) -> tuple[str, str]:
    code = f"ZB{rng.randint(1, 9)} {rng.randint(0, 9)}{''.join(rng.choice('ABDEFGHJLNPQRSTUWXYZ') for _ in range(2))}"
    return f"The postcode is {code}.", code


def _phone(rng: random.Random) -> tuple[str, str]:
    number = f"07700900{rng.randint(0, 999):03d}"
    return f"My number is {number}.", number


def _account(rng: random.Random) -> tuple[str, str]:
    number = "".join(rng.choice("0123456789") for _ in range(8))
    return f"The account number is {number}.", number


def _date(rng: random.Random) -> tuple[str, str]:
    day, month = rng.randint(1, 28), rng.choice(("January", "March", "June", "August", "October", "December"))
    return f"{day} {month}", f"{ordinal(day)} of {month.lower()}"


def _time(rng: random.Random) -> tuple[str, str]:
    hour = rng.randint(1, 11)
    return f"{hour}am", cardinal(hour)


def _money(rng: random.Random) -> tuple[str, str]:
    pounds = rng.randint(2, 400)
    return f"£{pounds}", f"{pounds} pounds"


_VALUES: dict[str, Callable[[random.Random], tuple[str, str]]] = {
    "postcode": _postcode,
    "phone": _phone,
    "account_number": _account,
    "date": _date,
    "time": _time,
    "money": _money,
}

_FOUND: dict[str, Callable[[str], str | None]] = {
    "postcode": lambda text: next(iter(find.find_postcodes(text)), None),
    "phone": find.find_phone,
    "account_number": find.find_account,
}


def _read_out(
    ear: WhisperRecogniser,
    engine: VoiceEngine,
    title: str,
    made: Callable[[random.Random], tuple[str, str]],
    number: int,
) -> bool:
    written, value = made(random.Random(f"{_SEED}/{title}/{number}"))
    pieces = _groups(engine.render(SpokenText(for_voice(written)), _RATE).samples)
    heard = " ".join(_hear(ear, piece) for piece in pieces)
    if title in _FOUND:
        return _FOUND[title](heard) == value
    return value in heard or value in normalise(heard)
