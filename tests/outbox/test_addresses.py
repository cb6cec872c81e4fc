"""Addresses from OS Places and postcodes.io, as they answer, and the council's own records when they don't."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.outbox.conftest import Peers
from tests.outbox.peers import OS_KEY
from voicebot.council.seed import build

PROJECT = Path(__file__).parents[2] / "dialogues"
ELSEWHERE = "ZC1 1AA"


class Actions:
    """The actions' modules on addresses, run in our own Python: they need nothing of Rasa's."""

    def __init__(self) -> None:
        self.addresses = importlib.import_module("actions.addresses")
        self.council = importlib.import_module("actions.council")


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("council") / "council.sqlite"
    build(path)
    return path


@pytest.fixture
def actions(council: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Actions]:
    monkeypatch.syspath_prepend(str(PROJECT))
    monkeypatch.setenv("VOICEBOT_COUNCIL_DATABASE", str(council))
    before: dict[str, ModuleType] = {name: module for name, module in sys.modules.items() if _ours(name)}
    for name in before:
        del sys.modules[name]
    yield Actions()
    for name in [name for name in sys.modules if _ours(name)]:
        del sys.modules[name]
    sys.modules.update(before)


def _ours(name: str) -> bool:
    return name == "actions" or name.startswith("actions.")


def use(monkeypatch: pytest.MonkeyPatch, source: str, url: str, key: str = OS_KEY, timeout_s: float = 20) -> None:
    for name, value in (("SOURCE", source), ("URL", url), ("KEY", key), ("TIMEOUT_S", str(timeout_s))):
        monkeypatch.setenv(f"VOICEBOT_ADDRESS_{name}", value)


def test_a_home_elsewhere_is_found_by_os_places(
    actions: Actions, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, "os_places", f"{peers.url}/search/places/v1")
    assert actions.council.street_at(ELSEWHERE) == (ELSEWHERE, "Alma Road")
    found = actions.council.address("Alma Road", "14")
    assert (found.uprn, found.town, found.postcode, found.council_home) == (
        "100031234567",
        "Somewhere",
        ELSEWHERE,
        False,
    )
    assert actions.council.address("Alma Road", "flat 2, 16").uprn == "100031234568"
    assert actions.council.address_of("100031234568").street == "Alma Road"
    assert len(peers.seen("os_places")) == 1, "asked once"


def test_the_councils_own_records_come_first(actions: Actions, peers: Peers, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "os_places", f"{peers.url}/search/places/v1")
    assert actions.council.street_at("ZB3 8LP") == ("ZB3 8LP", "Quarry Close")
    assert actions.council.address("Quarry Close", "9A").postcode == "ZB3 8LP"
    assert peers.seen("os_places") == []


@pytest.mark.parametrize(
    "failure", [{"status": {"os_places": [500]}}, {"status": {"os_places": [429]}}], ids=["broken", "too many"]
)
def test_a_source_that_fails_leaves_our_own_records(
    actions: Actions, peers: Peers, monkeypatch: pytest.MonkeyPatch, failure: dict[str, Any]
) -> None:
    use(monkeypatch, "os_places", f"{peers.url}/search/places/v1")
    peers.play(**failure)
    assert actions.council.street_at("ZB3 8LR") == ("ZB3 8LP", "Quarry Close"), "the nearest that exists"
    assert actions.council.street_at(ELSEWHERE) == (ELSEWHERE, "Alma Road"), "the next question is asked again"


@pytest.mark.parametrize(("url", "key"), [("http://127.0.0.1:9", OS_KEY), ("", "wrong")], ids=["nobody", "wrong key"])
def test_nobody_there_or_a_wrong_key_is_no_answer(
    actions: Actions, peers: Peers, monkeypatch: pytest.MonkeyPatch, url: str, key: str
) -> None:
    use(monkeypatch, "os_places", url or f"{peers.url}/search/places/v1", key)
    assert actions.council.street_at(ELSEWHERE) is None
    with pytest.raises(actions.addresses.NoAnswer):
        actions.addresses.source().homes(ELSEWHERE)


def test_a_postcode_that_exists_is_not_taken_for_another(
    actions: Actions, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, "postcodes_io", peers.url)
    assert actions.addresses.homes_at(ELSEWHERE) == ()
    assert actions.council.street_at(ELSEWHERE) is None
    assert actions.council.street_at("ZB3 8LR") == ("ZB3 8LP", "Quarry Close"), "there is none of this name"
    assert [seen["postcode"] for seen in peers.seen("postcodes_io")] == [ELSEWHERE, "ZB3 8LR"]


def test_without_a_source_nobody_is_asked(actions: Actions, peers: Peers) -> None:
    assert actions.council.street_at(ELSEWHERE) is None
    assert actions.council.address("Alma Road", "14") is None
