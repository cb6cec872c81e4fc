"""IPv4 on IPv6 sockets: a socket bound to ``::`` sees and reaches IPv4 hosts by mapped addresses (RFC 4291 2.5.5.2)."""

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=1024)
def plain_host(host: str) -> str:
    """An address without zone, an IPv4-mapped one as IPv4."""
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def reachable(host: str) -> str:
    """An address as an IPv6 socket can send to it."""
    return host if ":" in host else f"::ffff:{host}"
