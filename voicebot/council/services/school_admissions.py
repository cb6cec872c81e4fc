"""Schools: their names, and which of them serve each street."""

import random
from collections.abc import Sequence

from voicebot.council.services import Home, Rows

TABLES = {
    "schools": "name TEXT PRIMARY KEY, phase TEXT NOT NULL",
    "catchments": "street TEXT PRIMARY KEY, primary_school TEXT NOT NULL, secondary_school TEXT NOT NULL",
}

SECONDARY = ("Norbury Vale High School", "Market Selby Academy", "Westerdale School")


def rows(choose: random.Random, homes: Sequence[Home]) -> Rows:
    """(name, phase) of the schools: a primary in every town; (street, primary, secondary) of the catchments."""
    towns = {home.street: home.town for home in homes}
    names = list(dict.fromkeys(towns.values()))
    schools = [(f"{town} Primary School", "primary") for town in names]
    schools += [(name, "secondary") for name in SECONDARY]
    secondary = {town: SECONDARY[index % len(SECONDARY)] for index, town in enumerate(names)}
    catchments = [(street, f"{town} Primary School", secondary[town]) for street, town in towns.items()]
    return {"schools": schools, "catchments": catchments}
