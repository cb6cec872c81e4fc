"""How Rasa and its action server are started: exact commands and environments, for the supervisor."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from voicebot.dialogue.environment import environment_python
from voicebot.settings import Settings

if TYPE_CHECKING:
    from voicebot.app.parts import Part

Command = tuple[list[str], dict[str, str]]
"""Arguments, and what is added to the environment."""

LOOPBACK = "127.0.0.1"
WAITING_RASA = Path(__file__).with_name("waiting_rasa.py")


def quiet_environment(settings: Settings) -> dict[str, str]:
    """What every process of Rasa's gets: its project importable, no telemetry, one thread for its mathematics."""
    return {
        "PYTHONPATH": str(settings.dialogue.project.absolute()),
        "PYTHONWARNINGS": "ignore",
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "SANIC_WORKERS": "1",
        "LOG_LEVEL": "WARNING",
        "LOG_LEVEL_LIBRARIES": "ERROR",
        "MPLCONFIGDIR": str(settings.data.absolute() / "dialogue" / "matplotlib"),
    }


def rasa_command(settings: Settings, model: Path, token: str, *, waits: bool = False) -> Command:
    """Serve exactly ``model`` on loopback, reachable with ``token`` by our own channel only.

    With ``waits`` it may be started before the model's file is there, and serves it once it is.
    """
    project = settings.dialogue.project.absolute()
    program = [str(WAITING_RASA), str(model.absolute())] if waits else ["-m", "rasa"]
    argv = [
        str(environment_python(settings)),
        *program,
        "run",
        "--model",
        str(model.absolute()),
        "--endpoints",
        str(project / "endpoints.yml"),
        "--credentials",
        str(project / "credentials.yml"),
        "--interface",
        LOOPBACK,
        "--port",
        str(settings.dialogue.port),
        # Rasa gives a turn up after this many seconds; our own client much earlier.
        "--response-timeout",
        "10",
    ]
    env = {
        **quiet_environment(settings),
        "VOICEBOT_DIALOGUE_TOKEN": token,
        "VOICEBOT_ACTION_URL": f"http://{LOOPBACK}:{settings.dialogue.action_port}/webhook",
    }
    return argv, env


def action_server_command(settings: Settings) -> Command:
    """Serve the actions on loopback, on the council's database."""
    argv = [
        str(environment_python(settings)),
        "-m",
        "rasa_sdk",
        "--actions",
        "actions",
        "--port",
        str(settings.dialogue.action_port),
        "--quiet",
    ]
    env = {
        **quiet_environment(settings),
        "VOICEBOT_COUNCIL_DATABASE": str(settings.council_database.absolute()),
        "VOICEBOT_ADDRESS_SOURCE": settings.addresses.source,
        "VOICEBOT_ADDRESS_URL": settings.addresses.url,
        "VOICEBOT_ADDRESS_KEY": settings.addresses.api_key.get_secret_value(),
        "VOICEBOT_ADDRESS_TIMEOUT_S": str(settings.addresses.timeout_s),
        "ACTION_SERVER_SANIC_WORKERS": "1",
        # The SDK has no option for the address, and listens on all of them by itself.
        "SANIC_HOST": LOOPBACK,
    }
    return argv, env


def rasa_part(settings: Settings, model: Path, token: str, ready: Callable[[], Awaitable[bool]]) -> "Part":
    """Rasa as a supervised part, named ``dialogue``."""
    from voicebot.app.parts import Part

    argv, env = rasa_command(settings, model, token)
    return Part("dialogue", argv, ready, env)


def action_server_part(settings: Settings, ready: Callable[[], Awaitable[bool]]) -> "Part":
    """The action server as a supervised part, named ``actions``."""
    from voicebot.app.parts import Part

    argv, env = action_server_command(settings)
    return Part("actions", argv, ready, env)


def vectors_of(training: str, other: str, folder: Path) -> dict[str, str]:
    """Where a training keeps the vectors of its sentences, and where it finds another's."""
    return {
        "VOICEBOT_SENTENCE_VECTORS": str(folder.absolute() / f"{training}-vectors.npz"),
        "VOICEBOT_SENTENCE_VECTORS_TOO": str(folder.absolute() / f"{other}-vectors.npz"),
    }


def training_command(settings: Settings, target: Path, kept: Path) -> Command:
    """Train the project into the file ``target`` (``.tar.gz``); the folder ``kept`` keeps the vectors of examples."""
    project = settings.dialogue.project.absolute()
    argv = [
        str(environment_python(settings)),
        "-m",
        "rasa",
        "train",
        "--config",
        str(project / "config.yml"),
        "--domain",
        str(project),
        "--data",
        str(project / "shared"),
        str(project / "services"),
        "--out",
        str(target.parent.absolute()),
        "--fixed-model-name",
        target.name,
        "--force",
        # Our own check is stricter, and training finds rules that contradict each other in any case.
        "--skip-validation",
    ]
    cores = str(len(os.sched_getaffinity(0)))
    env = {
        **quiet_environment(settings),
        "OMP_NUM_THREADS": cores,
        "OPENBLAS_NUM_THREADS": cores,
        "VOICEBOT_DIALOGUE_TOKEN": "",
        **vectors_of("sentence", "safety", kept),
        # Rasa's own cache would be thrown away with the folder that it trains in.
        "RASA_MAX_CACHE_SIZE": "0",
        "PYTHONUNBUFFERED": "1",
    }
    return argv, env
