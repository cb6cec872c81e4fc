"""Every fuzz target for a moment, with inputs that are the same each time."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

_noise = st.builds(lambda seed, size: Random(seed).randbytes(size), st.integers(0, 1 << 32), st.integers(1, 600))
"""Long and even; what hypothesis makes of bytes itself is short and full of zeros."""


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=200, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.one_of(st.binary(max_size=600), _noise))
def test_nothing_raises(name: str, data: bytes) -> None:
    TARGETS[name](data)
