"""How much sooner are short utterances heard at their own length? ``python -m bench.speech --help``.

The same weights by stock faster-whisper, which pads everything to 30 s, and by ours. Both get int8 on the CPU, one
thread a decoding, two decodings at once, beam 5. Stock is given the language, no timestamps and one temperature, which
makes it faster than its defaults. The small model's text counts; untrained models of the published sizes give times
alone: they are stopped after the same number of tokens, and ours works with the floor that published weights get.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from faster_whisper import WhisperModel
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from audio_models.recipe import channel, grammar, speech
from audio_models.recipe.evaluate import TEST_SEED
from voicebot.models.blank import build_blank_whisper
from voicebot.models.check import word_errors
from voicebot.models.store import shipped_stt
from voicebot.speech.service import SpeechService
from voicebot.stt import decoder
from voicebot.stt.traits import ModelTraits
from voicebot.stt.whisper import WhisperRecogniser
from voicebot.tts.espeak import EspeakVoice

RATE = 8000
TOKENS = 13
"""New tokens of an untrained model: an answer of a few words."""

AT_ONCE = 8
SHORTEST_S, LONGEST_S = 1.0, 8.0


@dataclass(frozen=True, slots=True)
class Size:
    """A model to measure: its shape, and how many utterances it is given. Our small model has no shape."""

    name: str
    width: int
    heads: int
    layers: int
    utterances: int


SIZES = (
    Size("ours (7.8 M)", 0, 0, 0, 200),
    Size("tiny.en", 384, 6, 4, 48),
    Size("base.en", 512, 8, 6, 24),
    Size("small.en", 768, 12, 12, 8),
)


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """Telephone audio (int16 at 8 kHz) and what is said in it."""

    samples: NDArray[np.int16]
    text: str


@dataclass(frozen=True, slots=True)
class Measured:
    """One model's figures: ms of an utterance alone, utterances a second of eight at once, word error rates."""

    model: str
    utterances: int
    stock_ms: float
    ours_ms: float
    stock_rate: float
    ours_rate: float
    stock_wer: float | None
    ours_wer: float | None


def utterances(count: int) -> list[Utterance]:
    """Sentences of citizens in voices that the small model knows, of 1 to 8 s, as a telephone carries them."""
    found: list[Utterance] = []
    index = 0
    while len(found) < count:
        rng = random.Random(f"bench/{index}")
        said = grammar.sentence(TEST_SEED + 1, index)
        index += 1
        if not said.text or said.kind == "salad":
            continue
        samples, rate = speech.say(said.speech, speech.espeak_voice(rng))
        line = channel.trim(channel.to_line(samples, rate))
        sent = channel.transmit(line, rng.getrandbits(32), strength=0.0, margins=(0.2, 0.3), snr_db=30.0)
        if SHORTEST_S <= len(sent) / RATE <= LONGEST_S:
            found.append(Utterance((sent * 32767).astype(np.int16), said.text))
    return found


class Stock:
    """faster-whisper as it comes."""

    def __init__(self, folder: Path, *, tokens: int | None) -> None:
        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1, num_workers=2)
        # faster-whisper hands the sum of prompt and new tokens to a decoder that takes half of it for new ones.
        self._tokens = None if tokens is None else 2 * tokens - 2

    def hear(self, utterance: Utterance) -> str:
        """The text."""
        audio = soxr.resample(utterance.samples.astype(np.float32) / 32768.0, RATE, 16000, quality="HQ")
        segments, _ = self._model.transcribe(
            audio,
            language="en",
            beam_size=5,
            temperature=0.0,
            without_timestamps=True,
            condition_on_previous_text=False,
            max_new_tokens=self._tokens,
        )
        return " ".join(segment.text.strip() for segment in segments)


def _timed(hear: Callable[[Utterance], str], utterance: Utterance) -> tuple[float, str]:
    began = time.perf_counter()
    text = hear(utterance)
    return (time.perf_counter() - began) * 1000, text


def _stock_rate(stock: Stock, batch: Sequence[Utterance]) -> float:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        began = time.perf_counter()
        list(threads.map(stock.hear, batch))
        return len(batch) / (time.perf_counter() - began)


def _our_rate(ours: WhisperRecogniser, batch: Sequence[Utterance]) -> float:
    """Through the speech process's own queue, eight calls at once, each waiting for its words before it goes on."""

    async def run() -> float:
        waiting = list(batch)
        async with SpeechService(ours, EspeakVoice(), workers=ours.workers, max_lag_ms=1e9) as service:

            async def call(number: int) -> None:
                while waiting:
                    await service.transcribe(waiting.pop().samples, RATE, call_id=f"call {number}")

            began = time.perf_counter()
            await asyncio.gather(*(call(number) for number in range(AT_ONCE)))
            return len(batch) / (time.perf_counter() - began)

    return asyncio.run(run())


def _wer(said: Sequence[Utterance], heard: Sequence[str]) -> float:
    errors = [word_errors(one.text, text) for one, text in zip(said, heard, strict=True)]
    return sum(wrong for wrong, _ in errors) / sum(words for _, words in errors)


def measure(size: Size, folder: Path, said: Sequence[Utterance]) -> Measured:
    """Both on ``said``, utterance by utterance in turn, so that a busy moment of the machine hits both."""
    trained = not size.width
    stock = Stock(folder, tokens=None if trained else TOKENS)
    ours = WhisperRecogniser(folder, floor_s=1.0 if trained else ModelTraits().floor_s, beam_size=5)
    limit, decoder.MAX_NEW_TOKENS = decoder.MAX_NEW_TOKENS, decoder.MAX_NEW_TOKENS if trained else TOKENS
    try:
        for hear in (stock.hear, lambda one: ours.recognise(one.samples, RATE).text):
            hear(said[0])
        alone = [
            (_timed(stock.hear, one), _timed(lambda one: ours.recognise(one.samples, RATE).text, one)) for one in said
        ]
        # A quarter of them is enough for a rate, but each of the eight needs some.
        batch = list(said)[: max(AT_ONCE, len(said) // 4)]
        rates = _stock_rate(stock, batch), _our_rate(ours, batch)
    finally:
        decoder.MAX_NEW_TOKENS = limit
    return Measured(
        size.name,
        len(said),
        round(statistics.median(one[0] for one, _ in alone), 1),
        round(statistics.median(one[0] for _, one in alone), 1),
        round(rates[0], 2),
        round(rates[1], 2),
        round(_wer(said, [one[1] for one, _ in alone]), 4) if trained else None,
        round(_wer(said, [one[1] for _, one in alone]), 4) if trained else None,
    )


def run(sizes: Sequence[Size] = SIZES) -> list[Measured]:
    """Measure every size. Raises :class:`FileNotFoundError` when this copy has no small model."""
    own = shipped_stt()
    if own is None:
        raise FileNotFoundError("this copy has no small model")
    said = utterances(max(size.utterances for size in sizes))
    found = []
    with tempfile.TemporaryDirectory() as place:
        for size in sizes:
            folder = own
            if size.width:
                folder = build_blank_whisper(
                    Path(place) / size.name,
                    width=size.width,
                    heads=size.heads,
                    encoder_layers=size.layers,
                    decoder_layers=size.layers,
                )
            found.append(measure(size, folder, said[: size.utterances]))
            print(found[-1], file=sys.stderr, flush=True)
    return found


COLUMNS = (
    *("weights", "utterances", "stock p50 ms", "ours p50 ms", "times faster"),
    *("stock, 8 at once, a second", "ours, 8 at once, a second", "times as many", "stock WER %", "ours WER %"),
)


def row(one: Measured) -> list[Any]:
    """One model as a row under :data:`COLUMNS`."""
    wer = [f"{100 * value:.1f}" if value is not None else "" for value in (one.stock_wer, one.ours_wer)]
    return [
        *(one.model, one.utterances, one.stock_ms, one.ours_ms, round(one.stock_ms / one.ours_ms, 1)),
        *(one.stock_rate, one.ours_rate, round(one.ours_rate / one.stock_rate, 1), *wer),
    ]


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.speech", description="Short utterances by stock and by ours."
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--size", action="append", choices=[size.name for size in SIZES], help="this size only")
    options = parser.parse_args()
    found = run([size for size in SIZES if not options.size or size.name in options.size])
    if options.json:
        print(json.dumps([asdict(one) for one in found], indent=1))
        return 0
    table = Table(*COLUMNS)
    for one in found:
        table.add_row(*(str(cell) for cell in row(one)))
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
