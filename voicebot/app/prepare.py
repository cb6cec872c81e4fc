"""What must exist before the service can start: Rasa's environment, the council's data, a trained dialogue model."""

import secrets
from pathlib import Path

from rich.console import Console

from voicebot.council.seed import build as build_council
from voicebot.dialogue.environment import ensure as ensure_environment
from voicebot.dialogue.trained import ensure_all_trained
from voicebot.settings import Settings

DIALOGUE_TOKEN = "VOICEBOT_DIALOGUE_TOKEN"  # noqa: S105 - the variable's name, not a secret


def prepare(settings: Settings, console: Console) -> Path:
    """Make what is missing, with progress on ``console``, and give the trained dialogue model's file.

    Raises :class:`~voicebot.errors.ConfigurationError` saying what to do when something can't be made.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    ensure_environment(settings, console)
    build_council(settings.council_database)
    return ensure_all_trained(settings, console)


def new_secret() -> str:
    """A token for one run of the service."""
    return secrets.token_urlsafe(32)
