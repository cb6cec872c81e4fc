"""What tells a process to stop: SIGTERM when its work is done, SIGINT at once."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any


class StopSignals:
    """SIGINT and SIGTERM of this process, as they come."""

    def __init__(self) -> None:
        self._came: asyncio.Queue[signal.Signals] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._came.put_nowait, number)

    async def next(self) -> signal.Signals:
        """Wait for the next one."""
        return await self._came.get()

    async def unless(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do ``work`` to its end, or until a signal comes, which cancels it; whether it was done."""
        task, hurry = asyncio.ensure_future(work), asyncio.ensure_future(self.next())
        try:
            await asyncio.wait((task, hurry), return_when=asyncio.FIRST_COMPLETED)
            return task.done()
        finally:
            hurry.cancel()
            task.cancel()
            await asyncio.gather(task, hurry, return_exceptions=True)


async def until_stopped() -> signal.Signals:
    """Wait for SIGINT or SIGTERM; gives which it was."""
    return await StopSignals().next()
