"""Signing in with a code of an authenticator app, and through an identity provider that really runs."""

import re
from collections.abc import AsyncIterator, Iterator
from html import unescape
from typing import Any

import httpx
import pyotp
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from tests.accounts_helpers import PASSWORD, ROOT, Clock
from tests.oidc_provider import CLIENT, SECRET, running_provider
from tests.web.conftest import Browser, Line
from voicebot.accounts.account import Account
from voicebot.accounts.roles import Role
from voicebot.accounts.service import Accounts
from voicebot.records.store import RecordStore
from voicebot.settings import OidcSettings, Settings
from voicebot.web.app import create_app

NEW = "another violet teaspoon"


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found is not None
    return unescape(found[1])


async def is_in(browser: Browser) -> bool:
    return (await browser.get("/account")).status_code == 200


async def test_an_authenticator_app_from_set_up_to_its_end(browser: Browser, jane: Account, clock: Clock) -> None:
    await browser.sign_in("jane.burns")
    form = (await browser.get("/account/second-factor")).text
    assert "<svg" in form and "style=" not in form
    key = re.search(r"<code>([A-Z2-7 ]+)</code>", form)
    assert key is not None
    app = pyotp.TOTP(key[1].replace(" ", ""))
    sent = {"csrf_token": hidden(form, "csrf_token"), "ticket": hidden(form, "ticket"), "code": app.at(clock())}
    wrong = await browser.post("/account/second-factor", data={**sent, "password": "not mine"})
    assert wrong.status_code == 422 and "This is not your password" in wrong.text and key[1] in wrong.text
    wrong = await browser.post("/account/second-factor", data={**sent, "password": PASSWORD, "code": "000000"})
    assert wrong.status_code == 422 and "The code is not right" in wrong.text
    done = await browser.post("/account/second-factor", data={**sent, "password": PASSWORD})
    codes = re.findall(r"<li><code>([\w-]+)</code>", done.text)
    assert len(codes) == 10
    await browser.submit("/sign-out", at="/account")

    clock.advance(seconds=60)
    half = await browser.sign_in("jane.burns", next="/account?x=1")
    assert half.status_code == 200 and "Enter a code" in half.text and not await is_in(browser)
    sent = {name: hidden(half.text, name) for name in ("csrf_token", "ticket", "next")}
    refused = await browser.post("/sign-in/code", data={**sent, "code": "12"})
    assert refused.status_code == 422 and "This code is wrong" in refused.text
    entered = await browser.post("/sign-in/code", data={**sent, "code": app.at(clock())})
    assert entered.status_code == 303 and entered.headers["location"] == "/account?x=1" and await is_in(browser)

    changed: dict[str, str | list[str]] = {"current": PASSWORD, "new": NEW}
    assert (await browser.submit("/account/password", changed)).status_code == 303
    assert await is_in(browser), "who has just shown a code is not asked again for a new password"
    ended = await browser.submit("/account/second-factor/remove", {"password": NEW}, at="/account/second-factor")
    assert ended.status_code == 303
    await browser.submit("/sign-out", at="/account")
    assert (await browser.sign_in("jane.burns", NEW)).status_code == 303


async def test_a_code_without_the_form_is_refused(browser: Browser) -> None:
    assert (await browser.post("/sign-in/code", data={"ticket": "x", "code": "123456"})).status_code == 403


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running_provider() as issuer:
        yield issuer


@pytest.fixture
async def oidc(settings: Settings, store: RecordStore, accounts: Accounts, issuer: str) -> AsyncIterator[Browser]:
    """A browser at a site that knows the provider."""
    section = OidcSettings(issuer=issuer, client_id=CLIENT, client_secret=SecretStr(SECRET), label="Vale account")
    site: Starlette = create_app(settings.model_copy(update={"oidc": section}), store, Line(), accounts)
    async with Browser(site) as browser:
        yield browser


async def come_back(browser: Browser, issuer: str, person: dict[str, Any], *, lie: str = "") -> httpx.Response:
    """To the provider and back, as a browser is redirected; the provider sees no cookies of ours."""
    async with httpx.AsyncClient() as outside:
        await outside.post(f"{issuer}/be", params={"lie": lie}, json=person)
        away = await browser.get("/sign-in/oidc?next=/account")
        if away.status_code != 303:
            return away
        back = await outside.get(away.headers["location"])
    return await browser.get(back.headers["location"])


JANE = {"sub": "0042", "preferred_username": "Jane.Burns", "name": "Jane Burns"}


async def test_through_the_provider(oidc: Browser, issuer: str, jane: Account, accounts: Accounts) -> None:
    form = (await oidc.get("/sign-in?next=/audit")).text
    assert "Sign in with your Vale account" in form and 'href="/sign-in/oidc?next=/audit"' in form
    entered = await come_back(oidc, issuer, JANE)
    assert entered.status_code == 303 and entered.headers["location"] == "/account" and await is_in(oidc)
    assert "voicebot-oidc" not in oidc.cookies
    last = await accounts.audit.entries(2)
    assert [entry["action"] for entry in last] == ["sign_in", "identity.link"] and last[0]["detail"] == {"with": "oidc"}


async def test_nobody_of_that_name(oidc: Browser, issuer: str) -> None:
    refused = await come_back(oidc, issuer, {**JANE, "preferred_username": "nobody"})
    assert refused.status_code == 403 and "There is no account here for nobody" in refused.text


@pytest.mark.parametrize("lie", ["aud", "nonce", "key", "old", "denied"])
async def test_what_is_not_from_the_provider_for_us_and_now(
    oidc: Browser, issuer: str, jane: Account, lie: str
) -> None:
    refused = await come_back(oidc, issuer, JANE, lie=lie)
    assert refused.status_code == 403 and not await is_in(oidc)


async def test_a_provider_that_says_it_is_another(oidc: Browser, issuer: str) -> None:
    refused = await come_back(oidc, issuer, JANE, lie="issuer")
    assert refused.status_code == 503 and "check oidc.issuer" in refused.text


async def test_a_link_that_another_browser_began(oidc: Browser, issuer: str, jane: Account) -> None:
    await oidc.get("/sign-in/oidc")
    for link in ("/sign-in/oidc/back?state=x&code=y", "/sign-in/oidc/back"):
        assert (await oidc.get(link)).status_code == 400
    assert not await is_in(oidc)


async def test_only_a_sign_in_of_its_own_role(oidc: Browser, issuer: str, accounts: Accounts) -> None:
    person, _ = await accounts.people.add(ROOT, "jane.burns", [Role.VIEWER], password=PASSWORD)
    await come_back(oidc, issuer, JANE)
    await accounts.people.set_enabled(ROOT, person.id, False)
    refused = await come_back(oidc, issuer, JANE)
    assert refused.status_code == 403 and "disabled" in refused.text
