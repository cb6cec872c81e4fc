"""What becomes of reports: how each kind is named and how long it takes, and some that were made before.

``report_kinds`` gives the words for a kind, the working days in which it is dealt with, and a report's kind that is
not in it is said as it is written. ``logged_reports`` is what the offices' own system would tell.
"""

import random
from collections.abc import Iterator, Sequence

from voicebot.council.services import Home, Rows

TABLES = {
    "report_kinds": "kind TEXT PRIMARY KEY, words TEXT NOT NULL, working_days INTEGER NOT NULL",
    "logged_reports": (
        "reference TEXT PRIMARY KEY, kind TEXT NOT NULL, service TEXT NOT NULL, uprn TEXT, phone TEXT,"
        " day TEXT NOT NULL, state TEXT NOT NULL, state_day TEXT NOT NULL"
    ),
}

KINDS: tuple[tuple[str, str, int], ...] = (
    ("pothole", "a pothole", 5),
    ("street_light", "a street light", 5),
    ("drain", "a blocked drain", 5),
    ("tree", "a tree", 5),
    ("pavement", "a broken pavement", 5),
    ("road_flooding", "water on the road", 1),
    ("missed_bin", "a missed bin", 2),
    ("new_container", "an order for a bin", 10),
    ("bulky", "a bulky collection", 10),
    ("garden_waste", "a garden waste sign-up", 10),
    ("assisted_collection", "help with the bins", 5),
    ("repair", "a repair", 20),
    ("damp_and_mould", "damp and mould", 10),
    ("complaint", "a complaint", 10),
    ("council_tax_move", "a move", 10),
    ("single_person_discount", "a single person discount", 10),
    ("copy_bill", "a copy bill", 2),
    ("council_tax_refund", "a council tax refund", 10),
    ("council_tax_payment_change", "a change of payment", 2),
    ("council_tax_details", "details of a council tax account", 5),
    ("overhanging_hedge", "an overhanging hedge", 10),
    ("gas_service", "a gas service", 10),
    ("communal_repair", "a repair in a shared area", 10),
    ("clinical_waste", "a clinical waste collection", 5),
    ("tip_visit", "a visit to the recycling centre", 10),
    ("collection_calendar", "a collection calendar", 5),
)
"""(kind, as it is said, working days in which it is dealt with)."""

STATES = ("received", "booked", "planned", "done", "nothing_found")
"""How far a logged report is; ``state_day`` is when it got there, or the day that is booked."""

_LOGGED: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("NVC 482 913", "pothole", "highways", "2026-11-16", "done", "2026-11-20"),
    ("NVC 315 264", "street_light", "highways", "2026-11-18", "planned", "2026-11-19"),
    ("NVC 794 138", "pavement", "highways", "2026-11-09", "nothing_found", "2026-11-12"),
    ("NVC 526 417", "tree", "highways", "2026-10-05", "received", "2026-10-05"),
    ("NVC 863 572", "repair", "housing_repairs", "2026-11-19", "booked", "2026-12-02"),
    ("NVC 247 685", "assisted_collection", "waste", "2026-11-23", "received", "2026-11-23"),
)
_CALLER = "07700900814"


def _logged(homes: Sequence[Home]) -> Iterator[tuple[object, ...]]:
    """Reports of places have no home; the others are of 9 Quarry Close."""
    home = next(home for home in homes if (home.number, home.street) == ("9", "Quarry Close"))
    for reference, kind, service, day, state, state_day in _LOGGED:
        personal = service != "highways"
        yield (
            *(reference, kind, service, home.uprn if personal else None, _CALLER if personal else None),
            *(day, state, state_day),
        )


def rows(choose: random.Random, homes: Sequence[Home]) -> Rows:
    """The rows by table; nothing here is left to chance."""
    return {"report_kinds": KINDS, "logged_reports": _logged(homes)}
