"""Piper voices: neural speech on a CPU, one ONNX file and its JSON a voice."""

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state
from piper import PiperVoice
from piper.config import PiperConfig, SynthesisConfig

from voicebot.errors import ConfigurationError, SpeechUnavailable
from voicebot.tts.level import finish
from voicebot.tts.spoken import SpokenAudio, SpokenText

# The library writes every text that it speaks to its debug log; ours may hold a caller's name and address.
logging.getLogger("piper.voice").setLevel(logging.WARNING)

# The runtime's errors share no base class but Exception.
_RUNTIME_ERRORS: tuple[type[Exception], ...] = tuple(
    kind for kind in vars(onnxruntime_pybind11_state).values() if isinstance(kind, type) and issubclass(kind, Exception)
)
_SPEAKING_ERRORS = _RUNTIME_ERRORS + (ValueError, RuntimeError)  # noqa: RUF005  # mypy refuses a star

_SENTENCE_GAP_S = 0.18
_SLOWEST, _FASTEST = 0.4, 2.5


def _find(folder: Path) -> Path:
    if folder.is_file() and folder.suffix == ".onnx":
        return folder
    models = sorted(folder.glob("*.onnx"))
    if len(models) != 1:
        raise ConfigurationError(f"{folder} holds {len(models)} .onnx files where a Piper voice has one")
    return models[0]


class PiperSpeaker:
    """One Piper voice, loaded. ``folder`` holds ``NAME.onnx`` and ``NAME.onnx.json``.

    ``speaker`` picks one of a voice of many. ``threads`` are those that one sentence may use. Raises
    :class:`ConfigurationError` when the files are missing or broken.
    """

    def __init__(self, folder: Path, *, name: str = "", speaker: int | None = None, threads: int = 1) -> None:
        model = _find(folder)
        config = model.with_suffix(".onnx.json")
        options = onnxruntime.SessionOptions()
        # PiperVoice.load leaves the pool at one thread a core: a sentence would stall the media of every call.
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        try:
            described = PiperConfig.from_dict(json.loads(config.read_text(encoding="utf-8")))
            session = onnxruntime.InferenceSession(str(model), sess_options=options, providers=["CPUExecutionProvider"])
        except OSError as error:
            raise ConfigurationError(f"the Piper voice in {folder} can't be read: {error}") from error
        except (KeyError, ValueError) as error:
            raise ConfigurationError(f"{config} doesn't describe a Piper voice: {error}") from error
        except _RUNTIME_ERRORS as error:
            raise ConfigurationError(f"{model} is not a Piper voice: {error}") from error
        self._voice = PiperVoice(session=session, config=described)
        self._speaker = speaker
        self._name = f"piper:{name or model.stem}" + ("" if speaker is None else f"#{speaker}")

    @property
    def name(self) -> str:
        """``piper:NAME``, with ``#SPEAKER`` for a voice of many."""
        return self._name

    @property
    def native_rate(self) -> int:
        """Sampling rate of the model in Hz."""
        return int(self._voice.config.sample_rate)

    def _sentences(self, spoken: SpokenText) -> Iterator[NDArray[np.float32]]:
        speed = max(_SLOWEST, min(_FASTEST, spoken.rate))
        settings = SynthesisConfig(
            speaker_id=self._speaker, length_scale=self._voice.config.length_scale / speed, normalize_audio=True
        )
        try:
            for chunk in self._voice.synthesize(spoken.text, settings):
                yield np.atleast_1d(chunk.audio_float_array).astype(np.float32)
        except _SPEAKING_ERRORS as error:
            raise SpeechUnavailable(f"the voice {self._name} failed: {type(error).__name__}") from error

    def stream(self, spoken: SpokenText, rate: int) -> Iterator[NDArray[np.int16]]:
        """A piece a sentence, at ``rate`` Hz, each trimmed and levelled, with a short gap between two.

        Raises :class:`SpeechUnavailable`.
        """
        if not spoken.text.strip():
            return
        gap = np.zeros(int(_SENTENCE_GAP_S * rate), dtype=np.int16)
        for index, sentence in enumerate(self._sentences(spoken)):
            piece = finish(sentence, self.native_rate, rate, spoken.volume)
            yield piece if index == 0 else np.concatenate([gap, piece])

    def render(self, spoken: SpokenText, rate: int) -> SpokenAudio:
        """Render the whole text at ``rate`` Hz. Raises :class:`SpeechUnavailable`."""
        started = time.perf_counter()
        pieces = list(self.stream(spoken, rate))
        return SpokenAudio(
            samples=np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int16),
            rate=rate,
            voice=self._name,
            compute_ms=(time.perf_counter() - started) * 1000,
            text=spoken.text,
        )
