"""The whole service as it is run, for tests: all processes on free ports, and an agent's phone on the SIP line."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from rich.console import Console

from tests.trained_models import share_trained_models
from voicebot.app.dialogue_session import free_port
from voicebot.app.parts import Part
from voicebot.app.prepare import prepare
from voicebot.app.publishing import publishing
from voicebot.app.service import build_parts
from voicebot.app.supervisor import Supervisor
from voicebot.caller.agent_phone import AgentPhone
from voicebot.caller.call import citizens_phone
from voicebot.cli.rehearse import call_record, renderer
from voicebot.flows.project import Project
from voicebot.rehearsal.script import CallScript
from voicebot.rehearsal.wire import WireCitizen, WireResult
from voicebot.settings import DialogueSettings, HandoffSettings, Settings, SipSettings, StreamSettings
from voicebot.telephony.sip.line import SipLine

ROOT = Path(__file__).parents[2]
VOICE = "en+f2"
CALL_S = 150.0


@dataclass
class Service:
    """A running service and its agent's phone."""

    settings: Settings
    supervisor: Supervisor
    phone: AgentPhone
    token: str
    """What its dialogues want to hear."""

    async def ring(self, script: CallScript) -> tuple[WireResult, dict[str, Any]]:
        """One scripted call over SIP, and its record."""
        address = f"sip:council@127.0.0.1:{self.settings.sip_port}"
        async with citizens_phone(address) as line:
            citizen = WireCitizen(script, line, address, renderer(VOICE), self.settings.media_socket)
            async with asyncio.timeout(CALL_S):
                result = await citizen.run()
        return result, await call_record(self.settings, result.call_id)


@asynccontextmanager
async def running(
    data: Path,
    *,
    agents: int = 1,
    people: tuple[str, ...] = (),
    streams: StreamSettings | None = None,
    publishes: bool = False,
    changed: Callable[[Part], Part] = lambda part: part,
) -> AsyncIterator[Service]:
    """Start it; callers are handed to ``people``, by default to the agent's phone, which answers if ``agents``.

    With ``publishes`` it works on a copy of the dialogue's files, beside ``data``, and puts drafts into use.
    ``changed`` may put another process in the place of one of its own.
    """
    share_trained_models()
    project = ROOT / "dialogues"
    if publishes:
        Project.read(project).write(data.parent / "dialogues")
        project = data.parent / "dialogues"
    desk_port = free_port()
    people = people or (f"sip:agent@127.0.0.1:{desk_port}",)
    settings = Settings(
        data=data,
        sip_port=free_port(),
        http_port=free_port(),
        sip=SipSettings(rtp_low=21000, rtp_high=21999),
        streams=streams or StreamSettings(),
        dialogue=DialogueSettings(
            project=project,
            environment=ROOT / ".venv-rasa",
            port=free_port(),
            action_port=free_port(),
            timeout_s=2.5,
        ),
        handoff=HandoffSettings(queues={"default": people}, ring_s=3.0),
    )
    for name, value in environment(settings).items():
        os.environ[name] = value
    model = await asyncio.to_thread(prepare, settings, Console(stderr=True, quiet=True))
    token = uuid4().hex
    supervisor = Supervisor(settings, [changed(part) for part in build_parts(settings, model, token)])
    desk = SipLine(SipSettings(), desk_port)
    phone = AgentPhone(no_answer=not agents)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(supervisor.stop)
        if publishes:
            await stack.enter_async_context(publishing(settings, supervisor, token, model))
        await supervisor.start()
        await desk.start(phone.handle)
        stack.push_async_callback(desk.stop)
        yield Service(settings, supervisor, phone, token)
    for name in environment(settings):
        os.environ.pop(name, None)


def environment(settings: Settings) -> dict[str, str]:
    """The settings as the parts read them."""
    return {
        "VOICEBOT_SIP_PORT": str(settings.sip_port),
        "VOICEBOT_HTTP_PORT": str(settings.http_port),
        "VOICEBOT_SIP__RTP_LOW": str(settings.sip.rtp_low),
        "VOICEBOT_SIP__RTP_HIGH": str(settings.sip.rtp_high),
        "VOICEBOT_STREAMS__ENABLED": str(settings.streams.enabled),
        "VOICEBOT_STREAMS__PORT": str(settings.streams.port),
        "VOICEBOT_STREAMS__TWILIO_AUTH_TOKEN": settings.streams.twilio_auth_token.get_secret_value(),
        "VOICEBOT_STREAMS__AUDIOSOCKET": str(settings.streams.audiosocket),
        "VOICEBOT_STREAMS__AUDIOSOCKET_PORT": str(settings.streams.audiosocket_port),
        "VOICEBOT_DIALOGUE__PROJECT": str(settings.dialogue.project),
        "VOICEBOT_DIALOGUE__ENVIRONMENT": str(settings.dialogue.environment),
        "VOICEBOT_DIALOGUE__PORT": str(settings.dialogue.port),
        "VOICEBOT_DIALOGUE__ACTION_PORT": str(settings.dialogue.action_port),
        "VOICEBOT_HANDOFF__RING_S": str(settings.handoff.ring_s),
        "VOICEBOT_HANDOFF__QUEUES": json.dumps(settings.handoff.queues),
    }
