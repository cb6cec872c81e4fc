"""What every part of the settings is made of."""

from ipaddress import IPv4Network, IPv6Network

from pydantic import BaseModel, ConfigDict

Network = IPv4Network | IPv6Network
LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


class Section(BaseModel):
    """A table of the file. What it doesn't know is refused, lest a slip of the pen go unnoticed."""

    model_config = ConfigDict(extra="forbid")
