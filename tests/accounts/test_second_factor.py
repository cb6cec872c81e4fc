"""Codes of an authenticator app: asked for, good once, counted, sealed; recovery codes; and identities elsewhere."""

from dataclasses import replace

import pyotp
import pytest
from sqlalchemy import select

from tests.accounts_helpers import PASSWORD, ROOT, Clock
from voicebot.accounts.account import Account
from voicebot.accounts.audit import Actor
from voicebot.accounts.identities import OIDC, Identity
from voicebot.accounts.models import CredentialRow
from voicebot.accounts.roles import Role
from voicebot.accounts.service import Accounts, open_accounts
from voicebot.errors import AccountError, IdentityRefused, SecondFactorNeeded, SignInLocked, SignInRefused
from voicebot.records.database import Database
from voicebot.settings import OidcSettings, Settings

HOME = "192.0.2.7"


@pytest.fixture
async def jane(accounts: Accounts) -> Account:
    return (await accounts.people.add(ROOT, "jane", [Role.AUTHOR], password=PASSWORD))[0]


async def set_up(accounts: Accounts, person: Account, clock: Clock) -> tuple[pyotp.TOTP, list[str]]:
    """An app that knows the secret, and the recovery codes; the clock moves on to a fresh code."""
    enrolment = accounts.second_factor.begin(person)
    app = pyotp.parse_uri(enrolment.uri)
    assert isinstance(app, pyotp.TOTP) and app.name == "jane"
    codes = await accounts.second_factor.confirm(Actor.of(person), person, enrolment.ticket, app.at(clock()))
    clock.advance(seconds=30)
    return app, codes


async def ticket_of(accounts: Accounts) -> str:
    with pytest.raises(SecondFactorNeeded) as needed:
        await accounts.sign_in.with_password("jane", PASSWORD, HOME)
    return needed.value.ticket


async def test_a_code_is_asked_for_and_good_once(accounts: Accounts, jane: Account, clock: Clock) -> None:
    app, _ = await set_up(accounts, jane, clock)
    code = app.at(clock())
    ticket = await ticket_of(accounts)
    key = await accounts.sign_in.with_code(ticket, f" {code[:3]} {code[3:]}", HOME)
    visit = await accounts.sessions.find(key)
    assert visit is not None and visit.account.name == "jane"
    entry = (await accounts.audit.entries(1))[0]
    assert (entry["action"], entry["detail"]) == ("sign_in", {"with": "totp"})
    with pytest.raises(SignInRefused):
        await accounts.sign_in.with_code(await ticket_of(accounts), code, HOME)
    clock.advance(seconds=30)
    assert await accounts.sign_in.with_code(await ticket_of(accounts), app.at(clock()), HOME)


async def test_a_recovery_code_is_good_once(accounts: Accounts, jane: Account, clock: Clock) -> None:
    _, codes = await set_up(accounts, jane, clock)
    assert len(set(codes)) == 10
    assert await accounts.sign_in.with_code(await ticket_of(accounts), codes[3].upper().replace("-", " "), HOME)
    assert await accounts.second_factor.codes_left(jane) == 9
    with pytest.raises(SignInRefused):
        await accounts.sign_in.with_code(await ticket_of(accounts), codes[3], HOME)


async def test_wrong_codes_are_counted_whatever_the_password(accounts: Accounts, jane: Account, clock: Clock) -> None:
    app, codes = await set_up(accounts, jane, clock)
    for _ in range(10):
        with pytest.raises(SignInRefused):
            await accounts.sign_in.with_code(await ticket_of(accounts), "000000", HOME)
    for right in (app.at(clock()), codes[0]):
        with pytest.raises(SignInLocked):
            await accounts.sign_in.with_code(await ticket_of(accounts), right, HOME)
    clock.advance(minutes=15)
    assert await accounts.sign_in.with_code(await ticket_of(accounts), app.at(clock()), HOME)


async def test_the_first_half_does_not_last(accounts: Accounts, jane: Account, clock: Clock) -> None:
    app, _ = await set_up(accounts, jane, clock)
    ticket = await ticket_of(accounts)
    clock.advance(seconds=301)
    with pytest.raises(SecondFactorNeeded):
        await accounts.sign_in.with_code(ticket, app.at(clock()), HOME)
    ticket = await ticket_of(accounts)
    await accounts.people.reset_password(ROOT, jane.id)
    with pytest.raises(SignInRefused):
        await accounts.sign_in.with_code(ticket, app.at(clock()), HOME)


async def test_tickets_of_others_and_made_up_ones_are_no_good(accounts: Accounts, jane: Account, clock: Clock) -> None:
    bob, _ = await accounts.people.add(ROOT, "bob", [], password=PASSWORD)
    enrolment = accounts.second_factor.begin(bob)
    code = pyotp.TOTP(enrolment.secret).at(clock())
    for ticket in (enrolment.ticket, "", "x" * 80, "£"):
        with pytest.raises(AccountError):
            await accounts.second_factor.confirm(ROOT, jane, ticket, code)
    with pytest.raises(SecondFactorNeeded):
        await accounts.sign_in.with_code(enrolment.ticket, code, HOME)
    clock.advance(minutes=16)
    with pytest.raises(AccountError, match="too long"):
        await accounts.second_factor.confirm(ROOT, bob, enrolment.ticket, pyotp.TOTP(enrolment.secret).at(clock()))
    assert not await accounts.second_factor.is_on(bob)


async def test_the_database_alone_tells_nothing(
    accounts: Accounts, jane: Account, clock: Clock, database: Database, settings: Settings
) -> None:
    app, codes = await set_up(accounts, jane, clock)
    async with database.session() as session:
        rows = (await session.execute(select(CredentialRow).where(CredentialRow.account_id == jane.id))).scalars().all()
    kept = " ".join(row.secret + row.subject for row in rows)
    assert app.secret not in kept and not any(code in kept or code.replace("-", "") in kept for code in codes)
    ticket = await ticket_of(accounts)
    other_key = settings.model_copy(update={"data": settings.data / "elsewhere"})
    elsewhere = open_accounts(other_key, database, now=clock)
    with pytest.raises(SecondFactorNeeded):
        await elsewhere.sign_in.with_code(ticket, app.at(clock()), HOME)


async def test_ended_by_its_owner_or_an_admin(accounts: Accounts, jane: Account, clock: Clock) -> None:
    await set_up(accounts, jane, clock)
    assert await accounts.second_factor.remove(ROOT, jane)
    assert not await accounts.second_factor.remove(ROOT, jane)
    assert await accounts.sign_in.with_password("jane", PASSWORD, HOME)
    assert [entry["action"] for entry in await accounts.audit.entries(2)] == ["sign_in", "second_factor.remove"]


def identity(subject: str = "1", name: str = "jane", groups: frozenset[str] | None = None) -> Identity:
    return Identity("https://login.example", subject, name, "Jane Burns", groups)


async def test_an_identity_is_linked_once(accounts: Accounts, jane: Account) -> None:
    assert (await accounts.identities.account(identity(), HOME)).id == jane.id
    renamed = identity(name="j.burns")
    assert (await accounts.identities.account(renamed, HOME)).id == jane.id, "the provider's own name counts"
    with pytest.raises(IdentityRefused, match="somebody else"):
        await accounts.identities.account(identity(subject="2"), HOME)
    with pytest.raises(IdentityRefused, match="no account here"):
        await accounts.identities.account(identity(subject="3", name="nobody"), HOME)
    assert await accounts.sign_in.with_identity(jane, OIDC, HOME)
    await accounts.people.set_enabled(ROOT, jane.id, False)
    with pytest.raises(SignInRefused):
        await accounts.sign_in.with_identity(replace(jane, enabled=True), OIDC, HOME)


async def test_groups_give_roles(settings: Settings, database: Database, clock: Clock) -> None:
    groups = OidcSettings(issuer="https://login.example", roles={"Editors": ("author", "no such role")})
    accounts = open_accounts(settings.model_copy(update={"oidc": groups}), database, now=clock)
    made = await accounts.identities.account(identity(groups=frozenset({"Editors", "Staff"})), HOME)
    assert made.roles == {Role.AUTHOR} and made.display_name == "Jane Burns"
    with pytest.raises(IdentityRefused, match="None of your groups"):
        await accounts.identities.account(identity(groups=frozenset({"Staff"})), HOME)
    await accounts.people.set_roles(ROOT, made.id, [Role.VIEWER])
    again = await accounts.identities.account(identity(groups=frozenset({"Editors"})), HOME)
    assert again.roles == {Role.AUTHOR}


@pytest.mark.parametrize(
    ("claims", "wrong"),
    [
        ({"preferred_username": "not a name"}, "no usable user name"),
        ({}, "no usable user name"),
    ],
)
def test_claims_that_name_nobody(claims: dict[str, str], wrong: str) -> None:
    with pytest.raises(IdentityRefused, match=wrong):
        Identity.of({"iss": "i", "sub": "s", **claims}, OidcSettings())


def test_an_email_address_must_have_been_checked() -> None:
    by_email = OidcSettings(name_claim="email")
    claims = {"iss": "i", "sub": "s", "email": "jane@norburyvale.example"}
    with pytest.raises(IdentityRefused, match="not checked"):
        Identity.of(claims, by_email)
    assert Identity.of({**claims, "email_verified": True}, by_email).name == "jane@norburyvale.example"
