"""Requests of many calls in few passes."""

import asyncio
from collections.abc import Sequence
from threading import Event

import pytest

from voicebot.errors import SpeechUnavailable
from voicebot.speech.lane import Lane


class Passes:
    """Records which requests each pass took; the first pass waits for the gate."""

    def __init__(self) -> None:
        self.gate = Event()
        self.taken: list[list[int]] = []

    def __call__(self, works: Sequence[int]) -> list[int]:
        self.taken.append(list(works))
        assert self.gate.wait(20)
        if 13 in works:
            raise SpeechUnavailable("unlucky")
        return [work * 10 for work in works]


async def submitted(lane: Lane[int, int], works: Sequence[int]) -> list[asyncio.Task[int]]:
    async def one(work: int) -> int:
        return (await lane.submit(f"call {work}", work)).result

    tasks = [asyncio.create_task(one(work)) for work in works]
    await asyncio.sleep(0)
    return tasks


async def test_what_waits_is_taken_together() -> None:
    passes = Passes()
    lane = Lane("test", passes, workers=1, limit=20, batch=3)
    tasks = await submitted(lane, range(1, 6))
    assert lane.queued == 4
    passes.gate.set()
    assert await asyncio.gather(*tasks) == [10, 20, 30, 40, 50]
    assert passes.taken == [[1], [2, 3, 4], [5]]
    assert lane.expected_wait_ms == 0
    await lane.close()


async def test_two_threads_share_what_waits() -> None:
    passes = Passes()
    lane = Lane("test", passes, workers=2, limit=20, batch=8)
    first = await submitted(lane, (1, 2))
    rest = await submitted(lane, (3, 4, 5, 6))
    passes.gate.set()
    await asyncio.gather(*first, *rest)
    assert sorted(work for taken in passes.taken for work in taken) == [1, 2, 3, 4, 5, 6]
    assert max(len(taken) for taken in passes.taken) <= 4
    await lane.close()


async def test_a_bad_request_spoils_no_other() -> None:
    passes = Passes()
    lane = Lane("test", passes, workers=1, limit=20, batch=4)
    tasks = await submitted(lane, (1, 2, 13, 3))
    passes.gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [results[0], results[1], results[3]] == [10, 20, 30]
    assert isinstance(results[2], SpeechUnavailable)
    await lane.close()


async def test_the_wait_to_be_expected_grows_with_the_queue() -> None:
    passes = Passes()
    passes.gate.set()
    lane = Lane("test", passes, workers=1, limit=20)
    await asyncio.gather(*await submitted(lane, (1, 2)))
    passes.gate.clear()
    tasks = await submitted(lane, (3, 4, 5))
    some = lane.expected_wait_ms
    more = await submitted(lane, (6, 7))
    assert 0 < some < lane.expected_wait_ms
    passes.gate.set()
    with pytest.raises(SpeechUnavailable):
        await asyncio.gather(*tasks, *more, *await submitted(lane, (13,)))
    await lane.close()
