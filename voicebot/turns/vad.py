"""Streaming voice activity of one call.

Silero's recurrent network looks at 32 ms windows of 16 kHz audio and says how likely they are speech. All calls
share one inference session (about 0.1 ms a window on one core); each keeps its own recurrent state. The
bundled export fixes the recurrent batch at one, so windows of several calls can't share a run; an energy gate in
front makes silence free instead.
"""

from collections import deque
from functools import lru_cache
from pathlib import Path
from typing import Any

import faster_whisper
import numpy as np
import onnxruntime
import soxr
from numpy.typing import NDArray

from voicebot.audio.frames import FRAME_MS, AudioFrame
from voicebot.errors import ConfigurationError

MODEL_RATE = 16000
WINDOW = 512
CONTEXT = 64
LAG_MS = 32
"""How long after its onset speech typically lifts the probability above one half."""

QUIET_DBFS = -96.0
_FLOOR_START, _FLOOR_LOW, _FLOOR_HIGH = -65.0, -75.0, -25.0
_GATE_DB = 4.0
_GATE_HOLD_MS = 400
_FLOOR_RISE_DB = 0.06
_FLOOR_FALL = 0.1
_IDLE_PROBABILITY = 0.2


@lru_cache(maxsize=1)
def _model() -> Any:
    """The inference session that all calls share; it works in the calling thread."""
    path = Path(faster_whisper.__file__).parent / "assets" / "silero_vad_v6.onnx"
    if not path.is_file():
        raise ConfigurationError(f"the voice activity model {path} is missing; reinstall faster-whisper")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def warm_up() -> None:
    """Load the model before the first call needs it (tens of ms). Raises ConfigurationError when it is missing."""
    activity = VoiceActivity(MODEL_RATE)
    loud = np.full(WINDOW, 5000, np.int16)
    activity.feed(AudioFrame(loud, MODEL_RATE, 0))


def level_dbfs(samples: NDArray[np.int16]) -> float:
    """RMS level relative to full scale, in dB; ``QUIET_DBFS`` for digital silence."""
    if not len(samples):
        return QUIET_DBFS
    wave = samples.astype(np.float32)
    power = float(np.dot(wave, wave)) / len(wave)
    return max(QUIET_DBFS, 10 * float(np.log10(power / 32768.0**2 + 1e-12)))


def _half_band(taps: int = 31) -> NDArray[np.float32]:
    """Windowed-sinc low-pass at a quarter of the output rate with gain 2: doubles a rate after zero-stuffing."""
    n = np.arange(taps) - taps // 2
    response = np.sinc(n / 2) * np.hamming(taps)
    scaled: NDArray[np.float32] = (response * 2 / response.sum()).astype(np.float32)
    return scaled


class _Doubler:
    """Streaming 2:1 interpolation by polyphase FIR; delays by under 1 ms."""

    _TAPS = _half_band()

    def __init__(self) -> None:
        self._even, self._odd = self._TAPS[0::2], self._TAPS[1::2]
        self.reset()

    def reset(self) -> None:
        """Forget what came before."""
        self._tail = np.zeros(len(self._even) - 1, np.float32)

    def feed(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        padded = np.concatenate((self._tail, wave))
        self._tail = padded[-len(self._tail) :]
        doubled = np.empty(2 * len(wave), np.float32)
        # Both halves of the filter are symmetric, so this is the convolution, with less around it.
        doubled[0::2] = np.correlate(padded, self._even, "valid")
        doubled[1::2] = np.correlate(padded[1:], self._odd, "valid")
        return doubled


class VoiceActivity:
    """How likely a call's newest audio is speech.

    ``feed`` takes frames in order and gives the last window's probability (0–1); ``level`` and ``floor`` are the
    frame's RMS and the tracked noise floor, both in dBFS. Windows run only while the level stands above the
    floor, or did so within 400 ms; when the gate opens, the 80 ms before it are looked at first. Comfort noise does
    not open it.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.probability = 0.0
        self.level = QUIET_DBFS
        self.floor = _FLOOR_START
        self._doubler = _Doubler() if rate * 2 == MODEL_RATE else None
        self._stream = None if rate in (MODEL_RATE, MODEL_RATE // 2) else soxr.ResampleStream(rate, MODEL_RATE, 1)
        self._recent: deque[NDArray[np.int16]] = deque(maxlen=4)
        self._hold_ms = 0
        self._input = np.zeros((1, CONTEXT + WINDOW), np.float32)
        self._reset()

    def feed(self, frame: AudioFrame) -> float:
        """Probability (0–1) that the newest window of audio is speech. Raises ValueError at another rate."""
        if frame.rate != self.rate:
            raise ValueError(f"voice activity at {self.rate} Hz was fed audio at {frame.rate} Hz")
        self.level = level_dbfs(frame.samples)
        if self.level > self.floor + _GATE_DB and not frame.comfort_noise:
            if self._hold_ms <= 0:
                for before in self._recent:
                    self._look_at(before)
                self._recent.clear()
            self._hold_ms = _GATE_HOLD_MS
        if self._hold_ms > 0:
            self._look_at(frame.samples)
            self._hold_ms -= FRAME_MS
            if self._hold_ms <= 0:
                self._reset()
        else:
            self._recent.append(frame.samples)
        if not frame.concealed:
            self._track_floor()
        return self.probability

    def _reset(self) -> None:
        self.probability = 0.0
        self._recent.clear()
        self._input[:] = 0.0
        self._filled = CONTEXT
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        if self._doubler is not None:
            self._doubler.reset()

    def _to_model_rate(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        wave = samples.astype(np.float32)
        wave *= 1 / 32768.0
        if self._doubler is not None:
            return self._doubler.feed(wave)
        if self._stream is not None:
            resampled: NDArray[np.float32] = self._stream.resample_chunk(wave)
            return resampled
        return wave

    def _look_at(self, samples: NDArray[np.int16]) -> None:
        """Let the network see these samples; a window at a time, each after the end of the one before."""
        wave, window = self._to_model_rate(samples), self._input[0]
        start = 0
        while start < len(wave):
            count = min(len(wave) - start, len(window) - self._filled)
            window[self._filled : self._filled + count] = wave[start : start + count]
            start += count
            self._filled += count
            if self._filled == len(window):
                probability, self._h, self._c = _model().run(None, {"input": self._input, "h": self._h, "c": self._c})
                self.probability = float(probability.ravel()[0])
                window[:CONTEXT] = window[-CONTEXT:]
                self._filled = CONTEXT

    def _track_floor(self) -> None:
        if self.level < self.floor:
            self.floor += _FLOOR_FALL * (self.level - self.floor)
        elif self.probability < _IDLE_PROBABILITY:
            self.floor += min(_FLOOR_RISE_DB, self.level - self.floor)
        self.floor = min(max(self.floor, _FLOOR_LOW), _FLOOR_HIGH)
