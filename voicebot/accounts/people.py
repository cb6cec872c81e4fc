"""The accounts themselves: adding, finding, changing and removing them. Every change is in the audit with it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts import throttle
from voicebot.accounts.account import Account, checked_display_name, checked_name, sign_in_name
from voicebot.accounts.audit import Action, Actor, Audit
from voicebot.accounts.keys import new_id, one_time_password, utc_now
from voicebot.accounts.models import AccountRoleRow, AccountRow, CredentialRow, SessionRow
from voicebot.accounts.passwords import Passwords, check_password
from voicebot.accounts.roles import Role
from voicebot.errors import AccountError, NoSuchAccount
from voicebot.records.database import Database, RecordRejected

PASSWORD = "password"  # noqa: S105 - the kind of credential
"""The kind of credential that a password is; a second factor or a foreign identity is a row of another kind."""


class LastAdmin(AccountError):
    """Nobody could manage accounts any more."""

    def __init__(self) -> None:
        super().__init__("This is the last account that can manage accounts. Give the role admin to another one first")


class People:
    """Accounts in the database. Methods that change one raise :class:`NoSuchAccount` when it isn't there."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        passwords: Passwords,
        *,
        one_time_valid: timedelta = timedelta(hours=72),
        forbidden: Sequence[str] = (),
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._audit = audit
        self._passwords = passwords
        self._one_time_valid = one_time_valid
        self._forbidden = forbidden
        self._now = now

    async def add(
        self, actor: Actor, name: str, roles: Collection[Role], *, display_name: str = "", password: str = ""
    ) -> tuple[Account, str]:
        """A new account, and its one-time password, which is not kept in clear; empty when a ``password`` was given.

        Raises :class:`AccountError` when the name is wrong or taken, or the password too weak.
        """
        name = checked_name(name)
        display_name = checked_display_name(display_name, name)
        one_time = "" if password else one_time_password()
        if password:
            check_password(password, (name, display_name, *self._forbidden))
        secret = await self._passwords.hash(password or one_time)
        account = Account(new_id(), name, display_name, frozenset(roles), True, self._now())
        try:
            async with self._database.session() as session:
                session.add(
                    AccountRow(
                        id=account.id,
                        name=name,
                        display_name=display_name,
                        enabled=True,
                        created_at=account.created_at,
                    )
                )
                await session.flush()
                session.add_all(AccountRoleRow(account_id=account.id, role=role.value) for role in account.roles)
                session.add(
                    CredentialRow(
                        account_id=account.id,
                        kind=PASSWORD,
                        subject="",
                        secret=secret,
                        must_change=bool(one_time),
                        changed_at=account.created_at,
                        valid_until=account.created_at + self._one_time_valid if one_time else None,
                    )
                )
                # Tries on the name from before it had an account say nothing about its owner.
                await throttle.clear(session, throttle.account_key(name))
                self._audit.put(session, actor, Action.ACCOUNT_ADD, name, detail={"roles": sorted(account.roles)})
        except RecordRejected as error:
            raise AccountError(f"There is already an account with the user name {name}") from error
        return account, one_time

    async def by_name(self, name: str) -> Account:
        """The account that signs in as ``name``."""
        async with self._database.session() as session:
            return await self._account(session, AccountRow.name == sign_in_name(name))

    async def by_id(self, account_id: str) -> Account:
        """The account with this id."""
        async with self._database.session() as session:
            return await self._account(session, AccountRow.id == account_id)

    async def all(self) -> list[Account]:
        """Every account, by name."""
        async with self._database.session() as session:
            rows = (await session.execute(select(AccountRow).order_by(AccountRow.name))).scalars().all()
            roles: dict[str, set[Role]] = {}
            for role in (await session.execute(select(AccountRoleRow))).scalars():
                roles.setdefault(role.account_id, set()).update(known_roles([role.role]))
            return [as_account(row, frozenset(roles.get(row.id, ()))) for row in rows]

    async def locked(self, accounts: Sequence[Account]) -> dict[str, datetime]:
        """Names of those that can't sign in now because of too many wrong tries, and until when."""
        async with self._database.session() as session:
            return await throttle.locked_until(session, [account.name for account in accounts], self._now())

    async def count(self) -> int:
        """How many accounts there are."""
        async with self._database.session() as session:
            return (await session.execute(select(func.count()).select_from(AccountRow))).scalar_one()

    async def set_roles(
        self, actor: Actor, account_id: str, roles: Collection[Role], *, even_the_last: bool = False
    ) -> Account:
        """Give the account exactly ``roles``. Raises :class:`LastAdmin` unless ``even_the_last`` may go."""
        async with self._database.session(alone=True) as session:
            before = await self._account(session, AccountRow.id == account_id)
            if Role.ADMIN not in roles and not even_the_last:
                await self._keep_an_admin(session, before)
            await session.execute(delete(AccountRoleRow).where(AccountRoleRow.account_id == account_id))
            session.add_all(AccountRoleRow(account_id=account_id, role=role.value) for role in set(roles))
            detail = {"before": sorted(before.roles), "after": sorted(set(roles))}
            self._audit.put(session, actor, Action.ACCOUNT_ROLES, before.name, detail=detail)
            return replace(before, roles=frozenset(roles))

    async def set_enabled(
        self, actor: Actor, account_id: str, enabled: bool, *, even_the_last: bool = False
    ) -> Account:
        """Let the account sign in, or not: then it is signed out everywhere at once."""
        async with self._database.session(alone=True) as session:
            account = await self._account(session, AccountRow.id == account_id)
            if not enabled and not even_the_last:
                await self._keep_an_admin(session, account)
            row = await session.get_one(AccountRow, account_id)
            row.enabled = enabled
            if not enabled:
                await session.execute(delete(SessionRow).where(SessionRow.account_id == account_id))
            action = Action.ACCOUNT_ENABLE if enabled else Action.ACCOUNT_DISABLE
            self._audit.put(session, actor, action, account.name)
            return replace(account, enabled=enabled)

    async def unlock(self, actor: Actor, account_id: str, address: str = "") -> bool:
        """Forget the wrong tries on the account, and those from ``address``; False when there was nothing to forget."""
        async with self._database.session() as session:
            account = await self._account(session, AccountRow.id == account_id)
            keys = [throttle.account_key(account.name), *([throttle.address_key(address)] if address else [])]
            found = await throttle.clear(session, *keys)
            self._audit.put(session, actor, Action.ACCOUNT_UNLOCK, account.name)
            return bool(found)

    async def remove(self, actor: Actor, account_id: str, *, even_the_last: bool = False) -> Account:
        """Delete the account, its sessions and its tokens. What it did stays in the audit."""
        async with self._database.session(alone=True) as session:
            account = await self._account(session, AccountRow.id == account_id)
            if not even_the_last:
                await self._keep_an_admin(session, account)
            await session.execute(delete(AccountRow).where(AccountRow.id == account_id))
            await throttle.clear(session, throttle.account_key(account.name))
            self._audit.put(session, actor, Action.ACCOUNT_REMOVE, account.name)
            return account

    async def reset_password(self, actor: Actor, account_id: str, password: str = "") -> str:
        """Set a password for somebody else: the one given, or a one-time one, which is returned and must be changed.

        The account is signed out everywhere and unlocked.
        """
        account = await self.by_id(account_id)
        one_time = "" if password else one_time_password()
        if password:
            check_password(password, (account.name, account.display_name, *self._forbidden))
        secret = await self._passwords.hash(password or one_time)
        async with self._database.session() as session:
            await self._account(session, AccountRow.id == account_id)
            until = self._now() + self._one_time_valid if one_time else None
            await self._set_secret(session, account_id, secret, must_change=bool(one_time), valid_until=until)
            await session.execute(delete(SessionRow).where(SessionRow.account_id == account_id))
            await throttle.clear(session, throttle.account_key(account.name))
            self._audit.put(session, actor, Action.PASSWORD_RESET, account.name, detail={"one_time": bool(one_time)})
        return one_time

    async def change_password(self, actor: Actor, account: Account, password: str) -> None:
        """Set one's own new password; all sessions end. Raises :class:`AccountError` when it is weak or the old one."""
        check_password(password, (account.name, account.display_name, *self._forbidden))
        async with self._database.session() as session:
            old = await self.secret(session, account.id)
        if (await self._passwords.verify(old.secret if old else None, password)).right:
            raise AccountError("Password must not be the one you have now")
        secret = await self._passwords.hash(password)
        async with self._database.session() as session:
            await self._set_secret(session, account.id, secret, must_change=False, valid_until=None)
            await session.execute(delete(SessionRow).where(SessionRow.account_id == account.id))
            self._audit.put(session, actor, Action.PASSWORD_CHANGE, account.name)

    @staticmethod
    async def secret(session: AsyncSession, account_id: str) -> CredentialRow | None:
        """What the account's password is held against; nobody else changes it until the transaction is over."""
        query = select(CredentialRow).where(CredentialRow.account_id == account_id, CredentialRow.kind == PASSWORD)
        query = query.with_for_update()
        return (await session.execute(query)).scalar_one_or_none()

    async def _set_secret(
        self, session: AsyncSession, account_id: str, secret: str, *, must_change: bool, valid_until: datetime | None
    ) -> None:
        row = await self.secret(session, account_id)
        if row is None:
            row = CredentialRow(account_id=account_id, kind=PASSWORD, subject="")
            session.add(row)
        row.secret = secret
        row.must_change = must_change
        row.changed_at = self._now()
        row.valid_until = valid_until

    @staticmethod
    async def _account(session: AsyncSession, which: ColumnElement[bool]) -> Account:
        row = (await session.execute(select(AccountRow).where(which))).scalar_one_or_none()
        if row is None:
            raise NoSuchAccount("There is no such account")
        return as_account(row, await roles_of(session, row.id))

    @staticmethod
    async def _keep_an_admin(session: AsyncSession, leaving: Account) -> None:
        """Two admins who remove each other at the same moment wait for one another here."""
        if Role.ADMIN not in leaving.roles or not leaving.enabled:
            return
        query = (
            select(AccountRow.id)
            .join(AccountRoleRow, AccountRoleRow.account_id == AccountRow.id)
            .where(AccountRoleRow.role == Role.ADMIN.value, AccountRow.enabled.is_(True))
            .with_for_update()
        )
        if set((await session.execute(query)).scalars()) <= {leaving.id}:
            raise LastAdmin


async def roles_of(session: AsyncSession, account_id: str) -> frozenset[Role]:
    """The roles of one account."""
    query = select(AccountRoleRow.role).where(AccountRoleRow.account_id == account_id)
    return known_roles((await session.execute(query)).scalars())


def known_roles(names: Iterable[str]) -> frozenset[Role]:
    """Roles by their names; one that a newer version wrote and this one doesn't know gives nothing."""
    values = {role.value for role in Role}
    return frozenset(Role(name) for name in names if name in values)


def as_account(row: AccountRow, roles: frozenset[Role]) -> Account:
    """A row as the rest of the service sees it."""
    return Account(row.id, row.name, row.display_name, roles, row.enabled, row.created_at, row.last_sign_in_at)
