"""Which dialogues run, told by the supervisor in a small file that every call is begun by.

The file is replaced in one step. A call reads it once, when it begins, and stays with the dialogue named then.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError

from voicebot.flows.model import Model
from voicebot.safety.rules import RuleWords
from voicebot.settings import Settings


class Dialogue(Model):
    """A running dialogue: its version, where it listens, and its model's file.

    ``safety`` is what its safety rules say, since the net is no part of the dialogue's process but of every call's.
    """

    version: str
    url: str
    model: str
    safety: Mapping[str, RuleWords] = Field(default_factory=dict)


class Running(Model):
    """The dialogue of new calls, and those that stand beside it: the one before, and drafts on trial."""

    live: Dialogue
    beside: tuple[Dialogue, ...] = ()

    def of(self, version: str) -> Dialogue | None:
        """The running dialogue of a version."""
        return next((one for one in (self.live, *self.beside) if one.version == version), None)


def running_file(settings: Settings) -> Path:
    """Where it is told."""
    return settings.run_dir / "dialogues.json"


def tell(settings: Settings, running: Running) -> None:
    """Tell what runs."""
    path = running_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    fresh.write_text(running.model_dump_json(), "utf-8")
    fresh.replace(path)


def told(settings: Settings) -> Running | None:
    """What runs; None when nobody has told."""
    try:
        return Running.model_validate_json(running_file(settings).read_text("utf-8"))
    except (OSError, ValidationError):
        return None
