"""The council's records, read and written by actions with the standard library alone.

The file is named by ``VOICEBOT_COUNCIL_DATABASE``; it is built by ``python -m voicebot.council``. Every function
opens its own short connection, so action servers can be many.
"""

import json
import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from itertools import count
from typing import Any

from . import addresses

BUSY_S = 2.0
"""How long a connection waits for another's write before it fails."""

REPORTS_KEEP = "INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True)
class Address:
    """A home, with the number that tells it from every other."""

    uprn: str
    number: str
    street: str
    town: str
    postcode: str
    ward: str
    council_home: bool

    def spoken(self) -> str:
        """The address as it is read back."""
        return f"{self.number} {self.street}, {self.town}"


def today() -> date:
    """The day that the dialogue thinks it is; ``VOICEBOT_TODAY`` sets it for tests."""
    fixed = os.environ.get("VOICEBOT_TODAY")
    return date.fromisoformat(fixed) if fixed else date.today()


_reading_only: ContextVar[bool] = ContextVar("reading_only", default=False)


@contextmanager
def reading_only(only: bool = True) -> Iterator[None]:
    """Inside, nothing can be written: :class:`sqlite3.OperationalError` is raised instead."""
    before = _reading_only.set(only)
    try:
        yield
    finally:
        _reading_only.reset(before)


@contextmanager
def connection() -> Iterator[sqlite3.Connection]:
    """A connection whose work is one transaction."""
    path = os.environ.get("VOICEBOT_COUNCIL_DATABASE", "var/council.sqlite")
    mode = "ro" if _reading_only.get() else "rw"
    with closing(sqlite3.connect(f"file:{path}?mode={mode}", uri=True, timeout=BUSY_S)) as opened, opened:
        yield opened


def _rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection() as opened:
        return opened.execute(query, values).fetchall()


@lru_cache(maxsize=1)
def streets() -> tuple[str, ...]:
    """Every street of the council's area."""
    return tuple(row[0] for row in _rows("SELECT DISTINCT street FROM addresses ORDER BY street"))


@lru_cache(maxsize=1)
def _postcodes() -> dict[str, str]:
    """Street by postcode."""
    return dict(_rows("SELECT DISTINCT postcode, street FROM addresses"))


def street_at(postcode: str) -> tuple[str, str] | None:
    """(postcode, street) for a postcode as heard.

    A postcode that does not exist is taken for the one street whose postcode differs by one character; it is read
    back to the caller in any case. ``None`` when none or several do.
    """
    known = _postcodes()
    if postcode in known:
        return postcode, known[postcode]
    elsewhere = addresses.homes_at(postcode)
    if elsewhere is not None:
        # It exists: no other one is meant, even if we don't know its street.
        return (postcode, elsewhere[0].street) if elsewhere else None
    near = [
        code
        for code in known
        if sum(a != b for a, b in zip(code, postcode, strict=False)) == 1 and len(code) == len(postcode)
    ]
    return (near[0], known[near[0]]) if len({known[code] for code in near}) == 1 else None


def address(street: str, number: str) -> Address | None:
    """The home with that number on that street."""
    rows = _rows("SELECT * FROM addresses WHERE street = ? AND number = ?", street, number)
    return Address(*rows[0][:6], bool(rows[0][6])) if rows else _elsewhere(addresses.home(street, number))


def address_of(uprn: str) -> Address | None:
    """The home with that UPRN."""
    rows = _rows("SELECT * FROM addresses WHERE uprn = ?", uprn)
    return Address(*rows[0][:6], bool(rows[0][6])) if rows else _elsewhere(addresses.home_of(uprn))


def _elsewhere(home: addresses.Home | None) -> Address | None:
    """A home of another source: its ward is not told, and it is none of ours."""
    if home is None:
        return None
    return Address(home.uprn, home.number, home.street, home.town, home.postcode, "", False)


def containers(uprn: str) -> list[str]:
    """Kinds of container that the home has."""
    return [row[0] for row in _rows("SELECT kind FROM containers WHERE uprn = ?", uprn)]


def next_collection(street: str, kind: str, after: date) -> date | None:
    """The next day on or after ``after`` that ``kind`` is collected, holidays moved."""
    rows = _rows("SELECT first_day, every_days FROM rounds WHERE street = ? AND kind = ?", street, kind)
    if not rows:
        return None
    moved = dict(_rows("SELECT day, moved_to FROM holidays"))
    first, every = date.fromisoformat(rows[0][0]), int(rows[0][1])
    # One round earlier may have been moved to a day that is still to come.
    start = first + timedelta(days=((after - first).days // every) * every)
    for rounds in count():
        planned = start + timedelta(days=rounds * every)
        actual = date.fromisoformat(moved.get(planned.isoformat(), planned.isoformat()))
        if actual >= after:
            return actual
    return None


def account(reference: str) -> tuple[str, str, str] | None:
    """(name, uprn, band) of a council tax account."""
    rows = _rows("SELECT name, uprn, band FROM council_tax WHERE reference = ?", reference)
    return rows[0] if rows else None


def street_light(column: str) -> tuple[str, str] | None:
    """(street, house that it stands by) of a street light's column number."""
    rows = _rows("SELECT street, house FROM street_lights WHERE column_number = ?", column)
    return rows[0] if rows else None


def councillors(ward: str) -> list[tuple[str, str]]:
    """(name, phone) of the ward's councillors."""
    return _rows("SELECT name, phone FROM councillors WHERE ward = ?", ward)  # type: ignore[return-value]


@lru_cache(maxsize=1)
def offices() -> dict[str, tuple[tuple[str, ...], str, str]]:
    """By name: (what callers call it, where it is, when it is open)."""
    rows = _rows("SELECT name, called, place, hours FROM offices")
    return {name: (tuple(called.split("|")), place, hours) for name, called, place, hours in rows}


@lru_cache(maxsize=1)
def waste_items() -> dict[str, str]:
    """What to do with an item, by the item's name."""
    return dict(_rows("SELECT item, advice FROM waste_items"))


def free_days(kind: str, after: date, wanted: int = 3, only: str = "") -> list[tuple[date, str]]:
    """The next free (day, part of the day) for ``kind``, one a day, working days only; ``only`` names the part."""
    capacity = dict(_rows("SELECT part, per_day FROM capacity WHERE kind = ?", kind))
    if only in capacity:
        capacity = {only: capacity[only]}
    taken = {
        (day, part): number
        for day, part, number in _rows("SELECT day, part, count(*) FROM bookings WHERE kind = ? GROUP BY 1, 2", kind)
    }
    closed = {row[0] for row in _rows("SELECT day FROM holidays")}
    found: list[tuple[date, str]] = []
    parts = list(capacity)
    for offset in range(60):
        candidate = after + timedelta(days=offset)
        if candidate.weekday() > 4 or candidate.isoformat() in closed:
            continue
        # Offer mornings and afternoons in turn, so that a choice of days is also a choice of times.
        order = parts[len(found) % len(parts) :] + parts[: len(found) % len(parts)]
        for part in order:
            if taken.get((candidate.isoformat(), part), 0) < capacity[part]:
                found.append((candidate, part))
                break
        if len(found) == wanted:
            break
    return found


def holidays(after: date, until: date) -> list[date]:
    """Bank holidays from ``after`` to ``until``."""
    rows = _rows(
        "SELECT day FROM holidays WHERE day BETWEEN ? AND ? ORDER BY day", after.isoformat(), until.isoformat()
    )
    return [date.fromisoformat(row[0]) for row in rows]


def book(reference: str, kind: str, day: str, part: str) -> None:
    """Take a place on a day."""
    with connection() as opened:
        opened.execute("INSERT INTO bookings VALUES (?, ?, ?, ?)", (reference, kind, day, part))


def booking(reference: str) -> tuple[str, str, str] | None:
    """(kind, day, part of the day) of what is booked under a reference."""
    rows = _rows("SELECT kind, day, part FROM bookings WHERE reference = ?", reference)
    return rows[0] if rows else None


def move_booking(reference: str, kind: str, day: str, part: str) -> None:
    """Move what is booked under a reference to another day."""
    with connection() as opened:
        opened.execute("DELETE FROM bookings WHERE reference = ?", (reference,))
        opened.execute("INSERT INTO bookings VALUES (?, ?, ?, ?)", (reference, kind, day, part))
        opened.execute(
            "UPDATE reports SET details = json_set(details, '$.day', ?, '$.part', ?) WHERE reference = ?",
            (day, part, reference),
        )


def earlier_reports(uprn: str, kind: str, since: date) -> int:
    """On how many days from ``since`` to yesterday something was reported about a home: two calls on a day are one."""
    query = (
        "SELECT count(DISTINCT date(at)) FROM reports WHERE uprn = ? AND kind = ? AND date(at) >= ? AND date(at) < ?"
    )
    return int(_rows(query, uprn, kind, since.isoformat(), today().isoformat())[0][0])


def report(kind: str, service: str, call: str, uprn: str | None, place: str | None, details: dict[str, Any]) -> str:
    """Write a report and return its reference, such as "NVC 482 913".

    The digits are chosen at random among those not given yet; no digit stands three times in a row, and none is 0,
    which callers hear as "oh".
    """
    chooser = random.SystemRandom()
    at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    while True:
        number = "".join(chooser.choice("123456789") for _ in range(6))
        if any(d * 3 in number for d in "123456789"):
            continue
        reference = f"NVC {number[:3]} {number[3:]}"
        row = (reference, kind, service, call, uprn, place, json.dumps(details, sort_keys=True), at)
        try:
            with connection() as opened:
                opened.execute(REPORTS_KEEP, row)
        except sqlite3.IntegrityError:
            continue
        return reference


def spoken_reference(reference: str) -> str:
    """A reference letter by letter, with pauses between its groups."""
    return ". ".join(", ".join(group) if group.isdigit() else " ".join(group) for group in reference.split())
