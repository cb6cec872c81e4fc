"""What must be read again, and so can't be kept as a hash: encrypted with a key that is not in the database."""

import json
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from voicebot.accounts.keys import derived


class Vault:
    """Seals small values so that only who holds ``key`` can read or make them (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, key: str) -> None:
        secret = HKDF(SHA256(), 32, salt=None, info=b"voicebot accounts").derive(key.encode())
        self._fernet = Fernet(urlsafe_b64encode(secret))
        self._key = key

    def seal(self, value: dict[str, Any], now: datetime) -> str:
        """``value`` as text that tells nothing, with the moment in it."""
        return self._fernet.encrypt_at_time(json.dumps(value).encode(), int(now.timestamp())).decode("ascii")

    def open(self, sealed: str, now: datetime, *, valid_s: int | None = None) -> dict[str, Any] | None:
        """What was sealed; None when it was not sealed here, was changed, or is older than ``valid_s`` seconds."""
        try:
            plain = (
                self._fernet.decrypt(sealed)
                if valid_s is None
                else self._fernet.decrypt_at_time(sealed, valid_s, int(now.timestamp()))
            )
        except (InvalidToken, ValueError):
            return None
        value: dict[str, Any] = json.loads(plain)
        return value

    def fingerprint(self, text: str) -> str:
        """A digest that can't be tried out without the key, for secrets too short for a plain hash."""
        return derived(self._key, f"fingerprint {text}")
