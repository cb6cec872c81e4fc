"""A council's own addresses and collection rounds, from CSV files into the file that actions look things up in.

The first import empties what the example council had of homes, people and places; from then on the example is never
built again. A file is taken whole or not at all.
"""

import csv
import io
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import date
from pathlib import Path

from voicebot.council import seed
from voicebot.errors import VoicebotError

ADDRESSES = ("uprn", "number", "street", "postcode")
ROUNDS = ("street", "kind", "first_day", "every_days")
"""The columns that a file must have; an address may have ``town`` and ``ward`` too."""
_KEPT = frozenset({"meta", "waste_items", "capacity"})
"""Tables of the example that hold nothing of any place or person."""
_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}")
_MOST_ERRORS = 10


class CouncilDataRefused(VoicebotError):
    """The file can't be taken; the message says what is wrong on which line."""


def bring_in(path: Path, content: bytes) -> str:
    """Take a CSV file of addresses or of rounds, told apart by its columns, into the council's file at ``path``.

    Returns what was done, for the person. Raises :class:`CouncilDataRefused`.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CouncilDataRefused("The file is not in UTF-8. Save it as “CSV UTF-8”.") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    columns = {(name or "").strip().lower() for name in reader.fieldnames or ()}
    if columns >= set(ADDRESSES):
        rows = _checked(reader, _address)
        return _write(path, "addresses", rows, f"{len(rows)} addresses are brought in.")
    if columns >= set(ROUNDS):
        rows = _checked(reader, _round)
        return _write(path, "rounds", rows, f"{len(rows)} collection rounds are brought in.")
    raise CouncilDataRefused(
        f"The first line must name the columns {', '.join(ADDRESSES)} for addresses, or {', '.join(ROUNDS)} for rounds."
    )


def _checked(
    reader: "csv.DictReader[str]", row_of: Callable[[Mapping[str, str]], tuple[object, ...]]
) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    wrong: list[str] = []
    for row in _plain(reader):
        try:
            rows.append(row_of(row))
        except ValueError as error:
            wrong.append(f"line {reader.line_num}: {error}")
    if wrong:
        more = f"; and {len(wrong) - _MOST_ERRORS} more" if len(wrong) > _MOST_ERRORS else ""
        raise CouncilDataRefused(f"Nothing was taken. {'; '.join(wrong[:_MOST_ERRORS])}{more}")
    if not rows:
        raise CouncilDataRefused("There is nothing in the file but the names of its columns.")
    if len({row[0] for row in rows}) < len(rows) and row_of is _address:
        raise CouncilDataRefused("Nothing was taken. A UPRN is there twice.")
    return rows


def _plain(reader: "csv.DictReader[str]") -> Iterator[dict[str, str]]:
    for row in reader:
        yield {(name or "").strip().lower(): (value or "").strip() for name, value in row.items() if name is not None}


def _address(row: Mapping[str, str]) -> tuple[object, ...]:
    uprn, postcode = row["uprn"], row["postcode"].upper()
    if not re.fullmatch(r"\d{1,12}", uprn):
        raise ValueError(f"“{uprn}” is no UPRN")
    if not _POSTCODE.fullmatch(postcode):
        raise ValueError(f"“{postcode}” is no postcode")
    if not row["number"] or not row["street"]:
        raise ValueError("the number or the street is missing")
    compact = postcode.replace(" ", "")
    spaced = f"{compact[:-3]} {compact[-3:]}"
    return uprn, row["number"].upper(), row["street"], row.get("town", ""), spaced, row.get("ward", ""), 0


def _round(row: Mapping[str, str]) -> tuple[object, ...]:
    if row["kind"] not in seed.BINS:
        raise ValueError(f"“{row['kind']}” is none of {', '.join(seed.BINS)}")
    try:
        first = date.fromisoformat(row["first_day"])
    except ValueError as error:
        raise ValueError(f"“{row['first_day']}” is no day; write it like 2026-12-01") from error
    if not row["every_days"].isdigit() or not 1 <= int(row["every_days"]) <= 366:
        raise ValueError(f"“{row['every_days']}” is no number of days from 1 to 366")
    if not row["street"]:
        raise ValueError("the street is missing")
    return row["street"], row["kind"], first.isoformat(), int(row["every_days"])


def empty(path: Path) -> bool:
    """Take the example's homes, people and places out of the council's file; False when that was done before."""
    seed.build(path)
    with closing(sqlite3.connect(path, timeout=10)) as connection, connection:
        connection.execute("BEGIN IMMEDIATE")
        return _emptied(connection)


def _emptied(connection: sqlite3.Connection) -> bool:
    if connection.execute("SELECT 1 FROM meta WHERE key = ?", (seed.OWN,)).fetchone() is not None:
        return False
    for name in seed.seeded_tables().keys() - _KEPT:
        connection.execute(f"DELETE FROM {name}")  # noqa: S608 - names are our constants
    connection.execute("INSERT INTO meta VALUES (?, '1')", (seed.OWN,))
    return True


def _write(path: Path, table: str, rows: list[tuple[object, ...]], done: str) -> str:
    seed.build(path)
    places = ", ".join("?" * len(rows[0]))
    with closing(sqlite3.connect(path, timeout=10)) as connection, connection:
        connection.execute("BEGIN IMMEDIATE")
        emptied = _emptied(connection)
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names are our constants
        connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - as above
        # Every home has the containers that its street's rounds collect.
        connection.execute("DELETE FROM containers")
        connection.execute(
            "INSERT INTO containers SELECT a.uprn, r.kind FROM addresses a JOIN rounds r ON r.street = a.street"
        )
    return f"{done} Nothing of the example’s homes and people is left." if emptied else done
