"""The part of ``make prove`` that measures what the bot says: how it sounds, and whether it is understood."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio_models.recipe import channel
from audio_models.recipe.spoken import cardinal, ordinal
from voicebot.models.check import words_of
from voicebot.models.store import shipped_stt
from voicebot.session.phrases import Phrase
from voicebot.settings import Settings
from voicebot.speech.fixed_sentences import fixed_sentences
from voicebot.speech.local import voice_from
from voicebot.spoken import find
from voicebot.spoken.lexicon import listed
from voicebot.spoken.normalise import normalise
from voicebot.spoken.say import for_voice
from voicebot.stt.transcript import Hints
from voicebot.stt.whisper import WhisperRecogniser
from voicebot.tts.engine import VoiceEngine
from voicebot.tts.measure import edge_dbfs, loudness_dbfs
from voicebot.tts.spoken import SpokenText

ROOT = Path(__file__).parents[2]
_RATE = 8000
_SEED = 31
_EACH = 40
_LIGHT = frozenset(
    listed(
        "a an the of to in on at is are it i you we for and or be will can do does your my our that this with as by if "
        "not no so from have has was were there their they them he she his her"
    )
)
"""Words that carry little: not counted as content."""


async def voice() -> dict[str, Any]:
    """Every fixed sentence with the voice of the settings, and values read out."""
    return await asyncio.to_thread(_measure)


def _measure() -> dict[str, Any]:
    folder = shipped_stt()
    assert folder is not None
    ear, engine = WhisperRecogniser(folder), voice_from(Settings().speech.voice)
    texts = [*fixed_sentences(ROOT / "dialogues"), *map(str, Phrase)]
    spoken = [engine.render(SpokenText(text), _RATE).samples for text in texts]
    slower = [engine.render(SpokenText(text, rate=0.8), _RATE).samples for text in texts]
    loudness = [loudness_dbfs(samples, _RATE) for samples in spoken + slower]
    ratio = sum(map(len, slower)) / sum(map(len, spoken))
    right, total = _content(ear, texts, spoken)
    rows = [
        ["loudness, dBFS", len(loudness), f"{min(loudness):.1f} to {max(loudness):.1f}", "-21 to -19"],
        ["loudest click at a join, dBFS", len(loudness), f"{max(map(edge_dbfs, spoken + slower)):.0f}", "under -40"],
        ['length when asked for "slower" (0.8)', len(texts), f"{ratio:.2f} times", "more than 1.1"],
        ["content words of fixed sentences heard right, %", total, f"{100 * right / total:.1f}", "97"],
    ]
    for title, made in _VALUES.items():
        heard = sum(_read_out(ear, engine, title, made, number) for number in range(_EACH))
        rows.append([f"{title} read out and heard right, %", _EACH, f"{100 * heard / _EACH:.0f}", "97"])
        print(rows[-1], flush=True)
    return {
        "title": "What the bot says",
        "about": f"Voice: `{engine.name}`, at 8 kHz and through A-law, heard by the small recogniser. That one "
        "was taught what callers say, without pauses, and not what the bot says: what it mishears of long sentences "
        "and of figures in groups says more about itself than about the voice.",
        "columns": ["", "of", "measured", "goal"],
        "rows": rows,
        "notes": [],
    }


def _hear(ear: WhisperRecogniser, samples: NDArray[np.int16], slot: str = "") -> str:
    sent = channel.g711(samples.astype(np.float32) / 32768.0, "alaw")
    return ear.recognise((sent * 32767).astype(np.int16), _RATE, Hints(slot=slot)).text


def _content(ear: WhisperRecogniser, texts: list[str], spoken: list[NDArray[np.int16]]) -> tuple[int, int]:
    """Content words heard, and said; both with figures written as figures."""
    right = total = 0
    for text, samples in zip(texts, spoken, strict=True):
        heard = Counter(words_of(normalise(_hear(ear, samples))))
        said = Counter(word for word in words_of(normalise(text)) if word not in _LIGHT)
        total += said.total()
        right += (said & heard).total()
    return right, total


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
    heard = _hear(ear, engine.render(SpokenText(for_voice(written)), _RATE).samples, title)
    if title in _FOUND:
        return _FOUND[title](heard) == value
    return value in heard or value in normalise(heard)
