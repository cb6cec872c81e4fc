"""The part of ``make prove`` that measures the small recogniser as calls use it."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio_models.recipe import channel, evaluate, festival, grammar, speech, spoken, wordless
from voicebot.models.store import shipped_stt
from voicebot.settings import SpeechSettings
from voicebot.spoken import find
from voicebot.stt.transcript import Hints
from voicebot.stt.whisper import WhisperRecogniser

_RATE = 8000
_CLIPS = 250
_STRANGERS = 80
_EXACT = 100
_WORDLESS = 500
_SEED = 770_001

Said = tuple[NDArray[np.int16], str]

_GOALS = {
    "espeak-ng, seen voices": "6",
    "espeak-ng, unseen voices": "12",
    "festival": "20",
    "exact": "at least 95",
    "nothing": "at least 99",
}


async def recogniser() -> dict[str, Any]:
    """Word error rates by kind of voice, answers that must be exact, and clips without words."""
    return await asyncio.to_thread(_measure)


def _measure() -> dict[str, Any]:
    folder = shipped_stt()
    assert folder is not None
    ear = WhisperRecogniser(folder)
    rows: list[list[Any]] = []
    notes: list[str] = []
    for title, clips in _sets():
        words, wrong, whole, count = _errors(ear, clips)
        goal = next((_GOALS[key] for key in _GOALS if title.startswith(key)), "")
        rows.append([f"{title}, word error rate", count, f"{100 * wrong / words:.1f}", goal])
        notes.append(f"{title}: {whole} of {count} utterances without any error")
        print(rows[-1], flush=True)
    for title, slot, made, found in _EXACTLY:
        right = sum(_exact(ear, slot, made, found, number) for number in range(_EXACT))
        rows.append(
            [f"{title}, exact (espeak-ng, seen voices)", _EXACT, f"{100 * right / _EXACT:.0f}", _GOALS["exact"]]
        )
        print(rows[-1], flush=True)
    rows.append(_nothing(ear, notes))
    if not festival.voices():
        notes.append("festival is not installed: its voices were not measured")
    return {
        "title": "The small recogniser",
        "about": "A-law at 8 kHz, noise 30 dB below the speech, silence cut and windows as in a call. Sentences that "
        "the training did not hear, random word lists included. Festival's voices were never trained on. Percent.",
        "columns": ["", "clips", "measured", "goal"],
        "rows": rows,
        "notes": notes,
    }


def _sets() -> Iterator[tuple[str, Iterator[Said]]]:
    for title, name in (("espeak-ng, seen voices", "espeak_seen"), ("espeak-ng, unseen voices", "espeak_unseen")):
        yield title, _recipe(name, _CLIPS)
    if speech.flite() is not None:
        yield "flite, seen voices", _recipe("flite_seen", _CLIPS // 2)
        yield "flite, an unseen voice", _recipe("flite_unseen", _CLIPS // 2)
    for voice in festival.voices():
        yield f"festival {voice}", _festival(voice)


def _recipe(name: str, count: int) -> Iterator[Said]:
    for index in range(count):
        audio, said = evaluate.clip(name, index)
        if said.text:
            yield (
                (channel.to_line((audio * 32767).astype(np.int16), channel.MODEL_RATE) * 32767).astype(np.int16),
                said.text,
            )


def _festival(voice: str) -> Iterator[Said]:
    said = [one for one in (grammar.sentence(evaluate.TEST_SEED, index) for index in range(_STRANGERS)) if one.text]
    for one, (samples, rate) in zip(said, festival.say([one.speech for one in said], voice), strict=True):
        yield _sent(samples, rate, random.Random(f"{_SEED}/{one.text}")), one.text


def _sent(samples: NDArray[np.int16], rate: int, rng: random.Random) -> NDArray[np.int16]:
    """What comes out of the telephone line, at its rate."""
    line = channel.trim(channel.to_line(samples, rate))
    sent = channel.transmit(line, rng.getrandbits(32), strength=0.0, margins=evaluate.MARGINS, snr_db=evaluate.SNR_DB)
    return (sent * 32767).astype(np.int16)


def _errors(ear: WhisperRecogniser, clips: Iterator[Said]) -> tuple[int, int, int, int]:
    words = wrong = whole = count = 0
    for samples, said in clips:
        errors = evaluate.word_errors(said, ear.recognise(samples, _RATE).text)
        words, wrong, whole, count = words + len(said.split()), wrong + errors, whole + (not errors), count + 1
    return words, wrong, whole, count


def _postcode(rng: random.Random) -> tuple[str, str]:
    inward = "".join(rng.choice("ABDEFGHJLNPQRSTUWXYZ") for _ in range(2))
    code = f"ZB{rng.randint(1, 9)}{rng.randint(0, 9)}{inward}"
    return code, spoken.postcode(code.lower(), rng)


def _account(rng: random.Random) -> tuple[str, str]:
    figures = spoken.random_digits(8, rng)
    return figures, spoken.digits(figures, rng)


def _phone(rng: random.Random) -> tuple[str, str]:
    said = spoken.phone(rng)
    return re.sub(r"\s", "", find.find_phone(said) or ""), said


_Made = Callable[[random.Random], tuple[str, str]]
_Found = Callable[[str], str | None]

_EXACTLY: tuple[tuple[str, str, _Made, _Found], ...] = (
    ("postcodes", "postcode", _postcode, lambda text: next(iter(find.find_postcodes(text)), None)),
    ("account numbers", "account_number", _account, find.find_account),
    ("phone numbers", "phone", _phone, find.find_phone),
)


def _exact(ear: WhisperRecogniser, slot: str, made: _Made, found: _Found, number: int) -> bool:
    rng = random.Random(f"{_SEED}/{made.__name__}/{number}")
    wanted, marked = made(rng)
    samples, rate = speech.say(grammar.speech_form(marked), speech.espeak_voice(rng))
    heard = found(ear.recognise(_sent(samples, rate, rng), _RATE, Hints(slot=slot)).text)
    return bool(wanted) and (heard or "").replace(" ", "") == wanted


def _nothing(ear: WhisperRecogniser, notes: list[str]) -> list[Any]:
    least = SpeechSettings().min_confidence
    words: Counter[str] = Counter()
    for index in range(_WORDLESS):
        kind, audio = wordless.clip(_SEED, index)
        heard = ear.recognise((audio * 32767).astype(np.int16), _RATE)
        words[kind] += bool(heard.text)
        words["believed"] += bool(heard.text) and heard.confidence >= least
    total = sum(words[kind] for kind in wordless.KINDS)
    notes.append(
        "clips in which words were heard: "
        + ", ".join(f"{kind} {words[kind]} of {_WORDLESS // len(wordless.KINDS)}" for kind in wordless.KINDS)
        + f"; {words['believed']} of them with a confidence that a call accepts"
    )
    share = 100 * (1 - total / _WORDLESS)
    return ["silence, noise, hold music, keys: no words", _WORDLESS, f"{share:.1f}", _GOALS["nothing"]]
