"""The speech process: loads, warms up, listens, stops cleanly on SIGTERM and SIGINT."""

import asyncio
import json
import os
import signal
from pathlib import Path

import structlog
import uvloop

from voicebot.errors import ConfigurationError
from voicebot.settings import Settings
from voicebot.speech.fixed_sentences import fixed_sentences
from voicebot.speech.local import LocalSpeech
from voicebot.speech.server import SpeechServer
from voicebot.tts.cache import write_atomically

_log = structlog.get_logger(__name__)

_LINE_RATE = 8000
"""Most callers come by telephone; what another line needs is rendered when it asks."""


def readiness_file(settings: Settings) -> Path:
    """JSON with pid, model and voice; there exactly while the process can be asked."""
    return settings.run_dir / "speech.json"


async def serve(settings: Settings, *, stop: asyncio.Event | None = None, address: str | None = None) -> None:
    """Serve until ``stop`` is set or a signal comes.

    The socket appears only once the models are loaded and warm. Raises
    :class:`~voicebot.errors.ConfigurationError` when something is missing or another process listens.
    """
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    ready = readiness_file(settings)
    try:
        service = await asyncio.to_thread(LocalSpeech.open, settings)
        server = SpeechServer(service, address or settings.speech_socket)
        rendering: asyncio.Task[None] | None = None
        try:
            await server.start()
            health = await service.health()
            document = {"pid": os.getpid(), "model": health.model, "voice": health.voice, "people": health.people}
            await asyncio.to_thread(write_atomically, ready, json.dumps(document).encode())
            _log.info("speech_ready", address=str(server.address), model=health.model, voice=health.voice)
            if not service.quick_voice:
                rendering = asyncio.create_task(_render_fixed(service, settings))
            await stop.wait()
        finally:
            await asyncio.to_thread(ready.unlink, missing_ok=True)
            if rendering is not None:
                rendering.cancel()
                await asyncio.gather(rendering, return_exceptions=True)
            await server.stop()
            await service.close()
            _log.info("speech_stopped")
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def _render_fixed(service: LocalSpeech, settings: Settings) -> None:
    """Have the dialogue's fixed sentences in the cache before they are asked for; calls go first meanwhile."""
    try:
        texts = await asyncio.to_thread(fixed_sentences, settings.dialogue.project)
    except ConfigurationError as error:
        # The dialogue process reports broken files with more to say about them.
        _log.warning("sentences_not_rendered", error=type(error).__name__)
        return
    count = await service.prerender(texts, _LINE_RATE)
    _log.info("sentences_rendered", count=count)


def run(settings: Settings, *, address: str | None = None) -> None:
    """Be the speech process; returns after a clean stop.

    ``address`` replaces the settings' socket (``tcp://host:port`` for a process that stands on another host). Raises
    :class:`~voicebot.errors.ConfigurationError`.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings, address=address))
