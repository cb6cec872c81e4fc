"""Connections to the one database of the service, whatever keeps its rows there. The same on SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from voicebot.errors import ConfigurationError, RecordsUnavailable
from voicebot.records.migrations import upgrade_async

_ALONE_ON_POSTGRESQL = (
    "SELECT set_config('lock_timeout', '5000', true), set_config('idle_in_transaction_session_timeout', '10000', true),"
    " pg_advisory_xact_lock(130241920853346)"
)
"""Held to the transaction's end, and by nobody who has gone silent. The number is "voiceb": any that no other program
on the database uses."""

_OF_THE_MOMENT = ("08", "25P03", "40", "53", "55P03", "57")
"""How SQLSTATEs begin that tell of the moment and not of what was written: a lost connection, a deadlock, a lock that
did not come free, no room for another connection, a server that stops. The same transaction may go through later."""


class RecordRejected(ValueError):
    """The database is there but does not take the entry (unknown call, too long): trying again is no use."""


class Database:
    """The database at ``url`` (SQLAlchemy, async driver).

    A server that does not answer a statement within ``answer_s`` seconds counts as away. Raises
    :class:`ConfigurationError` when the URL is wrong or its driver is not installed.
    """

    def __init__(self, url: str, *, busy_timeout_ms: int = 5000, answer_s: float = 60.0) -> None:
        self._file: Path | None = None
        self._inode = 0
        self._to_upgrade = False
        self._upgrading = asyncio.Lock()
        try:
            self._url: URL = make_url(url)
            self._sqlite = self._url.get_backend_name() == "sqlite"
            if self._sqlite and self._url.database:
                self._file = Path(self._url.database).absolute()
                # A full or read-only disk shows when the database is first used, as any other outage.
                with suppress(OSError):
                    self._file.parent.mkdir(parents=True, exist_ok=True)
            options: dict[str, Any] = {} if self._sqlite else {"pool_pre_ping": True, "pool_timeout": 5}
            if self._url.drivername == "postgresql+asyncpg":
                options["connect_args"] = {"timeout": 5, "command_timeout": answer_s}
            self._engine = create_async_engine(self._url, **options)
        except ModuleNotFoundError as error:
            raise ConfigurationError(f"the database needs {error.name}: install voicebot[postgres]") from error
        except ArgumentError as error:
            raise ConfigurationError(f"the database URL is wrong: {error}") from error
        if self._sqlite:
            self._prepare_sqlite(busy_timeout_ms)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    def _prepare_sqlite(self, busy_timeout_ms: int) -> None:
        @event.listens_for(self._engine.sync_engine, "connect")
        def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
            cursor = connection.cursor()
            # First, because switching to WAL itself may have to wait.
            cursor.execute(f"PRAGMA busy_timeout = {int(busy_timeout_ms)}")
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = NORMAL")
            cursor.execute("PRAGMA foreign_keys = ON")
            cursor.close()
            if self._file is not None:
                self._inode = self._file.stat().st_ino

    async def upgrade(self) -> None:
        """Bring the database to the newest state. When it can't be reached now, its next use tries again."""
        self._to_upgrade = True
        await self._ensure_upgraded()

    async def _ensure_upgraded(self) -> None:
        async with self._upgrading:
            if self._to_upgrade:
                await upgrade_async(self._url.render_as_string(hide_password=False))
                self._to_upgrade = False

    async def _same_file(self) -> None:
        """A SQLite file that was moved away would go on being written to, where nobody will ever read it."""
        if self._file is None or not self._inode:
            return
        try:
            inode = self._file.stat().st_ino
        except FileNotFoundError:
            inode = 0
        if inode != self._inode:
            await self._engine.dispose()
        if not inode:
            raise RecordsUnavailable("the database's file is gone")

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    @asynccontextmanager
    async def session(self, *, alone: bool = False) -> AsyncIterator[AsyncSession]:
        """One transaction, committed at the end unless something is raised.

        Those that are ``alone`` come one after another, in all processes, so that what is read in one still holds when
        it is written: on SQLite by its write lock, on PostgreSQL by an advisory lock that all of them take.
        Raises :class:`RecordsUnavailable` when the database can't be used now, :class:`RecordRejected` when it doesn't
        take what is written.
        """
        if self._to_upgrade:
            await self._ensure_upgraded()
        try:
            await self._same_file()
            async with self._sessions() as session, session.begin():
                if alone:
                    await session.execute(text("BEGIN IMMEDIATE" if self._sqlite else _ALONE_ON_POSTGRESQL))
                yield session
        except IntegrityError as error:
            raise RecordRejected(f"the database refused an entry: {type(error.orig).__name__}") from error
        except (OperationalError, InterfaceError, ProgrammingError, PoolTimeout, OSError) as error:
            raise RecordsUnavailable(f"the database can't be used: {type(error).__name__}") from error
        except DBAPIError as error:
            if error.connection_invalidated or _of_the_moment(error):
                raise RecordsUnavailable("the database broke the transaction off") from error
            raise RecordRejected(f"the database refused an entry: {type(error.orig).__name__}") from error
        except (StatementError, UnicodeError) as error:
            raise RecordRejected(f"an entry can't be put into a statement: {type(error).__name__}") from error


def _of_the_moment(error: DBAPIError) -> bool:
    return str(getattr(error.orig, "sqlstate", None) or "").startswith(_OF_THE_MOMENT)
