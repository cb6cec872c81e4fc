"""The parts of ``make prove`` about flows: edits at random, and how long checks and exchanging words take."""

import asyncio
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.flows.random_edits import edit_and_undo
from voicebot.accounts.audit import Audit
from voicebot.caller.report import percentile
from voicebot.flows.checks import check
from voicebot.flows.project import Project
from voicebot.flows.taking_in import take_in
from voicebot.flows.versions import Versions
from voicebot.flows.workshop import Workshop
from voicebot.records.database import Database
from voicebot.settings import DialogueSettings, Settings

ROOT = Path(__file__).parents[2]
EDITS = 500
ON_ONE_DRAFT = 50
CHECKS = 40


def _now() -> datetime:
    return datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


async def flow_edits() -> dict[str, Any]:
    """Five hundred edits, undone to the byte; checks after an edit."""
    tallies = []
    with tempfile.TemporaryDirectory() as place:
        settings = Settings(data=Path(place), dialogue=DialogueSettings(project=ROOT / "dialogues"))
        database = Database(settings.database)
        await database.upgrade()
        versions = Versions()
        await take_in(database, versions, settings, _now)
        workshop = Workshop(database, Audit(database, _now), versions, _now)
        tallies = [await edit_and_undo(workshop, seed, ON_ONE_DRAFT) for seed in range(EDITS // ON_ONE_DRAFT)]
        await database.close()
    project = Project.read(ROOT / "dialogues")
    times = await asyncio.to_thread(_check_times, project)
    kinds = {kind for tally in tallies for kind in tally.by_command}
    return {
        "title": "Editing flows",
        "about": "Edits of every kind at random on drafts of the example project, each checked to be readable and to "
        "come back unharmed, then all undone and put back; and all checks after one edit, as while somebody types "
        "(goal: 300 ms).",
        "columns": ["edits", "kinds", "refused", "undone to the byte", "checks p50 ms", "checks p95 ms"],
        "rows": [
            [
                sum(tally.edits for tally in tallies),
                len(kinds),
                sum(tally.refused for tally in tallies),
                "all",
                percentile(times, 0.5),
                percentile(times, 0.95),
            ]
        ],
    }


def _check_times(project: Project) -> list[float]:
    today, path = date(2026, 11, 25), "services/waste/domain.yml"
    check(project, today)
    times = []
    for number in range(CHECKS):
        text = project.files[path].replace("Which bin is it?", f"Which bin is it, number {number}?", 1)
        edited = project.with_file(path, text)
        began = time.perf_counter()
        check(edited, today)
        times.append((time.perf_counter() - began) * 1000)
    return times
