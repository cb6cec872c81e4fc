"""The telephone line between a synthetic speaker and the recogniser.

Everything works on float32 samples in −1…1.  The line has 8000 samples a second
and G.711 coding, as a real call has; the recogniser hears 16000 a second.
"""

from __future__ import annotations

import random
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import soxr

Audio = npt.NDArray[np.float32]

LINE_RATE = 8000
"""Samples a second on the line."""

MODEL_RATE = 16000
"""Samples a second that the recogniser takes."""

PACKET = 160
"""Samples of a packet of 20 ms on the line."""


@lru_cache(maxsize=2)
def _tables(law: str) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """Return the 256 levels of a law, sorted, and the borders between them."""
    levels = []
    for code in range(256):
        if law == "alaw":
            value = code ^ 0x55
            exponent, mantissa = (value >> 4) & 7, value & 15
            size = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
            levels.append(size if value & 0x80 else -size)
        else:
            value = ~code & 0xFF
            exponent, mantissa = (value >> 4) & 7, value & 15
            size = (((mantissa << 3) + 0x84) << exponent) - 0x84
            levels.append(-size if value & 0x80 else size)
    ordered = np.array(sorted(set(levels)), dtype=np.int32)
    borders = (ordered[1:] + ordered[:-1]) // 2
    return ordered.astype(np.int16), borders.astype(np.int16)


def g711(audio: Audio, law: str) -> Audio:
    """Return ``audio`` after coding and decoding by ``alaw`` or ``ulaw``."""
    levels, borders = _tables(law)
    samples = np.clip(audio * 32767.0, -32768, 32767).astype(np.int16)
    decoded = levels[np.searchsorted(borders, samples, side="left")]
    return np.asarray(decoded / 32768.0, dtype=np.float32)


def band(audio: Audio, low: float = 300.0, high: float = 3400.0, rate: int = LINE_RATE) -> Audio:
    """Keep the telephone band: soft edges of 80 Hz below and 200 Hz above, by FFT."""
    if not len(audio):
        return audio
    size = -(-len(audio) // 2048) * 2048  # a length that the transform is quick at
    spectrum = np.fft.rfft(audio, size)
    frequencies = np.fft.rfftfreq(size, 1.0 / rate)
    gain = np.clip((frequencies - (low - 80.0)) / 80.0, 0.02, 1.0) * np.clip(
        ((high + 200.0) - frequencies) / 200.0, 0.02, 1.0
    )
    return np.asarray(np.fft.irfft(spectrum * gain, size)[: len(audio)], dtype=np.float32)


def to_line(samples: npt.NDArray[np.int16], rate: int, speed: float = 1.0) -> Audio:
    """Return samples of a synthesiser at the line's rate; ``speed`` 1.1 is faster and higher."""
    audio = samples.astype(np.float32) / 32768.0
    return np.asarray(soxr.resample(audio, rate * speed, LINE_RATE, quality="MQ"), dtype=np.float32)


def to_model(audio: Audio) -> Audio:
    """Return audio of the line at the recogniser's rate."""
    return np.asarray(soxr.resample(audio, LINE_RATE, MODEL_RATE, quality="HQ"), dtype=np.float32)


def trim(audio: Audio, threshold: float = 0.004) -> Audio:
    """Cut silence at both ends; ``threshold`` is an absolute level, 1 is full scale."""
    loud = np.flatnonzero(np.abs(audio) > threshold)
    return audio[loud[0] : loud[-1] + 1] if len(loud) else audio[:0]


def noise(count: int, rng: np.random.Generator) -> Audio:
    """Return ``count`` samples of noise with RMS 1: white, brown-ish, hum or babble-like."""
    white = rng.standard_normal(count).astype(np.float32)
    kind = rng.integers(0, 4)
    if kind == 1:
        size = -(-count // 2048) * 2048
        spectrum = np.fft.rfft(white, size)
        spectrum /= np.sqrt(np.arange(1, len(spectrum) + 1))
        white = np.fft.irfft(spectrum, size)[:count].astype(np.float32)
    elif kind == 2:
        time = np.arange(count) / LINE_RATE
        hum = sum(np.sin(2 * np.pi * 50 * k * time + k) / k for k in (2, 6, 8, 12))
        white = (white * 0.5 + hum).astype(np.float32)
    elif kind == 3:
        slow = np.repeat(rng.uniform(0.2, 1.0, count // 800 + 2), 800)[:count]
        white = band((white * slow).astype(np.float32), 300, 1500)
    return np.asarray(white / (np.sqrt(np.mean(white**2)) + 1e-9), dtype=np.float32)


def lose_packets(audio: Audio, rng: np.random.Generator, share: float) -> Audio:
    """Lose a share of the packets of 20 ms; each repeats the one before at half level."""
    out = audio.copy()
    for start in range(PACKET, len(out) - PACKET, PACKET):
        if rng.random() < share:
            out[start : start + PACKET] = out[start - PACKET : start] * 0.5
    return out


def silences(rng: random.Random) -> tuple[float, float]:
    """Draw seconds of silence before and after the words.

    Most are near 0.2 s and 0.3 s, which is what is left when silence has been
    cut before decoding; the rest goes up to 1.2 s.
    """
    lead = rng.uniform(0.05, 0.35) if rng.random() < 0.75 else rng.uniform(0.0, 1.2)
    tail = rng.uniform(0.1, 0.5) if rng.random() < 0.75 else rng.uniform(0.0, 1.2)
    return lead, tail


def transmit(
    speech: Audio,
    seed: int,
    *,
    strength: float = 1.0,
    margins: tuple[float, float] | None = None,
    snr_db: float | None = None,
) -> Audio:
    """Send speech at the line's rate over a telephone line.

    ``strength`` from 0 to 1 scales how bad the line may be; ``margins`` are
    seconds of silence before and after, drawn if left out; ``snr_db`` fixes the
    ratio of speech to noise.  Returns audio at :data:`LINE_RATE` after G.711.
    """
    rng, dice = np.random.default_rng(seed), random.Random(seed)
    lead, tail = margins if margins is not None else silences(dice)
    before, after = np.zeros(int(lead * LINE_RATE), np.float32), np.zeros(int(tail * LINE_RATE), np.float32)
    audio = np.concatenate([before, speech, after]).astype(np.float32)
    power = float(np.sqrt(np.mean(speech**2))) if len(speech) else 0.05
    if snr_db is None:
        snr_db = dice.uniform(12, 25) if dice.random() < 0.3 * strength else dice.uniform(25, 50)
    if len(audio):
        audio = audio + noise(len(audio), rng) * power * 10 ** (-snr_db / 20)
    audio = band(audio, 300 if dice.random() < 0.7 else 150, 3400 if dice.random() < 0.7 else 3800)
    peak = float(np.max(np.abs(audio))) if len(audio) else 0.0
    level = 10 ** (dice.uniform(-14 - 10 * strength, -2) / 20)
    if peak > 0:
        audio = audio * (level / peak)
    if dice.random() < 0.15 * strength:
        audio = lose_packets(audio, rng, dice.uniform(0.01, 0.05))
    return g711(audio.astype(np.float32), "alaw" if dice.random() < 0.8 else "ulaw")


def nothing(seed: int) -> Audio:
    """Return 0.3–4 s without words: silence, noise, a cough-like burst or clicks."""
    rng, dice = np.random.default_rng(seed), random.Random(seed)
    count = int(dice.uniform(0.3, 4.0) * LINE_RATE)
    audio = noise(count, rng) * 10 ** (dice.uniform(-80, -25) / 20)
    for _ in range(dice.choice((0, 0, 1, 1, 2))):
        length = int(dice.uniform(0.02, 0.3) * LINE_RATE)
        start = dice.randint(0, max(0, count - length - 1))
        shape = np.exp(-np.arange(length) / (length / 4))
        burst = band((rng.standard_normal(length) * shape).astype(np.float32), 300, dice.uniform(900, 3400))
        audio[start : start + length] += (burst * dice.uniform(0.05, 0.6))[: count - start]
    return g711(band(audio.astype(np.float32)), "alaw" if dice.random() < 0.8 else "ulaw")
