"""This machine's own addresses."""

import socket


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
