"""Ports of this machine for phones under test."""

import random
import socket


def free_port() -> int:
    """A port that nobody has, nor the one after it, on which phones listen for TLS.

    It lies below those that the system gives to whoever asks for any.
    """
    while True:
        port = random.randrange(20000, 32000, 2)
        if all(_free(kind, port + more) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM) for more in (0, 1)):
            return port


def _free(kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
