"""Hosts: who may signal to us, where audio may go, and our own addresses as others see them."""

import ipaddress
import socket
import time
from functools import lru_cache

from voicebot.errors import TelephonyError
from voicebot.settings import SipSettings

ROUTE_S = 30.0
"""How long our address towards a peer is believed: networks change under a running service."""
MAX_ROUTES = 1024


class Hosts:
    """What the settings allow, and the servers of trunks as they become known. Hosts are IP addresses as text."""

    def __init__(self, settings: SipSettings) -> None:
        self.media_networks = (
            *settings.media_networks,
            *(network for trunk in settings.trunks for network in trunk.media_networks),
        )
        self._peers = (
            *settings.peers,
            *(network for trunk in settings.trunks for network in trunk.peers),
            *(network for caller in settings.callers for network in caller.networks),
        )
        self._settings = settings
        self._servers: dict[str, frozenset[str]] = {}
        self.known_peer = lru_cache(maxsize=1024)(self._known_peer)
        self.trusted = lru_cache(maxsize=1024)(self._trusted)
        """Whether a peer's word on who is calling is taken (RFC 3325)."""
        self.media = lru_cache(maxsize=1024)(self._media)
        self.media_host = lru_cache(maxsize=1024)(self._media_host)
        """Where audio for an SDP address goes: there, or over loopback when it is this machine's own and only that is
        allowed (softphones on the same machine write the network's address)."""
        self._ours: dict[str, tuple[float, str]] = {}

    def peer(self, host: str) -> bool:
        """Whether that host may signal to us and be signalled to."""
        return self.known_peer(host) or any(host in servers for servers in self._servers.values())

    def learn(self, trunk: str, servers: frozenset[str]) -> None:
        """These are a trunk's servers now."""
        self._servers[trunk] = servers

    def media_allowed(self, host: str) -> bool:
        """Whether audio may go to an SDP address."""
        return self.media(self.media_host(host))

    def _known_peer(self, host: str) -> bool:
        return any(ipaddress.ip_address(host) in network for network in self._peers)

    def _trusted(self, host: str) -> bool:
        return any(ipaddress.ip_address(host) in network for network in self._settings.trusted_peers)

    def _media(self, host: str) -> bool:
        if ":" in host and ":" not in self._settings.bind:
            return False  # IPv6, and our audio is on IPv4: better refused than never heard
        return any(ipaddress.ip_address(host) in network for network in self.media_networks)

    def _media_host(self, host: str) -> str:
        loopback = "::1" if ":" in host else "127.0.0.1"
        if not self.media(host) and self.media(loopback) and is_ours(host):
            return loopback
        return host

    def local(self, peer_host: str) -> str:
        """Our address as that peer sees it: the one set, the one bound, or the one of the route there.

        Raises :class:`TelephonyError` when there is no way to that peer.
        """
        if self._settings.advertise:
            return self._settings.advertise
        if not ipaddress.ip_address(self._settings.bind).is_unspecified:
            return self._settings.bind
        now = time.monotonic()
        since, known = self._ours.get(peer_host, (now - ROUTE_S, ""))
        if now - since < ROUTE_S:
            return known
        try:
            found = host_towards(peer_host)
        except OSError as error:
            raise TelephonyError("there is no route to the peer") from error
        if len(self._ours) >= MAX_ROUTES:
            self._ours.clear()
        self._ours[peer_host] = (now, found)
        return found


def is_ours(host: str) -> bool:
    """Whether an IP address is one of this machine's."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return False
    return True


def host_towards(peer_host: str) -> str:
    """The address of ours from which that peer is reached. Raises OSError when there is no way."""
    family = socket.AF_INET6 if ":" in peer_host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((peer_host, 9))  # Looks up the route; nothing is sent.
        return str(probe.getsockname()[0])
