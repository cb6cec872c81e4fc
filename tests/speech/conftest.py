"""A real, untrained recogniser, and something to hear."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.models.blank import build_blank_whisper
from voicebot.stt.whisper import WhisperRecogniser
from voicebot.tts.espeak import EspeakVoice
from voicebot.tts.spoken import SpokenText


@pytest.fixture(scope="session")
def blank_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_blank_whisper(tmp_path_factory.mktemp("models") / "blank")


@pytest.fixture(scope="session")
def recogniser(blank_model: Path) -> WhisperRecogniser:
    return WhisperRecogniser(blank_model)


@pytest.fixture(scope="session")
def utterance() -> NDArray[np.int16]:
    return EspeakVoice("en").render(SpokenText("My bin has not been collected."), 8000).samples
