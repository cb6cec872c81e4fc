"""Fifty callers, twenty agents who accept, decline and drop at random, processes that die: nobody is lost."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.handoff.rush import percentile, rush
from tests.postgres_server import needs_server, running_server


@pytest.mark.slow
@pytest.mark.real_time
@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=[needs_server, pytest.mark.rehearsal])])
async def test_nobody_is_lost_forgotten_or_offered_twice(tmp_path: Path, engine: str) -> None:
    with running_server() if engine == "postgresql" else nullcontext() as server:
        result = await rush(tmp_path, length_s=4, url=server.url if server else "")
    assert result.entered >= 60
    assert result.joined >= 10
    assert result.cut_off > 0, "the media process died with callers on the line"
    assert result.unaccounted == []
    assert result.offered_twice == 0
    assert result.out_of_order == []
    assert percentile(result.to_ring, 0.95) < 5, "the phone rings within what this machine allows"
