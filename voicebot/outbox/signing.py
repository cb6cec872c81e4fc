"""Signatures of webhooks: HMAC-SHA256 (RFC 2104) over the moment and the body, so that neither can be changed."""

import hashlib
import hmac

ID_HEADER = "Voicebot-Id"
KIND_HEADER = "Voicebot-Event"
TIME_HEADER = "Voicebot-Timestamp"
SIGNATURE_HEADER = "Voicebot-Signature"

_VERSION = "v1"


def signature(secret: bytes, timestamp: int, body: bytes) -> str:
    """The value of the signature's header: ``v1=`` and 64 hex digits over ``<timestamp>.<body>``."""
    digest = hmac.new(secret, str(timestamp).encode() + b"." + body, hashlib.sha256)
    return f"{_VERSION}={digest.hexdigest()}"


def is_signed(secret: bytes, header: str, timestamp: str, body: bytes, *, now: int, within_s: int = 300) -> bool:
    """Whether a receiver may believe it: signed with ``secret``, and not longer ago than ``within_s`` seconds."""
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now - int(timestamp)) > within_s:
        return False
    return hmac.compare_digest(signature(secret, int(timestamp), body).encode(), header.encode())
