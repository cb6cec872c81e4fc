"""What is kept of blue badges, bus passes, and applications for badges: names and dates of birth prove who rings."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from voicebot.council.services import Home, Rows

TABLES = {
    "blue_badges": "number TEXT PRIMARY KEY, name TEXT NOT NULL, born TEXT NOT NULL, expires TEXT NOT NULL",
    "bus_passes": (
        "number TEXT PRIMARY KEY, name TEXT NOT NULL, born TEXT NOT NULL, kind TEXT NOT NULL, expires TEXT NOT NULL"
    ),
    "badge_applications": (
        "number TEXT PRIMARY KEY, name TEXT NOT NULL, born TEXT NOT NULL, received TEXT NOT NULL, stage TEXT NOT NULL"
    ),
}

STAGES = ("received", "assessed", "approved", "more needed", "decided")

_KNOWN = ("Margaret Hughes", "1948-06-03")
"""Whose badge and pass the scripted calls are about."""

_KNOWN_APPLICANT = ("Susan Khan", "1951-03-12")

_TODAY = date(2026, 11, 24)


def _born(choose: random.Random) -> str:
    """A date of birth between the years 1934 and 1959."""
    return str(date(1934, 1, 1) + timedelta(days=choose.randrange(26 * 365)))


def _expires(choose: random.Random, years: int) -> str:
    return str(_TODAY + timedelta(days=choose.randrange(1, years * 365)))


def _badges(choose: random.Random, names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    yield "NVBB10001", *_KNOWN, "2027-02-01"
    for serial, name in enumerate(names, 10_002):
        yield f"NVBB{serial}", name, _born(choose), _expires(choose, 3)


def _passes(choose: random.Random, names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    yield "NVBP20001", *_KNOWN, "older person's", "2026-12-31"
    for serial, name in enumerate(names, 20_002):
        kind = "disabled" if choose.random() < 0.15 else "older person's"
        yield f"NVBP{serial}", name, _born(choose), kind, _expires(choose, 5)


def _applications(choose: random.Random, names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    yield "NVBA30001", *_KNOWN_APPLICANT, "2026-10-05", "assessed"
    for serial, name in enumerate(names, 30_002):
        received = _TODAY - timedelta(days=choose.randrange(1, 84))
        yield f"NVBA{serial}", name, _born(choose), str(received), choose.choice(STAGES)


def rows(choose: random.Random, homes: Sequence[Home]) -> Rows:
    """Badges, passes and applications of people who live in the area."""
    holders = [home.holder for home in choose.sample(homes, 500)]
    return {
        "blue_badges": _badges(choose, holders[:200]),
        "bus_passes": _passes(choose, holders[100:400]),
        "badge_applications": _applications(choose, holders[400:]),
    }
