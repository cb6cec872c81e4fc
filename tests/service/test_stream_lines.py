"""The whole service, rung by a caller at Twilio and by one at an Asterisk."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from tests.service.running import CALL_S, ROOT, VOICE, Service, running
from voicebot.app.dialogue_session import free_port
from voicebot.caller.phones import phone_for
from voicebot.cli.rehearse import call_record, renderer
from voicebot.rehearsal.script import CallScript, load_script
from voicebot.rehearsal.wire import WireCitizen, WireResult
from voicebot.settings import StreamSettings

pytestmark = [pytest.mark.rasa, pytest.mark.slow, pytest.mark.rehearsal]


async def ring(service: Service, address: str, script: CallScript) -> tuple[WireResult, dict[str, Any]]:
    """One scripted call, and its record."""
    async with phone_for(address, service.settings.streams) as phone:
        citizen = WireCitizen(script, phone, address, renderer(VOICE), service.settings.media_socket)
        async with asyncio.timeout(CALL_S):
            result = await citizen.run()
    return result, await call_record(service.settings, result.call_id)


async def test_a_call_by_twilio_and_one_by_audiosocket_are_understood_and_joined_with_an_agent(tmp_path: Path) -> None:
    streams = StreamSettings(
        enabled=True,
        port=free_port(),
        audiosocket=True,
        audiosocket_port=free_port(),
        twilio_auth_token=SecretStr("0123456789abcdef0123456789abcdef"),
    )
    async with running(tmp_path, streams=streams) as service:
        transport = httpx.AsyncHTTPTransport(uds=str(service.settings.media_socket))
        async with httpx.AsyncClient(transport=transport, base_url="http://media") as client:
            lines = (await client.get("/status")).json()["lines"]
        assert lines["sip"] and lines["streams"]
        twilio = f"ws://127.0.0.1:{streams.port}/twilio/stream"
        result, record = await ring(service, twilio, load_script(ROOT / "dialogues/shared/calls/demo.yml"))
        assert (record["line"], record["outcome"], record["service"]) == ("twilio", "transferred", "waste")
        facts = {fact["name"]: fact["value"] for fact in record["facts"]}
        assert facts["postcode"] == "ZB3 8LP"
        print("latencies on the wire:", [round(value) for value in result.latencies_ms])
        assert sorted(result.latencies_ms)[len(result.latencies_ms) // 2] <= 1300
        asterisk = f"audiosocket://127.0.0.1:{streams.audiosocket_port}"
        zero = CallScript.model_validate({"name": "zero", "opening": {"keys": "0"}, "expect": {}})
        _, record = await ring(service, asterisk, zero)
        assert (record["line"], record["outcome"]) == ("audiosocket", "transferred")
        assert len(service.phone.calls) == 2
        command = [sys.executable, "-m", "voicebot", "call", twilio, "--json"]
        typed = await asyncio.to_thread(
            subprocess.run, [*command, "--keys", "9", "--linger", "1"], capture_output=True, text=True, timeout=60
        )
        assert typed.returncode == 0, typed.stderr
        events = typed.stdout.splitlines()
        assert '"event": "answered"' in events[0]
        assert '"event": "summary"' in events[-1]
