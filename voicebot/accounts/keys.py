"""Random secrets that are handed out once, and the digests that are kept of them."""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime

TOKEN_PREFIX = "voicebot_"  # noqa: S105 - makes a leaked token recognisable
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 5, 4


def new_id() -> str:
    """The name of a row: unique, and no secret."""
    return secrets.token_hex(8)


def new_key(prefix: str = "") -> str:
    """A secret of 256 bits, in letters that need no quoting in a header or a cookie."""
    return prefix + secrets.token_urlsafe(32)


def digest(key: str) -> str:
    """What is kept of a key. A plain hash is enough: nobody can guess 256 random bits."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def derived(key: str, purpose: str) -> str:
    """Another secret that only the holder of ``key`` can know, and that doesn't give ``key`` away."""
    return hmac.new(key.encode("utf-8", "surrogatepass"), purpose.encode(), hashlib.sha256).hexdigest()


def one_time_password() -> str:
    """About 99 bits, in letters that can be read out over the phone."""
    return "-".join("".join(secrets.choice(READABLE) for _ in range(_GROUP)) for _ in range(_GROUPS))


def utc_now() -> datetime:
    """The moment."""
    return datetime.now(UTC)
