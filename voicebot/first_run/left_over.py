"""A council of its own must not be heard with anything of the example: what is left keeps the public lines closed."""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from voicebot.council import seed
from voicebot.errors import RecordsUnavailable
from voicebot.facts.model import load_defaults
from voicebot.facts.store import FactsStore
from voicebot.first_run.own_council import left_in
from voicebot.first_run.traces import EXAMPLE, MARKS
from voicebot.flows.model import Found
from voicebot.flows.project import Project
from voicebot.records.database import Database
from voicebot.settings import Settings

_FACTS = "facts.yml"
_PAGES = ("shared/", "services/", "safety/")


async def left_of_example(settings: Settings) -> list[str]:
    """What callers would still hear of the example, a place each; nothing while the council *is* the example.

    Looks at the files of the dialogue, at the facts as they hold now, and at the data that actions look things up in.
    """
    if settings.council == EXAMPLE:
        return []
    words = await _in_files(settings)
    return [_told(one) for one in words] + [*await _facts(settings)] + await _data(settings)


async def left_elsewhere(settings: Settings) -> list[str]:
    """The same where no page leads to: in what actions say, in the Welsh, and in the data."""
    words = await _in_files(settings)
    return [_told(one) for one in words if not one.place.file.startswith(_PAGES)] + await _data(settings)


async def _in_files(settings: Settings) -> list[Found]:
    project = await asyncio.to_thread(Project.read, settings.dialogue.project)
    found = await asyncio.to_thread(left_in, project, settings.council)
    return [one for one in found if one.place.file != _FACTS]


def _told(found: Found) -> str:
    return f"{found.place.file}, line {found.place.line}: {found.text}"


async def _data(settings: Settings) -> list[str]:
    if not await asyncio.to_thread(is_examples, settings.council_database):
        return []
    return ["the example's homes and people: bring in your own addresses (voicebot init --data, or Set up)"]


async def _facts(settings: Settings) -> Sequence[str]:
    """Facts that name the example. While the database is away, those that it sets are not known: the files' count."""
    defaults = load_defaults(settings.dialogue.project)
    database = Database(settings.database)
    try:
        held = (await FactsStore(database, defaults).current()).model_dump(mode="json")
    except RecordsUnavailable:
        held = defaults.model_dump(mode="json")
    finally:
        await database.close()
    marks = [mark for mark in MARKS if mark.strip() not in settings.council]
    return [
        f"{kind} {key} (Hours and notices)"
        for kind, facts in held.items()
        if isinstance(facts, dict)
        for key, value in facts.items()
        if any(mark in f"{key} {json.dumps(value)}" for mark in marks)
    ]


def is_examples(path: Path) -> bool:
    """Whether the data at ``path`` are the example's."""
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT 1 FROM meta WHERE key = ?", (seed.OWN,)).fetchone() is None
    except sqlite3.Error:
        # Being made from the example just now.
        return True
