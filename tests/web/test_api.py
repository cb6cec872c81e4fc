"""The API against its own description, on a real database and a real Unix socket."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import SecretStr

from voicebot.accounts.audit import Actor, Outcome
from voicebot.accounts.roles import Scope
from voicebot.accounts.service import open_accounts
from voicebot.dialogue.acts import Fact, FactSource
from voicebot.errors import ConfigurationError
from voicebot.records.entries import (
    Attempt,
    CallEnd,
    CallStart,
    HandoffEntry,
    Latency,
    MediaQualityEntry,
    RecordingEntry,
    StepEntry,
    TurnEntry,
)
from voicebot.records.store import RecordStore
from voicebot.settings import Settings
from voicebot.telephony.sip.trunk import TrunkStatus
from voicebot.web import status
from voicebot.web.app import create_app
from voicebot.web.media_status import MediaStatus, MediaStatusClient, status_app
from voicebot.web.rendering import STYLE_SHEET
from voicebot.web.security import HEADERS
from voicebot.web.tokens import api_token, bearer, same, token_file

START = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
TRUNKS = (TrunkStatus("provider", "registered", 600, True, 2), TrunkStatus("pbx", "none", 0, False, 1))
WELL = MediaStatus(ready=True, calls=2, speech=True, dialogue=True, trunks=TRUNKS, certificate_ends=1.9e9)


class FakeLine:
    """Media as the test wants it; what the real client does is tested with a socket below."""

    def __init__(self) -> None:
        self.state: MediaStatus | None = WELL

    async def status(self) -> MediaStatus | None:
        return self.state


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "var", council="Norbury <Vale> Council")


@pytest.fixture
def media() -> FakeLine:
    return FakeLine()


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[RecordStore]:
    store = RecordStore(settings.database, busy_timeout_ms=50)
    await store.upgrade()
    yield store
    await store.close()


@pytest.fixture
async def web(settings: Settings, store: RecordStore, media: FakeLine) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(settings, store, media), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {api_token(settings)}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://web", headers=headers) as client:
        yield client


async def record(store: RecordStore, call_id: str = "c1", minutes: int = 0) -> None:
    await store.apply(
        [
            CallStart(call_id=call_id, line="sip", caller="01632960123", started_at=START + timedelta(minutes=minutes)),
            TurnEntry(call_id=call_id, who="bot", text="Hello", at_ms=0, heard="Hel"),
            TurnEntry(call_id=call_id, who="caller", text="my bin", at_ms=900, latency=Latency(stt=250, total=900)),
            HandoffEntry(
                call_id=call_id,
                queue="waste_street",
                attempts=(Attempt(address="sip:a@127.0.0.1", result="busy"),),
                card={"need": "missed bin"},
            ),
        ]
    )
    await store.apply(
        [
            MediaQualityEntry(call_id=call_id, leg="caller", encoding="PCMA", received=900, jitter_ms=1.5, mos=4.1),
            MediaQualityEntry(
                call_id=call_id, leg="agent", encoding="G722", lost=3, lost_percent=0.5, mos=4.3, round_trip_ms=31.0
            ),
            RecordingEntry(call_id=call_id, path="/somewhere/c1.wav", duration_ms=18000, at_ms=40),
        ]
    )
    await store.set_facts(call_id, [Fact(name="name", value="Jane Burns", source=FactSource.SAID, confidence=0.7)])
    await store.apply([CallEnd(call_id=call_id, outcome="transferred", service="waste", need="report")])


async def conforms(web: httpx.AsyncClient, response: httpx.Response, path: str) -> Any:
    """Hold an answer against the description of ``path``; gives its body."""
    description = (await web.get("/openapi.json")).json()
    schema = description["paths"][path]["get"]["responses"][str(response.status_code)]
    body = response.json()
    whole = {**schema["content"]["application/json"]["schema"], "components": description["components"]}
    Draft202012Validator.check_schema(whole)
    Draft202012Validator(whole, format_checker=FormatChecker()).validate(body)
    return body


async def test_one_call(web: httpx.AsyncClient, store: RecordStore) -> None:
    await record(store)
    call = await conforms(web, await web.get("/api/v1/calls/c1"), "/api/v1/calls/{id}")
    assert call["from"] == "01632960123" and call["card"] == {"need": "missed bin"}
    assert call["latency_ms"][0]["stt"] == 250
    assert [(one["leg"], one["mos"], one["round_trip_ms"]) for one in call["quality"]] == [
        ("caller", 4.1, None),
        ("agent", 4.3, 31.0),
    ]
    assert [one["duration_ms"] for one in call["recordings"]] == [18000]
    assert "/somewhere" not in str(call)
    by_reference = await web.get(f"/api/v1/calls/{call['reference']}")
    assert by_reference.json() == call


async def test_list_of_calls(web: httpx.AsyncClient, store: RecordStore) -> None:
    assert (await conforms(web, await web.get("/api/v1/calls"), "/api/v1/calls")) == []
    for n in range(3):
        await record(store, f"c{n}", n)
    calls = await conforms(web, await web.get("/api/v1/calls?limit=2"), "/api/v1/calls")
    assert [call["id"] for call in calls] == ["c2", "c1"]
    older = await web.get("/api/v1/calls", params={"before": calls[-1]["started_at"]})
    assert [call["id"] for call in older.json()] == ["c0"]


async def test_a_call_in_progress_conforms(web: httpx.AsyncClient, store: RecordStore) -> None:
    await store.begin_call(CallStart(call_id="now"))
    call = await conforms(web, await web.get("/api/v1/calls/now"), "/api/v1/calls/{id}")
    assert call["ended_at"] is None and call["outcome"] is None


@pytest.mark.parametrize("limit", ["0", "501", "x", "-1", "", "1e3", "²", "9" * 40])
async def test_wrong_limits(web: httpx.AsyncClient, limit: str) -> None:
    response = await web.get("/api/v1/calls", params={"limit": limit})
    body = await conforms(web, response, "/api/v1/calls")
    assert response.status_code == 400 and "limit" in body["error"]["message"]


async def test_wrong_before(web: httpx.AsyncClient) -> None:
    assert (await web.get("/api/v1/calls?before=yesterday")).status_code == 400


async def test_unknown_call_and_page(web: httpx.AsyncClient) -> None:
    response = await web.get("/api/v1/calls/ghost")
    assert (await conforms(web, response, "/api/v1/calls/{id}"))["error"]["code"] == "not_found"
    assert (await web.get("/nowhere")).json()["error"]["code"] == "not_found"
    assert (await web.post("/api/v1/calls")).json()["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x"])
async def test_the_token_is_needed(web: httpx.AsyncClient, settings: Settings, header: str) -> None:
    headers = {"Authorization": header.format(token=api_token(settings))}
    for path, described in (
        ("/api/v1/calls", "/api/v1/calls"),
        ("/api/v1/calls/c1", "/api/v1/calls/{id}"),
        ("/api/v1/audit", "/api/v1/audit"),
    ):
        response = await web.get(path, headers=headers)
        assert response.status_code == 401 and response.headers["www-authenticate"].startswith("Bearer")
        await conforms(web, response, described)


async def test_the_audit(web: httpx.AsyncClient, store: RecordStore, settings: Settings) -> None:
    accounts = open_accounts(settings, store.database)
    for n in range(3):
        await accounts.audit.add(Actor("account", "1", "ada", "192.0.2.1"), "phone.ring", f"c{n}", detail={"n": n})
    await accounts.audit.add(Actor("nobody"), "sign_in", outcome=Outcome.REFUSED)
    first = await conforms(web, await web.get("/api/v1/audit?limit=3"), "/api/v1/audit")
    assert [entry["action"] for entry in first] == ["audit.read", "sign_in", "phone.ring"]
    older = await web.get("/api/v1/audit", params={"before": first[-1]["id"], "actor": "ada", "action": "phone.ring"})
    assert [entry["target"] for entry in await conforms(web, older, "/api/v1/audit")] == ["c1", "c0"]
    for wrong in ("limit=0", "before=x", "before=-1", f"before={'9' * 40}"):
        response = await web.get(f"/api/v1/audit?{wrong}")
        assert response.status_code == 400
        await conforms(web, response, "/api/v1/audit")


async def test_a_scope_is_needed(web: httpx.AsyncClient, store: RecordStore, settings: Settings) -> None:
    accounts = open_accounts(settings, store.database)
    _, calls = await accounts.tokens.add(Actor("command"), "x", [Scope.CALLS_READ])
    _, audit = await accounts.tokens.add(Actor("command"), "x", [Scope.AUDIT_READ])
    for path, described, key in (
        ("/api/v1/calls", "/api/v1/calls", audit),
        ("/api/v1/calls/c1", "/api/v1/calls/{id}", audit),
        ("/api/v1/audit", "/api/v1/audit", calls),
    ):
        response = await web.get(path, headers={"Authorization": f"Bearer {key}"})
        body = await conforms(web, response, described)
        assert response.status_code == 403 and body["error"]["code"] == "forbidden"


async def test_reading_calls_is_in_the_audit(web: httpx.AsyncClient, store: RecordStore, settings: Settings) -> None:
    await record(store)
    await web.get("/api/v1/calls")
    await web.get("/api/v1/calls/c1")
    await web.get("/api/v1/calls/ghost")
    entries = await open_accounts(settings, store.database).audit.entries()
    assert [(entry["actor"]["name"], entry["action"], entry["target"]) for entry in entries] == [
        ("service token", "calls.read", "c1"),
        ("service token", "calls.read", ""),
    ]
    assert "01632" not in str(entries) and "Jane" not in str(entries)


async def test_ready_names_the_part_that_is_down(web: httpx.AsyncClient, media: FakeLine, store: RecordStore) -> None:
    body = await conforms(web, await web.get("/readyz"), "/readyz")
    assert body == {
        "ready": True,
        "calls": 2,
        "parts": {"media": True, "speech": True, "dialogue": True, "database": True},
    }
    for state, down in (
        (None, {"media", "speech", "dialogue"}),
        (MediaStatus(ready=False, calls=0, speech=False, dialogue=True), {"speech"}),
        (MediaStatus(ready=False, calls=0, speech=True, dialogue=True), {"media"}),
        (MediaStatus(ready=False, calls=0, speech=True, dialogue=True, example_left=3), {"media"}),
    ):
        media.state = state
        response = await web.get("/readyz")
        body = await conforms(web, response, "/readyz")
        assert response.status_code == 503
        assert {part for part, well in body["parts"].items() if not well} == down


async def test_without_a_database(tmp_path: Path, media: FakeLine) -> None:
    settings = Settings(data=tmp_path)
    store = RecordStore(settings.database)
    transport = httpx.ASGITransport(create_app(settings, store, media))
    headers = {"Authorization": f"Bearer {api_token(settings)}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://web", headers=headers) as web:
        ready = await web.get("/readyz")
        assert ready.status_code == 503 and ready.json()["parts"]["database"] is False
        calls = await web.get("/api/v1/calls")
        assert calls.status_code == 503 and "retry-after" in calls.headers
        await conforms(web, calls, "/api/v1/calls")
        assert (await web.get("/healthz")).status_code == 200
        assert b'voicebot_part_up{part="database"} 0.0' in (await web.get("/metrics")).content
        assert "Not working" in (await web.get("/")).text
    await store.close()


async def test_metrics(web: httpx.AsyncClient, store: RecordStore) -> None:
    await record(store)
    guessed = {"heard": 9, "heard_used": 6, "foreseen": 7, "foreseen_used": 4, "wasted_ms": 120, "turns": 8}
    await store.apply([StepEntry(call_id="c1", kind="guessed_ahead", at_ms=9000, data=guessed)])
    text = (await web.get("/metrics", headers={"Authorization": ""})).text
    assert "voicebot_calls_in_progress 2.0" in text
    assert 'voicebot_trunk_up{trunk="provider"} 1.0' in text
    assert 'voicebot_trunk_up{trunk="pbx"} 0.0' in text
    assert "voicebot_sip_certificate_ends_timestamp_seconds 1.9e+09" in text
    assert 'voicebot_calls_recorded{outcome="transferred"} 1.0' in text
    assert 'voicebot_answer_latency_ms{quantile="0.95",stage="total"} 900.0' in text
    assert 'voicebot_media_quality{figure="mos",leg="caller",quantile="0.5"} 4.1' in text
    assert 'voicebot_media_quality{figure="round_trip_ms",leg="agent",quantile="0.95"} 31.0' in text
    assert 'voicebot_guessed_ahead_share{what="heard"} 0.75' in text
    assert 'voicebot_guessed_ahead_share{what="foreseen"} 0.5' in text
    assert "voicebot_guessed_ahead_wasted_ms 120.0" in text
    assert 'figure="round_trip_ms",leg="caller"' not in text, "nobody reported"
    assert "Jane" not in text and "01632" not in text


async def test_every_answer_carries_the_security_headers(web: httpx.AsyncClient) -> None:
    for path in ("/", "/healthz", "/nowhere", "/api/v1/calls", "/openapi.json"):
        response = await web.get(path)
        for name, value in HEADERS.items():
            assert response.headers[name] == value, path


async def test_a_defect_is_told_without_its_inside(web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("postgresql://voicebot:secret@database")

    monkeypatch.setattr(status, "readiness", broken)
    for accept, says in (("application/json", '"internal"'), ("text/html", "there is a problem with this service")):
        response = await web.get("/", headers={"Accept": accept})
        assert response.status_code == 500 and says in response.text and "secret" not in response.text
        for name, value in HEADERS.items():
            assert response.headers[name] == value


class _Outline(HTMLParser):
    """What an assistive technology makes of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: dict[str, dict[str, str | None]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.setdefault(tag, dict(attrs))
        if tag in ("a", "link"):
            self.links.append(dict(attrs)["href"] or "")


async def test_the_first_page_is_accessible_and_its_links_lead_somewhere(web: httpx.AsyncClient) -> None:
    response = await web.get("/")
    page = _Outline()
    page.feed(response.text)
    assert page.attributes["html"]["lang"] == "en-GB"
    assert page.tags.count("h1") == 1 and page.tags.count("main") == 1 and "title" in page.tags
    assert "caption" in page.tags and not {"style", "iframe"} & set(page.tags)
    assert "Norbury &lt;Vale&gt; Council" in response.text
    for link in page.links:
        if link.startswith("#"):
            assert page.attributes["main"]["id"] == link[1:]
        elif link != STYLE_SHEET:
            assert (await web.get(link)).status_code == 200, link


def test_a_generated_token_is_kept_private(settings: Settings) -> None:
    first = api_token(settings)
    assert len(first) >= 32 and api_token(settings) == first
    assert token_file(settings).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in settings.run_dir.iterdir()) == ["api-token"]
    token_file(settings).chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod"):
        api_token(settings)


def test_a_set_token_is_used_but_not_a_weak_one(settings: Settings) -> None:
    strong = settings.model_copy(update={"api_token": SecretStr("s" * 24)})
    assert api_token(strong) == "s" * 24
    assert same(bearer(f"bearer {'s' * 24}"), "s" * 24) and not same(bearer("bearer é"), "s" * 24)
    assert not bearer("basic x") and not bearer("x")
    with pytest.raises(ConfigurationError, match="short"):
        api_token(settings.model_copy(update={"api_token": SecretStr("short")}))


@pytest.fixture
def socket_path(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "m.sock"


async def test_media_status_over_its_socket(socket_path: Path) -> None:
    client = MediaStatusClient(socket_path)
    assert await client.status() is None
    state = WELL

    async def current() -> MediaStatus:
        return state

    server = uvicorn.Server(
        uvicorn.Config(status_app(current), uds=str(socket_path), log_config=None, lifespan="off", access_log=False)
    )
    serving = asyncio.create_task(server._serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0)
    assert await client.status() == WELL
    state = MediaStatus(ready=False, calls=0, speech=False, dialogue=True, trunks=TRUNKS)
    assert await client.status() == state
    server.should_exit = True
    await serving
    assert await client.status() is None


async def test_the_first_page_says_which_recogniser_is_at_work(web: httpx.AsyncClient, media: FakeLine) -> None:
    media.state = replace(WELL, recogniser="small.en")
    assert "heard by the recogniser small.en" in (await web.get("/")).text
    media.state = replace(WELL, recogniser="voicebot-tiny-en", understands_people=False)
    told = (await web.get("/")).text
    assert "voicebot-tiny-en" in told
    assert "does not understand people" in told
