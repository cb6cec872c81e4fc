"""All that is kept of a call, in whatever table it is: to be given to the person it is about, and to be deleted."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, MetaData, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

_CALLS = "calls"
_OF_CALL = "call_id"
_AUDIO = ("messages", "recordings")
_AT_ONCE = 500
"""Calls to a statement: SQLite takes a bounded number of values."""


class Kept:
    """Every table that holds something of a call: whichever part of the service made it, it has a ``call_id``.

    The tables are read from the database, not from our own classes, so that a part that this process doesn't
    know is not left out.
    """

    def __init__(self, connection: Connection) -> None:
        metadata = MetaData()
        metadata.reflect(connection)
        self._calls: Table = metadata.tables[_CALLS]
        self._belonging = [table for table in reversed(metadata.sorted_tables) if _OF_CALL in table.columns]
        self._audio = [metadata.tables[name] for name in _AUDIO]

    @classmethod
    async def of(cls, session: AsyncSession) -> "Kept":
        """The tables of the session's database."""
        return await (await session.connection()).run_sync(cls)

    async def rows(self, session: AsyncSession, call_id: str) -> dict[str, list[dict[str, Any]]]:
        """Everything that is kept of a call, by table."""
        found: dict[str, list[dict[str, Any]]] = {}
        for table, column in ((self._calls, "id"), *((table, _OF_CALL) for table in self._belonging)):
            rows = await session.execute(select(table).where(table.c[column] == call_id))
            found[table.name] = [dict(row) for row in rows.mappings()]
        return {name: kept for name, kept in sorted(found.items()) if kept}

    async def audio(self, session: AsyncSession, call_ids: Sequence[str]) -> list[str]:
        """Paths of the audio that was kept of at most a few hundred calls."""
        paths: list[str] = []
        for table in self._audio:
            found = await session.execute(select(table.c.path).where(table.c[_OF_CALL].in_(call_ids)))
            paths += [path for path in found.scalars() if path]
        return paths

    async def forget(self, session: AsyncSession, call_ids: Sequence[str]) -> list[str]:
        """Delete these calls; gives the paths of the audio that was kept of them, which is the caller's to delete."""
        paths: list[str] = []
        for start in range(0, len(call_ids), _AT_ONCE):
            some = call_ids[start : start + _AT_ONCE]
            paths += await self.audio(session, some)
            for table in self._belonging:
                await session.execute(delete(table).where(table.c[_OF_CALL].in_(some)))
            await session.execute(delete(self._calls).where(self._calls.c.id.in_(some)))
        return paths
