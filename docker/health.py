"""Exit with 0 when a part answers, else 1: the health check of every container.

``health.py SOCKET [PATH]`` connects to a Unix socket, and with a path wants 200 for it; ``health.py http://…`` wants
200, and sends the bearer token of ``VOICEBOT_DIALOGUE_TOKEN`` with ``--token``. In place of an address, ``@FILE
PATH`` is a path of the dialogue that the file names as live. Standard library only: it runs every few seconds.
"""

import json
import os
import socket
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

TIMEOUT_S = 4.0
TOKEN = "VOICEBOT_DIALOGUE_TOKEN"  # noqa: S105 - the variable's name


class UnixConnection(HTTPConnection):
    """HTTP on a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        """Open the socket. Raises OSError."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(self._path)


def answers(connection: HTTPConnection, path: str, headers: dict[str, str]) -> bool:
    """Whether a GET of ``path`` gives 200. Raises OSError or HTTPException."""
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status == 200
    finally:
        connection.close()


def healthy(argv: list[str]) -> bool:
    """Judge by the arguments described above. Raises OSError or HTTPException when there is no answer."""
    headers = {"Authorization": f"Bearer {os.environ.get(TOKEN, '')}"} if "--token" in argv else {}
    target, *more = [word for word in argv if word != "--token"]
    if target.startswith("@"):
        running = json.loads(Path(target[1:]).read_text(encoding="utf-8"))
        target, more = running["live"]["url"] + more[0], []
    if target.startswith("http://"):
        url = urlsplit(target)
        return answers(HTTPConnection(url.hostname or "", url.port, timeout=TIMEOUT_S), url.path or "/", headers)
    connection = UnixConnection(target)
    if more:
        return answers(connection, more[0], headers)
    connection.connect()
    connection.close()
    return True


if __name__ == "__main__":
    try:
        sys.exit(0 if healthy(sys.argv[1:]) else 1)
    except (OSError, HTTPException, ValueError, LookupError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)
