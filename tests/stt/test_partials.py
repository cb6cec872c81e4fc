"""Partials of a turn that goes on: what two successive readings agree on, and a follower that never gets in the way."""

import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from voicebot.errors import Overloaded
from voicebot.stt.partials import Follower, LocalAgreement, Partial, agreed
from voicebot.stt.recogniser import NO_HINTS
from voicebot.stt.transcript import Hints, Transcript

SECOND = np.zeros(8000, np.int16)


def reading(text: str, audio_ms: float = 1000.0, queue_ms: float = 0.0) -> Transcript:
    return Transcript(text=text, confidence=0.8, audio_ms=audio_ms, queue_ms=queue_ms)


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        ("", "my bin", 0),
        ("my bin is", "my bin was not", 2),
        ("My bin.", "my bin was", 2),
        ("yes", "yes", 1),
        ("no", "know", 0),
    ],
)
def test_leading_words_that_agree(before: str, after: str, count: int) -> None:
    assert agreed(before.split(), after.split()) == count


def test_words_are_stable_once_read_twice() -> None:
    agreement = LocalAgreement()
    assert agreement.update(reading("my bun")).stable == ""
    second = agreement.update(reading("my bin has not"))
    assert (second.stable, second.tentative) == ("my", "bin has not")
    third = agreement.update(reading("my bin has not been collected", 3000))
    assert (third.stable, third.tentative) == ("my bin has not", "been collected")
    assert (third.text, third.confidence, third.audio_ms) == ("my bin has not been collected", 0.8, 3000)


def test_an_empty_reading_takes_nothing_back() -> None:
    agreement = LocalAgreement()
    agreement.update(reading("my bin"))
    agreement.update(reading("my bin"))
    assert agreement.update(reading("")).stable == "my bin"
    assert agreement.update(reading("my bin is")).stable == "my bin"


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c"]), max_size=5), max_size=8))
def test_stable_words_only_become_more(readings: list[list[str]]) -> None:
    agreement = LocalAgreement()
    before = 0
    for words in readings:
        partial = agreement.update(reading(" ".join(words)))
        count = len(partial.stable.split())
        assert count >= before
        before = count


@dataclass
class Scripted:
    """A transcriber that answers in turn what it is given, when it is let."""

    answers: list[Transcript | Exception]
    asked: list[tuple[float, bool]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def transcribe(
        self,
        samples: NDArray[np.int16],
        rate: int,
        *,
        hints: Hints = NO_HINTS,
        call_id: str = "",
        speculative: bool = False,
    ) -> Transcript:
        self.asked.append((len(samples) * 1000 / rate, speculative))
        await self.gate.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_reading_at_a_time_and_each_a_guess() -> None:
    scripted = Scripted([reading("my bin", 1000), reading("my bin is", 2000)])
    seen: list[Partial] = []
    follower = Follower(scripted, "call", seen.append)
    assert not follower.due(300)
    assert follower.due(1000)
    follower.offer(SECOND, 8000, Hints())
    await settle()
    assert not follower.due(5000)
    scripted.gate.set()
    await settle()
    assert follower.due(2000)
    assert not follower.due(1200)
    follower.offer(np.tile(SECOND, 2), 8000, Hints())
    await settle()
    assert scripted.asked == [(1000, True), (2000, True)]
    assert [partial.stable for partial in seen] == ["", "my bin"]
    assert follower.latest is seen[-1]


async def test_a_turn_that_is_over_is_heard_of_no_more() -> None:
    scripted = Scripted([reading("late"), reading("new")])
    seen: list[Partial] = []
    follower = Follower(scripted, "call", seen.append)
    follower.offer(SECOND, 8000, Hints())
    await settle()
    follower.reset()
    scripted.gate.set()
    await settle()
    assert seen == []
    assert follower.latest is None
    assert follower.due(400)


async def test_a_shorter_turn_is_another_one() -> None:
    scripted = Scripted([reading("my bin"), reading("my"), reading("my tax")])
    scripted.gate.set()
    seen: list[Partial] = []
    follower = Follower(scripted, "call", seen.append)
    follower.offer(np.tile(SECOND, 2), 8000, Hints())
    await settle()
    assert not follower.due(100)
    assert follower.latest is None
    assert follower.due(500)
    follower.offer(SECOND, 8000, Hints())
    await settle()
    assert [partial.stable for partial in seen] == ["", ""]


async def test_it_becomes_rare_when_the_speech_process_is_behind() -> None:
    scripted = Scripted([Overloaded("full"), reading("a", queue_ms=500), reading("a b")])
    scripted.gate.set()
    follower = Follower(scripted, "call", lambda _: None)
    follower.offer(SECOND, 8000, Hints())
    await settle()
    assert not follower.due(1700)
    assert follower.due(1800)
    follower.offer(np.tile(SECOND, 2), 8000, Hints())
    await settle()
    assert not follower.due(3500)
    assert follower.due(3600)
    follower.offer(np.tile(SECOND, 4), 8000, Hints())
    await settle()
    assert follower.due(4400)
