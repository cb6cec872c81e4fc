"""Settings: one TOML file, overridden by ``VOICEBOT_…`` environment variables; secrets only from the environment.

Order of precedence: environment, then the TOML file (``--config``, ``VOICEBOT_CONFIG`` or ``voicebot.toml`` in the
working directory), then the defaults below, which are documented in ``voicebot.example.toml``. Nested settings
are reached in the environment with a double underscore: ``VOICEBOT_SIP__BIND=0.0.0.0``.
"""

import os
from collections.abc import Sequence
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from voicebot.errors import ConfigurationError

Network = IPv4Network | IPv6Network
LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


Codec = Literal["PCMA", "PCMU", "G722"]
"""Audio encodings of a SIP line, by their names in SDP."""


class SrtpMode(StrEnum):
    """Whether media is encrypted (RFC 3711, keys by RFC 4568)."""

    OFF = "off"
    OPTIONAL = "optional"
    """When the peer wants it."""
    REQUIRED = "required"


class TrunkSettings(_Section):
    """One way to the phone network, with a provider or a PBX. ``password_env`` names where its password is."""

    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    domain: str
    proxy: str = ""
    transport: Literal["", "udp", "tcp", "tls"] = ""
    user: str = ""
    auth_user: str = ""
    password_env: str = ""
    realm: str = ""
    registers: bool = False
    expires_s: int = Field(600, ge=30, le=86_400)
    caller_id: str = ""
    options_s: float = Field(30.0, ge=0)
    max_calls: int = Field(0, ge=0)
    peers: Sequence[Network] = ()
    media_networks: Sequence[Network] = ()
    codecs: tuple[Literal["PCMA", "PCMU", "G722"], ...] = ()
    srtp: Literal["", "off", "optional", "required"] = ""


class CallerSettings(_Section):
    """Somebody who rings us from ``networks`` and must give a password; ``password_env`` names where it is."""

    user: str
    password_env: str
    networks: Sequence[Network] = ()


class SipSettings(_Section):
    """The SIP line. ``peers`` may signal to us and ``media_networks`` may receive audio; nobody else.

    ``codecs`` are those spoken, best first. ``srtp`` says whether media is encrypted; since its keys travel in the
    signalling, that is refused where signalling is not encrypted itself, unless ``srtp_without_tls`` allows it.
    """

    bind: str = "127.0.0.1"
    advertise: str = ""
    rtp_low: int = 16384
    rtp_high: int = 32767
    peers: Sequence[Network] = LOOPBACK
    media_networks: Sequence[Network] = LOOPBACK
    tls_port: int = 5061
    tls_certificate: str = ""
    tls_key: str = ""
    tls_key_password_env: str = "VOICEBOT_SIP_TLS_KEY_PASSWORD"  # noqa: S105 - where it is, not what it is
    tls_ca: str = ""
    tls_verify_clients: bool = False
    max_connections: int = 256
    max_connections_per_host: int = 64
    dns_servers: Sequence[str] = ()
    failover_s: float = Field(4.0, gt=0)
    trunks: Sequence[TrunkSettings] = ()
    realm: str = "voicebot"
    digest_algorithms: Sequence[Literal["MD5", "SHA-256", "SHA-512-256"]] = Field(("MD5",), min_length=1)
    callers: Sequence[CallerSettings] = ()
    max_calls_out: int = Field(40, ge=0)
    max_calls: int = 40
    calls_per_second: float = 20.0
    media_timeout_s: float = 30.0
    session_expires_s: int = Field(default=1800, ge=0)
    min_session_expires_s: int = Field(default=90, ge=90)
    transfer_targets: tuple[str, ...] = ()
    trusted_peers: Sequence[Network] = LOOPBACK
    kept_headers: tuple[Annotated[str, Field(pattern=r"^[Xx]-[A-Za-z0-9-]{1,60}$")], ...] = ()
    codecs: tuple[Codec, ...] = Field(("PCMA", "PCMU", "G722"), min_length=1)
    srtp: SrtpMode = SrtpMode.OPTIONAL
    srtp_without_tls: bool = False


class StreamSettings(_Section):
    """Calls that come as audio streams. Off by default: it is a door to the Internet, of use only with a provider.

    ``public_url`` is where providers reach us; their signatures are made over it. ``dial`` names, per queue, whom the
    provider itself dials for a caller; the callers of queues not named are joined with their people on our own line.
    """

    enabled: bool = False
    bind: str = "127.0.0.1"
    port: int = 8081
    public_url: str = Field("", pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$")
    twilio_auth_token: SecretStr = SecretStr("")
    telnyx_public_key: str = ""
    audiosocket: bool = False
    audiosocket_bind: str = "127.0.0.1"
    audiosocket_port: int = 9092
    audiosocket_peers: Sequence[Network] = LOOPBACK
    max_calls: int = 40
    calls_per_second: float = 20.0
    start_s: float = 5.0
    media_timeout_s: float = 20.0
    caller_id: str = ""
    dial: dict[str, str] = Field(default_factory=dict)


class BrowserSettings(_Section):
    """Calls from a browser. ``bind`` and the UDP ports carry their audio; ``advertise`` is named to browsers instead of
    ``bind`` where the two differ. ``ice_servers`` are for the browser's use (STUN or TURN URLs, without secrets)."""

    enabled: bool = True
    bind: str = "127.0.0.1"
    advertise: str = ""
    udp_low: int = Field(12000, ge=1, le=65535)
    udp_high: int = Field(12999, ge=1, le=65535)
    codecs: tuple[Literal["OPUS", "PCMA"], ...] = ("OPUS", "PCMA")
    max_calls: int = Field(10, ge=0)
    max_text_calls: int = Field(50, ge=0)
    calls_per_second: float = Field(5.0, gt=0)
    connect_s: float = 15.0
    grace_s: float = 20.0
    ice_servers: tuple[str, ...] = ()
    link_key: SecretStr = SecretStr("")


class SpeechSettings(_Section):
    """Hearing and speaking. ``model`` and ``voice`` name what ``voicebot models`` installed, or are ``auto``."""

    model: str = "auto"
    voice: str = "auto"
    threads: int = 1
    floor_s: float = 1.0
    min_confidence: float = 0.35
    timeout_s: float = 4.0
    max_queue: int = 32
    max_lag_ms: float = 1500.0
    partials_ms: int = 1000
    device: Literal["auto", "cpu", "cuda"] = "auto"
    compute_type: str = "default"
    workers: int = 2
    batch: int = 0
    words: Path = Path("dialogues/words")
    second: Literal["auto", "none", "pocketsphinx"] = "auto"


class DialogueSettings(_Section):
    """Rasa and its action server; both are bound to loopback."""

    project: Path = Path("dialogues")
    environment: Path = Path(".venv-rasa")
    port: int = 5005
    action_port: int = 5055
    timeout_s: float = 2.5


class TurnSettings(_Section):
    """Turn-taking times, in ms of received audio."""

    end_normal_ms: int = 760
    end_yes_no_ms: int = 420
    end_spelling_ms: int = 2600
    end_patient_ms: int = 2600
    end_complete_ms: int = 260
    end_settled_ms: int = 280
    end_closed_ms: int = 460
    end_open_ms: int = 2600
    speculate_ms: int = 120
    no_input_ms: int = 6000
    max_utterance_ms: int = 30000


class CallSettings(_Section):
    """The conversation's limits. Every wait has one."""

    max_no_input: int = 2
    max_no_match: int = 2
    max_call_s: float = 3600.0
    drain_s: float = 900.0
    record: bool = False
    tone_after_ms: int = 700
    holding_after_ms: int = 1500
    person_key: str = "0"
    offer_welsh: bool = False


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


class HandoffSettings(_Section):
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


class FlowSettings(_Section):
    """Publishing flows.

    The version before stays ready for ``keep_previous_minutes``, a draft on trial for ``trial_minutes`` after its last
    call. ``rehearse_aloud`` names the scripted calls that the full test of a draft holds aloud, beside some of the
    services that it changes. ``write_files`` keeps the files in ``dialogue.project`` those of the live version.
    ``doors`` are the ports that versions may listen on where not every port is passed on, each with its address as
    calls know it.
    """

    keep_previous_minutes: float = Field(30.0, ge=0)
    trial_minutes: float = Field(30.0, gt=0)
    rehearse_aloud: tuple[str, ...] = (
        "a missed bin, and then a person",
        "a missed recycling bin is reported with a reference",
        "a house number is corrected when it is read back",
        "a smell of gas in the middle of a form",
        "how to pay is answered",
        "key 0 reaches a person at once",
    )
    write_files: bool = True
    doors: dict[int, str] = Field(default_factory=dict)
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2}$")], ...] = ("en",)


class RecordsSettings(_Section):
    """What is kept of calls."""

    keep_days: int = Field(default=180, ge=0)


class WebSettings(_Section):
    """How the pages are reached. Cookies are kept to HTTPS when ``public_url`` or a trusted proxy says so."""

    public_url: str = ""
    trusted_proxies: Sequence[Network] = ()


class WebhookSettings(_Section):
    """Somebody who is told what happens in calls. ``secret_env`` names where the secret is that signs it; ``kinds`` are
    the names of what they are told, with ``*`` for any part."""

    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    url: str = Field(pattern=r"^https?://\S+$")
    secret_env: str
    kinds: tuple[str, ...] = ("*",)
    timeout_s: float = Field(10.0, gt=0, le=60)


class OutboxSettings(_Section):
    """What other systems are told, and for how many days it is tried."""

    webhooks: Sequence[WebhookSettings] = ()
    give_up_days: int = Field(7, ge=1)


class NotifySettings(_Section):
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


class Open311Settings(_Section):
    """A back office that speaks Open311 GeoReport v2, on once it has an endpoint. ``services`` are its service codes by
    our kinds of report; the kinds not named stay with us."""

    endpoint: str = Field("", pattern=r"^(https?://\S+)?$")
    jurisdiction: str = ""
    api_key: SecretStr = SecretStr("")
    services: dict[str, str] = Field(default_factory=dict)
    timeout_s: float = Field(10.0, gt=0, le=60)
    ask_minutes: float = Field(15.0, gt=0)


class AddressSettings(_Section):
    """Where addresses are looked up that the council's own records don't hold, at ``url`` or the source's own."""

    source: Literal["built_in", "os_places", "postcodes_io"] = "built_in"
    url: str = Field("", pattern=r"^(https?://\S+)?$")
    api_key: SecretStr = SecretStr("")
    timeout_s: float = Field(2.0, gt=0, le=5)


class AccountSettings(_Section):
    """Signing in: how long it lasts, and how many wrong tries there may be."""

    idle_minutes: int = Field(60, ge=1)
    session_hours: int = Field(12, ge=1)
    account_tries: int = Field(10, ge=1)
    address_tries: int = Field(100, ge=1)
    lock_minutes: int = Field(15, ge=1)
    one_time_hours: int = Field(72, ge=1)
    key: SecretStr = SecretStr("")


class OidcSettings(_Section):
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
