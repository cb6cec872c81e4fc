"""The audit: everything is in it, nothing in it changes, and no secret is."""

import pytest
from sqlalchemy import delete, select, update

from tests.accounts_helpers import PASSWORD, ROOT, Clock
from voicebot.accounts.audit import Action, Actor, AuditChanged, Outcome
from voicebot.accounts.models import AuditRow
from voicebot.accounts.roles import Role, Scope
from voicebot.accounts.service import Accounts
from voicebot.errors import AccountError, SignInLocked, SignInRefused
from voicebot.records.database import Database

HERE = "192.0.2.1"


async def test_a_life_is_in_it(accounts: Accounts) -> None:
    people = accounts.people
    jane, one_time = await people.add(ROOT, "jane", [Role.SUPERVISOR])
    me = Actor.of(jane, HERE)
    await people.change_password(me, jane, PASSWORD)
    key = await accounts.sign_in.with_password("jane", PASSWORD, HERE)
    for _ in range(11):
        with pytest.raises((SignInRefused, SignInLocked)):
            await accounts.sign_in.with_password("jane", "wrong", HERE)
    await people.unlock(ROOT, jane.id)
    token, secret = await accounts.tokens.add(me, "x", [Scope.CALLS_READ], owner=jane)
    await accounts.tokens.revoke(me, token.id)
    visit = await accounts.sessions.find(key)
    assert visit is not None
    await accounts.sessions.end_others(me, jane, but=visit.id)
    await accounts.sessions.end(me, visit)
    await people.set_roles(ROOT, jane.id, [Role.AUTHOR])
    await people.reset_password(ROOT, jane.id)
    await people.set_enabled(ROOT, jane.id, False)
    await people.set_enabled(ROOT, jane.id, True)
    await people.remove(ROOT, jane.id)
    entries = (await accounts.audit.entries())[::-1]
    told = [(entry["actor"]["name"], entry["action"], entry["outcome"]) for entry in entries]
    assert told == [
        ("root", "account.add", "done"),
        ("jane", "password.change", "done"),
        ("jane", "sign_in", "done"),
        *[("jane", "sign_in", "refused")] * 10,
        ("jane", "sign_in.locked", "refused"),
        ("root", "account.unlock", "done"),
        ("jane", "token.add", "done"),
        ("jane", "token.revoke", "done"),
        ("jane", "session.end", "done"),
        ("jane", "sign_out", "done"),
        ("root", "account.roles", "done"),
        ("root", "password.reset", "done"),
        ("root", "account.disable", "done"),
        ("root", "account.enable", "done"),
        ("root", "account.remove", "done"),
    ]
    roles = next(entry for entry in entries if entry["action"] == "account.roles")
    assert roles["detail"] == {"before": ["supervisor"], "after": ["author"]} and roles["target"] == "jane"
    whole = str(entries)
    assert not any(known in whole for known in (PASSWORD, one_time, key, secret, visit.csrf, "argon2"))


async def test_what_fails_is_not_told_as_done(accounts: Accounts) -> None:
    jane, _ = await accounts.people.add(ROOT, "jane", [Role.ADMIN])
    with pytest.raises(AccountError):
        await accounts.people.add(ROOT, "jane", [])
    with pytest.raises(AccountError):
        await accounts.people.set_roles(ROOT, jane.id, [])
    with pytest.raises(AccountError):
        await accounts.tokens.revoke(ROOT, "ghost")
    assert [entry["action"] for entry in await accounts.audit.entries()] == ["account.add"]


async def test_pages_and_filters(accounts: Accounts, clock: Clock) -> None:
    for n in range(7):
        clock.advance(minutes=1)
        await accounts.audit.add(Actor("account", f"{n % 2}", "Ada" if n % 2 else "bob"), f"do.{n % 3}", str(n))
    first = await accounts.audit.entries(3)
    assert [entry["target"] for entry in first] == ["6", "5", "4"]
    assert [entry["target"] for entry in await accounts.audit.entries(3, before=first[-1]["id"])] == ["3", "2", "1"]
    assert [entry["target"] for entry in await accounts.audit.entries(actor="ada")] == ["5", "3", "1"]
    assert [entry["target"] for entry in await accounts.audit.entries(action="do.0", actor="BOB")] == ["6", "0"]
    assert first[0]["at"] == "2026-11-03T09:37:00.000Z" and await accounts.audit.entries(before=0) == []


async def test_looking_again_and_again_is_told_once_a_minute(accounts: Accounts, clock: Clock) -> None:
    for _ in range(3):
        await accounts.audit.add_read(ROOT, Action.CALLS_READ, "c1")
        await accounts.audit.add_read(ROOT, Action.CALLS_READ, "c2")
        await accounts.audit.add_read(Actor("nobody"), Action.CALLS_READ, "c1")
    assert len(await accounts.audit.entries()) == 3
    clock.advance(minutes=1)
    await accounts.audit.add_read(ROOT, Action.CALLS_READ, "c1")
    assert len(await accounts.audit.entries()) == 4


async def test_long_values_fit(accounts: Accounts) -> None:
    await accounts.audit.add(Actor("token", "i" * 999, "n" * 999, "a" * 999), "x", "t" * 999, Outcome.REFUSED)
    entry = (await accounts.audit.entries())[0]
    assert (len(entry["actor"]["id"]), len(entry["actor"]["name"]), len(entry["target"])) == (64, 128, 160)


async def test_rows_are_only_ever_added(accounts: Accounts, database: Database) -> None:
    await accounts.audit.add(ROOT, "x")
    with pytest.raises(AuditChanged):
        async with database.session() as session:
            (await session.execute(select(AuditRow))).scalar_one().action = "y"
    with pytest.raises(AuditChanged):
        async with database.session() as session:
            await session.delete((await session.execute(select(AuditRow))).scalar_one())
    for statement in (delete(AuditRow), update(AuditRow).values(action="y")):
        with pytest.raises(AuditChanged):
            async with database.session() as session:
                await session.execute(statement)
    assert [entry["action"] for entry in await accounts.audit.entries()] == ["x"]
