"""Whether somebody who rings was cut off a short while ago: found by their number, in the records."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from voicebot.errors import RecordsUnavailable
from voicebot.records.database import Database, RecordRejected
from voicebot.records.models import CallRow, FactRow, StepRow
from voicebot.records.patience import within
from voicebot.settings import Settings

CARRIED_ON = "carried_on"
"""The step of a call that went on with an earlier one's conversation; its data names it."""

_WITHIN = timedelta(hours=1)
_TIMEOUT_S = 0.5
"""The greeting waits for it."""
_NUMBER_DIGITS = 10


class EarlierCalls:
    """Looks for the call that was dropped. Never waits long, never raises: then there was none."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self._database = database
        self._now = now
        self._timeout_s = timeout_s

    async def dropped(self, caller: str) -> str | None:
        """The conversation (its id in the dialogue) that ``caller`` was cut off from within the hour, if any.

        Only their last call counts, and only if something was begun in it. One in which they proved who they are is not
        taken up again: anybody at that phone would be told what was meant for them. A withheld number finds nothing.
        """
        if len(re.sub(r"\D", "", caller.removeprefix("sip:").partition("@")[0])) < _NUMBER_DIGITS:
            return None
        try:
            return await within(self._timeout_s, self._find(caller))
        except (RecordsUnavailable, RecordRejected, TimeoutError):
            return None

    async def _find(self, caller: str) -> str | None:
        async with self._database.session() as session:
            theirs = (CallRow.caller == caller, CallRow.ended_at >= self._now() - _WITHIN)
            query = select(CallRow).where(*theirs).order_by(CallRow.ended_at.desc()).limit(1)
            last = (await session.execute(query)).scalar_one_or_none()
            if last is None or last.outcome != "abandoned" or last.service in ("", "none"):
                return None
            proof = (FactRow.call_id == last.id, FactRow.name == "verified", FactRow.superseded.is_(False))
            if (await session.execute(select(FactRow.id).where(*proof))).first() is not None:
                return None
            step = select(StepRow.data).where(StepRow.call_id == last.id, StepRow.kind == CARRIED_ON)
            before = (await session.execute(step)).scalars().first()
            return str(before["conversation"]) if before else last.id


@asynccontextmanager
async def open_earlier(settings: Settings) -> AsyncIterator[EarlierCalls]:
    """The earlier calls in the records, for as long as the block lasts."""
    database = Database(settings.database, busy_timeout_ms=300)
    try:
        yield EarlierCalls(database)
    finally:
        await database.close()
