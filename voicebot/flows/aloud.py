"""Scripted calls held aloud with a candidate: a process of its own, which yields to calls, hears and speaks for it."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from voicebot.flows.difference import changes_between
from voicebot.flows.drafts import CallResult
from voicebot.flows.errors import FlowError
from voicebot.flows.project import Project
from voicebot.flows.trials import scripts_by_path
from voicebot.settings import Settings

log = structlog.get_logger(__name__)

VOICE = "en+f2"
"""Of the caller."""
_MOST_OF_CHANGED = 6
"""Calls of the services that a draft changes, beside those that the settings name."""
_NICE = 10
_LAST_WORDS = 1500
_CALLS_THAT_FAILED = 1
"""Exit status of ``voicebot rehearse`` when it could hold every call, and one did not end where it must."""


class AloudFailed(FlowError):
    """Calls could not be held aloud: the message holds the last line of whoever tried."""


def chosen(settings: Settings, project: Project, before: Project) -> list[str]:
    """Names of the calls that are held aloud: those that the settings name, and some of the services that changed."""
    scripts = scripts_by_path(project)
    always = set(settings.flows.rehearse_aloud)
    changed = {change.place.service for change in changes_between(before, project)}
    names = [script.name for script in scripts.values() if script.name in always]
    more = [
        script.name
        for path, script in scripts.items()
        if script.name not in always and any(path.startswith(f"services/{service}/") for service in changed)
    ]
    return [*names, *more[:_MOST_OF_CHANGED]]


async def rehearse_aloud(
    settings: Settings,
    token: str,
    folder: Path,
    url: str,
    names: Collection[str],
    tell: Callable[[float, str], None],
) -> list[CallResult]:
    """Hold the calls of these ``names``, whose scripts are in ``folder``, with the dialogue at ``url``.

    Raises :class:`AloudFailed`.
    """
    if not names:
        return []
    process = await asyncio.create_subprocess_exec(
        *_command(folder, names),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={
            **os.environ,
            "VOICEBOT_DATA": str(settings.data),
            "VOICEBOT_DIALOGUE__PROJECT": str(settings.dialogue.project.absolute()),
            "VOICEBOT_DIALOGUE__ENVIRONMENT": str(settings.dialogue.environment.absolute()),
            "VOICEBOT_DIALOGUE__PORT": str(urlsplit(url).port),
            "VOICEBOT_DIALOGUE_TOKEN": token,
        },
    )
    assert process.stdout is not None and process.stderr is not None
    last_words = asyncio.create_task(process.stderr.read())
    results: list[CallResult] = []
    try:
        async for line in process.stdout:
            told = json.loads(line)
            if "name" in told:
                problems = tuple(told["problems"])
                results.append(CallResult(name=told["name"], passed=told["passed"], problems=problems, aloud=True))
                tell(len(results) / len(names), f"Call {len(results)} of {len(names)} held aloud: {told['name']}")
        await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    if process.returncode not in (0, _CALLS_THAT_FAILED) or len(results) < len(names):
        words = (await last_words).decode(errors="replace").strip()
        log.warning("aloud.failed", status=process.returncode, words=words[-_LAST_WORDS:])
        raise AloudFailed(
            f"The calls could not be held aloud: {words.splitlines()[-1] if words else 'no reason given'}."
        )
    await last_words
    return results


def _command(folder: Path, names: Collection[str]) -> Sequence[str]:
    given = [part for name in sorted(names) for part in ("--name", name)]
    program = [sys.executable, "-m", "voicebot", "rehearse", str(folder), "--json", "--voice", VOICE]
    return ["nice", "-n", str(_NICE), *program, *given]
