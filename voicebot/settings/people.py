"""Settings of the people whom callers are handed to, and of those who sign in to the pages."""

from collections.abc import Sequence
from enum import StrEnum

from pydantic import Field, SecretStr

from voicebot.settings.section import Network, Section


def _default_queues() -> dict[str, tuple[str, ...]]:
    return {"default": ("sip:agent@127.0.0.1:5070",)}


class Joining(StrEnum):
    """How a caller is joined with the person who takes the call."""

    BRIDGE = "bridge"
    """In our media server, for as long as they talk."""
    REFER = "refer"
    """The caller's side rings the person's phone in our place, and we are no longer in between."""
    RETURN = "return"
    """The caller is given back to the contact centre that sent them, which finds the person."""


class HandoffSettings(Section):
    """Where people are: a list of addresses per queue, and how callers are joined with them; ``default`` serves
    the queues not named."""

    queues: dict[str, tuple[str, ...]] = Field(default_factory=_default_queues)
    ring_s: float = 20.0
    accept_s: float = 15.0
    join_on: str = "key"
    voicemail_max_s: float = 120.0
    joining: dict[str, Joining] = Field(default_factory=lambda: {"default": Joining.BRIDGE})
    transcribe: bool = True
    screen_pop: str = Field("", pattern=r"^(https?://\S+)?$")
    presence_s: float = Field(30.0, gt=0)
    again_s: float = Field(30.0, ge=0)
    sticky_days: int = Field(7, ge=0)
    overflow_s: float = Field(120.0, ge=0)
    overflow: dict[str, str] = Field(default_factory=dict)
    announce_s: float = Field(30.0, ge=5)
    choices_s: float = Field(60.0, ge=0)
    callback_tries: int = Field(3, ge=1)
    callback_again_minutes: float = Field(10.0, ge=0)
    message_due_minutes: int = Field(240, ge=1)
    callback_due_minutes: int = Field(60, ge=1)
    keep_hours: bool = False

    def joins(self, queue: str) -> Joining:
        """How the callers of a queue are joined."""
        return self.joining.get(queue) or self.joining.get("default", Joining.BRIDGE)


class WebSettings(Section):
    """How the pages are reached. Cookies are kept to HTTPS when ``public_url`` or a trusted proxy says so."""

    public_url: str = ""
    trusted_proxies: Sequence[Network] = ()


class AccountSettings(Section):
    """Signing in: how long it lasts, and how many wrong tries there may be."""

    idle_minutes: int = Field(60, ge=1)
    session_hours: int = Field(12, ge=1)
    account_tries: int = Field(10, ge=1)
    address_tries: int = Field(100, ge=1)
    lock_minutes: int = Field(15, ge=1)
    one_time_hours: int = Field(72, ge=1)
    key: SecretStr = SecretStr("")


class OidcSettings(Section):
    """Signing in with the council's own identity provider (OpenID Connect). Off without an ``issuer``.

    ``name_claim`` says which of its claims is a user name here. ``roles`` gives roles by the groups in
    ``groups_claim``; with any, groups decide at every sign-in and accounts are made as people come.
    """

    issuer: str = Field("", pattern=r"^(https://[^\s?#]+|http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s?#]*)?)?$")
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    label: str = "council account"
    name_claim: str = "preferred_username"
    groups_claim: str = "groups"
    roles: dict[str, tuple[str, ...]] = Field(default_factory=dict)
