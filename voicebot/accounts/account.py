"""An account as the rest of the service sees it, and the names that accounts may have."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from voicebot.accounts.roles import Role
from voicebot.errors import AccountError

_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,63}")
_LONGEST_DISPLAY_NAME = 128


@dataclass(frozen=True, slots=True)
class Account:
    """A person. ``name`` is what they sign in with, ``display_name`` what others call them."""

    id: str
    name: str
    display_name: str
    roles: frozenset[Role]
    enabled: bool
    created_at: datetime
    last_sign_in_at: datetime | None = None

    def may(self, roles: Collection[Role]) -> bool:
        """Whether the person has one of ``roles``; with none named, everybody may."""
        return not roles or not self.roles.isdisjoint(roles)


def sign_in_name(text: str) -> str:
    """The one form of a name, whatever case it is typed in."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def is_name(name: str) -> bool:
    """Whether an account can have ``name``, which is in its one form."""
    return _NAME.fullmatch(name) is not None


def checked_name(text: str) -> str:
    """``text`` as the name of a new account. Raises :class:`AccountError` when it can't be one."""
    name = sign_in_name(text)
    if not is_name(name):
        raise AccountError(
            "A user name is 2 to 64 letters a to z, digits and . _ @ + -, and begins with a letter or a digit"
        )
    return name


def checked_display_name(text: str, name: str) -> str:
    """``text`` in one line, or ``name`` when there is none. Raises :class:`AccountError` when it is too long."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in text).split()) or name
    if len(shown) > _LONGEST_DISPLAY_NAME:
        raise AccountError(f"A person’s name must be {_LONGEST_DISPLAY_NAME} characters or fewer")
    return shown
