"""Every route is open on purpose or refuses whoever has not the right role or scope. A new route must be put here."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from tests.accounts_helpers import PASSWORD, ROOT
from tests.web.conftest import Browser
from voicebot.accounts.roles import Role, Scope
from voicebot.accounts.service import Accounts
from voicebot.settings import Settings
from voicebot.web.tokens import api_token

ANYBODY = frozenset(
    {
        ("GET", "/"),
        ("GET", "/openapi.json"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("GET", "/sign-in"),
        ("POST", "/sign-in"),
        ("POST", "/sign-in/code"),
        ("MOUNT", "/static"),
    }
)
"""Open to whoever can reach the web process."""

SIGNED_IN = frozenset[Role]()
READERS = frozenset({Role.VIEWER, Role.AUTHOR, Role.REVIEWER, Role.PUBLISHER})
PAGES: dict[tuple[str, str], frozenset[Role]] = {
    ("POST", "/sign-out"): SIGNED_IN,
    ("GET", "/account"): SIGNED_IN,
    ("GET", "/account/password"): SIGNED_IN,
    ("POST", "/account/password"): SIGNED_IN,
    ("POST", "/account/sessions"): SIGNED_IN,
    ("GET", "/account/second-factor"): SIGNED_IN,
    ("POST", "/account/second-factor"): SIGNED_IN,
    ("POST", "/account/second-factor/remove"): SIGNED_IN,
    ("GET", "/account/tokens/new"): SIGNED_IN,
    ("POST", "/account/tokens/new"): SIGNED_IN,
    ("POST", "/account/tokens/{id}/revoke"): SIGNED_IN,
    ("GET", "/accounts/"): frozenset({Role.ADMIN}),
    ("GET", "/accounts/new"): frozenset({Role.ADMIN}),
    ("POST", "/accounts/new"): frozenset({Role.ADMIN}),
    ("GET", "/accounts/tokens"): frozenset({Role.ADMIN}),
    ("POST", "/accounts/tokens/{id}/revoke"): frozenset({Role.ADMIN}),
    ("GET", "/accounts/{id}"): frozenset({Role.ADMIN}),
    ("POST", "/accounts/{id}/roles"): frozenset({Role.ADMIN}),
    ("POST", "/accounts/{id}/disable"): frozenset({Role.ADMIN}),
    ("POST", "/accounts/{id}/enable"): frozenset({Role.ADMIN}),
    ("POST", "/accounts/{id}/unlock"): frozenset({Role.ADMIN}),
    ("POST", "/accounts/{id}/sign-out"): frozenset({Role.ADMIN}),
    ("POST", "/accounts/{id}/second-factor"): frozenset({Role.ADMIN}),
    ("POST", "/accounts/{id}/password"): frozenset({Role.ADMIN}),
    ("GET", "/accounts/{id}/remove"): frozenset({Role.ADMIN}),
    ("POST", "/accounts/{id}/remove"): frozenset({Role.ADMIN}),
    ("GET", "/audit"): frozenset({Role.ADMIN}),
    ("GET", "/phone/"): frozenset(Role),
    ("GET", "/agent/"): frozenset({Role.AGENT}),
    ("GET", "/calls/{id}/audio"): frozenset({Role.AGENT, Role.SUPERVISOR}),
    ("GET", "/work/"): frozenset({Role.AGENT, Role.SUPERVISOR}),
    ("GET", "/work/export.csv"): frozenset({Role.AGENT, Role.SUPERVISOR}),
    ("GET", "/work/{id}"): frozenset({Role.AGENT, Role.SUPERVISOR}),
    ("GET", "/work/{id}/audio"): frozenset({Role.AGENT, Role.SUPERVISOR}),
    ("POST", "/work/{id}/claim"): frozenset({Role.AGENT, Role.SUPERVISOR}),
    ("POST", "/work/{id}/release"): frozenset({Role.AGENT, Role.SUPERVISOR}),
    ("POST", "/work/{id}/close"): frozenset({Role.AGENT, Role.SUPERVISOR}),
    ("POST", "/work/{id}/ring-back"): frozenset({Role.AGENT}),
    ("GET", "/supervisor/"): frozenset({Role.SUPERVISOR}),
    ("POST", "/supervisor/bypass/on"): frozenset({Role.SUPERVISOR}),
    ("POST", "/supervisor/bypass/off"): frozenset({Role.SUPERVISOR}),
    ("GET", "/supervisor/calls"): frozenset({Role.SUPERVISOR}),
    ("GET", "/supervisor/calls.csv"): frozenset({Role.SUPERVISOR}),
    ("GET", "/supervisor/calls/{id}"): frozenset({Role.SUPERVISOR}),
    ("GET", "/supervisor/reports"): frozenset({Role.SUPERVISOR}),
    ("GET", "/supervisor/reports.csv"): frozenset({Role.SUPERVISOR}),
    ("GET", "/admin/"): READERS,
    ("GET", "/admin/{path:path}"): READERS,
    ("GET", "/admin/api/services"): READERS,
    ("GET", "/admin/api/services/{id}/responses"): READERS,
    ("GET", "/admin/api/flows/{id}"): READERS,
    ("GET", "/admin/api/safety"): READERS,
    ("GET", "/admin/api/search"): READERS,
    ("GET", "/admin/api/check"): READERS,
    ("GET", "/admin/api/name"): READERS,
    ("GET", "/admin/api/drafts"): READERS,
    ("GET", "/admin/api/drafts/{id}"): READERS,
    ("GET", "/admin/api/drafts/{id}/diff"): READERS,
    ("GET", "/admin/api/drafts/{id}/test"): READERS,
    ("GET", "/admin/api/versions"): READERS,
    ("GET", "/admin/api/versions/compare"): READERS,
    ("GET", "/admin/api/publications/{id}"): READERS,
    ("GET", "/admin/api/export"): READERS,
    ("GET", "/admin/api/facts"): READERS,
    ("GET", "/admin/api/set-up"): READERS,
    ("GET", "/admin/api/phrases"): frozenset({Role.AUTHOR}),
    ("POST", "/admin/api/phrases/dismiss"): frozenset({Role.AUTHOR}),
    ("POST", "/admin/api/drafts"): frozenset({Role.AUTHOR}),
    ("POST", "/admin/api/drafts/{id}/edit"): frozenset({Role.AUTHOR, Role.PUBLISHER}),
    ("POST", "/admin/api/drafts/{id}/preview"): frozenset({Role.AUTHOR, Role.PUBLISHER}),
    ("POST", "/admin/api/drafts/{id}/undo"): frozenset({Role.AUTHOR}),
    ("POST", "/admin/api/drafts/{id}/redo"): frozenset({Role.AUTHOR}),
    ("POST", "/admin/api/drafts/{id}/notes"): frozenset({Role.AUTHOR}),
    ("POST", "/admin/api/drafts/{id}/update"): frozenset({Role.AUTHOR}),
    ("POST", "/admin/api/drafts/{id}/discard"): frozenset({Role.AUTHOR}),
    ("POST", "/admin/api/drafts/{id}/submit"): frozenset({Role.AUTHOR}),
    ("POST", "/admin/api/drafts/{id}/review"): frozenset({Role.REVIEWER}),
    ("POST", "/admin/api/drafts/{id}/test"): frozenset({Role.AUTHOR, Role.PUBLISHER}),
    ("POST", "/admin/api/drafts/{id}/try"): frozenset({Role.AUTHOR, Role.PUBLISHER}),
    ("POST", "/admin/api/drafts/{id}/publish"): frozenset({Role.PUBLISHER}),
    ("POST", "/admin/api/versions/roll-back"): frozenset({Role.PUBLISHER}),
    ("POST", "/admin/api/import"): frozenset({Role.AUTHOR}),
    ("POST", "/admin/api/hear"): READERS,
    ("POST", "/admin/api/talk"): frozenset({Role.AUTHOR, Role.REVIEWER, Role.PUBLISHER}),
    ("POST", "/admin/api/facts"): frozenset({Role.PUBLISHER}),
    ("POST", "/admin/api/set-up/council-data"): frozenset({Role.PUBLISHER}),
}
"""By session, with one of the roles."""

SOCKETS = frozenset({("SOCKET", "/phone/socket"), ("SOCKET", "/agent/socket")})
"""From our own pages alone: by session or phone link (tests/web/test_phone.py), by role (tests/web/test_agent.py)."""

API: dict[tuple[str, str], Scope] = {
    ("GET", "/api/v1/calls"): Scope.CALLS_READ,
    ("GET", "/api/v1/calls/{id}"): Scope.CALLS_READ,
    ("GET", "/api/v1/audit"): Scope.AUDIT_READ,
}
"""By token with the scope, or by session with a role that the scope belongs to."""

REFUSED = (401, 403)
Batch = Sequence[tuple[str, str]]


def kinds(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, Mount):
            yield "MOUNT", route.path
        elif isinstance(route, WebSocketRoute):
            yield "SOCKET", route.path
        else:
            assert isinstance(route, Route), f"say here who may open a {type(route).__name__}"
            yield from ((method, route.path) for method in route.methods or () if method != "HEAD")


def concrete(path: str) -> str:
    return path.replace("{id}", "nobody")


def batches(kinds: Iterable[tuple[str, str]]) -> list[Any]:
    """Routes to be tried in one go: each by itself, but those of the admin pages that the same roles open together.

    The admin pages read the whole dialogue once for each site, and have many routes.
    """
    groups: dict[tuple[object, ...], list[tuple[str, str]]] = {}
    for kind in sorted(kinds):
        key = ("admin", PAGES[kind]) if kind[1].startswith("/admin/") else kind
        groups.setdefault(key, []).append(kind)
    return [
        pytest.param(group, id=f"{group[0][0]} {group[0][1]}" + "…" * (len(group) > 1)) for group in groups.values()
    ]


def test_every_route_is_in_the_table(site: Starlette) -> None:
    assert sorted(kinds(site.routes)) == sorted({*ANYBODY, *PAGES, *SOCKETS, *API})


@pytest.mark.parametrize("routes", batches({*PAGES, *API}))
async def test_nobody_is_let_in(browser: Browser, routes: Batch) -> None:
    for method, path in routes:
        as_program = await browser.request(method, concrete(path), headers={"Accept": "application/json"})
        assert as_program.status_code == 401 and as_program.json()["error"]["code"] == "unauthorised"
        as_person = await browser.request(method, concrete(path))
        if (method, path) in API:
            assert as_person.status_code == 401 and "www-authenticate" in as_person.headers
        else:
            assert as_person.status_code == 303 and as_person.headers["location"].startswith("/sign-in")
        if method == "GET":
            assert (await browser.head(concrete(path))).status_code == as_person.status_code


@asynccontextmanager
async def person_with(site: Starlette, accounts: Accounts, roles: set[Role]) -> AsyncIterator[Browser]:
    """The browser of somebody who is signed in with exactly these roles."""
    person, _ = await accounts.people.add(ROOT, "person", roles, password=PASSWORD)
    async with Browser(site) as browser:
        assert (await browser.sign_in("person")).status_code == 303
        yield browser
    await accounts.people.remove(ROOT, person.id, even_the_last=True)


@pytest.mark.parametrize("routes", batches(kind for kind, roles in PAGES.items() if roles))
async def test_all_other_roles_together_are_not_enough(site: Starlette, accounts: Accounts, routes: Batch) -> None:
    async with person_with(site, accounts, set(Role) - PAGES[routes[0]]) as browser:
        token = await browser.token("/account")
        for method, path in routes:
            answer = await browser.request(method, concrete(path), headers={"X-CSRF-Token": token})
            assert answer.status_code == 403 and "You can’t do this" in answer.text
            entry = (await accounts.audit.entries())[0]
            assert (entry["action"], entry["target"], entry["outcome"]) == ("access", f"{method} {path}", "refused")


@pytest.mark.parametrize("routes", batches(PAGES))
async def test_each_role_alone_is_enough(site: Starlette, accounts: Accounts, routes: Batch) -> None:
    for role in PAGES[routes[0]] or [Role.VIEWER]:
        async with person_with(site, accounts, {role}) as browser:
            token = await browser.token("/account")
            for method, path in routes:
                answer = await browser.request(method, concrete(path), headers={"X-CSRF-Token": token})
                assert answer.status_code not in REFUSED
                if path.endswith("{id}/remove"):
                    assert answer.status_code == 404


@pytest.mark.parametrize("routes", batches(kind for kind in PAGES if kind[0] != "GET"))
async def test_what_changes_something_needs_the_csrf_token(site: Starlette, accounts: Accounts, routes: Batch) -> None:
    async with person_with(site, accounts, set(Role)) as browser:
        for method, path in routes:
            assert (await browser.request(method, concrete(path))).status_code == 403
            assert (await browser.request(method, concrete(path), data={"csrf_token": "0" * 64})).status_code == 403
        assert (await browser.get("/account")).status_code == 200, "still signed in"


@pytest.mark.parametrize(("method", "path"), sorted(API))
async def test_the_api_by_role(site: Starlette, accounts: Accounts, method: str, path: str) -> None:
    scope = API[method, path]
    async with person_with(site, accounts, set(Role) - scope.roles) as browser:
        assert (await browser.request(method, concrete(path))).status_code == 403
        person = await accounts.people.by_name("person")
        for role in scope.roles:
            await accounts.people.set_roles(ROOT, person.id, [role], even_the_last=True)
            assert (await browser.request(method, concrete(path))).status_code not in REFUSED


@pytest.mark.parametrize(("method", "path"), sorted(API))
async def test_the_api_by_token(
    site: Starlette, settings: Settings, accounts: Accounts, method: str, path: str
) -> None:
    scope = API[method, path]
    right, good = await accounts.tokens.add(ROOT, "right", [scope])
    _, poor = await accounts.tokens.add(ROOT, "wrong", set(Scope) - {scope})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://web") as program:

        async def ask(token: str) -> httpx.Response:
            return await program.request(method, concrete(path), headers={"Authorization": f"Bearer {token}"})

        assert (await ask(good)).status_code not in REFUSED
        assert (await ask(api_token(settings))).status_code not in REFUSED, "the service's own token may do everything"
        refused = await ask(poor)
        assert refused.status_code == 403 and f'scope="{scope}"' in refused.headers["www-authenticate"]
        await accounts.tokens.revoke(ROOT, right.id)
        ended = await ask(good)
        assert ended.status_code == 401 and 'error="invalid_token"' in ended.headers["www-authenticate"]


@pytest.mark.parametrize("routes", batches(PAGES))
async def test_tokens_open_no_pages(site: Starlette, settings: Settings, routes: Batch) -> None:
    headers = {"Authorization": f"Bearer {api_token(settings)}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(site), base_url="http://web", headers=headers
    ) as program:
        for method, path in routes:
            assert (await program.request(method, concrete(path))).status_code == 401


@pytest.mark.parametrize(("method", "path"), sorted(API))
async def test_a_wrong_token_is_not_made_up_for_by_a_session(
    site: Starlette, accounts: Accounts, method: str, path: str
) -> None:
    async with person_with(site, accounts, set(Role)) as browser:
        answer = await browser.request(method, concrete(path), headers={"Authorization": "Bearer voicebot_wrong"})
        assert answer.status_code == 401


@pytest.mark.parametrize("override", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
async def test_a_method_is_what_it_is(site: Starlette, accounts: Accounts, override: str) -> None:
    async with person_with(site, accounts, set(Role)) as browser:
        person = await accounts.people.by_name("person")
        path = f"/accounts/{person.id}/disable"
        for wrong in (
            await browser.get(path, headers={override: "POST"}),
            await browser.get(path, params={"_method": "POST"}),
            await browser.request("PUT", path),
            await browser.request("DELETE", path, headers={override: "POST"}),
        ):
            assert wrong.status_code == 405 and "allow" in wrong.headers
        await browser.submit("/account/sessions", {"_method": "DELETE"}, at="/account")
        assert (await accounts.people.by_name("person")).enabled
        posted = await browser.post("/audit", headers={override: "GET"})
        assert posted.status_code == 405
