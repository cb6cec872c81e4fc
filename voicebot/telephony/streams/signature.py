"""Is a request the provider's own? Twilio signs with a shared secret (its validator checks), Telnyx with Ed25519."""

import binascii
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.datastructures import FormData
from twilio.request_validator import RequestValidator, get_signature_algorithm

from voicebot.errors import ConfigurationError

TOLERANCE_S = 300.0
"""How old a signed request of Telnyx may be; it says when it was signed."""


def form(body: bytes) -> FormData:
    """The fields of a form. Raises ValueError when it isn't one."""
    return FormData(dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=200)))


class TwilioSignature:
    """Checks ``X-Twilio-Signature``, made over the public URL that Twilio was given and the fields of the form.

    Twilio writes a WebSocket's URL with or without a slash at its end: both are tried, both are ours.
    """

    def __init__(self, auth_token: str, public_url: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._base = public_url.rstrip("/")
        parts = urlsplit(self._base)
        self._stream_base = parts._replace(scheme="wss" if parts.scheme == "https" else "ws").geturl()

    def of_request(self, target: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether a POST to ``target`` (path and query) is Twilio's."""
        try:
            fields = form(body)
        except ValueError:
            return False
        return self._valid(self._base + target, fields, headers)

    def of_stream(self, path: str, headers: Mapping[str, str]) -> bool:
        """Whether the opening of a WebSocket at ``path`` is Twilio's."""
        plain = self._stream_base + path.partition("?")[0].rstrip("/")
        return self._valid(plain, FormData(), headers) or self._valid(plain + "/", FormData(), headers)

    def _valid(self, url: str, fields: FormData, headers: Mapping[str, str]) -> bool:
        signature = headers.get("x-twilio-signature", "")
        algorithm = get_signature_algorithm(headers.get("x-twilio-webhooks-signature-settings"))
        return bool(signature) and bool(self._validator.validate(url, fields, signature, algorithm))


class TelnyxSignature:
    """Checks ``telnyx-signature-ed25519`` over the time of signing and the raw body.

    ``public_key`` is the account's, in base64. Raises :class:`ConfigurationError` when it isn't a key.
    """

    def __init__(self, public_key: str) -> None:
        try:
            self._key = Ed25519PublicKey.from_public_bytes(binascii.a2b_base64(public_key, strict_mode=True))
        except ValueError as error:
            raise ConfigurationError("streams.telnyx_public_key is not an Ed25519 public key in base64") from error

    def of_request(self, headers: Mapping[str, str], body: bytes, now: float) -> bool:
        """Whether a request is Telnyx's; ``now`` is the time of day in seconds."""
        signed_at = headers.get("telnyx-timestamp", "")
        if not (signed_at.isascii() and signed_at.isdecimal() and abs(now - int(signed_at[:15])) <= TOLERANCE_S):
            return False
        try:
            signature = binascii.a2b_base64(headers.get("telnyx-signature-ed25519", ""), strict_mode=True)
            self._key.verify(signature, signed_at.encode("ascii") + b"|" + body)
        except (ValueError, InvalidSignature):
            return False
        return True
