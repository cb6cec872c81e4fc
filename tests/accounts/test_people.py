"""Accounts: added, found, changed, removed; and never without somebody who can manage them."""

import asyncio

import pytest
from sqlalchemy import select

from tests.accounts_helpers import PASSWORD, ROOT, Clock
from voicebot.accounts.account import checked_name, sign_in_name
from voicebot.accounts.models import AccountRoleRow, CredentialRow
from voicebot.accounts.people import LastAdmin
from voicebot.accounts.roles import Role, Scope, scopes_of
from voicebot.accounts.service import Accounts
from voicebot.errors import AccountError, NoSuchAccount, SignInLocked, SignInRefused
from voicebot.records.database import Database


async def test_added_found_and_listed(accounts: Accounts, clock: Clock) -> None:
    added, one_time = await accounts.people.add(
        ROOT, " Jane.Burns ", [Role.AGENT, Role.VIEWER], display_name="Jane\n Burns"
    )
    assert (added.name, added.display_name, added.enabled) == ("jane.burns", "Jane Burns", True)
    assert added.roles == {Role.AGENT, Role.VIEWER} and added.created_at == clock()
    assert len(one_time) == 24
    assert await accounts.people.by_name("JANE.burns") == added == await accounts.people.by_id(added.id)
    ada, none = await accounts.people.add(ROOT, "ada", [Role.ADMIN], password=PASSWORD)
    assert none == "" and await accounts.people.all() == [ada, added] and await accounts.people.count() == 2


async def test_secrets_are_kept_as_hashes_alone(accounts: Accounts, database: Database) -> None:
    _, one_time = await accounts.people.add(ROOT, "jane", [])
    await accounts.people.add(ROOT, "ada", [], password=PASSWORD)
    async with database.session() as session:
        rows = (await session.execute(select(CredentialRow))).scalars().all()
    assert [row.secret[:10] for row in rows] == ["$argon2id$"] * 2
    assert one_time not in str([row.secret for row in rows])
    assert [(row.kind, row.must_change, row.valid_until is None) for row in rows] == [
        ("password", True, False),
        ("password", False, True),
    ]


@pytest.mark.parametrize(
    "name", ["", "a", "jane burns", "-jane", "jane\nb", "<b>", "jané", "j" * 65, "root;drop", "../x", "jane\0", "Ⅷ/8"]
)
async def test_names_that_are_none(accounts: Accounts, name: str) -> None:
    with pytest.raises(AccountError, match="user name is"):
        await accounts.people.add(ROOT, name, [])
    assert await accounts.people.count() == 0


def test_one_form_of_a_name() -> None:
    assert (
        sign_in_name(" ＪＡＮＥ ") == "jane"
        and checked_name("Jane.Burns@Council.Example") == "jane.burns@council.example"
    )


async def test_a_taken_name(accounts: Accounts) -> None:
    first, _ = await accounts.people.add(ROOT, "jane", [Role.VIEWER])
    with pytest.raises(AccountError, match="already"):
        await accounts.people.add(ROOT, "JANE", [Role.ADMIN])
    assert await accounts.people.all() == [first]


async def test_weak_passwords_and_long_names_are_refused(accounts: Accounts) -> None:
    with pytest.raises(AccountError, match="12 characters"):
        await accounts.people.add(ROOT, "jane", [], password="short")
    with pytest.raises(AccountError, match="128"):
        await accounts.people.add(ROOT, "jane", [], display_name="J" * 129)
    jane, _ = await accounts.people.add(ROOT, "jane", [], display_name="Jane Burns", password=PASSWORD)
    for weak in ("janeburns2026", "Norbury Vale 1", PASSWORD):
        with pytest.raises(AccountError, match="Password"):
            await accounts.people.change_password(ROOT, jane, weak)


async def test_roles_are_exactly_those_given(accounts: Accounts, database: Database) -> None:
    jane, _ = await accounts.people.add(ROOT, "jane", [Role.AGENT, Role.AUTHOR])
    changed = await accounts.people.set_roles(ROOT, jane.id, [Role.REVIEWER, Role.REVIEWER])
    assert changed.roles == {Role.REVIEWER} and await accounts.people.by_id(jane.id) == changed
    async with database.session() as session:
        session.add(AccountRoleRow(account_id=jane.id, role="superuser"))
    assert (await accounts.people.by_id(jane.id)).roles == {Role.REVIEWER}, "an unknown role gives nothing"
    assert (await accounts.people.all())[0].roles == {Role.REVIEWER}


async def test_the_last_admin_stays(accounts: Accounts) -> None:
    ada, _ = await accounts.people.add(ROOT, "ada", [Role.ADMIN, Role.VIEWER])
    other, _ = await accounts.people.add(ROOT, "bob", [Role.ADMIN])
    await accounts.people.set_enabled(ROOT, other.id, False)
    for change in (
        accounts.people.set_roles(ROOT, ada.id, [Role.VIEWER]),
        accounts.people.set_enabled(ROOT, ada.id, False),
        accounts.people.remove(ROOT, ada.id),
    ):
        with pytest.raises(LastAdmin):
            await change
    assert (await accounts.people.by_id(ada.id)) == ada
    await accounts.people.set_enabled(ROOT, other.id, True)
    await accounts.people.set_roles(ROOT, ada.id, [Role.VIEWER])
    await accounts.people.remove(ROOT, other.id, even_the_last=True)
    assert [account.name for account in await accounts.people.all()] == ["ada"]


async def test_two_admins_can_not_remove_each_other(accounts: Accounts) -> None:
    admins = [(await accounts.people.add(ROOT, name, [Role.ADMIN]))[0] for name in ("ada", "bob")]
    results = await asyncio.gather(
        *(accounts.people.set_roles(ROOT, admin.id, []) for admin in admins), return_exceptions=True
    )
    assert sum(isinstance(result, LastAdmin) for result in results) == 1
    assert sum(Role.ADMIN in account.roles for account in await accounts.people.all()) == 1


async def test_nobody_there(accounts: Accounts) -> None:
    for doing in (
        accounts.people.by_name("ghost"),
        accounts.people.by_id("ghost"),
        accounts.people.set_roles(ROOT, "ghost", []),
        accounts.people.set_enabled(ROOT, "ghost", True),
        accounts.people.unlock(ROOT, "ghost"),
        accounts.people.remove(ROOT, "ghost"),
        accounts.people.reset_password(ROOT, "ghost"),
    ):
        with pytest.raises(NoSuchAccount):
            await doing


async def test_a_one_time_password_ends(accounts: Accounts, clock: Clock) -> None:
    _, one_time = await accounts.people.add(ROOT, "jane", [])
    clock.advance(hours=71, minutes=59)
    assert await accounts.sign_in.with_password("jane", one_time, "192.0.2.1")
    clock.advance(minutes=1)
    with pytest.raises(SignInRefused):
        await accounts.sign_in.with_password("jane", one_time, "192.0.2.1")


async def test_a_reset_signs_out_unlocks_and_replaces(accounts: Accounts) -> None:
    jane, _ = await accounts.people.add(ROOT, "jane", [], password=PASSWORD)
    key = await accounts.sign_in.with_password("jane", PASSWORD, "192.0.2.1")
    for _ in range(10):
        with pytest.raises(SignInRefused):
            await accounts.sign_in.with_password("jane", "wrong", "192.0.2.1")
    with pytest.raises(SignInLocked):
        await accounts.sign_in.with_password("jane", PASSWORD, "192.0.2.1")
    one_time = await accounts.people.reset_password(ROOT, jane.id)
    assert await accounts.sessions.find(key) is None
    visit = await accounts.sessions.find(await accounts.sign_in.with_password("jane", one_time, "192.0.2.1"))
    assert visit is not None and visit.must_change
    with pytest.raises(SignInRefused):
        await accounts.sign_in.with_password("jane", PASSWORD, "192.0.2.1")
    assert await accounts.people.reset_password(ROOT, jane.id, PASSWORD) == ""
    visit = await accounts.sessions.find(await accounts.sign_in.with_password("jane", PASSWORD, "192.0.2.1"))
    assert visit is not None and not visit.must_change


async def test_removing_takes_everything_but_the_audit(accounts: Accounts, database: Database) -> None:
    jane, _ = await accounts.people.add(ROOT, "jane", [Role.SUPERVISOR], password=PASSWORD)
    key = await accounts.sign_in.with_password("jane", PASSWORD, "192.0.2.1")
    _, token = await accounts.tokens.add(ROOT, "x", [Scope.CALLS_READ], owner=jane)
    await accounts.people.remove(ROOT, jane.id)
    assert await accounts.sessions.find(key) is None and await accounts.tokens.find(token, "") is None
    assert await accounts.tokens.all() == []
    again, _ = await accounts.people.add(ROOT, "jane", [])
    assert again.id != jane.id and again.roles == frozenset()
    assert {entry["action"] for entry in await accounts.audit.entries()} >= {"account.remove", "sign_in", "token.add"}


def test_scopes_follow_roles() -> None:
    assert scopes_of([Role.SUPERVISOR]) == {Scope.CALLS_READ} and scopes_of([Role.ADMIN]) == {Scope.AUDIT_READ}
    assert scopes_of([Role.VIEWER, Role.AUTHOR, Role.REVIEWER, Role.PUBLISHER, Role.AGENT]) == frozenset()
    assert all(role.meaning for role in Role) and all(scope.meaning for scope in Scope)
