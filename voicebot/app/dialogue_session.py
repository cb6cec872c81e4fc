"""A dialogue to talk to: the one of the running service, or one started for as long as it is needed."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from rich.console import Console

from voicebot.app.prepare import DIALOGUE_TOKEN, new_secret, prepare
from voicebot.app.service import http_ready
from voicebot.app.supervisor import Supervisor
from voicebot.dialogue.client import DialogueClient
from voicebot.dialogue.processes import action_server_part, rasa_part
from voicebot.errors import DialogueUnavailable
from voicebot.settings import Settings

_START_S = 90.0


def free_port() -> int:
    """A TCP port on loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def dialogue_client(settings: Settings) -> AsyncIterator[DialogueClient]:
    """A client of Rasa: of the running one when its token is in the environment, else of our own on free ports."""
    token = os.environ.get(DIALOGUE_TOKEN, "")
    if token:
        client = DialogueClient(f"http://127.0.0.1:{settings.dialogue.port}", token, settings.dialogue.timeout_s)
        try:
            yield client
        finally:
            await client.close()
        return
    async with own_dialogue(settings) as client:
        yield client


@asynccontextmanager
async def own_dialogue(settings: Settings) -> AsyncIterator[DialogueClient]:
    """Start Rasa and its action server on free ports for the length of the block."""
    model = prepare(settings, Console(stderr=True))
    token = new_secret()
    ports = {"port": free_port(), "action_port": free_port()}
    own = settings.model_copy(update={"dialogue": settings.dialogue.model_copy(update=ports)})
    client = DialogueClient(f"http://127.0.0.1:{own.dialogue.port}", token, own.dialogue.timeout_s)

    async def ready() -> bool:
        try:
            await client.health()
        except (DialogueUnavailable, httpx.HTTPError):
            return False
        return True

    actions_ready = http_ready(f"http://127.0.0.1:{own.dialogue.action_port}/health")
    parts = [rasa_part(own, model, token, ready), action_server_part(own, actions_ready)]
    supervisor = Supervisor(own, parts)
    try:
        await supervisor.start(_START_S)
        yield client
    finally:
        await client.close()
        await supervisor.stop()
