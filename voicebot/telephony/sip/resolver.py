"""DNS records by dnspython, and the system's own names; what was known when DNS was last there outlives its failure."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from typing import cast

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
import structlog
from dns.rdtypes.IN.NAPTR import NAPTR
from dns.rdtypes.IN.SRV import SRV

from voicebot.errors import ConfigurationError, ProtocolError
from voicebot.telephony.dual_stack import plain_host
from voicebot.telephony.sip.locate import Naptr, Srv
from voicebot.telephony.sip.uri import split_host_port

LIFETIME_S = 2.0
"""How long one question may take."""
MAX_REMEMBERED = 512

_log = structlog.get_logger(__name__)


class DnsRecords:
    """Asks ``servers`` (``address`` or ``address:port``), or those of the system when there are none.

    ``ipv4`` and ``ipv6`` say which addresses are of use. Raises :class:`ConfigurationError` for a wrong server.
    """

    def __init__(self, servers: Sequence[str] = (), *, ipv4: bool = True, ipv6: bool = True) -> None:
        self._servers = [_host_port(server) for server in servers]
        self._ipv4 = ipv4
        self._ipv6 = ipv6
        self._resolver: dns.asyncresolver.Resolver | None = None
        self._last: dict[tuple[str, str], list[str]] = {}

    async def naptr(self, domain: str) -> list[Naptr]:
        """NAPTR records of a domain."""
        found = []
        for record in cast(list[NAPTR], await self._ask(domain, "NAPTR")):
            service, flags = record.service.decode(errors="replace"), record.flags.decode(errors="replace")
            if flags.lower() == "s" and not record.regexp:
                found.append(Naptr(record.order, record.preference, service, _text(record.replacement)))
        return found

    async def srv(self, name: str) -> list[Srv]:
        """SRV records of a name."""
        records = cast(list[SRV], await self._ask(name, "SRV"))
        return [Srv(record.priority, record.weight, record.port, _text(record.target)) for record in records]

    async def addresses(self, host: str) -> list[str]:
        """Addresses of a host: as DNS says, IPv4 first, or else as the system knows it (``/etc/hosts``)."""
        wanted = [kind for kind, use in (("A", self._ipv4), ("AAAA", self._ipv6)) if use]
        found: list[str] = []
        if "." in host:
            for records in await asyncio.gather(*(self._ask(host, kind) for kind in wanted)):
                found += [record.to_text() for record in records]
        return found or await self._system(host)

    async def _system(self, host: str) -> list[str]:
        family = 0 if self._ipv4 and self._ipv6 else (socket.AF_INET if self._ipv4 else socket.AF_INET6)
        try:
            entries = await asyncio.get_running_loop().getaddrinfo(host, None, family=family, type=socket.SOCK_DGRAM)
        except OSError:
            return []
        return list(dict.fromkeys(plain_host(str(entry[4][0])) for entry in entries))

    async def _ask(self, name: str, kind: str) -> list[dns.rdata.Rdata]:
        resolver = self._ready()
        if resolver is None:
            return []
        key = (name.lower(), kind)
        try:
            answer = await resolver.resolve(name, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            self._last.pop(key, None)
            return []
        except (dns.exception.DNSException, OSError) as error:
            # Timed out, or refused by every server. Old servers that are there are better than none.
            _log.warning("DNS did not answer", kind=kind, error=type(error).__name__)
            return [dns.rdata.from_text("IN", kind, text) for text in self._last.get(key, [])]
        records = list(answer)
        self._last.pop(key, None)
        self._last[key] = [record.to_text() for record in records]
        while len(self._last) > MAX_REMEMBERED:
            del self._last[next(iter(self._last))]
        return records

    def _ready(self) -> dns.asyncresolver.Resolver | None:
        """The resolver; None on a machine without any DNS server."""
        if self._resolver is not None:
            return self._resolver
        try:
            resolver = dns.asyncresolver.Resolver(configure=not self._servers)
        except dns.resolver.NoResolverConfiguration:
            return None
        if self._servers:
            resolver.nameservers = [host for host, _ in self._servers]
            resolver.nameserver_ports = dict(self._servers)
        resolver.lifetime = LIFETIME_S
        resolver.timeout = LIFETIME_S / 2
        resolver.cache = dns.resolver.LRUCache()
        self._resolver = resolver
        return resolver


def _text(name: dns.name.Name) -> str:
    """A name without the final dot; "" for the root."""
    return name.to_text(omit_final_dot=True) if name != dns.name.root else ""


def _host_port(server: str) -> tuple[str, int]:
    try:
        if ":" in server.partition(":")[2] and not server.startswith("["):
            host, port = server, None
        else:
            host, port = split_host_port(server)
        return str(ipaddress.ip_address(host)), port or 53
    except (ProtocolError, ValueError) as error:
        raise ConfigurationError(f"sip.dns_servers: {server!r} is no IP address, with or without a port") from error
