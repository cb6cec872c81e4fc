"""What a check is given and what it gives back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from voicebot.flows.content import Content
from voicebot.flows.model import Finding, Place, Severity


@dataclass(frozen=True)
class Checked:
    """What is checked: ``content`` as of ``today``.

    ``base`` is the version that a draft began from, with ``reasons`` that publishers gave for changes of locked
    scripts, by rule. ``languages`` are those that must be there.
    """

    content: Content
    today: date
    base: Content | None = None
    reasons: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ("en",)
    options: dict[str, str] = field(default_factory=dict)


Check = Callable[[Checked], Iterator[Finding]]


def error(check: str, place: Place, message: str) -> Finding:
    """Something that stops the publication."""
    return Finding(check=check, severity=Severity.ERROR, place=place, message=message)


def warning(check: str, place: Place, message: str) -> Finding:
    """Something to be looked at."""
    return Finding(check=check, severity=Severity.WARNING, place=place, message=message)
