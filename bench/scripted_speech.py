"""A speech process whose recogniser takes a real one's time and gives the script's text: for this measure alone.

``python -m bench.scripted_speech MODEL PROMPTS``. The model in the folder MODEL is untrained and is stopped after as
many tokens as an answer of a few words has. What it should have heard is in the folder PROMPTS, in a file a call that
tells where each word ended (:mod:`bench.conversation`); a word counts as heard once it has been said.
"""

import argparse
import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import uvloop
from numpy.typing import NDArray

from bench.speech import TOKENS
from voicebot.app.stop_signals import until_stopped
from voicebot.records.logs import configure
from voicebot.settings import Settings, load
from voicebot.speech.local import LocalSpeech
from voicebot.speech.server import SpeechServer
from voicebot.stt import decoder
from voicebot.stt.recogniser import NO_HINTS
from voicebot.stt.traits import ModelTraits
from voicebot.stt.transcript import Hints, Transcript

CONFIDENCE = 0.95
_SLACK_S = 0.4
"""A guess is asked for at the first short pause, at most so long after the last word in it."""

_LONGEST_PAUSE_S = 3.0


def words_said(prompts: Path, since: float, until: float) -> str:
    """The words that ended between two moments, by a call's file of prompts."""
    try:
        told: list[tuple[float, str]] = json.loads(prompts.read_bytes())
    except FileNotFoundError:
        return ""
    return " ".join(word for end, word in told if since < end <= until)


class ScriptedSpeech(LocalSpeech):
    """Hears with the model and writes from the script."""

    prompts = Path()

    async def transcribe(
        self,
        samples: NDArray[np.int16],
        rate: int,
        *,
        hints: Hints = NO_HINTS,
        call_id: str = "",
        speculative: bool = False,
    ) -> Transcript:
        """Take the time that hearing takes."""
        asked = time.monotonic()
        heard = await super().transcribe(samples, rate, hints=hints, call_id=call_id, speculative=speculative)
        back = len(samples) / rate + (_SLACK_S if speculative else _LONGEST_PAUSE_S)
        text = words_said(self.prompts / f"{call_id}.json", asked - back, asked)
        return replace(heard, text=text, confidence=CONFIDENCE, alternatives=(), alternative_confidences=())


async def serve(settings: Settings, model: Path, prompts: Path) -> None:
    """Serve until SIGTERM or SIGINT, with the window that published weights get."""
    speech = settings.speech.model_copy(update={"model": str(model), "floor_s": ModelTraits().floor_s})
    decoder.MAX_NEW_TOKENS = TOKENS
    service = await asyncio.to_thread(ScriptedSpeech.open, settings.model_copy(update={"speech": speech}), second=False)
    assert isinstance(service, ScriptedSpeech)
    service.prompts = prompts
    server = SpeechServer(service, settings.speech_socket)
    await server.start()
    await until_stopped()
    await server.stop()
    await service.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("prompts", type=Path)
    options = parser.parse_args()
    configured = load(None)
    configure(configured, "speech")
    uvloop.run(serve(configured, options.model, options.prompts))
