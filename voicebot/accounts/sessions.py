"""Sessions of signed-in browsers: opaque random keys of which only a digest is kept, with two time-outs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts.account import Account
from voicebot.accounts.audit import Action, Actor, Audit
from voicebot.accounts.keys import derived, digest, new_id, new_key, utc_now
from voicebot.accounts.models import AccountRow, CredentialRow, SessionRow
from voicebot.accounts.people import PASSWORD, as_account, roles_of
from voicebot.records.database import Database

_SEEN_EVERY = timedelta(minutes=1)
"""How exactly the last use is kept: not every request need write."""
_LONGEST_KEY = 128


@dataclass(frozen=True, slots=True)
class Visit:
    """A session that is valid now, and whose it is. ``must_change``: the password was a one-time one."""

    id: str
    account: Account
    must_change: bool
    csrf: str


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as its owner is shown it."""

    id: str
    address: str
    created_at: datetime
    seen_at: datetime


class Sessions:
    """Opens, finds and ends sessions: after ``idle`` without a request, or ``absolute`` after the sign-in."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        *,
        idle: timedelta = timedelta(hours=1),
        absolute: timedelta = timedelta(hours=12),
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._audit = audit
        self._idle = idle
        self._absolute = absolute
        self._now = now

    def open(self, session: AsyncSession, account_id: str, proofs: tuple[str, ...], address: str) -> str:
        """A new session in a transaction; its key goes into the cookie and is kept nowhere."""
        key = new_key()
        now = self._now()
        session.add(
            SessionRow(
                id=new_id(),
                digest=digest(key),
                account_id=account_id,
                proofs=" ".join(proofs),
                address=address[:64],
                created_at=now,
                seen_at=now,
                expires_at=now + self._absolute,
            )
        )
        return key

    async def find(self, key: str) -> Visit | None:
        """The session of ``key`` if it is valid now and its account enabled; counts as a use of it."""
        if not key or len(key) > _LONGEST_KEY:
            return None
        now = self._now()
        query = (
            select(SessionRow, AccountRow, CredentialRow.must_change)
            .join(AccountRow, AccountRow.id == SessionRow.account_id)
            .outerjoin(CredentialRow, (CredentialRow.account_id == AccountRow.id) & (CredentialRow.kind == PASSWORD))
            .where(SessionRow.digest == digest(key))
        )
        async with self._database.session() as session:
            found = (await session.execute(query)).one_or_none()
            if found is None:
                return None
            row, owner, must_change = found
            if now >= row.expires_at or now >= row.seen_at + self._idle or not owner.enabled:
                await session.execute(delete(SessionRow).where(SessionRow.id == row.id))
                return None
            if now >= row.seen_at + _SEEN_EVERY:
                row.seen_at = now
            account = as_account(owner, await roles_of(session, owner.id))
            unfinished = bool(must_change) and PASSWORD in row.proofs.split()
            return Visit(row.id, account, unfinished, csrf_of(key))

    async def of(self, account: Account) -> list[OpenSession]:
        """The sessions in which ``account`` is signed in, the last used first."""
        async with self._database.session() as session:
            await self.forget_old(session)
            query = select(SessionRow).where(SessionRow.account_id == account.id).order_by(SessionRow.seen_at.desc())
            rows = (await session.execute(query)).scalars()
            return [OpenSession(row.id, row.address, row.created_at, row.seen_at) for row in rows]

    async def end(self, actor: Actor, visit: Visit) -> None:
        """Sign out of this session."""
        async with self._database.session() as session:
            await session.execute(delete(SessionRow).where(SessionRow.id == visit.id))
            self._audit.put(session, actor, Action.SIGN_OUT, visit.account.name)

    async def end_others(self, actor: Actor, account: Account, *, but: str = "", only: str = "") -> int:
        """End all sessions of ``account`` except ``but``, or ``only`` one of them; how many there were."""
        query = delete(SessionRow).where(SessionRow.account_id == account.id, SessionRow.id != but)
        if only:
            query = query.where(SessionRow.id == only)
        async with self._database.session() as session:
            ended = len((await session.execute(query.returning(SessionRow.id))).all())
            self._audit.put(session, actor, Action.SESSION_END, account.name, detail={"sessions": ended})
            return ended

    async def forget_old(self, session: AsyncSession) -> None:
        """Delete the sessions that are over."""
        now = self._now()
        over = or_(SessionRow.expires_at <= now, SessionRow.seen_at <= now - self._idle)
        await session.execute(delete(SessionRow).where(over))


def csrf_of(key: str) -> str:
    """What a form sent from the browser that holds the cookie ``key`` must carry. Nobody can make it without the
    cookie, and it is worth nothing in any other session.
    """
    return derived(key, "csrf")
