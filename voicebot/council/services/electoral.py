"""Elections: who is on the register, and where each street votes."""

import random
from collections.abc import Sequence

from voicebot.council.services import Home, Rows

TABLES = {
    "electors": "uprn TEXT NOT NULL, name TEXT NOT NULL",
    "polling_stations": "street TEXT PRIMARY KEY, station TEXT NOT NULL",
}

HALLS = ("Village Hall", "Primary School", "Methodist Church", "Community Centre")
REGISTERED = 0.8
"""The share of council tax payers who are on the register."""


def rows(choose: random.Random, homes: Sequence[Home]) -> Rows:
    """(uprn, name) of the electors, and (street, polling station)."""
    electors = [(home.uprn, home.holder) for home in homes if choose.random() < REGISTERED]
    towns = {home.street: home.town for home in homes}
    stations = [(street, f"{town} {HALLS[index % len(HALLS)]}") for index, (street, town) in enumerate(towns.items())]
    return {"electors": electors, "polling_stations": stations}
