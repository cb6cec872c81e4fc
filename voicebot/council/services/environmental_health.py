"""What environmental health keeps records of: the prices of pest treatments, and how many visits a day there are."""

import random
from collections.abc import Sequence

from voicebot.council.services import Home, Rows

TABLES = {"pest_prices": "pest TEXT PRIMARY KEY, price INTEGER NOT NULL"}

PRICES = (("rats", 60), ("mice", 60), ("wasps", 65), ("fleas", 90), ("cockroaches", 90), ("bed bugs", 140))
"""(pest, pounds for its treatment); the same prices are told in ``utter_environmental_health_pest_prices``."""


def rows(choose: random.Random, homes: Sequence[Home]) -> Rows:
    """Prices, and the places for visits that :func:`actions.council.free_days` offers."""
    visits = (("pests", part, 3) for part in ("morning", "afternoon"))
    return {"pest_prices": PRICES, "capacity": visits}
