"""The pages of whoever manages accounts, and the audit's."""

import re

import pytest
from starlette.applications import Starlette

from tests.accounts_helpers import PASSWORD, ROOT, Clock
from tests.web.conftest import Browser
from voicebot.accounts.account import Account
from voicebot.accounts.audit import Actor
from voicebot.accounts.roles import Role, Scope
from voicebot.accounts.service import Accounts


@pytest.fixture
async def ada(browser: Browser, admin: Account) -> Browser:
    await browser.sign_in("ada")
    return browser


async def test_adding_somebody_who_then_signs_in(site: Starlette, ada: Browser, accounts: Accounts) -> None:
    form: dict[str, str | list[str]] = {"name": "Bob", "display_name": "Bob <i>", "roles": ["agent", "supervisor"]}
    added = await ada.submit("/accounts/new", form)
    assert added.status_code == 200 and "Bob &lt;i&gt;" in added.text and added.headers["cache-control"] == "no-store"
    found = re.search(r"<code>([\w-]+)</code>", added.text)
    assert found is not None
    bob = await accounts.people.by_name("bob")
    assert bob.roles == {Role.AGENT, Role.SUPERVISOR}
    assert found[1] not in (await ada.get(f"/accounts/{bob.id}")).text
    async with Browser(site) as his:
        assert (await his.sign_in("bob", found[1])).status_code == 303
        assert (await his.get("/account")).headers["location"] == "/account/password"
    assert "Bob &lt;i&gt;" in (await ada.get("/accounts/")).text
    entry = (await accounts.audit.entries(action="account.add"))[0]
    assert (entry["actor"]["name"], entry["actor"]["address"], entry["target"]) == ("ada", "192.0.2.1", "bob")


async def test_what_is_wrong_is_named_and_kept(ada: Browser, accounts: Accounts) -> None:
    empty = await ada.submit("/accounts/new", {"name": ""})
    assert (
        empty.status_code == 422 and "Enter a user name" in empty.text and "Select what the person may do" in empty.text
    )
    taken = await ada.submit("/accounts/new", {"name": "ADA", "display_name": "Another", "roles": "viewer"})
    assert taken.status_code == 422 and "already an account" in taken.text and 'value="Another"' in taken.text
    assert re.search(r'value="viewer" checked', taken.text)
    wrong = await ada.submit("/accounts/new", {"name": "no spaces", "roles": "viewer"})
    assert wrong.status_code == 422 and "user name is 2 to 64" in wrong.text
    assert await accounts.people.count() == 1


async def test_an_invented_role_gives_nothing(ada: Browser, accounts: Accounts, jane: Account) -> None:
    await ada.submit(f"/accounts/{jane.id}/roles", {"roles": ["superuser", "agent"]}, at=f"/accounts/{jane.id}")
    assert (await accounts.people.by_id(jane.id)).roles == {Role.AGENT}


async def test_roles_disabling_and_enabling(site: Starlette, ada: Browser, accounts: Accounts, jane: Account) -> None:
    page = f"/accounts/{jane.id}"
    async with Browser(site) as hers:
        await hers.sign_in("jane.burns")
        assert (await ada.submit(f"{page}/roles", {"roles": "admin"}, at=page)).headers[
            "location"
        ] == f"{page}?done=roles"
        assert (await hers.get("/accounts/")).status_code == 200, "at once"
        await ada.submit(f"{page}/roles", {"roles": []}, at=page)
        assert (await hers.get("/accounts/")).status_code == 403
        await ada.submit(f"{page}/disable", at=page)
        assert (await hers.get("/account")).status_code == 303
        assert "Disabled" in (await ada.get("/accounts/")).text and "Enable the account" in (await ada.get(page)).text
        assert (await hers.sign_in("jane.burns")).status_code == 422
        await ada.submit(f"{page}/enable", at=page)
        assert (await hers.sign_in("jane.burns")).status_code == 303
        await ada.submit(f"{page}/sign-out", at=page)
        assert (await hers.get("/account")).status_code == 303


async def test_unlocking(site: Starlette, ada: Browser, accounts: Accounts, jane: Account) -> None:
    page = f"/accounts/{jane.id}"
    async with Browser(site, address="198.51.100.1") as hers:
        for n in range(11):
            await hers.sign_in("jane.burns", f"guess number {n}")
        assert "Locked" in (await ada.get("/accounts/")).text
        assert "Locked until 3 November 2026, 09:45 UTC" in (await ada.get(page)).text
        assert (await hers.sign_in("jane.burns")).status_code == 429
        assert (await ada.submit(f"{page}/unlock", at=page)).headers["location"] == f"{page}?done=unlocked"
        assert (await hers.sign_in("jane.burns")).status_code == 303


async def test_a_new_one_time_password(site: Starlette, ada: Browser, jane: Account) -> None:
    page = f"/accounts/{jane.id}"
    async with Browser(site) as hers:
        await hers.sign_in("jane.burns")
        made = await ada.submit(f"{page}/password", at=page)
        found = re.search(r"<code>([\w-]+)</code>", made.text)
        assert found is not None
        assert (await hers.get("/account")).status_code == 303
        assert (await hers.sign_in("jane.burns", PASSWORD)).status_code == 422
        assert (await hers.sign_in("jane.burns", found[1])).status_code == 303


async def test_removing(ada: Browser, accounts: Accounts, jane: Account) -> None:
    page = f"/accounts/{jane.id}/remove"
    assert "Do you want to remove jane.burns?" in (await ada.get(page)).text
    removed = await ada.submit(page)
    assert removed.headers["location"] == "/accounts/?done=removed"
    assert "The account is removed." in (await ada.get("/accounts/?done=removed")).text
    assert [account.name for account in await accounts.people.all()] == ["ada"]
    for path in (f"/accounts/{jane.id}", page):
        missing = await ada.get(path)
        assert missing.status_code == 404 and "no such account" in missing.text


async def test_the_last_admin_can_not_go(ada: Browser, accounts: Accounts, admin: Account) -> None:
    page = f"/accounts/{admin.id}"
    for answer in (
        await ada.submit(f"{page}/roles", {"roles": "viewer"}, at=page),
        await ada.submit(f"{page}/disable", at=page),
        await ada.submit(f"{page}/remove"),
    ):
        assert answer.status_code == 422 and "last account that can manage accounts" in answer.text
    assert await accounts.people.by_id(admin.id) == await accounts.people.by_name("ada")
    assert (await ada.get("/accounts/")).status_code == 200


async def test_everybodys_tokens(ada: Browser, accounts: Accounts) -> None:
    token, key = await accounts.tokens.add(ROOT, "monitoring", [Scope.CALLS_READ])
    page = await ada.get("/accounts/tokens")
    assert "monitoring" in page.text and "The service" in page.text and key not in page.text
    revoked = await ada.submit(f"/accounts/tokens/{token.id}/revoke", at="/accounts/tokens")
    assert revoked.headers["location"] == "/accounts/tokens?done=revoked"
    assert "There are none" in (await ada.get("/accounts/tokens")).text
    assert (await ada.submit(f"/accounts/tokens/{token.id}/revoke", at="/account")).status_code == 404


async def test_the_audit_page(ada: Browser, accounts: Accounts, clock: Clock) -> None:
    for n in range(60):
        clock.advance(seconds=1)
        await accounts.audit.add(Actor("account", "b", "bob"), "phone.ring", f"call-{n:02}")
    await accounts.audit.add(Actor("nobody"), "sign_in", detail={"<b>": ["<i>", "x"]})
    page = (await ada.get("/audit")).text
    assert "call-59" in page and "call-00" not in page and "&lt;i&gt;, x" in page and "Read the audit" in page
    older = re.search(r'href="(\?before=[^"]+)" rel="next"', page)
    assert older is not None
    assert "call-00" in (await ada.get("/audit" + older[1].replace("&amp;", "&"))).text
    bobs = (await ada.get("/audit", params={"actor": "BOB"})).text
    assert "call-59" in bobs and "Nobody known" not in bobs
    assert "There is nothing." in (await ada.get("/audit", params={"action": "sign_out"})).text
    assert (await ada.get("/audit", params={"before": "x"})).status_code == 400
