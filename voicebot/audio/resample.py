"""Sampling rate conversion: soxr where there is time, a short filter of our own in a call.

soxr's streaming interface gives its output in lumps of 40 to 100 ms, too late for a conversation, and its only
quality without that delay does not filter against aliasing. So frames in a call go through
:class:`FrameResampler`, a polyphase windowed-sinc filter with about 1.5 ms of delay.
"""

from functools import lru_cache
from math import gcd

import numpy as np
import soxr
from numpy.typing import NDArray

from voicebot.audio.frames import frame_samples


def resample(samples: NDArray[np.int16], from_rate: int, to_rate: int) -> NDArray[np.int16]:
    """A whole recording at another rate, in high quality and without delay."""
    if from_rate == to_rate or len(samples) == 0:
        return samples
    converted: NDArray[np.int16] = soxr.resample(samples, from_rate, to_rate, quality="HQ")
    return converted


class StreamResampler:
    """Converts a long stream piece by piece in high quality, for recordings and files.

    The output runs up to 100 ms behind the input and its pieces vary in length (some are empty); after
    :meth:`flush` the lengths are exact. When the rates are the same, pieces pass unchanged.
    """

    def __init__(self, from_rate: int, to_rate: int) -> None:
        self.from_rate = from_rate
        self.to_rate = to_rate
        self._stream = self._open()

    def _open(self) -> "soxr.ResampleStream | None":
        if self.from_rate == self.to_rate:
            return None
        return soxr.ResampleStream(self.from_rate, self.to_rate, 1, dtype="int16", quality="HQ")

    def process(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """The next piece; may be empty."""
        if self._stream is None:
            return samples
        converted: NDArray[np.int16] = self._stream.resample_chunk(samples)
        return converted

    def flush(self) -> NDArray[np.int16]:
        """What is still inside; the converter then begins anew."""
        if self._stream is None:
            return np.zeros(0, dtype=np.int16)
        rest: NDArray[np.int16] = self._stream.resample_chunk(np.zeros(0, dtype=np.int16), last=True)
        self._stream = self._open()
        return rest


_HALF_WIDTH = 12  # zero crossings of the sinc on each side


@lru_cache(maxsize=16)
def _polyphase(from_rate: int, to_rate: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """For each output sample of a frame: which inputs (of history plus frame) it sums, and with what weights."""
    common = gcd(from_rate, to_rate)
    up, down = to_rate // common, from_rate // common
    cutoff = min(1.0, to_rate / from_rate) * 0.94  # of the input's Nyquist frequency, with room for the slope
    half = int(np.ceil(_HALF_WIDTH / cutoff))
    taps = 2 * half
    at = np.arange(frame_samples(to_rate)) * down / up  # time of each output, in input samples
    first = np.floor(at).astype(np.intp)
    index = first[:, None] + np.arange(taps)[None, :]
    distance = at[:, None] - (index - half + 1)
    window = np.i0(7.0 * np.sqrt(np.clip(1 - (distance / half) ** 2, 0, 1))) / np.i0(7.0)
    weights = cutoff * np.sinc(cutoff * distance) * window
    weights /= weights.sum(axis=1, keepdims=True)
    return index, weights.astype(np.float32)


class FrameResampler:
    """Converts frames to frames in a call: 20 ms in, exactly 20 ms out, with a delay of :attr:`delay_ms`.

    Both rates must be multiples of 50 Hz (ValueError otherwise).
    """

    def __init__(self, from_rate: int, to_rate: int) -> None:
        if from_rate % 50 or to_rate % 50:
            raise ValueError(f"no whole frames of 20 ms at {from_rate} or {to_rate} Hz")
        self._same = from_rate == to_rate
        self._index, self._weights = _polyphase(from_rate, to_rate)
        taps = self._weights.shape[1]
        self._history = np.zeros(0 if self._same else taps - 1, dtype=np.int16)
        self.delay_ms = 0.0 if self._same else (taps // 2) * 1000 / from_rate

    def process(self, frame: NDArray[np.int16]) -> NDArray[np.int16]:
        """One frame at the other rate."""
        if self._same:
            return frame
        samples = np.concatenate([self._history, frame])
        self._history = samples[len(frame) :]
        wave = np.einsum("ij,ij->i", samples.astype(np.float32)[self._index], self._weights)
        converted: NDArray[np.int16] = np.clip(np.round(wave), -32768, 32767).astype(np.int16)
        return converted
