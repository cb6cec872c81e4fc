"""The database's history, and the way to its newest state."""

import asyncio
import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from voicebot.errors import ConfigurationError, RecordsUnavailable

_ALEMBIC = threading.Lock()
"""Alembic keeps what it is doing in module globals."""


def upgrade(url: str) -> None:
    """Bring the database at ``url`` to the newest state; safe when several processes start at once.

    Raises :class:`RecordsUnavailable` when it can't be reached, :class:`ConfigurationError` when the URL is wrong
    or its driver is not installed. Blocks; must not be called from a running event loop (see :func:`upgrade_async`).
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["url"] = url
    try:
        with _ALEMBIC, _one_at_a_time(url):
            command.upgrade(config, "head")
    except (DBAPIError, OSError) as error:
        raise RecordsUnavailable(f"the database can't be prepared: {error}") from error
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"the database needs {error.name}: install voicebot[postgres]") from error
    except SQLAlchemyError as error:
        raise ConfigurationError(f"the database URL is wrong: {error}") from error


async def upgrade_async(url: str) -> None:
    """:func:`upgrade`, for use inside an event loop."""
    await asyncio.to_thread(upgrade, url)


@contextmanager
def _one_at_a_time(url: str) -> Iterator[None]:
    """SQLite has no lock over several statements of schema change; PostgreSQL's is taken in ``env.py``."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        yield
        return
    path = Path(parsed.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
