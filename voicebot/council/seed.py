"""The synthetic council: builds the SQLite file that dialogue actions look things up in and write reports to.

Everything follows from :data:`SEED` and from :mod:`voicebot.council.words`, so two machines get the same council.
Reports, bookings and whatever else callers leave are in tables of their own, which building again leaves alone.
"""

import hashlib
import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

from voicebot.council import words
from voicebot.council.services import Home, service_records
from voicebot.council.tables import CALLERS_TABLES, SEEDED_TABLES, WASTE_ITEMS

SEED = 20_240_501
"""Start of every random choice; another seed is another council."""

VERSION = 1
"""Raised when the tables' meaning changes without their text changing."""

OWN = "own"
"""The key in ``meta`` of a council that has brought in its own data: it is never built from the example again."""

HOUSES_PER_STREET = 36
"""Houses 1 to 36 stand on every street, a third of them in each of its postcodes."""

BINS = ("rubbish", "recycling", "garden", "food")
"""Kinds of container; their colours are in ``tables.BIN_COLOURS``."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")

_FIRST_COLLECTION = date(2026, 1, 5)
"""A Monday: the first day of the first fortnight."""


def content_hash() -> str:
    """Return the hash of all that the council is made from (sources and seed), 16 hex digits."""
    digest = hashlib.sha256(f"{SEED} {VERSION}".encode())
    here = Path(__file__).parent
    for module in (here / "words.py", here / "tables.py", here / "seed.py", *sorted(here.glob("services/*.py"))):
        digest.update(module.read_bytes())
    return digest.hexdigest()[:16]


def seeded_tables() -> dict[str, str]:
    """Column definitions of every table that is written anew, those of the services included."""
    tables = dict(SEEDED_TABLES)
    for name, records in service_records().items():
        if taken := tables.keys() & records.TABLES.keys():
            raise ValueError(f"the service {name} names tables that are there already: {', '.join(sorted(taken))}")
        tables.update(records.TABLES)
    return tables


def is_current(path: Path) -> bool:
    """Return whether the file at ``path`` was built from the present sources, or holds a council's own data."""
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            meta = dict(connection.execute("SELECT key, value FROM meta"))
    except sqlite3.Error:
        return False
    return OWN in meta or meta.get("content") == content_hash()


def build(path: Path, *, force: bool = False) -> bool:
    """Build the council at ``path``; return whether anything had to be done.

    The seeded tables are written in one transaction, so a reader sees the old or the new council, never half of
    one. Reports and bookings of callers are kept.
    """
    if not force and is_current(path):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=10)) as connection, connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("BEGIN IMMEDIATE")
        for statement in CALLERS_TABLES:
            connection.execute(statement)
        for name, columns in seeded_tables().items():
            connection.execute(f"DROP TABLE IF EXISTS {name}")
            connection.execute(f"CREATE TABLE {name} ({columns})")
        _fill(connection)
        connection.execute("INSERT INTO meta VALUES ('content', ?)", (content_hash(),))
        connection.execute("INSERT INTO meta VALUES ('council', ?)", (words.COUNCIL_NAME,))
    return True


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    for row in rows:
        places = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {table} VALUES ({places})", row)  # noqa: S608 - names are our constants


def _fill(connection: sqlite3.Connection) -> None:
    choose = random.Random(SEED)
    addresses = list(_addresses(choose))
    _insert(connection, "addresses", addresses)
    _insert(connection, "containers", _containers(choose, [str(row[0]) for row in addresses]))
    _insert(connection, "rounds", _rounds())
    _insert(connection, "holidays", _holidays())
    accounts = list(_accounts(choose, [str(row[0]) for row in addresses]))
    _insert(connection, "council_tax", accounts)
    _insert(connection, "street_lights", _street_lights(choose))
    _insert(connection, "councillors", _councillors(choose))
    _insert(connection, "offices", _offices())
    _insert(connection, "capacity", _capacity())
    _insert(connection, "waste_items", WASTE_ITEMS)
    homes = [_home(address, account) for address, account in zip(addresses, accounts, strict=True)]
    for name, records in service_records().items():
        for table, rows in records.rows(random.Random(f"{SEED} {name}"), homes).items():
            _insert(connection, table, rows)


def _home(address: tuple[object, ...], account: tuple[object, ...]) -> Home:
    uprn, number, street, town, postcode, ward = map(str, address[:6])
    reference, holder = map(str, account[:2])
    return Home(uprn, number, street, town, postcode, ward, bool(address[6]), reference, holder)


def _addresses(choose: random.Random) -> Iterator[tuple[object, ...]]:
    """(uprn, number, street, town, postcode, ward, council home?) of every home."""
    for index, (street, postcodes) in enumerate(words.street_postcodes().items()):
        town = words.town_of(street)
        numbers = [str(number) for number in range(1, HOUSES_PER_STREET + 1)]
        # A few houses are split: 9A and 9B beside 9, which is what callers correct themselves about.
        split = {9, choose.randrange(12, 24), choose.randrange(24, 36)}
        numbers += [f"{number}{letter}" for number in sorted(split) for letter in "AB"]
        for serial, number in enumerate(numbers):
            house = int(number.rstrip("AB"))
            postcode = postcodes[min((house - 1) * len(postcodes) // HOUSES_PER_STREET, len(postcodes) - 1)]
            uprn = f"1009{index:03d}{serial:04d}"
            yield uprn, number, street, town, postcode, f"{town} Ward", int(choose.random() < 0.3)


def _containers(choose: random.Random, uprns: list[str]) -> Iterator[tuple[object, ...]]:
    for uprn in uprns:
        kinds = ["rubbish", "recycling", "food"] + (["garden"] if choose.random() < 0.6 else [])
        yield from ((uprn, kind) for kind in kinds)


def _rounds() -> Iterator[tuple[object, ...]]:
    """(street, kind, a first date, every n days): rubbish and recycling take turns, food goes weekly."""
    for index, street in enumerate(words.STREETS):
        day = _FIRST_COLLECTION + timedelta(days=index % 5)
        week = timedelta(days=7 * (index // 5 % 2))
        yield street, "rubbish", (day + week).isoformat(), 14
        yield street, "recycling", (day + timedelta(days=7) - week).isoformat(), 14
        yield street, "garden", (day + timedelta(days=7) - week).isoformat(), 14
        yield street, "food", day.isoformat(), 7


def _holidays() -> Iterator[tuple[object, ...]]:
    """(day without collections, day they move to): bank holidays of England that fall on weekdays."""
    days = {
        "2026-12-25": "2026-12-28",
        "2027-01-01": "2027-01-04",
        "2027-03-26": "2027-03-27",
        "2027-03-29": "2027-03-30",
        "2027-05-03": "2027-05-04",
        "2027-05-31": "2027-06-01",
        "2027-08-30": "2027-08-31",
        "2027-12-27": "2027-12-28",
        "2028-01-03": "2028-01-04",
    }
    yield from days.items()


def _accounts(choose: random.Random, uprns: list[str]) -> Iterator[tuple[object, ...]]:
    """(reference of eight digits, name, uprn, band)."""
    references = choose.sample(range(20_000_000, 79_999_999), len(uprns))
    for reference, uprn in zip(references, uprns, strict=True):
        name = f"{choose.choice(words.FIRST_NAMES)} {choose.choice(words.SURNAMES)}"
        yield str(reference), name, uprn, choose.choice("AAABBBCCCDDEFGH")


def _street_lights(choose: random.Random) -> Iterator[tuple[object, ...]]:
    """(column number, street, beside which house)."""
    number = 1000
    for street in words.STREETS:
        for house in range(3, HOUSES_PER_STREET, 6):
            number += choose.randrange(1, 9)
            yield str(number), street, str(house)


def _councillors(choose: random.Random) -> Iterator[tuple[object, ...]]:
    """(ward, name, phone), two a ward; the numbers are of Ofcom's range for drama."""
    serial = 200
    for town in words.TOWNS:
        for _ in range(2):
            serial += 1
            name = f"{choose.choice(words.FIRST_NAMES)} {choose.choice(words.SURNAMES)}"
            yield f"{town} Ward", name, f"01632 960{serial}"


def _offices() -> Iterator[tuple[object, ...]]:
    """(name, words that callers use for it, address, hours as they are said, open days a week)."""
    hours = {
        "Norbury Vale Town Hall": ("town hall|council offices|main office|council|customer services", "9 to 5", 5),
        "Ashcombe Civic Centre": ("civic centre|ashcombe", "9 to 4.30", 5),
        "Thornwick Library": ("library|libraries|thornwick", "9.30 to 6", 6),
        "Brackenford Contact Point": ("contact point|brackenford", "10 to 4", 5),
        "Market Selby Register Office": ("register office|registry office|registrars|market selby", "9 to 4", 5),
        "Westerdale Leisure Centre": ("leisure centre|swimming|swimming pool|gym|baths|westerdale", "6.30 to 10", 7),
        "Quarry Close Recycling Centre": (
            "tip|recycling centre|dump|skip site|household waste",
            "8 to 6",
            7,
        ),
    }
    days = {5: "Monday to Friday", 6: "Monday to Saturday", 7: "every day"}
    for name in words.OFFICES:
        called, times, open_days = hours[name]
        town = next((town for town in words.TOWNS if name.startswith(town)), words.town_of("Quarry Close"))
        street = next((s for s in words.STREETS if name.startswith(s) or words.town_of(s) == town), words.STREETS[0])
        place = "Quarry Close" if name.startswith("Quarry Close") else street
        yield name, called, f"{place}, {town}", f"{times}, {days[open_days]}", str(open_days)


def _capacity() -> Iterator[tuple[object, ...]]:
    """(what can be booked, part of the day, how many a day)."""
    for trade in ("plumbing", "electrical", "joinery", "general", "damp"):
        yield from ((trade, part, 4) for part in ("morning", "afternoon"))
    yield "bulky", "morning", 8
