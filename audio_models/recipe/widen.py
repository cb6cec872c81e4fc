"""The rule by which telephone speech is made wide for PocketSphinx, fitted on speech that was wide before the line.

``python -m audio_models.recipe.widen`` needs Debian's flite, whose voices were made from recordings of people. It sends
sentences of the dialogue through a line and fits, by least squares, how loud each band above the line was by the levels
below; what it prints is the table in ``voicebot/stt/sphinx/widen.py``.
"""

import random
import sys
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from audio_models.recipe import channel, speech
from voicebot.stt.sphinx.sayings import read_sayings
from voicebot.stt.sphinx.widen import HIGH_HZ, LINE_RATE, LOW_HZ, RATE, levels, powers, spectra

_VOICES = ("slt", "rms", "awb")
_SENTENCES = 150
_SEED = 5
_LEAST_DB = -55.0
_RIDGE = 1.0


def fit(project: Path) -> NDArray[np.float64]:
    """The rule, a row for each band above the line."""
    rng = random.Random(_SEED)
    known: list[NDArray[np.float64]] = []
    wanted: list[NDArray[np.float64]] = []
    for number, text in enumerate(rng.sample(read_sayings(project).needs, _SENTENCES)):
        samples, rate = speech.say(text, speech.Voice("flite", _VOICES[number % len(_VOICES)], 1.0, 1.0))
        if rate != RATE:
            continue
        wide = samples.astype(np.float32) / 32768.0
        line = channel.g711(channel.band(soxr.resample(wide, RATE, LINE_RATE).astype(np.float32)), "alaw")
        narrow = soxr.resample(line, LINE_RATE, RATE).astype(np.float32)
        count = min(len(wide), len(narrow))
        low, mean = levels(powers(spectra(narrow[:count]), LOW_HZ))
        high = 10 * np.log10(powers(spectra(wide[:count]), HIGH_HZ) / mean + 1e-12)
        known.append(np.hstack([low, np.ones((len(low), 1))]))
        wanted.append(np.maximum(high, _LEAST_DB))
    x, y = np.concatenate(known), np.concatenate(wanted)
    rule: NDArray[np.float64] = np.linalg.solve(x.T @ x + _RIDGE * np.eye(x.shape[1]), x.T @ y).T.astype(np.float64)
    return rule


def main() -> int:
    """Print the rule; 1 without flite."""
    if speech.flite() is None:
        sys.stderr.write("Debian's flite is needed: apt-get install flite\n")
        return 1
    for row in fit(Path("dialogues")):
        sys.stdout.write(f"({', '.join(f'{weight:.3f}' for weight in row)}),\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
