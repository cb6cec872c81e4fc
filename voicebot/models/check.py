"""What a recogniser gets wrong on this machine, and how long it takes, for several shortest windows."""

import statistics
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from voicebot.errors import ConfigurationError
from voicebot.models.store import resolve_stt
from voicebot.settings import load
from voicebot.stt.sphinx.recogniser import SphinxRecogniser
from voicebot.stt.whisper import WhisperRecogniser
from voicebot.tts.espeak import EspeakVoice
from voicebot.tts.spoken import SpokenText

_SENTENCES = (
    "yes",
    "no thank you",
    "my bin has not been collected",
    "i want to pay my council tax",
    "there is a broken street light outside my house",
    "can i speak to somebody please",
    "it was supposed to come on tuesday",
    "i would like to book a bulky waste collection for a sofa and two chairs",
)
_VOICES = ("en", "en+f2")

ACCEPTABLE_COST = 0.005
"""Word error rate that a shorter window may cost: half a percent."""

NO_FLOORS = (0.0,)
"""Of a recogniser that hears each utterance at its own length."""

Sample = tuple[NDArray[np.int16], int, str]


def words_of(text: str) -> list[str]:
    """Lower-case words without punctuation, for comparing."""
    kept = "".join(c if c.isalnum() or c in "' " else " " for c in text.lower())
    return kept.split()


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Substituted, lost and added words, and the number of words said."""
    truth = words_of(said)
    return int(Levenshtein.distance(truth, words_of(heard))), len(truth)


def read_wav(path: Path) -> tuple[NDArray[np.int16], int]:
    """First channel and rate of a 16-bit WAV. Raises :class:`ConfigurationError`."""
    try:
        with wave.open(str(path), "rb") as file:
            if file.getsampwidth() != 2:
                raise ConfigurationError(f"{path} is not 16-bit")
            data = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            return data[:: file.getnchannels()].astype(np.int16), file.getframerate()
    except (OSError, wave.Error, EOFError) as error:
        raise ConfigurationError(f"{path} can't be read: {error}") from error


def _recorded(folder: Path) -> list[Sample]:
    samples = []
    for path in sorted(folder.glob("*.wav")):
        text = path.with_suffix(".txt")
        if text.is_file():
            samples.append((*read_wav(path), text.read_text(encoding="utf-8")))
    if not samples:
        raise ConfigurationError(f"{folder} has no NAME.wav with NAME.txt beside it")
    return samples


def _synthetic() -> list[Sample]:
    return [
        (EspeakVoice(voice).render(SpokenText(sentence), 8000).samples, 8000, sentence)
        for voice in _VOICES
        for sentence in _SENTENCES
    ]


def check_model(name: str, audio: Path | None, floors: tuple[float, ...]) -> list[dict[str, float]]:
    """For each floor: ``floor_s``, ``wer`` (0–1 and above), ``median_ms``, ``p95_ms``, ``slowest_ms``, ``utterances``.

    ``cost`` is the word error rate above that of the longest floor: what the shorter window costs. PocketSphinx has no
    windows: its one row has the floor 0.

    ``audio`` is a folder of recordings with their texts, or None for synthetic speech. Raises
    :class:`ConfigurationError`.
    """
    folder = resolve_stt(name).folder
    samples = _recorded(audio) if audio else _synthetic()
    results: list[dict[str, float]] = []
    for floor in floors if folder else NO_FLOORS:
        recogniser: WhisperRecogniser | SphinxRecogniser
        if folder:
            recogniser = WhisperRecogniser(folder, floor_s=floor, model_floor=False)
        else:
            settings = load()
            recogniser = SphinxRecogniser(settings.dialogue.project, settings.speech.words)
        recogniser.warm_up()
        wrong = total = 0
        times = []
        for data, rate, said in samples:
            heard = recogniser.recognise(data, rate)
            errors, count = word_errors(said, heard.text)
            wrong, total = wrong + errors, total + count
            times.append(heard.compute_ms)
        if isinstance(recogniser, SphinxRecogniser):
            recogniser.close()
        results.append(
            {
                "floor_s": floor,
                "wer": round(wrong / max(1, total), 4),
                "median_ms": round(statistics.median(times), 1),
                "p95_ms": round(sorted(times)[int(0.95 * (len(times) - 1))], 1),
                "slowest_ms": round(max(times), 1),
                "utterances": float(len(samples)),
            }
        )
    longest = max(results, key=lambda row: row["floor_s"])["wer"]
    return [{**row, "cost": round(row["wer"] - longest, 4)} for row in results]


def advised_floor(results: Sequence[Mapping[str, float]]) -> float:
    """The shortest floor that costs no more than :data:`ACCEPTABLE_COST`."""
    return min(row["floor_s"] for row in results if row["cost"] <= ACCEPTABLE_COST)
