"""A real PostgreSQL, started from Debian's binaries for the length of some tests."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def binaries() -> Path | None:
    """The newest PostgreSQL of Debian's."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


needs_server = pytest.mark.skipif(
    binaries() is None or importlib.util.find_spec("asyncpg") is None,
    reason="needs Debian's postgresql and the package's postgres extra",
)


class Server:
    """A server of our own on a Unix socket. PostgreSQL refuses to run as root, so root lends it to nobody."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder = folder
        self._programs = programs
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "--no-sync", "--auth=trust", "--username=voicebot", "--encoding=UTF8", "-D", self.data)
        self.start()

    @property
    def data(self) -> str:
        return str(self._folder / "data")

    @property
    def url(self) -> str:
        return f"postgresql+asyncpg://voicebot@/postgres?host={self._folder}"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._programs / program), *arguments],
            check=True,
            user=self._user,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self._folder} -c fsync=off"
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", self.data, "-w", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")


@contextmanager
def running_server() -> Iterator[Server]:
    """A server with an empty database."""
    programs = binaries()
    assert programs is not None
    # Not below pytest's folders: another user must be able to reach it, and a socket's path is short.
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        server = Server(Path(folder), programs)
        try:
            yield server
        finally:
            server.stop()
