"""The channel's HTTP: who may speak to it, and what it refuses."""

from typing import TYPE_CHECKING

import httpx
import pytest

from voicebot.dialogue.acts import Turn
from voicebot.dialogue.client import DialogueClient
from voicebot.errors import DialogueUnavailable

if TYPE_CHECKING:
    from tests.dialogue.conftest import Running

pytestmark = pytest.mark.rasa


async def test_health_names_exactly_the_model_asked_for(client: DialogueClient, dialogue: "Running") -> None:
    health = await client.health()

    assert health.file == str(dialogue.model)
    assert health.model_id


@pytest.mark.parametrize("route", ["turn", "parse"])
async def test_a_wrong_token_is_refused(dialogue: "Running", route: str) -> None:
    async with httpx.AsyncClient(base_url=dialogue.url, trust_env=False) as http:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {dialogue.token}"}):
            answer = await http.post(f"/webhooks/voicebot/{route}", json={"sender": "a", "text": "b"}, headers=headers)
            assert answer.status_code == 401
        assert (await http.get(f"/webhooks/voicebot/health?token={dialogue.token}")).status_code == 401


async def test_rasas_own_interfaces_are_off(dialogue: "Running") -> None:
    headers = {"Authorization": f"Bearer {dialogue.token}"}
    async with httpx.AsyncClient(base_url=dialogue.url, trust_env=False, headers=headers) as http:
        for path in ("/status", "/conversations/x/tracker", "/webhooks/rest/webhook", "/model"):
            assert (await http.get(path)).status_code in (404, 405)


async def test_a_turn_without_sender_is_refused(dialogue: "Running") -> None:
    headers = {"Authorization": f"Bearer {dialogue.token}"}
    async with httpx.AsyncClient(base_url=dialogue.url, trust_env=False, headers=headers) as http:
        answer = await http.post("/webhooks/voicebot/turn", json={"text": "hello"})
    assert answer.status_code == 400


async def test_the_client_tells_failures_apart_from_answers(dialogue: "Running") -> None:
    async with DialogueClient(dialogue.url, "wrong") as client:
        with pytest.raises(DialogueUnavailable, match="401"):
            await client.turn(Turn(sender="x", text="hello"))
    async with DialogueClient("http://127.0.0.1:9", dialogue.token) as client:
        with pytest.raises(DialogueUnavailable):
            await client.health()


async def test_parsing_leaves_no_call_behind(client: DialogueClient) -> None:
    parsed = await client.parse("my bin hasn't been emptied")

    assert parsed.intent == "waste_missed_bin"
    assert (parsed.service, parsed.need, parsed.queue) == ("waste", "report", "waste_street")
    assert parsed.ranking[0].name == "waste_missed_bin"
