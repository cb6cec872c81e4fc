"""The whole service as it is run: all processes, a real SIP call, and what happens when one of them is killed.

Real time is set by the calls here: they are real ones over loopback.
"""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.service.running import ROOT, VOICE, running
from voicebot.caller.breakdown import take_apart
from voicebot.caller.call import citizens_phone
from voicebot.cli.rehearse import call_record, renderer
from voicebot.errors import DialFailed
from voicebot.records.view import STAGES
from voicebot.rehearsal.script import CallScript, load_script
from voicebot.rehearsal.wire import WireCitizen
from voicebot.settings import Settings
from voicebot.telephony.sip.line import SipLine
from voicebot.web.tokens import api_token

pytestmark = [pytest.mark.rasa, pytest.mark.slow]


def short(opening: str, **answers: str) -> CallScript:
    return CallScript.model_validate({"name": "short", "opening": opening, "answers": answers, "expect": {}})


async def _refused(line: SipLine, address: str) -> bool:
    """Whether a call is refused in a way that makes a trunk try elsewhere."""
    try:
        leg = await line.dial(address)
    except DialFailed as failure:
        assert failure.status == 503
        return True
    await leg.hangup()
    return False


def _nothing_personal(logs: Path, metrics: str, record: dict[str, Any]) -> None:
    """What the parts logged during the call, and what they count, has no word that was said and no fact."""
    written = " ".join([metrics, *(path.read_text(errors="replace") for path in logs.iterdir())]).lower()
    assert record["id"] in written, "the logs are those of this call"
    said = [turn["text"] for turn in record["transcript"] if len(turn["text"].split()) > 2]
    told = [fact["value"] for fact in record["facts"] if len(fact["value"]) > 5]
    assert said and told
    assert [words for words in (*said, *told, "quarry close") if words.lower() in written] == []


async def test_a_call_is_understood_transferred_and_on_record_while_the_service_is_stopping(
    tmp_path: Path,
) -> None:
    script = load_script(ROOT / "dialogues/shared/calls/demo.yml")
    async with running(tmp_path) as service:
        ringing = asyncio.create_task(service.ring(script))
        async with asyncio.timeout(60):
            while (state := await bot_state(service.settings)) is None or state["asked"] != "postcode":
                await asyncio.sleep(0.1)
        stopping = asyncio.create_task(service.supervisor.drain())
        address = f"sip:council@127.0.0.1:{service.settings.sip_port}"
        async with citizens_phone(address) as line, asyncio.timeout(20):
            while not await _refused(line, address):
                await asyncio.sleep(0.1)
        result, record = await ringing
        await asyncio.wait_for(stopping, 10)
        assert service.supervisor.pid("media") is None
        assert service.supervisor.pid("dialogue") is not None, "what the call needed was there to its end"
        headers = {"Authorization": f"Bearer {api_token(service.settings)}"}
        base = f"http://127.0.0.1:{service.settings.http_port}"
        async with httpx.AsyncClient(base_url=base) as client:
            assert (await client.get("/readyz")).status_code == 503
            assert (await client.get("/api/v1/calls")).status_code == 401
            listed = (await client.get("/api/v1/calls?limit=5", headers=headers)).json()
            metrics = (await client.get("/metrics", headers=headers)).text
    _nothing_personal(service.settings.log_dir, metrics, record)
    assert record["outcome"] == "transferred"
    assert (record["service"], record["queue"]) == ("waste", "waste_street")
    facts = {fact["name"]: fact["value"] for fact in record["facts"]}
    assert facts["postcode"] == "ZB3 8LP"
    assert record["card"]["facts"]
    assert record["card"]["done"], "the reference that was given is on the card"
    assert record["id"] in [call["id"] for call in listed]
    assert len(service.phone.calls) == 1
    assert service.phone.calls[0].citizen.heard().any(), "the agent heard the whisper"
    assert result.latencies_ms
    assert sorted(result.latencies_ms)[len(result.latencies_ms) // 2] <= 1200
    for latency in record["latency_ms"]:
        parts = sum(latency[stage] for stage in STAGES[:-1])
        assert parts == pytest.approx(latency["total"], abs=0.5)
    apart = take_apart(result.answers, record["latency_ms"], result.began_s)
    assert apart, "what the caller measured and what the service says belong together"
    for one in apart:
        assert sum(one.parts.values()) == pytest.approx(one.wire_ms)
        assert one.parts["jitter_buffer"] > 0


@pytest.mark.parametrize("part", ["speech", "dialogue"])
async def test_a_killed_part_costs_the_caller_nothing_but_a_sentence(tmp_path: Path, part: str) -> None:
    async with running(tmp_path) as service:
        killed = asyncio.Event()

        async def kill_when_talking() -> int:
            """Kill the part once the caller has been asked for the postcode, and again as long as they wait for it.

            A part that is back before the turn is over is not missed at all, and a quick machine manages that.
            """
            last = 0
            while True:
                await asyncio.sleep(0.05)
                state = await bot_state(service.settings)
                waiting = state is not None and state["asked"] == "postcode"
                if last and not waiting:
                    return last
                if not waiting or (not last and state is not None and not state["listening"]):
                    continue
                pid = service.supervisor.pid(part)
                if pid is not None and pid != last:
                    os.kill(pid, signal.SIGKILL)
                    killed.set()
                    last = pid

        killing = asyncio.create_task(kill_when_talking())
        result, record = await service.ring(
            short("my recycling bin has not been emptied", postcode="z b three eight l p")
        )
        pid = await asyncio.wait_for(killing, 5)
        assert killed.is_set()
        assert record["outcome"] == "transferred"
        said = [turn["text"] for turn in record["transcript"] if turn["who"] == "bot"]
        assert any("gone wrong on our side" in text for text in said)
        assert result.latencies_ms[-1] <= 2000, "the caller heard a sentence within two seconds"
        async with asyncio.timeout(60):
            while service.supervisor.pid(part) in (None, pid):
                await asyncio.sleep(0.2)


@pytest.mark.rehearsal
async def test_nobody_there_is_a_message_with_its_card(tmp_path: Path) -> None:
    script = CallScript.model_validate(
        {"name": "m", "opening": {"keys": "0"}, "otherwise": {"say": "please ring me back"}, "expect": {}}
    )
    async with running(tmp_path, agents=0) as service:
        address = f"sip:council@127.0.0.1:{service.settings.sip_port}"
        async with citizens_phone(address) as line:
            citizen = WireCitizen(script, line, address, renderer(VOICE), service.settings.media_socket)
            result = await citizen.run()
        record = await call_record(service.settings, result.call_id)
    assert record["outcome"] == "message"
    assert list((tmp_path / "messages").glob("*.wav"))


async def bot_state(settings: Settings) -> dict[str, Any] | None:
    """The call in progress as the media process describes it."""
    transport = httpx.AsyncHTTPTransport(uds=str(settings.media_socket))
    async with httpx.AsyncClient(transport=transport, base_url="http://media") as client:
        calls = (await client.get("/calls")).json()
    return calls[-1] if calls else None
