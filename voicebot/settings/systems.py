"""Settings of other systems, and of what is kept: webhooks, GOV.UK Notify, Open311, addresses, records."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, SecretStr

from voicebot.settings.section import Section


class RecordsSettings(Section):
    """What is kept of calls."""

    keep_days: int = Field(default=180, ge=0)


class WebhookSettings(Section):
    """Somebody who is told what happens in calls. ``secret_env`` names where the secret is that signs it; ``kinds`` are
    the names of what they are told, with ``*`` for any part."""

    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    url: str = Field(pattern=r"^https?://\S+$")
    secret_env: str
    kinds: tuple[str, ...] = ("*",)
    timeout_s: float = Field(10.0, gt=0, le=60)


class OutboxSettings(Section):
    """What other systems are told, and for how many days it is tried."""

    webhooks: Sequence[WebhookSettings] = ()
    give_up_days: int = Field(7, ge=1)


class NotifySettings(Section):
    """GOV.UK Notify, on once it has a key. ``templates`` are its template ids by the names that flows use."""

    api_key: SecretStr = SecretStr("")
    url: str = "https://api.notifications.service.gov.uk"
    templates: dict[str, str] = Field(default_factory=dict)
    timeout_s: float = Field(10.0, gt=0, le=60)

    @property
    def on(self) -> bool:
        """Whether anything can be sent."""
        return bool(self.api_key.get_secret_value())

    @property
    def texts_references(self) -> bool:
        """Whether callers are offered the reference of their report as a text."""
        return self.on and "report_made" in self.templates


class Open311Settings(Section):
    """A back office that speaks Open311 GeoReport v2, on once it has an endpoint. ``services`` are its service codes by
    our kinds of report; the kinds not named stay with us."""

    endpoint: str = Field("", pattern=r"^(https?://\S+)?$")
    jurisdiction: str = ""
    api_key: SecretStr = SecretStr("")
    services: dict[str, str] = Field(default_factory=dict)
    timeout_s: float = Field(10.0, gt=0, le=60)
    ask_minutes: float = Field(15.0, gt=0)


class AddressSettings(Section):
    """Where addresses are looked up that the council's own records don't hold, at ``url`` or the source's own."""

    source: Literal["built_in", "os_places", "postcodes_io"] = "built_in"
    url: str = Field("", pattern=r"^(https?://\S+)?$")
    api_key: SecretStr = SecretStr("")
    timeout_s: float = Field(2.0, gt=0, le=5)
