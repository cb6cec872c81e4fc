"""Rasa's own Python environment: found, or made from the locked requirements.

Rasa 3.6 needs Python 3.10, which ours is not, so it lives in a second virtual environment. What is installed is
``dialogues/environment/requirements.lock`` (every file by its hash); a stamp in the environment holds the lock's
hash, so that nothing is done when nothing has changed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from voicebot.errors import ConfigurationError
from voicebot.settings import Settings

PYTHON = "3.10"
_STAMP = "voicebot-requirements.sha256"
_INSTALL_S = 1800.0
_PROBE_S = 20.0


def lock_file(settings: Settings) -> Path:
    """The locked requirements of the dialogue project."""
    return settings.dialogue.project / "environment" / "requirements.lock"


def environment_python(settings: Settings) -> Path:
    """The interpreter of Rasa's environment, whether it exists or not. Absolute, links unresolved."""
    return settings.dialogue.environment.absolute() / "bin" / "python"


def is_ready(settings: Settings) -> bool:
    """Return whether the environment holds what the lock says."""
    lock, stamp = lock_file(settings), settings.dialogue.environment / _STAMP
    if not (lock.is_file() and stamp.is_file() and environment_python(settings).exists()):
        return False
    return stamp.read_text("utf-8").strip() == _hash(lock)


def ensure(settings: Settings, console: Console | None = None) -> Path:
    """Make the environment if it is not ready; give its interpreter.

    Raises :class:`~voicebot.errors.ConfigurationError` with what to do when it can't be made.
    """
    console = console or Console(stderr=True)
    if is_ready(settings):
        return environment_python(settings)
    lock = lock_file(settings)
    if not lock.is_file():
        raise ConfigurationError(f"{lock} is missing: the dialogue project is not complete")
    uv, place = find_uv(), settings.dialogue.environment.absolute()
    console.print(f"Making the dialogue's environment in {place} (about 600 MB to download, 1.6 GB on disk)")
    interpreter = find_python() or fetch_python(uv, console)
    (place / _STAMP).unlink(missing_ok=True)
    _run([*uv, "venv", "--quiet", "--clear", "--python", str(interpreter), str(place)], console)
    python = str(environment_python(settings))
    with console.status("Installing Rasa"):
        _run(
            [*uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--python", python, "-r", str(lock)],
            console,
        )
    # Imported once so that the first start of the service doesn't also compile all of Rasa.
    with console.status("Trying it"):
        _run([python, "-W", "ignore", "-c", "import rasa.core.agent, rasa_sdk.endpoint"], console)
    (place / _STAMP).write_text(_hash(lock), "utf-8")
    return environment_python(settings)


def find_uv() -> list[str]:
    """The command that runs uv. Raises ConfigurationError when there is none."""
    own = Path(".tools/bin/uv").absolute()
    for candidate in ([shutil.which("uv") or ""], [str(own)], [sys.executable, "-m", "uv"]):
        if candidate[0] and _answers([*candidate, "--version"]):
            return candidate
    raise ConfigurationError("uv is needed to install the dialogue's environment: see https://docs.astral.sh/uv/")


def find_python() -> Path | None:
    """A Python 3.10 that really runs: ``VOICEBOT_PYTHON310``, on the PATH, or among pyenv's versions.

    A ``python3.10`` of pyenv's may be a shim for a version that is not selected, so each is tried.
    """
    folders = [Path(folder) for folder in os.get_exec_path()]
    chosen = os.environ.get("VOICEBOT_PYTHON310", "")
    candidates = [Path(chosen)] if chosen else []
    candidates += [folder / f"python{PYTHON}" for folder in folders]
    roots = [os.environ.get("PYENV_ROOT", ""), str(Path.home() / ".pyenv")]
    roots += [str(folder.parent) for folder in folders if folder.name == "shims"]
    for root in filter(None, roots):
        candidates += sorted(Path(root).glob(f"versions/{PYTHON}.*/bin/python{PYTHON}"), reverse=True)
    code = "import sys, venv; sys.exit(sys.version_info[:2] != (3, 10))"
    return next((path for path in candidates if path.is_file() and _answers([str(path), "-c", code])), None)


def fetch_python(uv: list[str], console: Console) -> Path:
    """Have uv fetch Python 3.10. Raises ConfigurationError when it can't."""
    with console.status(f"Fetching Python {PYTHON}"):
        fetched = subprocess.run(  # noqa: S603 - our own command
            [*uv, "python", "install", "--quiet", PYTHON], capture_output=True, text=True, check=False
        )
        found = subprocess.run(  # noqa: S603
            [*uv, "python", "find", "--managed-python", PYTHON], capture_output=True, text=True, check=False
        )
    path = Path(found.stdout.strip())
    if fetched.returncode or found.returncode or not path.is_file():
        raise ConfigurationError(
            f"the dialogue needs Python {PYTHON} and none was found or could be fetched. Install it (for example "
            f"`pyenv install {PYTHON}` or your system's python{PYTHON} with venv) and try again."
            f"\nuv said: {fetched.stderr.strip()[-400:]}"
        )
    return path


def _hash(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _answers(argv: list[str]) -> bool:
    try:
        return subprocess.run(argv, capture_output=True, timeout=_PROBE_S, check=False).returncode == 0  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False


def _run(argv: list[str], console: Console) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - our own commands
            argv, capture_output=True, text=True, timeout=_INSTALL_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ConfigurationError(f"`{' '.join(argv[:3])}` took more than {_INSTALL_S:.0f} s") from error
    if done.returncode:
        console.print(done.stderr.strip()[-2000:], markup=False)
        raise ConfigurationError(f"`{' '.join(argv[:3])}` failed; its last words are above")
