"""The API's bearer token: the one set, or one made at the first start and kept for this machine's users."""

from hmac import compare_digest
from pathlib import Path

from voicebot.kept_secret import kept_secret
from voicebot.settings import Settings


def token_file(settings: Settings) -> Path:
    """Where a generated token is kept."""
    return settings.run_dir / "api-token"


def api_token(settings: Settings) -> str:
    """The token; makes and stores one (readable by the owner only) if none is set or stored.

    Raises :class:`~voicebot.errors.ConfigurationError` when the one set is too short, or the stored one open to others.
    """
    return kept_secret(settings.api_token.get_secret_value(), token_file(settings), "VOICEBOT_API_TOKEN")


def bearer(header: str) -> str:
    """The token in an ``Authorization`` header (RFC 6750, section 2.1); empty when it holds none."""
    scheme, _, given = header.partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


def same(given: str, token: str) -> bool:
    """Whether the two are the same; takes the same time either way."""
    return compare_digest(given.encode("utf-8", "surrogatepass"), token.encode())
