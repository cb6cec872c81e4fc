"""Training the dialogue: once for every content of the project, kept by that content's hash."""

import fcntl
import hashlib
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from voicebot.dialogue.environment import ensure, lock_file
from voicebot.dialogue.processes import training_command
from voicebot.errors import ConfigurationError
from voicebot.settings import Settings

TRAINED = ("config.yml", "shared/**/*.yml", "services/**/*.yml", "components/**/*.py")
NOT_TRAINED = ("service.yml", "forms.yml")
"""Read at run time by actions and channel."""
_TRAIN_S = 900.0


MODELS_FOLDER = "VOICEBOT_DIALOGUE_MODELS"
"""Environment variable: a folder of trained models that several data folders share."""


def trained_files(project: Path) -> Iterator[Path]:
    """The files that a model is made from, in a fixed order."""
    found = {path for pattern in TRAINED for path in project.glob(pattern)}
    for path in sorted(found):
        if path.name not in NOT_TRAINED and "calls" not in path.relative_to(project).parts:
            yield path


def content_hash(settings: Settings) -> str:
    """The hash of everything that decides what the model is, 20 hex digits."""
    digest = hashlib.sha256(lock_file(settings).read_bytes())
    project = settings.dialogue.project
    for path in trained_files(project):
        digest.update(f"\0{path.relative_to(project)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def model_file(settings: Settings, folder: Path | None = None) -> Path:
    """Where the present content's model is, whether it has been trained or not."""
    return (folder or models_folder(settings)) / f"{content_hash(settings)}.tar.gz"


def models_folder(settings: Settings) -> Path:
    """Where models are kept: what ``VOICEBOT_DIALOGUE_MODELS`` names, else in the data folder."""
    shared = os.environ.get(MODELS_FOLDER, "")
    return Path(shared) if shared else settings.data / "dialogue" / "models"


def ensure_trained(settings: Settings, console: Console | None = None, *, folder: Path | None = None) -> Path:
    """Give the model of the present content, training it if there is none yet.

    ``folder`` is where models are kept (default: what ``VOICEBOT_DIALOGUE_MODELS`` names, else the data folder). Raises
    :class:`~voicebot.errors.ConfigurationError` when training fails: two rules that contradict each other are found
    here and nowhere else.
    """
    console = console or Console(stderr=True)
    if not (settings.dialogue.project / "config.yml").is_file():
        raise ConfigurationError(f"{settings.dialogue.project} is no dialogue project: config.yml is missing")
    target = model_file(settings, folder)
    if target.is_file():
        return target
    ensure(settings, console)
    target.parent.mkdir(parents=True, exist_ok=True)
    with alone(target.parent / ".training.lock", console):
        if not target.is_file():
            _make(settings, target, console)
    return target


@contextmanager
def alone(locked: Path, console: Console) -> Iterator[None]:
    """One training at a time among all processes: a second one of the same content finds the first one's model."""
    with locked.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with console.status("Waiting for another training to end"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(settings: Settings, target: Path, console: Console) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="training-") as place:
        fresh = Path(place) / target.name
        argv, env = training_command(settings, fresh, target.parent)
        with console.status("Training the dialogue (about a minute)"):
            _train(argv, env, place, console)
        if not fresh.is_file() or not tarfile.is_tarfile(fresh):
            raise ConfigurationError("training the dialogue gave no model")
        # Renamed into place, so that another process sees a whole model or none.
        fresh.replace(target)
    console.print(f"Dialogue trained: {target.name}")


def _train(argv: list[str], env: dict[str, str], place: str, console: Console) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            argv, cwd=place, env={**os.environ, **env}, capture_output=True, text=True, timeout=_TRAIN_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ConfigurationError(f"training the dialogue took more than {_TRAIN_S:.0f} s") from error
    except OSError as error:
        raise ConfigurationError(f"the dialogue's environment does not run: {error}") from error
    if done.returncode:
        console.print((done.stdout + done.stderr).strip()[-3000:], markup=False, highlight=False)
        raise ConfigurationError("training the dialogue failed; its last words are above")
