"""Secrets that are set in the environment, or made at the first start and kept for this machine's users."""

import os
import secrets
from pathlib import Path

from voicebot.errors import ConfigurationError

_SHORTEST = 16


def kept_secret(given: str, path: Path, variable: str) -> str:
    """The secret ``given`` (by the environment's ``variable``), or the one kept in ``path``, made when there is none.

    Raises :class:`ConfigurationError` when the one given is too short or the kept one is open to others.
    """
    if given:
        if len(given) < _SHORTEST:
            raise ConfigurationError(f"{variable} is too short: use at least {_SHORTEST} characters")
        return given
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Linked into place whole, so that two processes that start at once agree on one token.
        fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        if not path.exists():
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(32))
            try:
                path.hardlink_to(fresh)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        if path.stat().st_mode & 0o077:
            raise ConfigurationError(f"{path} can be read by others: chmod 600 it, or delete it to have a new one made")
        token = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ConfigurationError(f"no secret can be kept in {path}: {error.strerror}") from error
    if len(token) < _SHORTEST:
        raise ConfigurationError(f"{path} holds no secret: delete it to have a new one made")
    return token
