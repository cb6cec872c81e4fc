"""The files in ``dialogues/`` become a version, so that edits by hand are in the history as all others."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from voicebot.accounts.keys import utc_now
from voicebot.flows.difference import changes_between
from voicebot.flows.project import Project
from voicebot.flows.tables import LiveRow
from voicebot.flows.versions import Versions
from voicebot.records.database import Database
from voicebot.settings import Settings


async def take_in(
    database: Database, versions: Versions, settings: Settings, now: Callable[[], datetime] = utc_now
) -> str:
    """Make the files in ``dialogues/`` the live version, if they are not; gives its name.

    It is done when the service starts: until then nobody has heard them.
    """
    project = await asyncio.to_thread(Project.read, settings.dialogue.project)
    async with database.session(alone=True) as session:
        live = await versions.live(session)
        if live == project.name:
            return live
        changes = []
        if live:
            before = await versions.project(session, live)
            changes = [c.summary for c in await asyncio.to_thread(changes_between, before, project)]
        name = await versions.add(
            session,
            project,
            parent=live,
            at=now(),
            by=("", "the files"),
            notes="As the files stood when the service was started.",
            changes=changes,
        )
        session.add(LiveRow(version=name, at=now(), by_name="the files", reason=""))
        return name
