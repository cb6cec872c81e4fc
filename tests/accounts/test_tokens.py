"""API tokens: shown once, bound to what their owner may do, ended in three ways."""

import pytest
from sqlalchemy import select

from tests.accounts_helpers import PASSWORD, ROOT, Clock
from voicebot.accounts.account import Account
from voicebot.accounts.models import TokenRow
from voicebot.accounts.roles import Role, Scope
from voicebot.accounts.service import Accounts
from voicebot.errors import AccountError
from voicebot.records.database import Database

HERE = "192.0.2.1"


@pytest.fixture
async def sue(accounts: Accounts) -> Account:
    return (await accounts.people.add(ROOT, "sue", [Role.SUPERVISOR], password=PASSWORD))[0]


async def test_made_used_and_kept_as_a_digest(
    accounts: Accounts, sue: Account, clock: Clock, database: Database
) -> None:
    token, key = await accounts.tokens.add(ROOT, " Power\nBI ", [Scope.CALLS_READ], days=30, owner=sue)
    assert key.startswith("voicebot_") and len(key) >= 52
    assert (token.label, token.owner) == ("Power BI", "sue")
    assert token.scopes == {Scope.CALLS_READ} and token.used_at is None
    clock.advance(hours=5)
    bearer = await accounts.tokens.find(key, HERE)
    assert bearer is not None and bearer.scopes == {Scope.CALLS_READ}
    assert (bearer.actor.kind, bearer.actor.name, bearer.actor.address) == ("token", "sue: Power BI", HERE)
    assert (await accounts.tokens.all(sue))[0].used_at == clock()
    async with database.session() as session:
        row = (await session.execute(select(TokenRow))).scalar_one()
    assert key not in repr(vars(row)) and key not in str(await accounts.audit.entries())


async def test_a_service_token_has_no_owner(accounts: Accounts) -> None:
    token, key = await accounts.tokens.add(ROOT, "monitoring", list(Scope))
    bearer = await accounts.tokens.find(key, HERE)
    assert token.owner == "" and bearer is not None and bearer.scopes == set(Scope)
    assert bearer.actor.name == "monitoring"


async def test_it_ends(accounts: Accounts, sue: Account, clock: Clock) -> None:
    keys = [(await accounts.tokens.add(ROOT, "x", [Scope.CALLS_READ], days=2, owner=sue)) for _ in range(3)]
    await accounts.tokens.revoke(ROOT, keys[0][0].id)
    assert await accounts.tokens.find(keys[0][1], HERE) is None
    with pytest.raises(AccountError):
        await accounts.tokens.revoke(ROOT, keys[0][0].id)
    await accounts.people.set_enabled(ROOT, sue.id, False)
    assert await accounts.tokens.find(keys[1][1], HERE) is None, "its owner is disabled"
    await accounts.people.set_enabled(ROOT, sue.id, True)
    clock.advance(days=2, seconds=-1)
    assert await accounts.tokens.find(keys[1][1], HERE) is not None
    clock.advance(seconds=1)
    assert await accounts.tokens.find(keys[1][1], HERE) is None, "its time is over"


async def test_it_never_does_more_than_its_owner_may(accounts: Accounts, sue: Account) -> None:
    with pytest.raises(AccountError, match="owner"):
        await accounts.tokens.add(ROOT, "x", [Scope.AUDIT_READ], owner=sue)
    _, key = await accounts.tokens.add(ROOT, "x", [Scope.CALLS_READ], owner=sue)
    await accounts.people.set_roles(ROOT, sue.id, [Role.AGENT])
    bearer = await accounts.tokens.find(key, HERE)
    assert bearer is not None and bearer.scopes == frozenset()


async def test_one_can_not_end_anothers(accounts: Accounts, sue: Account) -> None:
    other, _ = await accounts.people.add(ROOT, "other", [Role.SUPERVISOR])
    token, key = await accounts.tokens.add(ROOT, "x", [Scope.CALLS_READ], owner=sue)
    with pytest.raises(AccountError):
        await accounts.tokens.revoke(ROOT, token.id, owner=other)
    assert await accounts.tokens.all(other) == [] and await accounts.tokens.find(key, HERE) is not None


@pytest.mark.parametrize(
    ("label", "scopes", "days"),
    [
        ("", [Scope.CALLS_READ], 9),
        ("\n", [Scope.CALLS_READ], 9),
        ("x", [], 9),
        ("x", [Scope.CALLS_READ], 0),
        ("x", [Scope.CALLS_READ], 367),
        ("x" * 129, [Scope.CALLS_READ], 9),
    ],
)
async def test_what_can_not_be_made(accounts: Accounts, label: str, scopes: list[Scope], days: int) -> None:
    with pytest.raises(AccountError):
        await accounts.tokens.add(ROOT, label, scopes, days=days)
    assert await accounts.tokens.all() == []


@pytest.mark.parametrize("key", ["", "voicebot_", "voicebot_" + "x" * 43, "x" * 5000, "voicebot_é\udce9"])
async def test_any_other_key_opens_nothing(accounts: Accounts, sue: Account, key: str) -> None:
    await accounts.tokens.add(ROOT, "x", [Scope.CALLS_READ], owner=sue)
    assert await accounts.tokens.find(key, HERE) is None
