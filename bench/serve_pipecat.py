"""The measured server of Pipecat's Twilio WebSocket transport, in bench's own environment.

Its pipeline is the transport with a source of speech in between, and with VAD its processor for that: what a bot has at
least. Nothing of ours runs in it but the source and the counting.
"""

import argparse
import asyncio
import json
import socket
import sys
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
import uvloop
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import Frame, InputAudioRawFrame, OutputAudioRawFrame, StartFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

from bench import control

RATE = 8000
_AHEAD_S = 2


class Source(FrameProcessor):
    """Says the talk over and over, a second at a time and two ahead, and counts what it hears."""

    def __init__(self, speech: bytes, number: int) -> None:
        super().__init__()
        self.octets = 0
        self._speech = speech
        self._at = number * 3200 % len(speech)
        self._speaking: Any = None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Count what is heard; begin to speak at the start."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            self.octets += len(frame.audio)
            return
        await self.push_frame(frame, direction)
        if isinstance(frame, StartFrame) and self._speaking is None:
            self._speaking = self.create_task(self._speak())

    async def _speak(self) -> None:
        loop = asyncio.get_running_loop()
        began, said = loop.time(), 0
        while True:
            for _ in range(int(loop.time() - began) + _AHEAD_S - said):
                piece = (self._speech[self._at :] + self._speech)[: 2 * RATE]
                self._at = (self._at + 2 * RATE) % len(self._speech)
                await self.push_frame(OutputAudioRawFrame(audio=piece, sample_rate=RATE, num_channels=1))
                said += 1
            await asyncio.sleep(0.2)

    async def cleanup(self) -> None:
        """Stop speaking."""
        if self._speaking is not None:
            await self.cancel_task(self._speaking)
        await super().cleanup()


def application(speech: bytes, sources: list[Source], *, vad: bool) -> FastAPI:
    """Takes calls at ``/ws``."""
    app = FastAPI()

    @app.websocket("/ws")
    async def take(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.receive_text()
        start = json.loads(await websocket.receive_text())["start"]
        serializer = TwilioFrameSerializer(
            start["streamSid"], params=TwilioFrameSerializer.InputParams(auto_hang_up=False)
        )
        params = FastAPIWebsocketParams(
            audio_in_enabled=True, audio_out_enabled=True, add_wav_header=False, serializer=serializer
        )
        transport = FastAPIWebsocketTransport(websocket, params)
        source = Source(speech, len(sources))
        listening = [VADProcessor(vad_analyzer=SileroVADAnalyzer(sample_rate=RATE))] if vad else []
        pipeline = Pipeline([transport.input(), *listening, source, transport.output()])
        worker = PipelineWorker(
            pipeline,
            params=PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=RATE),
            idle_timeout_secs=None,
        )

        @transport.event_handler("on_client_disconnected")
        async def gone(_transport: Any, _client: Any) -> None:
            await worker.cancel()

        sources.append(source)
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()

    return app


async def run(speech: Path, *, vad: bool) -> None:
    """Take calls until the input ends."""
    with np.load(speech) as talks:
        said = talks["bot"].astype("<i2").tobytes()
    sources: list[Source] = []

    def counts() -> dict[str, Any]:
        frames = sum(source.octets for source in sources) // 320
        return {"calls": len(sources), "received": frames, "concealed": 0, "frames": frames}

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application(said, sources, vad=vad), log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    await control.serve({"port": listener.getsockname()[1]}, counts)
    server.force_exit = server.should_exit = True
    await serving


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("speech", type=Path)
    parser.add_argument("--vad", action="store_true")
    options = parser.parse_args()
    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    uvloop.run(run(options.speech, vad=options.vad))
