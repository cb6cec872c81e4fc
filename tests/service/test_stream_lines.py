"""The whole service, rung by a caller at Twilio and by one at an Asterisk."""

import asyncio
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from tests.service.test_whole_service import CALL_S, ROOT, VOICE, running
from voicebot.app.dialogue_session import free_port
from voicebot.caller.phones import phone_for
from voicebot.cli.rehearse import call_record, renderer
from voicebot.rehearsal.script import load_script
from voicebot.rehearsal.wire import WireCitizen
from voicebot.settings import StreamSettings

pytestmark = [pytest.mark.rasa, pytest.mark.slow]


async def test_a_call_by_twilio_and_one_by_audiosocket_are_understood_and_joined_with_an_agent(tmp_path: Path) -> None:
    streams = StreamSettings(
        enabled=True,
        port=free_port(),
        audiosocket=True,
        audiosocket_port=free_port(),
        twilio_auth_token=SecretStr("0123456789abcdef0123456789abcdef"),
    )
    script = load_script(ROOT / "dialogues/shared/calls/demo.yml")
    async with running(tmp_path, streams=streams) as service:
        transport = httpx.AsyncHTTPTransport(uds=str(service.settings.media_socket))
        async with httpx.AsyncClient(transport=transport, base_url="http://media") as client:
            assert (await client.get("/status")).json()["lines"] == {"sip": True, "streams": True}
        for line, address in (
            ("twilio", f"ws://127.0.0.1:{streams.port}/twilio/stream"),
            ("audiosocket", f"audiosocket://127.0.0.1:{streams.audiosocket_port}"),
        ):
            async with phone_for(address, streams) as phone:
                citizen = WireCitizen(script, phone, address, renderer(VOICE), service.settings.media_socket)
                async with asyncio.timeout(CALL_S):
                    result = await citizen.run()
            record = await call_record(service.settings, result.call_id)
            assert (record["line"], record["outcome"], record["service"]) == (line, "transferred", "waste")
            facts = {fact["name"]: fact["value"] for fact in record["facts"]}
            assert facts["postcode"] == "ZB3 8LP"
            print(line, "latencies on the wire:", [round(value) for value in result.latencies_ms])
            assert sorted(result.latencies_ms)[len(result.latencies_ms) // 2] <= 1300
        assert len(service.phone.calls) == 2
        command = [sys.executable, "-m", "voicebot", "call", f"ws://127.0.0.1:{streams.port}/twilio/stream", "--json"]
        typed = await asyncio.to_thread(
            subprocess.run, [*command, "--keys", "9", "--linger", "1"], capture_output=True, text=True, timeout=60
        )
        assert typed.returncode == 0, typed.stderr
        events = typed.stdout.splitlines()
        assert '"event": "answered"' in events[0]
        assert '"event": "summary"' in events[-1]
