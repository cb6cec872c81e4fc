"""Where a speech process listens: a Unix socket on this host, or a host and port."""

from dataclasses import dataclass
from pathlib import Path

from voicebot.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A speech process on another host. There is no authentication: keep it on a private network."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp://{self.host}:{self.port}"


Address = Path | TcpAddress


def parse_address(text: str | Path) -> Address:
    """``tcp://host:port``, or the path of a socket. Raises :class:`ConfigurationError`."""
    if isinstance(text, Path) or not text.startswith("tcp://"):
        return Path(text)
    host, _, port = text.removeprefix("tcp://").rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) < 65536:
        raise ConfigurationError(f"{text} is not tcp://host:port")
    return TcpAddress(host.strip("[]"), int(port))
