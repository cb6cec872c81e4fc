"""A council's own addresses and rounds: taken whole or not at all, and the example's people gone."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from voicebot.council import seed
from voicebot.first_run.council_data import CouncilDataRefused, bring_in

ADDRESSES = """\ufeffUPRN, number, street, postcode, town
100012345,1,Harbour Street,PL1 2AA,Polmouth
100012346,2a,Harbour Street,pl12ab,Polmouth
"""
ROUNDS = """street,kind,first_day,every_days
Harbour Street,rubbish,2026-12-01,14
Harbour Street,food,2026-12-02,7
"""


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("council") / "council.sqlite"
    seed.build(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    return path.read_bytes()


@pytest.fixture
def council(tmp_path: Path, example: bytes) -> Path:
    path = tmp_path / "council.sqlite"
    path.write_bytes(example)
    return path


def rows(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_own_homes_replace_the_examples_and_its_people(council: Path) -> None:
    done = bring_in(council, ADDRESSES.encode())
    assert done == "2 addresses are brought in. Nothing of the example’s homes and people is left."
    assert rows(council, "SELECT uprn, number, street, postcode FROM addresses ORDER BY uprn") == [
        ("100012345", "1", "Harbour Street", "PL1 2AA"),
        ("100012346", "2A", "Harbour Street", "PL1 2AB"),
    ]
    for table in ("council_tax", "councillors", "offices", "rounds", "street_lights"):
        assert rows(council, f"SELECT count(*) FROM {table}") == [(0,)], table
    assert rows(council, "SELECT count(*) FROM waste_items")[0][0] > 50, "what goes where is everybody's"


def test_every_home_has_the_containers_of_its_rounds(council: Path) -> None:
    bring_in(council, ADDRESSES.encode())
    assert bring_in(council, ROUNDS.encode()) == "2 collection rounds are brought in."
    assert rows(council, "SELECT kind FROM containers WHERE uprn = '100012346' ORDER BY kind") == [
        ("food",),
        ("rubbish",),
    ]


def test_the_example_is_not_built_again(council: Path) -> None:
    bring_in(council, ADDRESSES.encode())
    assert seed.is_current(council) and not seed.build(council)
    assert rows(council, "SELECT count(*) FROM addresses") == [(2,)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (ADDRESSES.replace("PL1 2AA", "nowhere"), "line 2: “NOWHERE” is no postcode"),
        (ADDRESSES.replace("100012345", "x"), "line 2: “x” is no UPRN"),
        (ADDRESSES.replace("Harbour Street", ""), "the street is missing"),
        (ADDRESSES.replace("100012346", "100012345"), "A UPRN is there twice"),
        (ADDRESSES.splitlines()[0], "nothing in the file"),
        (ROUNDS.replace("food", "sofas"), "line 3: “sofas” is none of rubbish"),
        (ROUNDS.replace("2026-12-01", "1/12/2026"), "line 2: “1/12/2026” is no day"),
        (ROUNDS.replace(",14", ",0"), "line 2: “0” is no number of days"),
        ("a,b\n1,2\n", "must name the columns uprn"),
        ("", "must name the columns"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_taken(council: Path, content: str, says: str) -> None:
    before = rows(council, "SELECT count(*) FROM addresses")
    with pytest.raises(CouncilDataRefused, match=says):
        bring_in(council, content.encode())
    assert rows(council, "SELECT count(*) FROM addresses") == before


def test_another_encoding_is_told(council: Path) -> None:
    with pytest.raises(CouncilDataRefused, match="UTF-8"):
        bring_in(council, ADDRESSES.encode("utf-16"))
