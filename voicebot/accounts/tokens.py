"""API tokens: shown once, kept as a digest, with scopes and an end."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts.account import Account, checked_display_name
from voicebot.accounts.audit import Action, Actor, Audit, Detail
from voicebot.accounts.keys import TOKEN_PREFIX, digest, new_id, new_key, utc_now
from voicebot.accounts.models import AccountRow, TokenRow
from voicebot.accounts.people import as_account, roles_of
from voicebot.accounts.roles import Scope, scopes_of
from voicebot.errors import AccountError
from voicebot.records.database import Database

LONGEST_DAYS = 366
_USED_EVERY = timedelta(minutes=1)
_LONGEST_TOKEN = 256


@dataclass(frozen=True, slots=True)
class Token:
    """A token as people are shown it: never the secret itself. ``owner`` is a user name, or empty for the service's."""

    id: str
    label: str
    owner: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    def usable(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever sent a valid token: who that is, and what it allows now."""

    actor: Actor
    scopes: frozenset[Scope]


class Tokens:
    """Makes, finds and revokes tokens."""

    def __init__(self, database: Database, audit: Audit, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._audit = audit
        self._now = now

    async def add(
        self, actor: Actor, label: str, scopes: Collection[Scope], *, days: int = 90, owner: Account | None = None
    ) -> tuple[Token, str]:
        """A new token and its secret, which is not kept. One with an ``owner`` never allows more than they may.

        Raises :class:`AccountError` when there is no scope, one that the owner may not hand out, or a wrong time.
        """
        if not scopes:
            raise AccountError("Select what the token may do")
        if owner is not None and not set(scopes) <= scopes_of(owner.roles):
            raise AccountError("A token can’t do more than its owner may")
        if not 1 <= days <= LONGEST_DAYS:
            raise AccountError(f"A token must last from 1 to {LONGEST_DAYS} days")
        label = checked_display_name(label, "")
        if not label:
            raise AccountError("Enter what the token is for")
        key = new_key(TOKEN_PREFIX)
        now = self._now()
        row = TokenRow(
            id=new_id(),
            digest=digest(key),
            label=label,
            account_id=owner.id if owner else None,
            scopes=" ".join(sorted(scopes)),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        async with self._database.session() as session:
            session.add(row)
            detail: Detail = {
                "label": label,
                "scopes": sorted(scopes),
                "owner": owner.name if owner else "",
                "days": days,
            }
            self._audit.put(session, actor, Action.TOKEN_ADD, row.id, detail=detail)
        return _token(row, owner.name if owner else ""), key

    async def find(self, key: str, address: str) -> Bearer | None:
        """Who sent ``key``, if it is valid now and its owner enabled; counts as a use of it."""
        if not key.startswith(TOKEN_PREFIX) or len(key) > _LONGEST_TOKEN:
            return None
        query = (
            select(TokenRow, AccountRow)
            .outerjoin(AccountRow, AccountRow.id == TokenRow.account_id)
            .where(TokenRow.digest == digest(key))
        )
        async with self._database.session() as session:
            found = (await session.execute(query)).one_or_none()
            if found is None:
                return None
            row: TokenRow = found[0]
            owner: AccountRow | None = found[1]
            now = self._now()
            token = _token(row, owner.name if owner else "")
            if not token.usable(now) or (owner is not None and not owner.enabled):
                return None
            if row.used_at is None or now >= row.used_at + _USED_EVERY:
                row.used_at = now
            allowed = await self._allowed(session, token, owner)
            name = f"{owner.name}: {row.label}" if owner else row.label
            return Bearer(Actor("token", row.id, name, address), allowed)

    @staticmethod
    async def _allowed(session: AsyncSession, token: Token, owner: AccountRow | None) -> frozenset[Scope]:
        """A person who lost a role has no token left that goes on having it."""
        if owner is None:
            return token.scopes
        return token.scopes & scopes_of(as_account(owner, await roles_of(session, owner.id)).roles)

    async def all(self, owner: Account | None = None) -> list[Token]:
        """Every token, or those of ``owner``; the newest first."""
        query = (
            select(TokenRow, AccountRow.name)
            .outerjoin(AccountRow, AccountRow.id == TokenRow.account_id)
            .order_by(TokenRow.created_at.desc(), TokenRow.id)
        )
        if owner is not None:
            query = query.where(TokenRow.account_id == owner.id)
        async with self._database.session() as session:
            return [_token(row, name or "") for row, name in (await session.execute(query))]

    async def revoke(self, actor: Actor, token_id: str, *, owner: Account | None = None) -> None:
        """End a token at once, if given only one of ``owner``'s. Raises :class:`AccountError` when there is none."""
        query = update(TokenRow).where(TokenRow.id == token_id, TokenRow.revoked_at.is_(None))
        if owner is not None:
            query = query.where(TokenRow.account_id == owner.id)
        async with self._database.session() as session:
            changed = await session.execute(query.values(revoked_at=self._now()).returning(TokenRow.id))
            if not changed.all():
                raise AccountError("There is no such token, or it is revoked already")
            self._audit.put(session, actor, Action.TOKEN_REVOKE, token_id)


def _token(row: TokenRow, owner: str) -> Token:
    return Token(
        row.id,
        row.label,
        owner,
        known_scopes(row.scopes.split()),
        row.created_at,
        row.expires_at,
        row.used_at,
        row.revoked_at,
    )


def known_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """Scopes by their names; one that a newer version wrote and this one doesn't know gives nothing."""
    values = {scope.value for scope in Scope}
    return frozenset(Scope(name) for name in names if name in values)
