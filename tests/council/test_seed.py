"""The synthetic council: always the same, cheap when current, and never losing what callers left."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from voicebot.council import words
from voicebot.council.seed import BINS, build, is_current, seeded_tables


def _dump(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as council:
        return {table: council.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall() for table in seeded_tables()}


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built council."""
    path = tmp_path_factory.mktemp("council") / "council.sqlite"
    assert build(path)
    return path


def test_two_councils_are_the_same(council: Path, tmp_path: Path) -> None:
    build(tmp_path / "other.sqlite")

    assert _dump(council) == _dump(tmp_path / "other.sqlite")


def test_a_current_council_is_left_alone(council: Path) -> None:
    assert is_current(council)
    assert not build(council)


def test_another_file_is_not_current(tmp_path: Path) -> None:
    path = tmp_path / "council.sqlite"
    assert not is_current(path)
    path.write_bytes(b"not a database at all, only some words")
    assert not is_current(path)


def test_building_again_keeps_what_callers_left(tmp_path: Path) -> None:
    path = tmp_path / "council.sqlite"
    build(path)
    with closing(sqlite3.connect(path)) as council, council:
        row = ("NVC 123 456", "pothole", "highways", "call-1", None, "Mill Lane", "{}", "2026-11-24T00:00:00+00:00")
        council.execute("INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    assert build(path, force=True)

    with closing(sqlite3.connect(path)) as council:
        assert council.execute("SELECT reference FROM reports").fetchall() == [("NVC 123 456",)]


def test_every_address_can_be_found_and_is_fictitious(council: Path) -> None:
    tables = _dump(council)
    uprns = [row[0] for row in tables["addresses"]]

    assert len(set(uprns)) == len(uprns)
    assert {row[2] for row in tables["addresses"]} == set(words.STREETS)
    assert {row[4] for row in tables["addresses"]} == set(words.postcodes())
    assert all(str(row[4]).startswith("ZB") for row in tables["addresses"])
    assert ("9A", "Quarry Close", "ZB3 8LP") in {(row[1], row[2], row[4]) for row in tables["addresses"]}


def test_every_home_has_bins_a_round_and_an_account(council: Path) -> None:
    tables = _dump(council)
    homes = {row[0] for row in tables["addresses"]}

    assert {row[0] for row in tables["containers"]} == homes
    assert {row[2] for row in tables["council_tax"]} == homes
    assert {(row[0], row[1]) for row in tables["rounds"]} == {(s, kind) for s in words.STREETS for kind in BINS}


def test_phone_numbers_are_of_the_range_for_drama(council: Path) -> None:
    assert all(re.fullmatch(r"01632 960\d{3}", str(row[2])) for row in _dump(council)["councillors"])
