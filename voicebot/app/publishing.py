"""Publishing while the service runs: what runs is told to calls, and drafts that were approved are put into use."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from voicebot.app.dialogues import Dialogues, address_of
from voicebot.app.service import http_ready
from voicebot.app.supervisor import Supervisor
from voicebot.errors import RecordsUnavailable
from voicebot.flows.project import Project
from voicebot.flows.publisher import Publisher
from voicebot.flows.running import Dialogue, running_file
from voicebot.flows.taking_in import take_in
from voicebot.flows.training import remember
from voicebot.flows.versions import Versions
from voicebot.records.database import Database
from voicebot.safety.rules import RULES_FILE, load_rules
from voicebot.settings import Settings
from voicebot.web.media_status import MediaStatusClient

log = structlog.get_logger(__name__)

FIRST_PARTS = ("dialogue", "actions")
"""The parts of the dialogue that the service begins with."""


@asynccontextmanager
async def publishing(settings: Settings, supervisor: Supervisor, token: str, model: Path) -> AsyncIterator[Dialogues]:
    """Publish for as long as the block lasts. Without a database, calls are taken and nothing is published."""
    database = Database(settings.database)
    version = ""
    try:
        await database.upgrade()
        version = await take_in(database, Versions(), settings)
        # The next version may differ from it in words alone.
        await asyncio.to_thread(remember, settings, await asyncio.to_thread(Project.read, settings.dialogue.project))
    except RecordsUnavailable:
        log.warning("publishing.no_database")
    # What the files say when the service starts is what its first calls hear.
    safety = load_rules(settings.dialogue.project / RULES_FILE).words()
    url = address_of(settings, settings.dialogue.port)
    first = Dialogue(version=version, url=url, model=model.name, safety=safety)
    media = MediaStatusClient(settings.media_socket)
    dialogues = Dialogues(settings, supervisor, token, first, FIRST_PARTS, media, http_ready)
    work = [asyncio.create_task(dialogues.tidy())]
    if version:
        work.append(asyncio.create_task(Publisher(settings, database, dialogues, token).run()))
    try:
        yield dialogues
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        running_file(settings).unlink(missing_ok=True)
        await database.close()
