"""How many gas services of council homes can be booked on a day."""

import random
from collections.abc import Mapping, Sequence

from voicebot.council.services import Home, Rows

TABLES: Mapping[str, str] = {}

GAS_SERVICES = 6
"""Each morning, and each afternoon."""


def rows(choose: random.Random, homes: Sequence[Home]) -> Rows:
    """Places in the ``capacity`` that all bookings share; nothing is left to chance."""
    return {"capacity": [("gas_service", part, GAS_SERVICES) for part in ("morning", "afternoon")]}
