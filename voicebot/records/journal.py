"""Entries that the database could not take, kept on disk, one JSON object a line, until it can."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from voicebot.records.entries import Entry

_ENTRIES: TypeAdapter[Entry] = TypeAdapter(Entry)


class Journal:
    """A file that is appended to and, once everything in it is written, emptied. Raises :class:`OSError`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.skipped = 0

    def empty(self) -> bool:
        """Whether nothing waits."""
        try:
            return self.path.stat().st_size == 0
        except FileNotFoundError:
            return True

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries and make sure that they are on the disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(_ENTRIES.dump_json(entry).decode() + "\n" for entry in entries)
        # What callers said is nobody else's business on this machine.
        with os.fdopen(
            os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

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
