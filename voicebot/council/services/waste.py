"""How many visits to the recycling centre can be booked on a day."""

import random
from collections.abc import Mapping, Sequence

from voicebot.council.services import Home, Rows

TABLES: Mapping[str, str] = {}

TIP_VISITS = 40
"""Each morning, and each afternoon."""


def rows(choose: random.Random, homes: Sequence[Home]) -> Rows:
    """Places in the ``capacity`` that all bookings share; nothing is left to chance."""
    return {"capacity": [("recycling_centre", part, TIP_VISITS) for part in ("morning", "afternoon")]}
