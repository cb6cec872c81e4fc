"""Signing in and out, as a browser does it and as somebody who means harm does."""

import re
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from tests.accounts_helpers import PASSWORD, ROOT, Clock, cheap_passwords
from tests.web.conftest import Browser, Line
from voicebot.accounts.account import Account
from voicebot.accounts.roles import Role
from voicebot.accounts.service import Accounts, open_accounts
from voicebot.records.store import RecordStore
from voicebot.settings import Settings
from voicebot.web.app import create_app
from voicebot.web.cookies import FORM, SESSION
from voicebot.web.security import MAX_BODY
from voicebot.web.sign_in import safe_next

HTTPS = "https://phone.example.gov.uk"


def cookie(response: httpx.Response, name: str = SESSION.name) -> str:
    """The Set-Cookie line of ``name``, whatever its prefix."""
    lines = [line for line in response.headers.get_list("set-cookie") if name in line.partition("=")[0]]
    assert len(lines) == 1
    return lines[0]


async def is_in(browser: Browser) -> bool:
    return (await browser.get("/account")).status_code == 200


async def test_in_and_out(browser: Browser, jane: Account) -> None:
    refused = await browser.get("/account?x=1&y=2")
    assert refused.status_code == 303
    assert refused.headers["location"] == "/sign-in?next=%2Faccount%3Fx%3D1%26y%3D2"
    form = await browser.get(refused.headers["location"])
    assert 'name="next" value="/account?x=1&amp;y=2"' in form.text
    entered = await browser.sign_in("Jane.Burns", next="/account?x=1&y=2")
    assert entered.status_code == 303 and entered.headers["location"] == "/account?x=1&y=2"
    assert "jane.burns" in (await browser.get("/account")).text
    assert (await browser.get("/sign-in?next=/audit")).headers["location"] == "/audit", "already signed in"
    key = browser.cookies[SESSION.name]
    left = await browser.submit("/sign-out", at="/account")
    assert left.status_code == 303 and not browser.cookies
    browser.cookies.set(SESSION.name, key)
    assert not await is_in(browser), "the session has ended, not only its cookie"


async def test_what_is_missing_is_named(browser: Browser, jane: Account) -> None:
    empty = await browser.sign_in(" ", "")
    assert empty.status_code == 422 and "<title>Error: Sign in" in empty.text
    assert 'href="#name">Enter your user name' in empty.text and 'href="#password">Enter your pass' in empty.text
    assert re.search(r'id="password"[^>]*aria-describedby="password-error"', empty.text)


async def test_a_wrong_password_says_nothing_of_the_name(site: Starlette, browser: Browser, jane: Account) -> None:
    async with Browser(site) as other:
        known = await browser.sign_in("jane.burns", "not the right one")
        unknown = await other.sign_in("no.such.one", "not the right one")

    def bare(response: httpx.Response, name: str) -> str:
        return re.sub(r'name="csrf_token" value="\w+"', "", response.text).replace(name, "NAME")

    assert known.status_code == unknown.status_code == 422
    assert bare(known, "jane.burns") == bare(unknown, "no.such.one")
    assert known.headers.keys() == unknown.headers.keys()
    assert "not the right one" not in known.text and not browser.cookies.get(SESSION.name)


async def test_an_unknown_name_takes_as_long(settings: Settings, store: RecordStore) -> None:
    """With real hashing, medians over alternating tries; looking up alone would be ten times as quick and more."""
    accounts = open_accounts(settings, store.database)
    await accounts.people.add(ROOT, "jane.burns", [], password=PASSWORD)
    disabled, _ = await accounts.people.add(ROOT, "gone", [], password=PASSWORD)
    await accounts.people.set_enabled(ROOT, disabled.id, False)
    took: dict[str, list[float]] = {"jane.burns": [], "no.such.one": [], "gone": []}
    async with Browser(create_app(settings, store, Line(), accounts)) as browser:
        form = {"csrf_token": await browser.token("/sign-in"), "password": "not the right one"}
        for _ in range(7):
            for name, times in took.items():
                began = time.perf_counter()
                assert (await browser.post("/sign-in", data={**form, "name": name})).status_code == 422
                times.append(time.perf_counter() - began)
    medians = [sorted(times)[len(times) // 2] for times in took.values()]
    assert max(medians) < 3 * min(medians)


@pytest.mark.parametrize("name", ["jane.burns", "no.such.one"])
async def test_brute_force_is_stopped(
    browser: Browser, accounts: Accounts, jane: Account, clock: Clock, name: str
) -> None:
    for n in range(10):
        assert (await browser.sign_in(name, f"guess number {n}")).status_code == 422
    locked = await browser.sign_in(name, PASSWORD)
    assert locked.status_code == 429 and locked.headers["retry-after"] == "900"
    assert "too many tries. Try again in 15 minutes" in locked.text
    assert sum(entry["action"] == "sign_in.locked" for entry in await accounts.audit.entries()) == 1
    clock.advance(minutes=15, seconds=1)
    assert (await browser.sign_in(name, PASSWORD)).status_code == (303 if name == "jane.burns" else 422)


async def test_the_address_can_not_be_made_up(site: Starlette, jane: Account) -> None:
    """Without a trusted proxy, what a header says of the address is not believed: else nobody could be stopped."""
    async with Browser(site) as browser:
        for n in range(10):
            browser.headers["X-Forwarded-For"] = f"203.0.113.{n}"
            assert (await browser.sign_in("jane.burns", f"guess number {n}")).status_code == 422
        await browser.sign_in("jane.burns", "another")
    async with Browser(site) as browser:
        assert (await browser.sign_in("jane.burns")).status_code == 429


async def test_a_trusted_proxy_is_believed(settings: Settings, store: RecordStore, clock: Clock) -> None:
    web = settings.web.model_copy(update={"trusted_proxies": ["192.0.2.0/24"]})
    limits = settings.accounts.model_copy(update={"address_tries": 3})
    settings = settings.model_copy(update={"web": web, "accounts": limits})
    accounts = open_accounts(settings, store.database, now=clock, passwords=cheap_passwords())
    await accounts.people.add(ROOT, "jane.burns", [], password=PASSWORD)
    site = create_app(settings, store, Line(), accounts)
    async with Browser(site, address="192.0.2.7") as browser:
        https = await browser.get("/sign-in", headers={"X-Forwarded-Proto": "https"})
        assert "Secure" in cookie(https, FORM.name) and https.headers["strict-transport-security"]
        browser.cookies.clear()
        browser.headers["X-Forwarded-For"] = "203.0.113.1"
        for n in range(3):
            assert (await browser.sign_in(f"name{n}", "a guess of mine")).status_code == 422
        assert (await browser.sign_in("jane.burns")).status_code == 429
        browser.headers["X-Forwarded-For"] = "203.0.113.1, 203.0.113.2"
        entered = await browser.sign_in("jane.burns")
        assert entered.status_code == 303
    assert (await accounts.audit.entries(action="sign_in"))[0]["actor"]["address"] == "203.0.113.2"


async def test_a_session_can_not_be_fixed(site: Starlette, browser: Browser, accounts: Accounts, jane: Account) -> None:
    """Whatever session a browser comes with, signing in gives it another, and the one before is worth nothing."""
    browser.cookies.set(SESSION.name, "planted-by-somebody-else")
    await browser.sign_in("jane.burns")
    first = browser.cookies.get(SESSION.name, domain="web.local")
    assert first is not None and await accounts.sessions.find("planted-by-somebody-else") is None
    async with Browser(site) as other:
        form = {"csrf_token": await other.token("/sign-in"), "name": "jane.burns", "password": PASSWORD}
        both = {"Cookie": f"{FORM.name}={other.cookies[FORM.name]}; {SESSION.name}={first}"}
        other.cookies.clear()
        entered = await other.post("/sign-in", data=form, headers=both)
    assert entered.status_code == 303 and first not in cookie(entered)
    assert await accounts.sessions.find(first) is None


async def test_every_sign_in_has_a_key_of_its_own(site: Starlette, jane: Account) -> None:
    keys = set()
    for _ in range(3):
        async with Browser(site) as browser:
            await browser.sign_in("jane.burns")
            keys.add(browser.cookies[SESSION.name])
    assert len(keys) == 3 and min(map(len, keys)) >= 43


@pytest.mark.parametrize("token", ["", "0" * 64, None, "é"])
async def test_the_sign_in_form_needs_its_token(browser: Browser, jane: Account, token: str | None) -> None:
    await browser.get("/sign-in")
    form = {"name": "jane.burns", "password": PASSWORD, **({} if token is None else {"csrf_token": token})}
    assert (await browser.post("/sign-in", data=form)).status_code == 403
    assert not await is_in(browser)


async def test_the_sign_in_token_of_another_browser_is_worth_nothing(
    site: Starlette, browser: Browser, jane: Account
) -> None:
    async with Browser(site) as other:
        token = await other.token("/sign-in")
    form = {"name": "jane.burns", "password": PASSWORD, "csrf_token": token}
    assert (await browser.post("/sign-in", data=form)).status_code == 403, "no cookie at all"
    await browser.get("/sign-in")
    assert (await browser.post("/sign-in", data=form)).status_code == 403, "a cookie of its own"


async def test_the_csrf_token_of_another_session_is_worth_nothing(
    site: Starlette, browser: Browser, jane: Account
) -> None:
    async with Browser(site) as other:
        await other.sign_in("jane.burns")
        token = await other.token("/account")
    await browser.sign_in("jane.burns")
    for way in ({"data": {"csrf_token": token}}, {"headers": {"X-CSRF-Token": token}}):
        refused = await browser.post("/sign-out", **way)  # type: ignore[arg-type]
        assert refused.status_code == 403 and "reload it" in refused.text
    assert await is_in(browser)
    by_header = await browser.post("/sign-out", headers={"X-CSRF-Token": await browser.token("/account")})
    assert by_header.status_code == 303


async def test_a_token_counts_only_where_a_form_would_put_it(browser: Browser, jane: Account) -> None:
    await browser.sign_in("jane.burns")
    token = await browser.token("/account")
    text = {"Content-Type": "text/plain"}
    for wrong in (
        await browser.post("/sign-out", params={"csrf_token": token}),
        await browser.post("/sign-out", json={"csrf_token": token}),
        await browser.post("/sign-out", content=f"csrf_token={token}", headers=text),
    ):
        assert wrong.status_code == 403
    assert await is_in(browser)
    assert (await browser.post("/sign-out", files={"csrf_token": (None, token)})).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://web.evil.example"},
        {"Origin": "http://evil@web.example"},
        {"Origin": ""},
    ],
)
async def test_another_site_can_not_send_a_form(browser: Browser, jane: Account, headers: dict[str, str]) -> None:
    await browser.sign_in("jane.burns")
    token = await browser.token("/account")
    refused = await browser.post("/sign-out", data={"csrf_token": token}, headers=headers)
    assert refused.status_code == 403 and "another site" in refused.text and await is_in(browser)


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin", "Origin": "http://web"}, {"Origin": "http://web"}]
)
async def test_our_own_site_can(browser: Browser, jane: Account, headers: dict[str, str]) -> None:
    browser.headers.update(headers)
    await browser.sign_in("jane.burns")
    assert (await browser.submit("/sign-out", at="/account")).status_code == 303


async def test_the_session_runs_out(browser: Browser, jane: Account, clock: Clock) -> None:
    await browser.sign_in("jane.burns")
    clock.advance(minutes=59)
    assert await is_in(browser)
    token = await browser.token("/account")
    clock.advance(minutes=60)
    assert not await is_in(browser)
    late = await browser.post("/account/sessions", data={"csrf_token": token})
    assert late.status_code == 303 and late.headers["location"] == "/sign-in"


async def test_disabled_and_demoted_in_the_middle(browser: Browser, accounts: Accounts, admin: Account) -> None:
    await accounts.people.add(ROOT, "other", [Role.ADMIN])
    await browser.sign_in("ada")
    token = await browser.token("/accounts/new")
    await accounts.people.set_roles(ROOT, admin.id, [Role.VIEWER])
    form = {"csrf_token": token, "name": "sneaked.in", "roles": "admin"}
    assert (await browser.post("/accounts/new", data=form)).status_code == 403
    await accounts.people.set_enabled(ROOT, admin.id, False)
    gone = await browser.get("/account")
    assert gone.status_code == 303 and gone.headers["location"].startswith("/sign-in")
    assert (await browser.sign_in("ada")).status_code == 422
    assert {account.name for account in await accounts.people.all()} == {"ada", "other"}


async def test_a_spoiled_cookie_is_nobodys(browser: Browser, jane: Account) -> None:
    await browser.sign_in("jane.burns")
    key = browser.cookies[SESSION.name]
    for spoiled in (key[:-1], key + "A", key.swapcase(), f'"{key}"x', "x" * 4000, "' OR 1=1 --", jane.id, "%00"):
        answer = await browser.get("/account", headers={"Cookie": f"{SESSION.name}={spoiled}"})
        assert answer.status_code == 303, spoiled
    for odd in (f"{SESSION.name}", "=;=;;", f"{SESSION.name}=\xff\xfe"):
        answer = await browser.get("/account", headers={b"Cookie": odd.encode("latin-1")})
        assert answer.status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "evil.example",
        "@evil.example",
        " //evil.example",
        "/" + "x" * 3000,
        "",
    ],
)
async def test_next_leads_nowhere_else(browser: Browser, jane: Account, target: str) -> None:
    assert safe_next(target) == "/"
    form = await browser.get("/sign-in", params={"next": target})
    assert 'name="next" value="/"' in form.text
    entered = await browser.sign_in("jane.burns", next=target)
    assert entered.status_code == 303 and entered.headers["location"] == "/"


def test_next_keeps_pages_of_ours() -> None:
    for target in ("/", "/account", "/audit?actor=jane&before=3", "/phone/#keys", "/a//b", "/a?next=https://x"):
        assert safe_next(target) == target


async def test_cookies_are_kept_from_scripts_and_other_sites(browser: Browser, jane: Account) -> None:
    page = await browser.get("/sign-in")
    entered = await browser.sign_in("jane.burns")
    for line in (cookie(page, FORM.name), cookie(entered)):
        attributes = {part.strip().lower() for part in line.split(";")[1:]}
        assert attributes == {"httponly", "path=/", "samesite=lax"}, "a session cookie, and no Secure by plain HTTP"


@pytest.fixture
async def secure(settings: Settings, store: RecordStore, clock: Clock) -> AsyncIterator[Browser]:
    settings = settings.model_copy(update={"web": settings.web.model_copy(update={"public_url": HTTPS})})
    accounts = open_accounts(settings, store.database, now=clock, passwords=cheap_passwords())
    async with Browser(create_app(settings, store, Line(), accounts), url=HTTPS) as browser:
        yield browser


async def test_by_https_no_other_host_can_set_them(secure: Browser, jane: Account) -> None:
    secure.headers["Origin"] = HTTPS
    entered = await secure.sign_in("jane.burns")
    line = cookie(entered)
    assert line.startswith(f"__Host-{SESSION.name}=") and "Secure" in line and "Domain" not in line
    assert await is_in(secure)
    assert (await secure.get("/account")).headers["strict-transport-security"] == "max-age=31536000"
    key = secure.cookies[f"__Host-{SESSION.name}"]
    secure.cookies.clear()
    planted = await secure.get("/account", headers={"Cookie": f"{SESSION.name}={key}"})
    assert planted.status_code == 303, "a cookie without the prefix counts for nothing"


async def test_frames_and_caches_are_refused(browser: Browser, jane: Account) -> None:
    await browser.sign_in("jane.burns")
    for path in ("/", "/sign-in", "/account", "/account/password", "/accounts/", "/nowhere"):
        headers = (await browser.get(path)).headers
        policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
        assert policy["frame-ancestors"] == "'none'" and headers["x-frame-options"] == "DENY"
        assert policy["default-src"] == "'none'" and policy["base-uri"] == "'none'"
        assert policy["form-action"] == policy["script-src"] == policy["style-src"] == "'self'"
        assert headers["cache-control"] == "no-store"


async def test_a_one_time_password_opens_one_page(browser: Browser, accounts: Accounts) -> None:
    _, one_time = await accounts.people.add(ROOT, "jane.burns", [Role.ADMIN, Role.SUPERVISOR])
    assert (await browser.sign_in("jane.burns", one_time)).status_code == 303
    for path in ("/", "/account", "/accounts/", "/audit"):
        assert (await browser.get(path)).headers["location"] == "/account/password"
    api = await browser.get("/api/v1/calls")
    assert api.status_code == 403 and api.json()["error"]["message"] == "Change your password first."
    token = await browser.token("/account/password")
    form = {"csrf_token": token, "name": "sneaked.in", "roles": "admin"}
    assert (await browser.post("/accounts/new", data=form)).headers["location"] == "/account/password"
    assert await accounts.people.count() == 1
    before = browser.cookies[SESSION.name]
    changed = await browser.submit("/account/password", {"current": one_time, "new": PASSWORD})
    assert changed.status_code == 303 and changed.headers["location"] == "/"
    assert await is_in(browser) and browser.cookies[SESSION.name] != before
    assert await accounts.sessions.find(before) is None
    assert "/accounts/" in (await browser.get("/")).text


async def test_too_much_is_refused(browser: Browser, jane: Account) -> None:
    token = await browser.token("/sign-in")
    big = {"csrf_token": token, "name": "jane.burns", "password": "x" * MAX_BODY}
    assert (await browser.post("/sign-in", data=big)).status_code in (400, 413)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"name=" + b"x" * 60_000 + b"&"

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await browser.post("/sign-in", content=endless(), headers=headers)).status_code in (400, 413)
    many = {"csrf_token": token, **{f"field{n}": "x" for n in range(500)}}
    assert (await browser.post("/sign-in", data=many)).status_code == 400
    assert (await browser.post("/sign-in", files={"file": ("x", b"x")})).status_code in (400, 403)
    assert (await browser.sign_in("jane.burns")).status_code == 303


async def test_a_long_password_costs_little(browser: Browser, jane: Account) -> None:
    assert (await browser.sign_in("jane.burns", "x" * 60_000)).status_code == 422
    assert (await browser.sign_in("j" * 60_000)).status_code == 422


async def test_without_the_database_a_page_says_so(
    site: Starlette, browser: Browser, store: RecordStore, settings: Settings, jane: Account
) -> None:
    await browser.sign_in("jane.burns")
    (settings.data / "voicebot.sqlite").rename(settings.data / "elsewhere.sqlite")
    page = await browser.get("/account")
    assert page.status_code == 503 and "there is a problem with this service" in page.text
    assert page.headers["retry-after"] == "5"
    assert "Not working" in (await browser.get("/")).text
    browser.cookies.clear()
    assert (await browser.sign_in("jane.burns")).status_code == 503
