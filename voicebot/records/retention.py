"""Forgetting: calls, and the audio that belongs to them, are kept as long as the council says and no longer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from voicebot.errors import RecordsUnavailable
from voicebot.records.store import RecordStore

log = structlog.get_logger(__name__)

_EVERY_S = 3600.0


async def forget_old(store: RecordStore, keep_days: int, now: datetime) -> int:
    """Delete the calls that began more than ``keep_days`` before ``now`` (0 keeps all); how many there were.

    Raises :class:`~voicebot.errors.RecordsUnavailable` when the database can't be used now.
    """
    if keep_days <= 0:
        return 0
    gone = await store.purge(now - timedelta(days=keep_days))
    if gone:
        log.info("records.forgotten", calls=gone, keep_days=keep_days)
    return gone


async def keep_forgetting(store: RecordStore, keep_days: int, *others: Callable[[datetime], Awaitable[None]]) -> None:
    """Look every hour until cancelled; a database that is away is tried again the next time. ``others`` forget what
    they hold from before a moment."""
    while True:
        now = datetime.now(UTC)
        try:
            await forget_old(store, keep_days, now)
            for forget in others if keep_days > 0 else ():
                await forget(now - timedelta(days=keep_days))
        except RecordsUnavailable as error:
            log.warning("records.not_forgotten", error=type(error).__name__)
        await asyncio.sleep(_EVERY_S)
