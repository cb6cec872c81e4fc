"""The supervisor's bypass: while it is on, every call goes straight to people."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts.audit import Actor, Audit
from voicebot.accounts.keys import utc_now
from voicebot.handoff.desk_state import DeskError, bump
from voicebot.handoff.desk_views import BypassState
from voicebot.handoff.models import SwitchRow
from voicebot.records.database import Database

_NAME = "bypass"
BYPASS_ON = "bypass.on"
BYPASS_OFF = "bypass.off"
"""What the audit calls it."""


class Bypass:
    """Reads and turns the switch."""

    def __init__(self, database: Database, audit: Audit, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._audit = audit
        self._now = now

    async def state(self) -> BypassState:
        """Whether it is on, since when, why, and by whom."""
        async with self._database.session() as session:
            return await self._state(session)

    async def switch_on(self, actor: Actor, display_name: str, reason: str) -> BypassState:
        """Send every call straight to people from now on. Raises :class:`DeskError` without a reason."""
        reason = reason.strip()[:256]
        if not reason:
            raise DeskError("Say why the assistant is to be bypassed")
        return await self._set(actor, display_name, reason, on=True)

    async def switch_off(self, actor: Actor, display_name: str, reason: str = "") -> BypassState:
        """Let the assistant answer again."""
        return await self._set(actor, display_name, reason.strip()[:256], on=False)

    async def _set(self, actor: Actor, display_name: str, reason: str, *, on: bool) -> BypassState:
        async with self._database.session(alone=True) as session:
            row = await session.get(SwitchRow, _NAME, with_for_update=True)
            if row is None:
                row = SwitchRow(name=_NAME, on=False, reason="", by="", since=self._now())
                session.add(row)
            if row.on != on or row.reason != reason:
                row.on, row.reason, row.by, row.since = on, reason, display_name[:128], self._now()
                self._audit.put(session, actor, BYPASS_ON if on else BYPASS_OFF, detail={"reason": reason})
            await session.flush()
            state = await self._state(session)
            await bump(session)
            return state

    @staticmethod
    async def _state(session: AsyncSession) -> BypassState:
        row = await session.get(SwitchRow, _NAME)
        if row is None:
            return BypassState(False, "", "", None)
        return BypassState(row.on, row.reason, row.by, row.since)
