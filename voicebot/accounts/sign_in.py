"""Signing in with a name and a password: counted, compared in the same time whoever is asked for, and audited."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts import throttle
from voicebot.accounts.account import Account, is_name, sign_in_name
from voicebot.accounts.audit import Action, Actor, Audit, Outcome
from voicebot.accounts.keys import utc_now
from voicebot.accounts.models import AccountRow, CredentialRow
from voicebot.accounts.passwords import Passwords
from voicebot.accounts.people import PASSWORD, People
from voicebot.accounts.second_factor import SecondFactor
from voicebot.accounts.sessions import Sessions
from voicebot.accounts.throttle import Admission, Rule
from voicebot.accounts.vault import Vault
from voicebot.errors import SecondFactorNeeded, SignInLocked, SignInRefused
from voicebot.records.database import Database

_CODE_WITHIN_S = 300
"""How long after the password its code may come."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is kept of the name that was typed: nothing, where there is no such account."""

    account_id: str = ""
    name: str = ""
    enabled: bool = False
    secret: str | None = None
    valid_until: datetime | None = None


class SignIn:
    """The door. Both rules count every try, and a right password takes its own back."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        passwords: Passwords,
        sessions: Sessions,
        second_factor: SecondFactor,
        vault: Vault,
        *,
        per_account: Rule,
        per_address: Rule,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._audit = audit
        self._passwords = passwords
        self._sessions = sessions
        self._second_factor = second_factor
        self._vault = vault
        self._per_account = per_account
        self._per_address = per_address
        self._now = now

    async def with_password(self, name: str, password: str, address: str, *, second_factor_shown: bool = False) -> str:
        """The key of a new session.

        Raises :class:`SignInRefused`, :class:`SignInLocked`, :class:`~voicebot.errors.SignInBusy`, or
        :class:`SecondFactorNeeded`, unless who asks has ``second_factor_shown`` in this very browser.
        """
        known = await self._check(name, password, address)
        async with self._database.session(alone=True) as session:
            row = await self._unchanged(session, known)
            if not second_factor_shown and await self._second_factor.wanted(session, known.account_id):
                ticket = {"account": known.account_id, "name": known.name, "secret": known.secret}
                raise SecondFactorNeeded(self._vault.seal(ticket, self._now()))
            return await self._enter(session, known, row, (PASSWORD,), address)

    async def with_code(self, ticket: str, code: str, address: str) -> str:
        """The key of a new session, with the code that :class:`SecondFactorNeeded` asked for.

        Raises :class:`SignInRefused` for a wrong code, :class:`SignInLocked` after too many, and
        :class:`SecondFactorNeeded` with an empty ticket when the password is too long ago.
        """
        half = self._vault.open(ticket, self._now(), valid_s=_CODE_WITHIN_S)
        if half is None or "account" not in half:
            raise SecondFactorNeeded("")
        known = _Known(half["account"], half["name"], True, half["secret"])
        async with self._database.session(alone=True) as session:
            admission = await self._second_factor.count(session, known.account_id)
            if admission.locked:
                self._audit.put(session, _actor(known, address), Action.LOCKED, known.name, Outcome.REFUSED)
        if not admission.admitted:
            raise SignInLocked(_wait(admission, self._now()))
        async with self._database.session(alone=True) as session:
            row = await self._unchanged(session, known)
            kind = await self._second_factor.prove(session, known.account_id, code)
            if kind is not None:
                return await self._enter(session, known, row, (PASSWORD, kind), address)
        await self._audit.add(_actor(known, address), Action.SIGN_IN, known.name, Outcome.REFUSED)
        raise SignInRefused("the code is wrong")

    async def with_identity(self, account: Account, proof: str, address: str) -> str:
        """The key of a new session for somebody whom another authority vouches for. Raises :class:`SignInRefused`."""
        known = _Known(account.id, account.name, account.enabled)
        async with self._database.session(alone=True) as session:
            row = await session.get(AccountRow, account.id)
            if row is not None and row.enabled:
                return await self._enter(session, known, row, (proof,), address)
        await self._audit.add(_actor(known, address), Action.SIGN_IN, known.name, Outcome.REFUSED)
        raise SignInRefused("the account is disabled or gone")

    async def _unchanged(self, session: AsyncSession, known: _Known) -> AccountRow:
        # First of all locks, as whoever sets a password takes it first too.
        credential = await People.secret(session, known.account_id)
        row = await session.get(AccountRow, known.account_id)
        if row is None or not row.enabled or credential is None or credential.secret != known.secret:
            # Removed, disabled or given another password while this one was being compared.
            raise SignInRefused("the user name or the password is wrong")
        return row

    async def _enter(
        self, session: AsyncSession, known: _Known, row: AccountRow, proofs: tuple[str, ...], address: str
    ) -> str:
        await self._sessions.forget_old(session)
        row.last_sign_in_at = self._now()
        key = self._sessions.open(session, known.account_id, proofs, address)
        detail = {"with": proofs[-1]} if proofs != (PASSWORD,) else None
        self._audit.put(session, _actor(known, address), Action.SIGN_IN, known.name, detail=detail)
        return key

    async def confirm(self, account: Account, password: str, address: str) -> None:
        """Hold the password of somebody who is signed in against theirs, with the same counting and errors."""
        await self._check(account.name, password, address)

    async def _check(self, name: str, password: str, address: str) -> _Known:
        keys = (throttle.account_key(name), throttle.address_key(address))
        known = await self._count(name, keys, address)
        verdict = await self._passwords.verify(known.secret, password)
        late = known.valid_until is not None and self._now() >= known.valid_until
        if not verdict.right or not known.enabled or late:
            await self._audit.add(_actor(known, address), Action.SIGN_IN, known.name, Outcome.REFUSED)
            raise SignInRefused("the user name or the password is wrong")
        async with self._database.session() as session:
            await throttle.clear(session, keys[0])
            await throttle.forgive(session, keys[1])
            if verdict.renewed is not None:
                known = await self._renew(session, known, verdict.renewed)
        return known

    async def _count(self, name: str, keys: tuple[str, str], address: str) -> _Known:
        """Count the try, and look the name up. A try from a locked address doesn't count against the account."""
        now = self._now()
        async with self._database.session(alone=True) as session:
            known = await _look_up(session, name)
            await throttle.forget_old(session, now - max(self._per_account.window, self._per_address.window))
            admission = await throttle.admit(session, keys[1], self._per_address, now)
            if admission.admitted:
                admission = await throttle.admit(session, keys[0], self._per_account, now)
            if admission.locked:
                self._audit.put(session, _actor(known, address), Action.LOCKED, known.name, Outcome.REFUSED)
        if not admission.admitted:
            raise SignInLocked(_wait(admission, now))
        return known

    async def _renew(self, session: AsyncSession, known: _Known, secret: str) -> _Known:
        """Keep the hash in today's parameters, unless the password was changed meanwhile."""
        row = await People.secret(session, known.account_id)
        if row is None or row.secret != known.secret:
            return known
        row.secret = secret
        return replace(known, secret=secret)


async def _look_up(session: AsyncSession, name: str) -> _Known:
    name = sign_in_name(name)
    if not is_name(name):
        return _Known()
    query = (
        select(AccountRow, CredentialRow)
        .outerjoin(CredentialRow, (CredentialRow.account_id == AccountRow.id) & (CredentialRow.kind == PASSWORD))
        .where(AccountRow.name == name)
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        return _Known()
    account: AccountRow = found[0]
    credential: CredentialRow | None = found[1]
    if credential is None:
        return _Known(account.id, account.name, account.enabled)
    return _Known(account.id, account.name, account.enabled, credential.secret, credential.valid_until)


def _actor(known: _Known, address: str) -> Actor:
    """Who it is about. A name that nobody has is not kept: people type their password into the wrong field."""
    if not known.account_id:
        return Actor("nobody", address=address)
    return Actor("account", known.account_id, known.name, address)


def _wait(admission: Admission, now: datetime) -> int:
    return max(1, ceil((admission.until - now).total_seconds())) if admission.until else 1
