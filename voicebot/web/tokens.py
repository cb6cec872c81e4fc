"""The API's bearer token: the one set, or one made at the first start and kept for this machine's users."""

import os
import secrets
from hmac import compare_digest
from pathlib import Path

from voicebot.errors import ConfigurationError
from voicebot.settings import Settings

_SHORTEST = 16


def token_file(settings: Settings) -> Path:
    """Where a generated token is kept."""
    return settings.run_dir / "api-token"


def api_token(settings: Settings) -> str:
    """The token; makes and stores one (readable by the owner only) if none is set or stored.

    Raises :class:`ConfigurationError` when the one set is too short or the stored one is open to others.
    """
    return kept_secret(settings.api_token.get_secret_value(), token_file(settings), "VOICEBOT_API_TOKEN")


def kept_secret(given: str, path: Path, variable: str) -> str:
    """The secret ``given`` (by the environment's ``variable``), or the one kept in ``path``, made when there is none.

    Raises :class:`ConfigurationError` as :func:`api_token` does.
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


def bearer(header: str) -> str:
    """The token in an ``Authorization`` header (RFC 6750, section 2.1); empty when it holds none."""
    scheme, _, given = header.partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


def same(given: str, token: str) -> bool:
    """Whether the two are the same; takes the same time either way."""
    return compare_digest(given.encode("utf-8", "surrogatepass"), token.encode())
