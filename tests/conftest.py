"""What all tests share: which may run beside each other, and what is trained once for all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres_server import Server, running_server
from tests.trained_models import share_trained_models
from voicebot.safety.detector import SafetyNet

share_trained_models()

_HERE = Path(__file__).parent
_REAL_TIME = frozenset(
    {"app", "bench", "caller", "deploy", "prove", "recording", "service", "speech", "telephony", "web"}
)
"""Folders with sockets, processes or browsers whose pace is not ours."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what is in real time, and what shares a running dialogue (`scripts/test` runs the parts by these marks)."""
    folder = item.path.relative_to(_HERE).parts[0]
    if folder in _REAL_TIME:
        item.add_marker("real_time")
    elif folder == "dialogue" or item.get_closest_marker("rasa"):
        item.add_marker("one_dialogue")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole services last: by then nothing else has work for the machine."""
    items.sort(key=lambda item: item.path.relative_to(_HERE).parts[0] == "service")


@pytest.fixture(scope="session")
def safety_net() -> SafetyNet:
    """The example project's safety net, which takes seconds to learn its examples."""
    return SafetyNet.load(_HERE.parent / "dialogues")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL for whoever ``needs_server``. Each test leaves the tables that it wrote empty."""
    with running_server() as made:
        yield made
