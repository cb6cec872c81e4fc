"""The telephone that can ring an address: a SIP phone, or a caller's at a provider of audio streams."""

import base64
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from typing import get_args
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from voicebot.caller.call import citizens_phone
from voicebot.caller.stream_phone import SCHEMES, DialHandler, StreamPhone, handed_on
from voicebot.errors import ConfigurationError
from voicebot.settings import Codec, StreamSettings
from voicebot.telephony.leg import Line

TELNYX_KEY = "VOICEBOT_CALL_TELNYX_KEY"
"""Variable with the private key (32 bytes in base64) of the Telnyx account that is played."""


def is_stream(address: str) -> bool:
    """Whether an address is that of a stream line."""
    return urlsplit(address).scheme in SCHEMES


@contextlib.asynccontextmanager
async def phone_for(
    address: str,
    streams: StreamSettings,
    on_dial: DialHandler = handed_on,
    *,
    codecs: Sequence[Codec] = get_args(Codec),
    encrypted: bool = False,
) -> AsyncIterator[Line]:
    """A phone that rings ``address``. A provider's signs with the secrets of ``streams`` and the environment.

    ``codecs`` and ``encrypted`` are a SIP phone's. Raises ConfigurationError when a secret that it would need is
    missing or wrong.
    """
    if not is_stream(address):
        async with citizens_phone(address, codecs, encrypted=encrypted) as line:
            yield line
        return
    path = urlsplit(address).path
    secret = streams.twilio_auth_token.get_secret_value()
    if path.startswith("/twilio/") and not secret:
        raise ConfigurationError("to ring as Twilio, set VOICEBOT_STREAMS__TWILIO_AUTH_TOKEN to what the line has")
    key = telnyx_key(os.environ.get(TELNYX_KEY, "")) if path.startswith("/telnyx/") else None
    phone = StreamPhone(secret=secret, key=key, public_url=streams.public_url, on_dial=on_dial)
    try:
        yield phone
    finally:
        await phone.stop()


def telnyx_key(text: str) -> Ed25519PrivateKey:
    """A private key from base64. Raises ConfigurationError."""
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))
    except ValueError as error:
        raise ConfigurationError(f"to ring as Telnyx, set {TELNYX_KEY} to an Ed25519 key in base64") from error
