"""Mono 16-bit WAV files."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicebot.errors import VoicebotError


class AudioFileError(VoicebotError):
    """A sound file is missing, or not what is expected; the message names the file."""


def read_wav(path: Path) -> tuple[NDArray[np.int16], int]:
    """Samples (mono int16) and rate of a WAV file; a stereo file is mixed down.

    Raises :class:`AudioFileError` when it is missing, not a WAV file, or not 16-bit PCM of one or two channels.
    """
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            data = file.readframes(file.getnframes())
    except FileNotFoundError as error:
        raise AudioFileError(f"there is no sound file {path}") from error
    except (wave.Error, EOFError, OSError) as error:
        raise AudioFileError(f"{path} is not a WAV file that can be read: {error}") from error
    if width != 2 or channels not in (1, 2):
        raise AudioFileError(f"{path} has {channels} channels of {8 * width} bits; 1 or 2 channels of 16 are needed")
    samples = np.frombuffer(data[: len(data) - len(data) % (2 * channels)], dtype="<i2").astype(np.int16)
    if channels == 2:
        samples = samples.reshape(-1, 2).astype(np.int32).mean(axis=1).astype(np.int16)
    return samples, rate


def write_wav(path: Path, samples: NDArray[np.int16], rate: int) -> None:
    """Write mono int16, making the folder. A two-dimensional array of shape (n, 2) is written as stereo."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if samples.dtype != np.int16:
        raise AudioFileError(f"{path}: samples must be int16, not {samples.dtype}")
    try:
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(samples.astype("<i2").tobytes())
    except OSError as error:
        raise AudioFileError(f"{path} cannot be written: {error}") from error


def stereo(left: NDArray[np.int16], right: NDArray[np.int16]) -> NDArray[np.int16]:
    """Two recordings side by side, shape (n, 2); the shorter one is padded with silence."""
    both = np.zeros((max(len(left), len(right)), 2), dtype=np.int16)
    both[: len(left), 0] = left
    both[: len(right), 1] = right
    return both
