"""Putting into the outbox: in the transaction of what is told, so that both are kept or neither is."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts.keys import utc_now
from voicebot.outbox.tables import OutboxRow
from voicebot.records.database import Database


class Outbox:
    """Takes what is to be told. Nothing is sent from here: the courier does that, after the transaction.

    A call's own events are put through the record sink (``sink.tell(call_id, kind, payload)``), which keeps them
    while the database is away; this is for whoever has a database at hand, such as a page.
    """

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def put(
        self, kind: str, payload: Mapping[str, Any], *, call_id: str = "", session: AsyncSession | None = None
    ) -> str:
        """Put something in; gives the id that its receivers tell a repetition by.

        ``kind`` is a dotted name such as ``call.accepted``; ``payload`` is JSON. In ``session`` it belongs to that
        transaction, else it is one of its own. Raises :class:`~voicebot.errors.RecordsUnavailable`.
        """
        row = outbox_row(kind, payload, call_id=call_id, at=self._now())
        uid = row.uid
        if session is not None:
            session.add(row)
        else:
            async with self._database.session() as own:
                own.add(row)
        return uid


def outbox_row(
    kind: str, payload: Mapping[str, Any], *, call_id: str = "", uid: str = "", at: datetime | None = None
) -> OutboxRow:
    """The row of something to tell."""
    return OutboxRow(
        uid=uid or uuid4().hex, kind=kind, payload=dict(payload), call_id=call_id, at=at or utc_now(), spread=False
    )
