"""Sessions and signing in, below the pages."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from tests.accounts_helpers import PASSWORD, ROOT, Clock
from voicebot.accounts.account import Account
from voicebot.accounts.keys import digest
from voicebot.accounts.models import AccountRow, CredentialRow, SessionRow, ThrottleRow
from voicebot.accounts.passwords import Passwords, Verdict
from voicebot.accounts.roles import Role
from voicebot.accounts.service import Accounts, open_accounts
from voicebot.errors import SignInLocked, SignInRefused
from voicebot.records.database import Database
from voicebot.settings import Settings

HERE = "192.0.2.1"


@pytest.fixture
async def jane(accounts: Accounts) -> Account:
    return (await accounts.people.add(ROOT, "jane", [Role.AGENT], password=PASSWORD))[0]


async def enter(accounts: Accounts, address: str = HERE) -> str:
    return await accounts.sign_in.with_password("jane", PASSWORD, address)


async def wrong(accounts: Accounts, name: str = "jane", address: str = HERE) -> None:
    with pytest.raises(SignInRefused):
        await accounts.sign_in.with_password(name, "not the right one", address)


async def test_only_a_digest_is_kept(accounts: Accounts, jane: Account, database: Database) -> None:
    keys = [await enter(accounts) for _ in range(2)]
    assert len(set(keys)) == 2 and min(map(len, keys)) >= 43
    async with database.session() as session:
        rows = (await session.execute(select(SessionRow))).scalars().all()
    assert {row.digest for row in rows} == {digest(key) for key in keys}
    assert not any(key in repr(vars(row)) for key in keys for row in rows)
    assert {row.proofs for row in rows} == {"password"} and {row.address for row in rows} == {HERE}


async def test_idle_and_absolute_ends(accounts: Accounts, jane: Account, clock: Clock) -> None:
    key = await enter(accounts)
    for _ in range(11):
        clock.advance(minutes=59)
        visit = await accounts.sessions.find(key)
        assert visit is not None and visit.account.name == "jane"
    clock.advance(minutes=60)
    assert await accounts.sessions.find(key) is None, "idle for an hour"
    key = await enter(accounts)
    for _ in range(24):
        clock.advance(minutes=29, seconds=59)
        assert await accounts.sessions.find(key) is not None
    clock.advance(minutes=1)
    assert await accounts.sessions.find(key) is None, "twelve hours since the sign-in"


@pytest.mark.parametrize(
    "spoil",
    [
        str.swapcase,
        lambda key: key[:-1],
        lambda key: key + "x",
        lambda _: "",
        digest,
        lambda _: "x" * 5000,
        lambda _: "é\udce9",
    ],
)
async def test_any_other_key_opens_nothing(accounts: Accounts, jane: Account, spoil: Callable[[str], str]) -> None:
    key = await enter(accounts)
    assert await accounts.sessions.find(spoil(key)) is None
    assert await accounts.sessions.find(key) is not None


async def test_csrf_belongs_to_the_session(accounts: Accounts, jane: Account) -> None:
    first, second = [await accounts.sessions.find(await enter(accounts)) for _ in range(2)]
    assert first is not None and second is not None and first.csrf != second.csrf and len(first.csrf) == 64


async def test_changes_count_at_once(accounts: Accounts, jane: Account) -> None:
    key = await enter(accounts)
    await accounts.people.set_roles(ROOT, jane.id, [Role.AUTHOR])
    visit = await accounts.sessions.find(key)
    assert visit is not None and visit.account.roles == {Role.AUTHOR}
    await accounts.people.set_enabled(ROOT, jane.id, False)
    assert await accounts.sessions.find(key) is None
    await accounts.people.set_enabled(ROOT, jane.id, True)
    assert await accounts.sessions.find(key) is None, "enabling does not bring old sessions back"


async def test_a_disabled_account_behind_an_open_session(accounts: Accounts, jane: Account, database: Database) -> None:
    """Even if somebody disables it by hand in the database."""
    key = await enter(accounts)
    async with database.session() as session:
        await session.execute(update(AccountRow).values(enabled=False))
    assert await accounts.sessions.find(key) is None


async def test_ending_sessions(accounts: Accounts, jane: Account) -> None:
    keys = [await enter(accounts, f"192.0.2.{n}") for n in range(4)]
    visits = [await accounts.sessions.find(key) for key in keys]
    mine, other = visits[0], visits[1]
    assert mine is not None and other is not None
    assert {session.address for session in await accounts.sessions.of(jane)} == {f"192.0.2.{n}" for n in range(4)}
    assert await accounts.sessions.end_others(ROOT, jane, but=mine.id, only=other.id) == 1
    assert await accounts.sessions.end_others(ROOT, jane, but=mine.id, only=mine.id) == 0
    assert await accounts.sessions.end_others(ROOT, jane, but=mine.id) == 2
    assert [await accounts.sessions.find(key) is not None for key in keys] == [True, False, False, False]
    await accounts.sessions.end(ROOT, mine)
    assert await accounts.sessions.find(keys[0]) is None


async def test_changing_the_password_ends_all_sessions(accounts: Accounts, jane: Account) -> None:
    key = await enter(accounts)
    await accounts.people.change_password(ROOT, jane, "another violet teaspoon")
    assert await accounts.sessions.find(key) is None
    with pytest.raises(SignInRefused):
        await enter(accounts)
    assert await accounts.sign_in.with_password("jane", "another violet teaspoon", HERE)


async def test_over_sessions_are_deleted(accounts: Accounts, jane: Account, clock: Clock, database: Database) -> None:
    await enter(accounts)
    clock.advance(hours=2)
    await enter(accounts)
    async with database.session() as session:
        assert len((await session.execute(select(SessionRow))).scalars().all()) == 1


async def test_the_account_is_locked_and_unlocked(accounts: Accounts, jane: Account, clock: Clock) -> None:
    for n in range(10):
        await wrong(accounts, address=f"198.51.100.{n}")
    with pytest.raises(SignInLocked) as locked:
        await enter(accounts)
    assert locked.value.wait_s == 15 * 60
    assert list(await accounts.people.locked([jane])) == ["jane"]
    assert await accounts.people.unlock(ROOT, jane.id)
    assert not await accounts.people.unlock(ROOT, jane.id)
    assert await enter(accounts)
    for _ in range(10):
        await wrong(accounts)
    with pytest.raises(SignInLocked):
        await enter(accounts)
    clock.advance(minutes=15)
    assert await enter(accounts), "after a time it unlocks itself"


async def test_a_right_password_clears_the_wrong_ones(accounts: Accounts, jane: Account) -> None:
    for _ in range(3):
        for _ in range(9):
            await wrong(accounts)
        await enter(accounts)


async def test_nobody_is_locked_alike(accounts: Accounts, jane: Account) -> None:
    """Who tries names learns nothing: unknown ones are refused and locked as known ones are."""
    for name in ("jane", "nobody", "no name at all", "", "ja\0ne", "\udce9", "j" * 9999):
        for _ in range(10):
            await wrong(accounts, name)
        with pytest.raises(SignInLocked):
            await accounts.sign_in.with_password(name, PASSWORD, HERE)


async def test_the_address_is_locked_for_all_accounts(
    settings: Settings, database: Database, clock: Clock, passwords: Passwords, jane: Account
) -> None:
    settings = settings.model_copy(update={"accounts": settings.accounts.model_copy(update={"address_tries": 5})})
    accounts = open_accounts(settings, database, now=clock, passwords=passwords)
    for _ in range(20):
        await enter(accounts)
    for n in range(5):
        await wrong(accounts, f"name{n}")
    with pytest.raises(SignInLocked):
        await enter(accounts)
    assert await accounts.sign_in.with_password("jane", PASSWORD, "203.0.113.9"), "others are not held up"
    assert await accounts.people.unlock(ROOT, jane.id, HERE)
    assert await enter(accounts)


async def test_many_tries_at_once_are_as_many(accounts: Accounts, jane: Account) -> None:
    tries = (accounts.sign_in.with_password("jane", f"wrong {n}", HERE) for n in range(25))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, SignInRefused) for result in results) == 10
    assert sum(isinstance(result, SignInLocked) for result in results) == 15


async def test_disabled_and_wrong_are_not_told_apart(accounts: Accounts, jane: Account) -> None:
    await accounts.people.set_enabled(ROOT, jane.id, False)
    refusals = []
    for name, password in (("jane", PASSWORD), ("jane", "wrong"), ("nobody", PASSWORD)):
        with pytest.raises(SignInRefused) as refusal:
            await accounts.sign_in.with_password(name, password, HERE)
        refusals.append(str(refusal.value))
    assert len(set(refusals)) == 1


async def test_what_is_typed_is_not_kept(accounts: Accounts, jane: Account, database: Database) -> None:
    """A password typed into the wrong field must not turn up in the database."""
    await wrong(accounts, PASSWORD)
    entries = await accounts.audit.entries()
    assert entries[0]["outcome"] == "refused" and entries[0]["actor"]["kind"] == "nobody"
    assert PASSWORD not in str(entries)
    async with database.session() as session:
        assert PASSWORD not in str([row.key for row in (await session.execute(select(ThrottleRow))).scalars()])


async def test_signing_in_renews_an_old_hash(
    settings: Settings, accounts: Accounts, database: Database, clock: Clock, jane: Account
) -> None:
    today = open_accounts(settings, database, now=clock, passwords=Passwords())
    await today.sign_in.with_password("jane", PASSWORD, HERE)
    async with database.session() as session:
        row = (await session.execute(select(CredentialRow))).scalar_one()
    assert "m=65536" in row.secret
    assert await today.sign_in.with_password("jane", PASSWORD, HERE)


async def test_a_password_changed_while_it_is_compared_opens_nothing(
    settings: Settings, accounts: Accounts, database: Database, clock: Clock, jane: Account
) -> None:
    class Slow(Passwords):
        """The old password is found right, and then the new one is set, before the session is opened."""

        async def verify(self, kept: str | None, password: str) -> Verdict:
            verdict = await super().verify(kept, password)
            await accounts.people.reset_password(ROOT, jane.id, "quite another teaspoon")
            return verdict

    slow = open_accounts(settings, database, now=clock, passwords=Slow())
    with pytest.raises(SignInRefused):
        await slow.sign_in.with_password("jane", PASSWORD, HERE)
    assert await accounts.sessions.of(jane) == []


async def test_last_sign_in(accounts: Accounts, jane: Account, clock: Clock) -> None:
    assert jane.last_sign_in_at is None
    clock.advance(minutes=3)
    await enter(accounts)
    assert (await accounts.people.by_id(jane.id)).last_sign_in_at == clock()
