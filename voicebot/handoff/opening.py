"""Whether a queue's people are at work at some moment, as the council's data says."""

from collections.abc import Callable
from datetime import datetime

ClosedBecause = Callable[[str, datetime], str]
"""Of a queue and a moment (with its zone): empty while the queue is open, else why it is closed, for people."""


def always_open(queue: str, at: datetime) -> str:
    """Where no hours are known, people are rung at any time."""
    return ""
