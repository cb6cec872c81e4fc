"""Runs the parts that have no result yet for this version of the project, then writes the tables.

``python -m tests.prove [--again] [PART …]``. Each part takes at most ten minutes and keeps its result in
``var/prove``, so that an interrupted run goes on where it stopped.
"""

import argparse
import asyncio
import json
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.prove.flows import flow_edits
from tests.prove.fuzzing import fuzz
from tests.prove.held_out_calls import held_out_calls
from tests.prove.lines import lines
from tests.prove.load import endurance, load
from tests.prove.parts import rehearsal, understanding, wire
from tests.prove.people import people
from tests.prove.pieces import RESULTS, pieces
from tests.prove.publishing import publishing
from tests.prove.rasa_turns import rasa_turns
from tests.prove.recogniser import recogniser
from tests.prove.rush import queues, queues_sqlite
from tests.prove.speed import hearing_speed
from tests.prove.to_person import to_person
from tests.prove.turn_taking import bad_lines, turns
from tests.prove.voice import voice
from tests.prove.voice_to_voice import voice_to_voice

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "docs" / "measured.md"
LIMIT_S = 600.0
LONGER_S = {"queues": 900.0, "queues_sqlite": 900.0, "rehearsal": 1500.0}
"""Parts of which the length is itself what is asked: ten minutes of a rush, and then until the last is served; every
scripted call, in every voice."""

Part = Callable[[], Coroutine[Any, Any, dict[str, Any]]]
PARTS: dict[str, Part] = {
    "understanding": understanding,
    "held_out_calls": held_out_calls,
    "rasa_turns": rasa_turns,
    "rehearsal": rehearsal,
    "wire": wire,
    "voice_to_voice": voice_to_voice,
    "turns": turns,
    "bad_lines": bad_lines,
    "recogniser": recogniser,
    "people": people,
    "hearing_speed": hearing_speed,
    "voice": voice,
    "lines": lines,
    "load": load,
    "endurance": endurance,
    "fuzz": fuzz,
    "flow_edits": flow_edits,
    "publishing": publishing,
    "queues": queues,
    "queues_sqlite": queues_sqlite,
    "to_person": to_person,
}


def revision() -> str:
    """The commit that is measured, with a mark when the tree differs from it in what counts."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    changed = git("status", "--porcelain", "--", "voicebot", "dialogues", "audio_models", "bench")
    return git("rev-parse", "--short", "HEAD") + ("+changes" if changed else "")


def machine() -> str:
    """What it ran on, without a name."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("faster-whisper", "ctranslate2", "numpy"))
    cores = len(__import__("os").sched_getaffinity(0))
    return f"{cores} cores ({platform.machine()}), Python {platform.python_version()}, {versions}"


def run(name: str, *, again: bool) -> None:
    """Run a part unless this version has its whole result already; what is there in pieces is not measured again."""
    path = RESULTS / f"{name}.json"
    before = json.loads(path.read_text()) if path.is_file() else {}
    current = before.get("revision") == revision()
    if current and not again and not before.get("unfinished"):
        print(f"{name}: already measured for this version")
        return
    if again or not current:
        shutil.rmtree(pieces(name), ignore_errors=True)
    print(f"{name}: running", flush=True)
    began = time.monotonic()
    result = asyncio.run(_measure(name))
    stamp = datetime.now(UTC).strftime("%Y-%m-%d")
    kept = {"revision": revision(), "date": stamp, "machine": machine(), "seconds": round(time.monotonic() - began)}
    RESULTS.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**kept, **result}, indent=1))
    print(f"{name}: done in {kept['seconds']} s")
    if result.get("unfinished"):
        print(f"{name}: not all of it could be measured in that time; run it again for the rest")


async def _measure(name: str) -> dict[str, Any]:
    """Run a part within the limit, showing on a terminal how long it has been at work."""
    console = Console(stderr=True)
    limit_s = LONGER_S.get(name, LIMIT_S)
    with console.status(name) as status:

        async def show() -> None:
            for seconds in count():
                status.update(f"{name}: {seconds} s of at most {limit_s:.0f}")
                await asyncio.sleep(1)

        showing = asyncio.create_task(show())
        try:
            return await asyncio.wait_for(PARTS[name](), limit_s)
        finally:
            showing.cancel()


def report() -> None:
    """Write every result that there is into the report. Tables of parts that were not run here stay as they are."""
    head, *sections = REPORT.read_text().split("\n## ")
    tables = {section.partition("\n")[0]: section.rstrip() for section in sections}
    for name in PARTS:
        path = RESULTS / f"{name}.json"
        if path.is_file():
            result = json.loads(path.read_text())
            tables[result["title"]] = _table(result)
    REPORT.write_text("\n\n## ".join([head.rstrip(), *tables.values()]) + "\n")


def _table(result: dict[str, Any]) -> str:
    """One result as a section, its heading's mark left out."""
    lines = [result["title"], result["about"], ""]
    lines += [f"{result['date']}, version {result['revision']}, {result['machine']}, {result['seconds']} s.", ""]
    lines += ["| " + " | ".join(result["columns"]) + " |", "|" + " --- |" * len(result["columns"])]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in result["rows"]]
    lines += ["", *[f"- {note}" for note in result.get("notes", [])]]
    return "\n".join(lines).rstrip()


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="make prove", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--again", action="store_true", help="measure again what has a result")
    options = parser.parse_args()
    unknown = [name for name in options.parts if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}: choose from {', '.join(PARTS)}")
    try:
        for name in options.parts or PARTS:
            run(name, again=options.again)
            report()
    except KeyboardInterrupt:
        print("stopped; what was measured is kept, and the next run goes on from there")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
