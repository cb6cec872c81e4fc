"""Whatever is typed, the pages answer what is wrong with it, on SQLite and on PostgreSQL, and show it as text alone."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from tests.accounts_helpers import PASSWORD, ROOT
from tests.postgres_server import needs_server
from tests.web.conftest import Browser
from voicebot.accounts.roles import Role
from voicebot.accounts.service import Accounts
from voicebot.records.store import RecordStore
from voicebot.settings import Settings

ODD = {
    "zero byte": "a\0b",
    "half a surrogate": "a\udce9b",
    "markup": "<script>alert(1)</script>'\"><img src=x onerror=alert(1)>",
    "template": "{{ 4567 * 8901 }}{% raw %}${4567*8901}#{4567*8901}",
    "statement": "x'; DROP TABLE accounts; --",
    "lines": "a\r\nSet-Cookie: x=y\r\n\r\n<b>",
    "direction": "\u202eevil\u202c\u2066x\u2069",
    "emoji": "👩‍🚒" * 30,
    "long": "x" * 5000,
    "numbers": "９９９٣٣٣²",
    "path": "../../etc/passwd",
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=needs_server)])
async def store(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[RecordStore]:
    postgres = request.param == "postgresql"
    store = RecordStore(request.getfixturevalue("server").url if postgres else settings.database)
    await store.upgrade()
    yield store
    if postgres:
        async with store.database.session() as session:
            await session.execute(text("TRUNCATE accounts, api_tokens, throttles, audit CASCADE"))
    await store.close()


@pytest.mark.parametrize("kind", ODD)
async def test_anything_typed_anywhere(site: Starlette, accounts: Accounts, kind: str) -> None:
    raw = ODD[kind].encode("utf-8", "surrogatepass")
    await accounts.people.add(ROOT, "ada", list(Role), password=PASSWORD)
    async with Browser(site) as browser:
        token = await browser.token("/sign-in")
        form: dict[str, bytes | str] = {"csrf_token": token, "name": "ada", "password": PASSWORD}
        answers = [await browser.post("/sign-in", data={**form, field: raw}) for field in ("name", "password")]
        entered = await browser.post("/sign-in", data={**form, "next": raw})
        assert entered.status_code == 303 and entered.headers["location"] == "/"
        token = await browser.token("/account")
        jane, _ = await accounts.people.add(ROOT, "jane", [])
        for path, typed in (
            ("/accounts/new", {"name": raw, "display_name": raw, "roles": raw}),
            ("/accounts/new", {"name": "bob", "display_name": raw, "roles": "viewer"}),
            (f"/accounts/{jane.id}/roles", {"roles": raw}),
            ("/account/tokens/new", {"label": raw, "scopes": "calls:read", "days": "30"}),
            ("/account/tokens/new", {"label": "x", "scopes": raw, "days": raw}),
            ("/account/sessions", {"only": raw}),
            ("/account/password", {"current": raw, "new": raw}),
        ):
            answers.append(await browser.post(path, data={"csrf_token": token, **typed}))
        for path, query in (
            ("/audit", {"actor": raw, "action": raw}),
            ("/audit", {"before": raw}),
            ("/account", {"done": raw}),
            ("/sign-in", {"next": raw}),
            ("/api/v1/audit", {"actor": raw, "action": raw, "limit": b"5"}),
            ("/api/v1/audit", {"limit": raw}),
            ("/api/v1/calls", {"limit": raw, "before": raw}),
        ):
            answers.append(await browser.get(path, params=query))
        quoted = "".join(f"%{byte:02x}" for byte in raw)
        answers += [await browser.get(f"/{path}/{quoted}") for path in ("accounts", "api/v1/calls", "", "static")]
        answers += [await browser.get("/accounts/"), await browser.get("/account"), await browser.get("/audit")]
    for answer in answers:
        assert answer.status_code < 500, answer.url
        assert "<script>alert" not in answer.text and "<img src=x" not in answer.text and "40650867" not in answer.text
        assert "x=y" not in answer.headers.get("set-cookie", "")
    assert await accounts.people.by_name("ada")
