"""Planning: applications by number, and the works that building control looks after."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

from voicebot.council.services import Home, Rows

TABLES = {
    "planning_applications": (
        "reference TEXT PRIMARY KEY, street TEXT NOT NULL, works TEXT NOT NULL, decided_by TEXT NOT NULL,"
        " comments_until TEXT NOT NULL, outcome TEXT NOT NULL"
    ),
    "building_works": "reference TEXT PRIMARY KEY, street TEXT NOT NULL, works TEXT NOT NULL",
}

WORKS = ("a single storey extension", "a loft conversion", "a new house", "a change of use to a shop", "a garage")
FIRST_DAY = date(2026, 6, 1)
LARGE = ("26 0142", "Mill Lane", "forty new homes", "2027-09-30", "2027-08-31", "approved")
"""A large application, open for comments for long: the one that the example calls are about."""


def rows(choose: random.Random, homes: Sequence[Home]) -> Rows:
    """Applications (one on every street) and building works.

    An application is undecided until ``decided_by``, and then has its ``outcome``: what is told follows the day.
    """
    streets = sorted({home.street for home in homes} - {"Mill Lane"})
    applications = [LARGE]
    for index, street in enumerate(streets):
        decided = FIRST_DAY + timedelta(days=choose.randrange(400))
        until = decided - timedelta(days=21)
        outcome = choose.choice(("approved", "approved", "approved", "refused"))
        number = f"26 {1000 + index * 7 + choose.randrange(7)}"
        applications.append((number, street, choose.choice(WORKS), decided.isoformat(), until.isoformat(), outcome))
    works = [("41275", "Quarry Close", "a single storey extension")]
    numbers = choose.sample(range(50_000, 79_999), len(streets))
    works += [(str(number), street, choose.choice(WORKS)) for number, street in zip(numbers, streets, strict=True)]
    capacity = [("building", part, 4) for part in ("morning", "afternoon")]
    return {"planning_applications": applications, "building_works": works, "capacity": capacity}
