"""``voicebot serve``: the whole service, or one of its parts."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import uvloop
from rich.console import Console

from voicebot.errors import ConfigurationError
from voicebot.records.logs import configure
from voicebot.settings import Settings, load


def _media(settings: Settings) -> None:
    from voicebot.app.media import run

    uvloop.run(run(settings))


def _speech(settings: Settings) -> None:
    from voicebot.speech.process import run

    run(settings)


def _web(settings: Settings) -> None:
    from voicebot.web.server import run

    run(settings)


def _dialogue(settings: Settings) -> None:
    from voicebot.app.prepare import DIALOGUE_TOKEN, prepare
    from voicebot.dialogue.processes import rasa_command

    model = prepare(settings, Console(stderr=True))
    token = os.environ.get(DIALOGUE_TOKEN, "")
    if not token:
        raise ConfigurationError(f"set {DIALOGUE_TOKEN} to the token that the media process sends")
    _become(*rasa_command(settings, model, token))


def _actions(settings: Settings) -> None:
    from voicebot.app.prepare import prepare
    from voicebot.dialogue.processes import action_server_command

    prepare(settings, Console(stderr=True))
    _become(*action_server_command(settings))


def _dialogues(settings: Settings) -> None:
    from voicebot.app.prepare import DIALOGUE_TOKEN, prepare
    from voicebot.app.service import serve_dialogues

    console = Console(stderr=True)
    model = prepare(settings, console)
    token = os.environ.get(DIALOGUE_TOKEN, "")
    if not token:
        raise ConfigurationError(f"set {DIALOGUE_TOKEN} to the token that the media process sends")
    asyncio.run(serve_dialogues(settings, model, token, console))


def _become(argv: list[str], env: dict[str, str]) -> None:
    """Replace this process, so that signals reach the part itself."""
    os.execvpe(argv[0], argv, {**os.environ, **env})  # noqa: S606 - the program is one of our own environments


_PARTS: dict[str, Callable[[Settings], None]] = {
    "media": _media,
    "speech": _speech,
    "web": _web,
    "dialogue": _dialogue,
    "actions": _actions,
    "dialogues": _dialogues,
}


def serve_command(part: str, config: Path | None) -> None:
    """Run ``part``; raises ConfigurationError for one that doesn't exist."""
    settings = load(config)
    if part == "all":
        _serve_all(settings)
        return
    if part not in _PARTS:
        raise ConfigurationError(f"there is no part {part!r}: use all, {', '.join(_PARTS)}")
    configure(settings, part)
    _PARTS[part](settings)


def _serve_all(settings: Settings) -> None:
    from voicebot.app.prepare import prepare
    from voicebot.app.service import serve

    console = Console(stderr=True)
    model = prepare(settings, console)
    configure(settings, "supervisor")
    asyncio.run(serve(settings, model, console))
