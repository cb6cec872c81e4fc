"""Where a SIP domain's servers are, in the order in which to try them (RFC 3263, RFC 2782).

The records come from a :class:`Records`, which the tests write down and :mod:`~voicebot.telephony.sip.resolver` asks
DNS for.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from voicebot.telephony.sip.events import Peer

MAX_TARGETS = 16
"""Most servers given for one domain."""

DEFAULT_PORTS = {"UDP": 5060, "TCP": 5060, "TLS": 5061}
_SERVICES = {"SIP+D2U": "UDP", "SIP+D2T": "TCP", "SIPS+D2T": "TLS"}
_LABELS = {"UDP": "_sip._udp", "TCP": "_sip._tcp", "TLS": "_sips._tcp"}


@dataclass(frozen=True, slots=True)
class Naptr:
    """A NAPTR record: which transport a domain wants, and the name of its SRV records."""

    order: int
    preference: int
    service: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Srv:
    """An SRV record: a server of a domain."""

    priority: int
    weight: int
    port: int
    host: str


class Records(Protocol):
    """What is asked of DNS. An empty list means that there are none."""

    async def naptr(self, domain: str) -> Sequence[Naptr]:
        """NAPTR records of a domain."""
        ...

    async def srv(self, name: str) -> Sequence[Srv]:
        """SRV records of a name such as ``_sip._udp.example.org``."""
        ...

    async def addresses(self, host: str) -> Sequence[str]:
        """IP addresses of a host, those to be tried first in front."""
        ...


async def locate(
    domain: str, records: Records, random: Random, *, port: int | None = None, transport: str = ""
) -> list[Peer]:
    """The servers of a domain (or host, or IP address), best first; empty when it has none.

    ``transport`` is UDP, TCP or TLS where the address names one (``sips`` means TLS), and ``port`` likewise.
    """
    try:
        address = str(ipaddress.ip_address(domain))
    except ValueError:
        pass
    else:
        transport = transport or "UDP"
        return [Peer(transport, address, port or DEFAULT_PORTS[transport])]
    if port is not None:
        return await _hosts(records, transport or "UDP", [(domain, port)], domain)
    for way, name in await _services(domain, records, transport):
        servers = [(server.host, server.port) for server in in_order(await records.srv(name), random)]
        if servers:
            # RFC 2782: a lone "." says that the service is decidedly not there.
            found = await _hosts(records, way, [server for server in servers if server[0]], domain)
            if found:
                return found
    transport = transport or "UDP"
    return await _hosts(records, transport, [(domain, DEFAULT_PORTS[transport])], domain)


async def _services(domain: str, records: Records, transport: str) -> list[tuple[str, str]]:
    """Transports to be tried and the names of their SRV records (RFC 3263 4.1)."""
    if not transport:
        known = [record for record in await records.naptr(domain) if record.service.upper() in _SERVICES]
        known.sort(key=lambda record: (record.order, record.preference))
        if known:
            return [(_SERVICES[record.service.upper()], record.replacement) for record in known]
    # A domain without NAPTR records: UDP, since trunks that have it expect it, then what is safer.
    ways = [transport] if transport else ["UDP", "TLS", "TCP"]
    return [(way, f"{_LABELS[way]}.{domain}") for way in ways]


async def _hosts(records: Records, transport: str, servers: Sequence[tuple[str, int]], domain: str) -> list[Peer]:
    found: dict[Peer, None] = {}
    for host, port in servers:
        for address in await records.addresses(host):
            # TLS: the domain that was asked for must be proved, not the host that DNS names (RFC 5922 7.2).
            found[Peer(transport, address, port, name=domain)] = None
            if len(found) == MAX_TARGETS:
                return list(found)
    return list(found)


def in_order(servers: Sequence[Srv], random: Random) -> list[Srv]:
    """Servers by priority, and within one by chance according to their weights (RFC 2782)."""
    ordered: list[Srv] = []
    for priority in sorted({server.priority for server in servers}):
        left = [server for server in servers if server.priority == priority]
        left.sort(key=lambda server: server.weight)  # Those without a weight have a chance, if a small one.
        while left:
            at = random.randint(0, sum(server.weight for server in left))
            for server in left:
                at -= server.weight
                if at <= 0:
                    break
            left.remove(server)
            ordered.append(server)
    return ordered
