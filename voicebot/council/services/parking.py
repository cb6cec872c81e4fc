"""What the parking service keeps records of: permit zones and their prices, permits, penalty charge notices."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from voicebot.council import words
from voicebot.council.services import Home, Rows

TABLES = {
    "parking_zones": "zone TEXT PRIMARY KEY, year INTEGER NOT NULL, half INTEGER NOT NULL, hours TEXT NOT NULL",
    "parking_streets": "street TEXT PRIMARY KEY, zone TEXT NOT NULL",
    "parking_permits": (
        "number TEXT PRIMARY KEY, registration TEXT NOT NULL, name TEXT NOT NULL, uprn TEXT NOT NULL,"
        " zone TEXT NOT NULL, expires TEXT NOT NULL"
    ),
    "parking_notices": (
        "pcn TEXT PRIMARY KEY, registration TEXT NOT NULL, day TEXT NOT NULL, why TEXT NOT NULL,"
        " amount INTEGER NOT NULL, stage TEXT NOT NULL"
    ),
}

ZONES = (
    ("A", 60, 35, "from 8 to 6, every day but Sunday"),
    ("B", 45, 25, "from 8 to 6, Monday to Friday"),
    ("C", 30, 18, "from 9 to 5, Monday to Friday"),
)
"""(zone, pounds a year, pounds for six months, when permits are needed)."""

STREETS = {
    "A": ("High Street", "Market Place", "Station Road", "Church Lane", "Bridge Street", "Trafalgar Square"),
    "B": ("Victoria Road", "Albert Street", "Chapel Street", "Queens Road", "Jubilee Street", "Kings Avenue"),
    "C": ("Quarry Close", "Foundry Row", "Swan Street", "Elm Terrace", "Gladstone Terrace", "School Lane"),
}
"""Streets where residents need a permit; elsewhere anyone may park."""

_STAGES = ("new", "full", "challenged", "paid", "cancelled", "debt")
_WHY = (
    (70, "parking on yellow lines"),
    (50, "staying longer than was paid for"),
    (70, "parking without a resident permit"),
    (50, "having no ticket on show"),
    (70, "driving in a bus lane"),
)
_MARK_LETTERS = "ABCDEFGHJKLMNPRSTVWXY"
_FIRST_DAY = date(2026, 9, 1)

_KNOWN_NOTICES = (
    ("25814936", "AB12CDE", "2026-11-18", "parking on yellow lines", 70, "new"),
    ("31749625", "LM15XYP", "2026-04-02", "driving in a bus lane", 70, "debt"),
    ("47251863", "AB12CDE", "2026-10-05", "staying longer than was paid for", 50, "challenged"),
)
"""The notices that the scripted calls are about."""

_KNOWN_PERMIT = ("RP10001", "KP19HJT", "Margaret Hughes", "7", "Station Road")
"""The permit that the scripted calls renew: (number, registration, holder, house, street)."""


def _registration(choose: random.Random) -> str:
    letters = "".join(choose.choice(_MARK_LETTERS) for _ in range(5))
    return f"{letters[:2]}{choose.choice(('09', '12', '15', '18', '19', '21', '62', '65', '68', '71'))}{letters[2:]}"


def _permits(choose: random.Random, homes: Sequence[Home]) -> Iterator[tuple[object, ...]]:
    zone_of = {street: zone for zone, streets in STREETS.items() for street in streets}
    number, mark, holder, house, street = _KNOWN_PERMIT
    known = next(home for home in homes if (home.number, home.street) == (house, street))
    yield number, mark, holder, known.uprn, zone_of[street], "2026-12-14"
    serial = int(number[2:])
    for home in homes:
        if home.street in zone_of and home is not known and choose.random() < 0.6:
            serial += choose.randrange(1, 5)
            expires = date(2026, 11, 1) + timedelta(days=choose.randrange(365))
            yield f"RP{serial}", _registration(choose), home.holder, home.uprn, zone_of[home.street], str(expires)


def _notices(choose: random.Random) -> Iterator[tuple[object, ...]]:
    yield from _KNOWN_NOTICES
    taken = {str(notice[0]) for notice in _KNOWN_NOTICES}
    while len(taken) < 400:
        pcn = "".join(choose.choice("123456789") for _ in range(8))
        if pcn in taken:
            continue
        taken.add(pcn)
        amount, why = choose.choice(_WHY)
        day = _FIRST_DAY + timedelta(days=choose.randrange(80))
        yield pcn, _registration(choose), str(day), why, amount, choose.choice(_STAGES)


def rows(choose: random.Random, homes: Sequence[Home]) -> Rows:
    """Zones, permits of homes in them, and four hundred notices."""
    missing = {street for streets in STREETS.values() for street in streets} - set(words.STREETS)
    if missing:
        raise ValueError(f"no such streets to park in: {', '.join(sorted(missing))}")
    return {
        "parking_zones": ZONES,
        "parking_streets": [(street, zone) for zone, streets in STREETS.items() for street in streets],
        "parking_permits": _permits(choose, homes),
        "parking_notices": _notices(choose),
    }
