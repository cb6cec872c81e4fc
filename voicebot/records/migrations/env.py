"""Runs the migrations on the URL that :func:`voicebot.records.migrations.upgrade` names."""

import asyncio

from alembic import context
from sqlalchemy import URL, Connection, create_engine, make_url, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from voicebot.records.models import Base

_ADVISORY_LOCK = 4_815_162
"""Any number that only this project uses in its database."""


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        context.run_migrations()


async def _over_network(url: URL) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run)
            await connection.commit()
    finally:
        await engine.dispose()


def _in_file(url: URL) -> None:
    """Python's own driver: it needs no event loop and no thread that could outlive it."""
    engine = create_engine(url.set(drivername="sqlite"), poolclass=pool.NullPool)
    with engine.connect() as connection:
        # Before anything is open: whoever writes must not keep others from reading.
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.commit()
        _run(connection)
        connection.commit()


_url = make_url(context.config.attributes["url"])
if _url.get_backend_name() == "sqlite":
    _in_file(_url)
else:
    asyncio.run(_over_network(_url))
