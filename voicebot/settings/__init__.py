"""Settings: one TOML file, overridden by ``VOICEBOT_…`` environment variables; secrets only from the environment.

Order of precedence: environment, then the TOML file (``--config``, ``VOICEBOT_CONFIG`` or ``voicebot.toml`` in the
working directory), then the defaults below, which are documented in ``voicebot.example.toml``. Nested settings
are reached in the environment with a double underscore: ``VOICEBOT_SIP__BIND=0.0.0.0``.
"""

import os
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from voicebot.errors import ConfigurationError
from voicebot.settings.conversation import CallSettings, DialogueSettings, FlowSettings, SpeechSettings, TurnSettings
from voicebot.settings.lines import (
    BrowserSettings,
    CallerSettings,
    Codec,
    SipSettings,
    SrtpMode,
    StreamSettings,
    TrunkSettings,
)
from voicebot.settings.people import AccountSettings, HandoffSettings, Joining, OidcSettings, WebSettings
from voicebot.settings.section import LOOPBACK, Network
from voicebot.settings.systems import (
    AddressSettings,
    NotifySettings,
    Open311Settings,
    OutboxSettings,
    RecordsSettings,
    WebhookSettings,
)

__all__ = [
    "LOOPBACK",
    "AccountSettings",
    "AddressSettings",
    "BrowserSettings",
    "CallSettings",
    "CallerSettings",
    "Codec",
    "DialogueSettings",
    "FlowSettings",
    "HandoffSettings",
    "Joining",
    "Network",
    "NotifySettings",
    "OidcSettings",
    "Open311Settings",
    "OutboxSettings",
    "RecordsSettings",
    "Settings",
    "SipSettings",
    "SpeechSettings",
    "SrtpMode",
    "StreamSettings",
    "TrunkSettings",
    "TurnSettings",
    "WebSettings",
    "WebhookSettings",
    "load",
]


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix="VOICEBOT_",
        env_nested_delimiter="__",
        extra="forbid",
        validate_default=True,
        populate_by_name=True,
    )

    data: Path = Path("var")
    council: str = "Norbury Vale Council"
    sip_port: int = 5060
    http_bind: str = "127.0.0.1"
    http_port: int = 8080
    database_url: str = ""
    council_file: str = ""
    api_token: SecretStr = SecretStr("")
    log_level: str = "INFO"
    sip: SipSettings = SipSettings()
    streams: StreamSettings = StreamSettings()
    browser: BrowserSettings = BrowserSettings()
    speech: SpeechSettings = SpeechSettings()
    dialogue: DialogueSettings = DialogueSettings()
    turns: TurnSettings = TurnSettings()
    calls: CallSettings = CallSettings()
    handoff: HandoffSettings = HandoffSettings()
    flows: FlowSettings = FlowSettings()
    records: RecordsSettings = RecordsSettings()
    web: WebSettings = WebSettings()
    accounts: AccountSettings = AccountSettings()
    outbox: OutboxSettings = OutboxSettings()
    notify: NotifySettings = NotifySettings()
    open311: Open311Settings = Open311Settings()
    addresses: AddressSettings = AddressSettings()
    oidc: OidcSettings = OidcSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before file; the file is named by ``VOICEBOT_CONFIG``."""
        path = Path(os.environ.get("VOICEBOT_CONFIG", "voicebot.toml"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=path)

    @property
    def run_dir(self) -> Path:
        """Sockets, pids and the generated tokens of the running service."""
        return self.data / "run"

    @property
    def recordings(self) -> Path:
        """Recorded calls."""
        return self.data / "recordings"

    @property
    def log_dir(self) -> Path:
        """JSON logs, one file a process."""
        return self.data / "log"

    @property
    def speech_socket(self) -> Path:
        """Where the speech process listens."""
        return self.run_dir / "speech.sock"

    @property
    def media_socket(self) -> Path:
        """Where the media process answers questions about its state."""
        return self.run_dir / "media.sock"

    @property
    def database(self) -> str:
        """SQLAlchemy URL: the one set, or SQLite in the data folder."""
        return self.database_url or f"sqlite+aiosqlite:///{(self.data / 'voicebot.sqlite').absolute()}"

    @property
    def council_database(self) -> Path:
        """SQLite file that actions look things up in: the one set, or that in the data folder."""
        return Path(self.council_file) if self.council_file else self.data / "council.sqlite"


def load(config: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings. Raises :class:`ConfigurationError` naming each wrong setting."""
    if config is not None:
        if not config.is_file():
            raise ConfigurationError(f"there is no settings file {config}")
        os.environ["VOICEBOT_CONFIG"] = str(config)
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"wrong settings: {lines}") from error
    except ValueError as error:
        raise ConfigurationError(f"the settings file is not valid TOML: {error}") from error
