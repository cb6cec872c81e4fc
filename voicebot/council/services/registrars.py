"""Registrars: how many appointments a day has, and those that are in the diary already."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

from voicebot.council.services import Home, Rows

TABLES = {
    "registrar_appointments": (
        "reference TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, day TEXT NOT NULL, part TEXT NOT NULL"
    ),
}

KINDS = ("birth", "death", "marriage notice")
APPOINTMENTS = 40
FIRST_DAY = date(2026, 12, 1)


def rows(choose: random.Random, homes: Sequence[Home]) -> Rows:
    """(reference, what for, name, day, part of the day); the first is the one that the example calls move."""
    appointments = [("NVC 614 283", "birth", "Susan Khan", FIRST_DAY.isoformat(), "morning")]
    numbers = choose.sample(range(111, 999), APPOINTMENTS)
    for index, home in enumerate(choose.sample(list(homes), APPOINTMENTS)):
        day = FIRST_DAY + timedelta(days=index)
        reference = f"NVC {numbers[index]} {choose.randrange(111, 999)}".replace("0", "7")
        part = choose.choice(("morning", "afternoon"))
        appointments.append((reference, choose.choice(KINDS), home.holder, day.isoformat(), part))
    capacity = [("registrar", part, 3) for part in ("morning", "afternoon")]
    return {"registrar_appointments": appointments, "capacity": capacity}
