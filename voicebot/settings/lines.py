"""Settings of the ways by which calls come: SIP, streams of a provider, browsers."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from voicebot.settings.section import LOOPBACK, Network, Section

Codec = Literal["PCMA", "PCMU", "G722"]
"""Audio encodings of a SIP line, by their names in SDP."""


class SrtpMode(StrEnum):
    """Whether media is encrypted (RFC 3711, keys by RFC 4568)."""

    OFF = "off"
    OPTIONAL = "optional"
    """When the peer wants it."""
    REQUIRED = "required"


class TrunkSettings(Section):
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


class CallerSettings(Section):
    """Somebody who rings us from ``networks`` and must give a password; ``password_env`` names where it is."""

    user: str
    password_env: str
    networks: Sequence[Network] = ()


class SipSettings(Section):
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


class StreamSettings(Section):
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


class BrowserSettings(Section):
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
