"""The audit: who did what, when, on what, and whether it was let happen. Rows are added and read, nothing else.

No secret is ever put into it, and of callers nothing but the id of their call.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import Connection, event, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper, ORMExecuteState, Session

from voicebot.accounts.account import Account
from voicebot.accounts.keys import utc_now
from voicebot.accounts.models import AuditRow
from voicebot.records.database import Database

MAX_LIMIT = 500
_READ_EVERY = timedelta(minutes=1)

Detail = Mapping[str, str | int | bool | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. A ``command`` was typed on the service's own machine by the system's user ``name``."""

    kind: Literal["account", "token", "command", "nobody"]
    id: str = ""
    name: str = ""
    address: str = ""

    @classmethod
    def of(cls, account: Account, address: str = "") -> "Actor":
        """A person who is signed in."""
        return cls("account", account.id, account.name, address)


class Action(StrEnum):
    """What accounts themselves are about; other parts name their own actions in the same way."""

    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    LOCKED = "sign_in.locked"
    ACCESS = "access"
    PASSWORD_CHANGE = "password.change"  # noqa: S105 - an action
    PASSWORD_RESET = "password.reset"  # noqa: S105 - an action
    ACCOUNT_ADD = "account.add"
    ACCOUNT_ROLES = "account.roles"
    ACCOUNT_DISABLE = "account.disable"
    ACCOUNT_ENABLE = "account.enable"
    ACCOUNT_UNLOCK = "account.unlock"
    ACCOUNT_REMOVE = "account.remove"
    SESSION_END = "session.end"
    SECOND_FACTOR_ADD = "second_factor.add"
    SECOND_FACTOR_REMOVE = "second_factor.remove"
    IDENTITY_LINK = "identity.link"
    TOKEN_ADD = "token.add"  # noqa: S105 - an action
    TOKEN_REVOKE = "token.revoke"  # noqa: S105 - an action
    CALLS_READ = "calls.read"
    AUDIT_READ = "audit.read"


class Outcome(StrEnum):
    """What became of it."""

    DONE = "done"
    REFUSED = "refused"


class Audit:
    """Adds to the audit and reads it."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now
        self._reads: dict[tuple[str, ...], datetime] = {}

    def put(
        self,
        session: AsyncSession,
        actor: Actor,
        action: str,
        target: str = "",
        outcome: Outcome = Outcome.DONE,
        detail: Detail | None = None,
    ) -> None:
        """Add to a transaction, so that what is done and the row about it are kept together or not at all."""
        session.add(
            AuditRow(
                at=self._now(),
                actor_kind=actor.kind,
                actor_id=actor.id[:64],
                actor_name=actor.name[:128],
                address=actor.address[:64],
                action=str(action),
                target=target[:160],
                outcome=outcome.value,
                detail=dict(detail or {}),
            )
        )

    async def add(
        self,
        actor: Actor,
        action: str,
        target: str = "",
        outcome: Outcome = Outcome.DONE,
        detail: Detail | None = None,
    ) -> None:
        """Add on its own. ``target`` is what it was done to: the name or id of an account, a token, a call."""
        async with self._database.session() as session:
            self.put(session, actor, action, target, outcome, detail)

    async def add_read(self, actor: Actor, action: str, target: str = "") -> None:
        """Note that something was looked at: once a minute for the same reader and thing, however often they ask."""
        now = self._now()
        who = (actor.kind, actor.id or actor.name, actor.address, action, target)
        if who in self._reads and now < self._reads[who] + _READ_EVERY:
            return
        self._reads = {read: at for read, at in self._reads.items() if now < at + _READ_EVERY}
        await self.add(actor, action, target)
        self._reads[who] = now

    async def entries(
        self, limit: int = 50, *, before: int | None = None, actor: str = "", action: str = ""
    ) -> list[dict[str, Any]]:
        """The newest first: those older than the entry ``before``, of one ``actor`` (a name), of one ``action``."""
        query = select(AuditRow).order_by(AuditRow.id.desc()).limit(max(1, min(limit, MAX_LIMIT)))
        if before is not None:
            query = query.where(AuditRow.id < before)
        if actor:
            query = query.where(func.lower(AuditRow.actor_name) == actor.lower())
        if action:
            query = query.where(AuditRow.action == action)
        async with self._database.session() as session:
            return [_view(row) for row in (await session.execute(query)).scalars()]


def _view(row: AuditRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "actor": {"kind": row.actor_kind, "id": row.actor_id, "name": row.actor_name, "address": row.address},
        "action": row.action,
        "target": row.target,
        "outcome": row.outcome,
        "detail": row.detail,
    }


class AuditChanged(RuntimeError):
    """Somebody wrote code that would change the audit."""


@event.listens_for(AuditRow, "before_update")
@event.listens_for(AuditRow, "before_delete")
def _keep_row(_mapper: Mapper[AuditRow], _connection: Connection, _row: AuditRow) -> None:
    raise AuditChanged("rows of the audit are neither changed nor deleted")


@event.listens_for(Session, "do_orm_execute")
def _keep_rows(state: ORMExecuteState) -> None:
    if (state.is_update or state.is_delete) and AuditRow.__mapper__ in state.all_mappers:
        raise AuditChanged("rows of the audit are neither changed nor deleted")
