"""How each council tax account is paid, and what was not.

The year's sum is paid in ten parts, from April to January; what is owed on a day follows from ``missed``, the number
of parts that fell due and were not paid.
"""

import random
from collections.abc import Iterator, Sequence

from voicebot.council.services import Home, Rows

TABLES = {
    "council_tax_payments": (
        "reference TEXT PRIMARY KEY, part INTEGER NOT NULL, pay_day INTEGER NOT NULL, method TEXT NOT NULL,"
        " missed INTEGER NOT NULL"
    ),
}

LEAST, MOST = 110, 320
"""Bounds of one part in pounds."""

BEHIND = 0.08
"""How many of the accounts are behind."""


def _payments(choose: random.Random, homes: Sequence[Home]) -> Iterator[tuple[object, ...]]:
    """(account, pounds a part, day of the month, how, parts that were missed)."""
    for home in homes:
        method = choose.choice(("direct debit", "direct debit", "card", "bank transfer"))
        missed = choose.randrange(1, 4) if choose.random() < BEHIND else 0
        yield home.account, choose.randrange(LEAST, MOST), 15 if method == "direct debit" else 1, method, missed


def rows(choose: random.Random, homes: Sequence[Home]) -> Rows:
    """The rows by table."""
    return {"council_tax_payments": _payments(choose, homes)}
