"""Waiting for the database no longer than a caller can."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")
_late: set[asyncio.Task[Any]] = set()


async def within(seconds: float, asking: Coroutine[Any, Any, _Result]) -> _Result:
    """The result, or :class:`TimeoutError`. What is late is not cancelled: a connection that is torn off in the middle
    of opening is never closed; it ends by itself, and what comes of it then is dropped."""
    task = asyncio.ensure_future(asking)
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if done:
        return task.result()
    _late.add(task)
    task.add_done_callback(_drop)
    raise TimeoutError


def _drop(task: asyncio.Task[Any]) -> None:
    _late.discard(task)
    if not task.cancelled():
        task.exception()
