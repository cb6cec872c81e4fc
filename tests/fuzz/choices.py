"""Decisions made from bytes, so that any source of bytes can drive a target and any failure is a file of bytes."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """Reads decisions from ``data``; when it is spent, every further one is the first or least."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self._at >= len(self._data)

    def octets(self, count: int) -> bytes:
        """That many octets, or as many as are left."""
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken

    def rest(self) -> bytes:
        """All that is left."""
        return self.octets(len(self._data))

    def number(self, low: int, high: int) -> int:
        """A number from ``low`` to ``high``, both included."""
        width = ((high - low).bit_length() + 7) // 8
        return low + int.from_bytes(self.octets(width), "big") % (high - low + 1)

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.number(0, len(options) - 1)]

    def chance(self, one_in: int) -> bool:
        """True once in ``one_in`` times, and never when spent."""
        return not self.spent and self.number(1, one_in) == one_in
