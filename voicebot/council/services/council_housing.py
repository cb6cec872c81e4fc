"""What the housing service keeps records of: applications for a home, and tenancies with their rent."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from voicebot.council.services import Home, Rows

TABLES = {
    "housing_applications": (
        "reference TEXT PRIMARY KEY, name TEXT NOT NULL, born TEXT NOT NULL, band TEXT NOT NULL,"
        " place TEXT NOT NULL, bedrooms INTEGER NOT NULL"
    ),
    "tenancies": (
        "reference TEXT PRIMARY KEY, name TEXT NOT NULL, born TEXT NOT NULL, uprn TEXT NOT NULL,"
        " rent INTEGER NOT NULL, balance INTEGER NOT NULL"
    ),
}
"""Rent is weekly; rent and balance are in pence, and a balance below nought is owed. Band and place are empty as long
as an application is not decided."""

_KNOWN_APPLICATIONS = (
    ("482913", "Sarah Khan", "1988-07-09", "B", "14", 2),
    ("615274", "Thomas Evans", "1961-01-25", "", "", 1),
)
"""The applications that the scripted calls are about."""

_KNOWN_TENANCIES = (
    ("6183542", "1975-03-15", 9650, -14_275),
    ("7294318", "1949-10-02", 8820, 4_500),
    ("8351627", "1992-05-20", 10_275, 0),
)
"""The tenancies that the scripted calls are about: (reference, tenant born, rent, balance)."""

_APPLICATIONS = 240
_BANDS = "AABBBBCCCCCC"


def _number(choose: random.Random, length: int, taken: set[str]) -> str:
    while (number := "".join(choose.choice("123456789") for _ in range(length))) in taken:
        pass
    taken.add(number)
    return number


def _born(choose: random.Random) -> str:
    return (date(1935, 1, 1) + timedelta(days=choose.randrange(25_000))).isoformat()


def _applications(choose: random.Random, names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    yield from _KNOWN_APPLICATIONS
    taken = {str(known[0]) for known in _KNOWN_APPLICATIONS}
    places = {(band, rooms): 20 for band in "ABC" for rooms in (1, 2, 3, 4)}
    for _ in range(_APPLICATIONS):
        band, bedrooms = choose.choice(_BANDS), choose.choice((1, 1, 2, 2, 3, 4))
        places[band, bedrooms] += 1
        place = str(places[band, bedrooms])
        if choose.random() < 0.1:
            band = place = ""
        yield _number(choose, 6, taken), choose.choice(names), _born(choose), band, place, bedrooms


def _tenancies(choose: random.Random, homes: Sequence[Home]) -> Iterator[tuple[object, ...]]:
    let = [home for home in homes if home.council_home]
    taken = {known[0] for known in _KNOWN_TENANCIES}
    for home, (reference, born, rent, balance) in zip(let, _KNOWN_TENANCIES, strict=False):
        yield reference, home.holder, born, home.uprn, rent, balance
    for home in let[len(_KNOWN_TENANCIES) :]:
        rent = choose.randrange(7_500, 13_000, 5)
        balance = choose.choice((0, 0, rent, -rent, -3 * rent, choose.randrange(-5_000, 5_000, 5)))
        yield _number(choose, 7, taken), home.holder, _born(choose), home.uprn, rent, balance


def rows(choose: random.Random, homes: Sequence[Home]) -> Rows:
    """Applications for a home, and a tenancy for every council home."""
    return {
        "housing_applications": _applications(choose, [home.holder for home in homes]),
        "tenancies": _tenancies(choose, homes),
    }
