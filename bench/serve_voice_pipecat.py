"""The measured voicebot of Pipecat: its Twilio transport, its Whisper service and its turn detection, in bench's own
environment.

It gets the models that ours gets. What favours it: there is no dialogue behind it but one fixed reply, the models are
loaded once for all calls, and an untrained model is asked for no timestamps and one temperature, and stopped after as
many tokens as ours.
"""

import argparse
import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
import uvloop
from fastapi import FastAPI, WebSocket
from faster_whisper import WhisperModel
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import Frame, LLMContextFrame, TTSAudioRawFrame, TTSSpeakFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat.services.whisper.stt import WhisperSTTService
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

from bench import control
from voicebot.tts.espeak import EspeakVoice
from voicebot.tts.spoken import SpokenText

RATE, MODEL_RATE = 8000, 16000
GREETING, REPLY = "Hello. How can I help?", "Thank you. What else?"


@dataclass
class Heard:
    """A segment as Pipecat's service reads it."""

    text: str
    no_speech_prob: float = 0.0


class Untrained:
    """A model whose time is real and whose text is not."""

    supported_languages = ("en",)

    def __init__(self, model: WhisperModel, tokens: int) -> None:
        self._model = model
        # faster-whisper hands the sum of prompt and new tokens to a decoder that takes half of it for new ones.
        self._tokens = 2 * tokens - 2

    def transcribe(self, audio: Any, **_: Any) -> tuple[list[Heard], None]:
        """Take as long as a trained one."""
        segments, _info = self._model.transcribe(
            audio,
            language="en",
            temperature=0.0,
            without_timestamps=True,
            condition_on_previous_text=False,
            max_new_tokens=self._tokens,
        )
        list(segments)
        return [Heard("yes")], None


class Whisper(WhisperSTTService):
    """Pipecat's service with a model that is loaded already.

    A small model of ours has learned nothing about there being no speech, so that nothing is refused for that.
    """

    def __init__(self, model: Any, name: str) -> None:
        self._loaded = model
        super().__init__(settings=WhisperSTTService.Settings(model=name, no_speech_prob=1.1))

    def _load(self) -> None:
        self._model = self._loaded


class Espeak(TTSService):
    """The voice that our service speaks with."""

    def __init__(self, voice: EspeakVoice) -> None:
        super().__init__(
            push_start_frame=True,
            push_stop_frames=True,
            settings=TTSSettings(model=None, voice=None, language=None),
        )
        self._espeak = voice

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame, None]:
        """A sentence."""
        samples = (await asyncio.to_thread(self._espeak.render, SpokenText(text), RATE)).samples
        yield TTSAudioRawFrame(samples.astype("<i2").tobytes(), RATE, 1, context_id=context_id)


class Replier(FrameProcessor):
    """In the place of a language model: answers everything at once, with the same words."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer a turn."""
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMContextFrame):
            await self.push_frame(TTSSpeakFrame(REPLY))
        else:
            await self.push_frame(frame, direction)


@dataclass
class Bot:
    """What all calls share, and when each took turns as over (monotonic seconds)."""

    model: Any
    name: str
    voice: EspeakVoice
    timeout_s: float | None
    taken: dict[str, list[float]] = field(default_factory=dict)

    def strategies(self) -> UserTurnStrategies | None:
        """Pipecat's own way to find the end of a turn, or a silence alone."""
        if self.timeout_s is None:
            return None
        return UserTurnStrategies(stop=[SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=self.timeout_s)])

    async def converse(self, websocket: WebSocket, start: dict[str, Any]) -> None:
        """Hold one call."""
        serializer = TwilioFrameSerializer(
            start["streamSid"], params=TwilioFrameSerializer.InputParams(auto_hang_up=False)
        )
        params = FastAPIWebsocketParams(
            audio_in_enabled=True, audio_out_enabled=True, add_wav_header=False, serializer=serializer
        )
        transport = FastAPIWebsocketTransport(websocket, params)
        pair = LLMContextAggregatorPair(
            LLMContext(),
            user_params=LLMUserAggregatorParams(
                vad_analyzer=SileroVADAnalyzer(), user_turn_strategies=self.strategies()
            ),
        )
        pipeline = Pipeline(
            [
                transport.input(),
                Whisper(self.model, self.name),
                pair.user(),
                Replier(),
                Espeak(self.voice),
                transport.output(),
                pair.assistant(),
            ]
        )
        worker = PipelineWorker(
            pipeline,
            params=PipelineParams(audio_in_sample_rate=MODEL_RATE, audio_out_sample_rate=RATE),
            idle_timeout_secs=None,
        )
        taken = self.taken.setdefault(start["callSid"], [])

        @pair.user().event_handler("on_user_turn_stopped")
        async def over(_aggregator: Any, _strategy: Any, _message: Any) -> None:
            taken.append(time.monotonic())

        @transport.event_handler("on_client_connected")
        async def here(_transport: Any, _client: Any) -> None:
            await worker.queue_frames([TTSSpeakFrame(GREETING)])

        @transport.event_handler("on_client_disconnected")
        async def gone(_transport: Any, _client: Any) -> None:
            await worker.cancel()

        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()


def application(bot: Bot) -> FastAPI:
    """Takes calls at ``/ws``."""
    app = FastAPI()

    @app.websocket("/ws")
    async def take(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.receive_text()
        await bot.converse(websocket, json.loads(await websocket.receive_text())["start"])

    return app


async def run(folder: Path, calls: int, tokens: int, timeout_s: float | None) -> None:
    """Take calls until the input ends."""
    model: Any = WhisperModel(str(folder), num_workers=calls)
    if tokens:
        model = Untrained(model, tokens)
    voice = EspeakVoice()
    bot = Bot(model, str(folder), voice, timeout_s)
    # Once before the first caller, as ours is warmed up.
    await asyncio.to_thread(lambda: list(model.transcribe(np.zeros(MODEL_RATE, np.float32), language="en")[0]))
    voice.render(SpokenText(GREETING), RATE)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(bot), log_level="error", lifespan="off"))
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    await control.serve({"port": listener.getsockname()[1]}, lambda: {"taken": bot.taken})
    server.force_exit = server.should_exit = True
    await serving


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("--calls", type=int, default=1, help="calls at once")
    parser.add_argument("--tokens", type=int, default=0, help="an untrained model: stop it after so many tokens")
    parser.add_argument("--timeout", type=float, help="end turns by silence alone, after so many seconds")
    options = parser.parse_args()
    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    uvloop.run(run(options.model, options.calls, options.tokens, options.timeout))
