"""The desk pages of agents who can't make up their minds, in the rush's own process or in one that may be killed."""

import argparse
import asyncio
import random
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from voicebot.errors import RecordsUnavailable
from voicebot.handoff.desk import Desk
from voicebot.handoff.desk_state import DeskError
from voicebot.handoff.desk_views import WrapUp
from voicebot.handoff.models import AgentState
from voicebot.records.database import Database
from voicebot.settings import HandoffSettings

SETTINGS = HandoffSettings(queues={}, ring_s=1.0, accept_s=1.0, presence_s=60.0, again_s=2.0, callback_again_minutes=0)


async def show_pages(names: Sequence[str], desk: Callable[[], Desk], dice: random.Random) -> None:
    """Everybody's page, until cancelled. ``desk`` gives the desk as it is now. Raises what breaks a page."""
    async with asyncio.TaskGroup() as pages:
        for name in names:
            pages.create_task(_page(name, desk, dice))


async def _page(name: str, desk_now: Callable[[], Desk], dice: random.Random) -> None:
    """Look, accept or decline on screen at times, wrap up, come back from being sent away."""
    while True:
        await asyncio.sleep(dice.uniform(0.05, 0.15))
        with suppress(DeskError, RecordsUnavailable):
            desk = desk_now()
            await desk.seen(name)
            presence = await desk.presence(name)
            if presence is None:
                continue
            if presence.state in (AgentState.AWAY, AgentState.OFFLINE):
                await desk.sign_in(name, name)
                await desk.become_available(name)
            elif presence.state is AgentState.OFFERED:
                await desk.shown(name, presence.offer_id)
                chance = dice.random()
                if chance < 0.05:
                    await desk.decline(name, presence.offer_id)
                elif chance < 0.1:
                    await desk.accept(name, presence.offer_id)
            elif presence.state is AgentState.WRAPPING_UP:
                await desk.wrap_up(name, presence.offer_id, WrapUp("resolved"))
            elif dice.random() < 0.01:
                await desk.go_away(name, "Tea")


class WebProcess:
    """A process that shows the pages of some agents until it is killed, in the middle of whatever it does."""

    def __init__(self, url: str, names: Sequence[str]) -> None:
        self._arguments = (sys.executable, "-m", "tests.handoff.pages", url, *names)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Begin to show them."""
        self._process = await asyncio.create_subprocess_exec(*self._arguments)

    async def kill(self) -> int:
        """Kill it; the exit status, which is that of SIGKILL unless it had ended before."""
        if self._process is None:
            return 0
        with suppress(ProcessLookupError):
            self._process.kill()
        return await self._process.wait()


KILLED = -signal.SIGKILL


async def _main(url: str, names: Sequence[str]) -> None:
    database = Database(url)
    desk = Desk(database, SETTINGS)
    await show_pages(names, lambda: desk, random.Random())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("names", nargs="+")
    given = parser.parse_args()
    asyncio.run(_main(given.url, given.names))
