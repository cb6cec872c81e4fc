"""The process itself: starts, says that it is ready, serves, stops; is killed and comes back."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicebot.errors import SpeechUnavailable
from voicebot.settings import Settings, SpeechSettings
from voicebot.speech.client import SpeechClient
from voicebot.speech.local import LocalSpeech
from voicebot.speech.process import readiness_file, serve
from voicebot.tts.spoken import SpokenText


async def spawn(data: Path, model: Path) -> asyncio.subprocess.Process:
    environment = {**os.environ, "VOICEBOT_DATA": str(data), "VOICEBOT_SPEECH__MODEL": str(model)}
    quiet = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "voicebot.speech", env=environment, stdout=quiet, stderr=quiet
    )


async def ready(client: SpeechClient) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await client.health()
            except SpeechUnavailable:
                await asyncio.sleep(0.05)
            else:
                return


async def test_a_process_is_killed_and_comes_back(
    blank_model: Path, utterance: NDArray[np.int16], tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path)
    process = await spawn(tmp_path, blank_model)
    async with SpeechClient(settings.speech_socket, timeout_s=20) as client:
        await ready(client)
        told = json.loads(readiness_file(settings).read_bytes())
        assert told["pid"] == process.pid
        assert told["model"] == "blank"
        assert told["people"] is False
        assert (await client.transcribe(utterance, 8000)).engine == "blank"
        process.kill()
        await process.wait()
        try:
            await client.speak(SpokenText("Hello."), 8000)
        except SpeechUnavailable:
            pass
        else:
            raise AssertionError("a dead process spoke")
        process = await spawn(tmp_path, blank_model)
        await ready(client)
        assert (await client.speak(SpokenText("Hello."), 8000)).duration_ms > 200
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert not settings.speech_socket.exists()
    assert not readiness_file(settings).exists()


async def test_it_serves_in_this_process_too(blank_model: Path, utterance: NDArray[np.int16], tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, speech=SpeechSettings(model=str(blank_model), voice="espeak:en+m3"))
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(settings, stop=stop))
    async with SpeechClient(settings.speech_socket) as client:
        await ready(client)
        assert (await client.health()).voice.startswith("espeak:en+m3")
        stop.set()
        await serving
    speech = await asyncio.to_thread(LocalSpeech.open, settings)
    async with speech:
        assert (await speech.transcribe(utterance, 8000, call_id="a")).engine == "blank"
        assert (await speech.speak(SpokenText("Hello."), 8000)).duration_ms > 200
