"""Reading JSON messages from a peer who may send anything: every wrong shape is a ProtocolError that names it."""

import binascii
import json
from collections.abc import Mapping
from typing import Any

from voicebot.errors import ProtocolError
from voicebot.telephony.streams.dialect import KEYS, MAX_MESSAGE, MAX_PARAMETERS, MAX_TEXT, Key, Wire

_MAX_NUMBER = 1 << 62


def parse(message: Wire) -> dict[str, Any]:
    """A message as an object. Raises :class:`ProtocolError`."""
    if isinstance(message, bytes):
        raise ProtocolError("a binary message where text is spoken")
    if len(message) > MAX_MESSAGE:
        raise ProtocolError("a message that is too long")
    try:
        value = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("a message that is not JSON") from error
    if not isinstance(value, dict):
        raise ProtocolError("a message that is not an object")
    return value


def part(message: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object called ``name``. Raises :class:`ProtocolError`."""
    value = message.get(name)
    if not isinstance(value, dict):
        raise ProtocolError(f"{name} is not an object")
    return value


def text(message: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """The text called ``name``, ``default`` when it is absent. Raises :class:`ProtocolError`."""
    value = message.get(name, default)
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ProtocolError(f"{name} is not a short text")
    return value


def number(message: Mapping[str, Any], name: str) -> int | None:
    """The number called ``name``, written as a number or as its digits; None when it is absent.

    Raises :class:`ProtocolError`.
    """
    value = message.get(name)
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MAX_NUMBER:
        raise ProtocolError(f"{name} is not a number")
    return value


def parameters(message: Mapping[str, Any], name: str) -> dict[str, str]:
    """The parameters called ``name``: texts by name, none when absent. Raises :class:`ProtocolError`."""
    value = message.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > MAX_PARAMETERS:
        raise ProtocolError(f"{name} is not a small object")
    if any(not isinstance(one, str) or max(len(one), len(key)) > MAX_TEXT for key, one in value.items()):
        raise ProtocolError(f"{name} holds something other than short texts")
    return value


def payload(message: Mapping[str, Any], most: int) -> bytes:
    """The bytes of ``payload``, 1 to ``most``. Raises :class:`ProtocolError`."""
    value = message.get("payload")
    if not isinstance(value, str):
        raise ProtocolError("payload is not text")
    try:
        data = binascii.a2b_base64(value, strict_mode=True)
    except ValueError as error:  # binascii.Error, or characters outside ASCII
        raise ProtocolError("payload is not base64") from error
    if not 1 <= len(data) <= most:
        raise ProtocolError(f"payload of {len(data)} bytes")
    return data


def key(message: Mapping[str, Any]) -> Key:
    """The key called ``digit``. Raises :class:`ProtocolError`."""
    digit = text(message, "digit").upper()
    if digit not in KEYS:
        raise ProtocolError("digit is not a key")
    return Key(digit)


def base64(data: bytes) -> str:
    """Bytes for a ``payload``."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")
