"""What counts as punctual and as missing, and a small measured run of our own servers."""

from pathlib import Path

import numpy as np
import pytest

from bench.arrivals import Heard, judge
from bench.lines import KINDS, Measured, measure, speech_file


def call(packets: int = 500, *, length: float = 0.02) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    media = np.arange(packets) * length
    return 1000.0 + media, media, np.full(packets, length)


def test_an_even_stream_is_punctual_and_whole() -> None:
    found = judge([Heard(*call()), Heard(*call(250, length=0.04))], 1002.0, 1008.0)
    assert found.p99_ms == pytest.approx(0, abs=1e-6)
    assert (found.missing_s, found.calls_short) == (0.0, 0)
    assert found.packets == 300 + 150


def test_two_late_packets_in_a_hundred_are_too_many() -> None:
    at, media, length = call()
    at = at + np.where(np.arange(len(at)) % 50 == 0, 0.03, 0.0)
    found = judge([Heard(at, media, length)], 1002.0, 1008.0)
    assert found.p99_ms == pytest.approx(30, abs=1)
    assert found.p50_ms == pytest.approx(0, abs=0.1)
    assert found.missing_s == 0


def test_a_clock_that_starts_again_after_a_stall_is_off_and_short() -> None:
    at, media, length = call()
    at = at + np.where(np.arange(len(at)) >= 250, 0.3, 0.0)
    found = judge([Heard(at, media, length)], 1002.0, 1008.0)
    assert found.missing_s == pytest.approx(0.3, abs=0.03)
    assert found.calls_short == 1
    assert found.p99_ms > 100


def test_a_silent_call_is_missing_altogether() -> None:
    nothing = Heard(np.zeros(0), np.zeros(0), np.zeros(0))
    assert judge([nothing], 1002.0, 1008.0).missing_s == 6.0


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "speech.npz"
    with speech_file() as made:
        path.write_bytes(made.read_bytes())
    return path


@pytest.mark.parametrize("name", [kind.name for kind in KINDS if kind.python is None])
def test_a_few_calls_are_measured(speech: Path, name: str) -> None:
    """That the bench works, not how fast this machine is."""
    kind = next(kind for kind in KINDS if kind.name == name)
    found = measure(kind, 5, speech, 2.0)
    assert found.fault == ""
    assert found.lost == 0
    assert found.cpu_percent > 0
    assert found.memory_mib < 5
    assert np.isfinite(found.p99_ms)


def test_what_is_carried() -> None:
    good = Measured("RTP", 300, 40.0, 0.1, 0.1, 4.9, 0.0, 0, 0.001, 1.0)
    assert good.carried
    assert not Measured("RTP", 300, 40.0, 0.1, 0.1, 5.1, 0.0, 0, 0.001, 1.0).carried
    assert not Measured("RTP", 300, 40.0, 0.1, 0.1, 1.0, 0.1, 0, 0.001, 1.0).carried
    assert not Measured("RTP", 300, 40.0, 0.1, 0.1, 1.0, 0.0, 1, 0.001, 1.0).carried
    assert not Measured("RTP", 300, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0.0, 0.0, "the calls could not be set up").carried
