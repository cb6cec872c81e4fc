"""Entries that the database could not take, kept on disk, one JSON object a line, until it can."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from voicebot.records.entries import Entry

_ENTRIES: TypeAdapter[Entry] = TypeAdapter(Entry)
_MOST_WRITERS = 64


class Journal:
    """A file that is appended to and, once everything in it is written, removed. Raises :class:`OSError`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.skipped = 0
        self._lock = -1

    @classmethod
    def claim(cls, folder: Path, name: str) -> "Journal":
        """The first of ``name.jsonl``, ``name-1.jsonl``, … that no living process writes, held until :meth:`release`.

        It takes in what processes that are gone have left in ``folder``. Where the folder can't be used, the journal
        is given all the same, and raises when it is written to.
        """
        for number in range(_MOST_WRITERS):
            journal = cls(folder / (f"{name}-{number}.jsonl" if number else f"{name}.jsonl"))
            try:
                held = journal._hold()
            except OSError:
                return journal
            if held:
                with suppress(OSError):
                    journal._adopt()
                return journal
        return cls(folder / f"{name}-{os.getpid()}.jsonl")

    def _hold(self) -> bool:
        """Take the file's lock, which goes with the process however it ends; False when another has it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def release(self) -> None:
        """Let another process have the file. What waits in it stays."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _adopt(self) -> None:
        for path in sorted(self.path.parent.glob("*.jsonl")):
            other = Journal(path)
            if path == self.path or not path.is_file() or not other._hold():
                continue
            try:
                self._write(path.read_text("utf-8", errors="replace"))
                other.clear()
            finally:
                other.release()

    def empty(self) -> bool:
        """Whether nothing waits."""
        try:
            return self.path.stat().st_size == 0
        except FileNotFoundError:
            return True

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries, all or none, and make sure that they are on the disk."""
        self._write("".join(_ENTRIES.dump_json(entry).decode() + "\n" for entry in entries))

    def _write(self, text: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # What callers said is nobody else's business on this machine.
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(file).st_size
            # A line that a crash cut off must not take the next one with it.
            torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
            rest = memoryview((("\n" if torn else "") + text).encode())
            try:
                while rest:
                    rest = rest[os.write(file, rest) :]
                os.fsync(file)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(file, size)
                raise
        finally:
            os.close(file)

    def entries(self) -> Iterator[Entry]:
        """What waits, oldest first. A line cut off by a crash or a full disk is left out and counted."""
        if self.empty():
            return
        with self.path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    yield _ENTRIES.validate_json(line)
                except ValidationError:
                    self.skipped += 1

    def clear(self) -> None:
        """Forget what waited, once it is in the database."""
        self.path.unlink(missing_ok=True)
