"""One's own password, sessions and tokens."""

import html
import re

import httpx
from starlette.applications import Starlette

from tests.accounts_helpers import PASSWORD, ROOT, Clock
from tests.web.conftest import Browser
from voicebot.accounts.account import Account
from voicebot.accounts.roles import Role
from voicebot.accounts.service import Accounts
from voicebot.web.cookies import SESSION

NEW = "quite another teaspoon"


async def test_changing_the_password(site: Starlette, browser: Browser, jane: Account) -> None:
    async with Browser(site) as elsewhere:
        await elsewhere.sign_in("jane.burns")
        await browser.sign_in("jane.burns")
        before = browser.cookies[SESSION.name]
        changed = await browser.submit("/account/password", {"current": PASSWORD, "new": NEW})
        assert changed.status_code == 303 and changed.headers["location"] == "/account?done=password"
        assert "Your password is changed" in (await browser.get("/account?done=password")).text
        assert browser.cookies[SESSION.name] != before, "a new key with the new password"
        assert (await elsewhere.get("/account")).status_code == 303, "signed out elsewhere"
        assert (await elsewhere.sign_in("jane.burns", PASSWORD)).status_code == 422
        assert (await elsewhere.sign_in("jane.burns", NEW)).status_code == 303


async def test_what_is_wrong_with_it_is_named(browser: Browser, jane: Account) -> None:
    await browser.sign_in("jane.burns")
    for current, new, says in (
        ("", "", "Enter the password you have now"),
        ("wrong", NEW, "This is not the password you have now"),
        (PASSWORD, "short", "12 characters or more"),
        (PASSWORD, "janeburns2026", "made from a name"),
        (PASSWORD, PASSWORD, "must not be the one you have now"),
    ):
        answer = await browser.submit("/account/password", {"current": current, "new": new})
        assert answer.status_code == 422 and says in answer.text and NEW not in answer.text


async def test_a_stolen_session_can_not_guess_the_password(browser: Browser, jane: Account, clock: Clock) -> None:
    await browser.sign_in("jane.burns")
    for n in range(10):
        wrong = await browser.submit("/account/password", {"current": f"guess number {n}", "new": NEW})
        assert "not the password you have now" in wrong.text
    locked = await browser.submit("/account/password", {"current": PASSWORD, "new": NEW})
    assert locked.status_code == 422 and "too many wrong tries" in locked.text
    clock.advance(minutes=15)
    assert (await browser.submit("/account/password", {"current": PASSWORD, "new": NEW})).status_code == 303


async def test_signing_out_elsewhere(site: Starlette, browser: Browser, jane: Account) -> None:
    async with Browser(site, address="198.51.100.1") as one, Browser(site, address="198.51.100.2") as two:
        for each in (browser, one, two):
            await each.sign_in("jane.burns")
        page = (await browser.get("/account")).text
        assert all(address in page for address in ("192.0.2.1", "198.51.100.1", "198.51.100.2"))
        ids = re.findall(r'name="only" value="(\w+)"', page)
        assert len(ids) == 2, "this browser is not offered"
        ended = await browser.submit("/account/sessions", {"only": ids[0]}, at="/account")
        assert ended.headers["location"] == "/account?done=sessions"
        states = [(await each.get("/account")).status_code for each in (one, two)]
        assert sorted(states) == [200, 303]
        await browser.submit("/account/sessions", at="/account")
        assert [(await each.get("/account")).status_code for each in (browser, one, two)] == [200, 303, 303]


async def test_nobody_ends_anothers_sessions(site: Starlette, browser: Browser, jane: Account, admin: Account) -> None:
    async with Browser(site) as other, Browser(site) as third:
        await other.sign_in("ada")
        await third.sign_in("ada")
        ids = re.findall(r'name="only" value="(\w+)"', (await other.get("/account")).text)
        await browser.sign_in("jane.burns")
        await browser.submit("/account/sessions", {"only": ids[0]}, at="/account")
        assert (await third.get("/account")).status_code == 200


async def test_a_token_of_ones_own(site: Starlette, browser: Browser, accounts: Accounts) -> None:
    await accounts.people.add(ROOT, "sue", [Role.SUPERVISOR], password=PASSWORD)
    await browser.sign_in("sue")
    empty = await browser.submit("/account/tokens/new", {"label": " "})
    assert empty.status_code == 422
    assert all(says in empty.text for says in ("what the token is for", "what the token may do", "how long"))
    form: dict[str, str | list[str]] = {"label": "Power <BI>", "scopes": ["calls:read"], "days": "30"}
    made = await browser.submit("/account/tokens/new", form)
    assert made.status_code == 200 and "Power &lt;BI&gt;" in made.text
    found = re.search(r"<code>(voicebot_[^<]+)</code>", made.text)
    assert found is not None
    key = html.unescape(found[1])
    assert key not in (await browser.get("/account")).text, "shown once"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://web") as program:
        headers = {"Authorization": f"Bearer {key}"}
        assert (await program.get("/api/v1/calls", headers=headers)).json() == []
        assert (await program.get("/api/v1/audit", headers=headers)).status_code == 403
        token = (await accounts.tokens.all())[0]
        revoked = await browser.submit(f"/account/tokens/{token.id}/revoke", at="/account")
        assert revoked.headers["location"] == "/account?done=revoked"
        assert (await program.get("/api/v1/calls", headers=headers)).status_code == 401
    assert (await browser.submit(f"/account/tokens/{token.id}/revoke", at="/account")).status_code == 404
    entries = await accounts.audit.entries(action="calls.read")
    assert [(entry["actor"]["kind"], entry["actor"]["name"]) for entry in entries] == [("token", "sue: Power <BI>")]


async def test_a_token_never_gets_more_than_one_may(browser: Browser, accounts: Accounts, jane: Account) -> None:
    await browser.sign_in("jane.burns")
    assert "Your roles allow nothing" in (await browser.get("/account/tokens/new")).text
    form: dict[str, str | list[str]] = {
        "label": "x",
        "scopes": ["calls:read", "audit:read", "every:thing"],
        "days": "30",
    }
    refused = await browser.submit("/account/tokens/new", form, at="/account")
    assert refused.status_code == 422
    assert (await browser.submit("/account/tokens/new", {**form, "days": "9999"}, at="/account")).status_code == 422
    assert await accounts.tokens.all() == []


async def test_a_banner_says_only_what_we_wrote(browser: Browser, jane: Account) -> None:
    await browser.sign_in("jane.burns")
    page = await browser.get("/account", params={"done": "<b>You won</b>"})
    assert "You won" not in page.text and "notification-banner" not in page.text
