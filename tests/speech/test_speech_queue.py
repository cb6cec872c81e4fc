"""Who is served next."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from voicebot.speech.queue import FairQueue, QueueFull


def test_calls_take_turns() -> None:
    queue: FairQueue[str] = FairQueue(limit=20)
    for item in ("a1", "a2", "a3"):
        queue.put("a", item)
    queue.put("b", "b1")
    queue.put("c", "c1")
    assert [queue.pop() for _ in range(6)] == ["a1", "b1", "c1", "a2", "a3", None]


def test_a_newer_request_drops_the_guesses_of_its_call_only() -> None:
    queue: FairQueue[str] = FairQueue(limit=20)
    queue.put("a", "guess", speculative=True)
    queue.put("b", "other guess", speculative=True)
    assert queue.put("a", "better guess", speculative=True) == ["guess"]
    assert queue.put("a", "answer") == ["better guess"]
    assert queue.put("a", "second answer") == []
    assert [queue.pop() for _ in range(4)] == ["other guess", "answer", "second answer", None]


def test_guesses_give_way_when_it_is_full() -> None:
    queue: FairQueue[str] = FairQueue(limit=2)
    queue.put("a", "answer")
    queue.put("b", "guess", speculative=True)
    with pytest.raises(QueueFull):
        queue.put("c", "another guess", speculative=True)
    assert queue.put("c", "second answer") == ["guess"]
    with pytest.raises(QueueFull):
        queue.put("d", "third answer")
    assert len(queue) == 2


def test_one_call_cannot_fill_the_queue() -> None:
    queue: FairQueue[int] = FairQueue(limit=20, per_call=3)
    for number in range(3):
        queue.put("a", number)
    with pytest.raises(QueueFull):
        queue.put("a", 3)
    queue.put("b", 4)
    assert queue.drain() == [0, 1, 2, 4]
    assert len(queue) == 0


class QueueMachine(RuleBasedStateMachine):
    """Nothing is lost, doubled or left over, whatever is done."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: FairQueue[object] = FairQueue(limit=6, per_call=3)
        self.inside: dict[object, str] = {}

    @rule(call=st.sampled_from("abcd"), speculative=st.booleans())
    def put(self, call: str, speculative: bool) -> None:
        item = object()
        try:
            dropped = self.queue.put(call, item, speculative=speculative)
        except QueueFull:
            return
        for old in dropped:
            del self.inside[old]
        self.inside[item] = call

    @rule()
    def pop(self) -> None:
        item = self.queue.pop()
        if item is None:
            assert not self.inside
        else:
            del self.inside[item]

    @precondition(lambda self: self.inside)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(list(self.inside)))
        assert self.queue.remove(self.inside.pop(item), item)
        assert not self.queue.remove("a", item)

    @invariant()
    def bounded(self) -> None:
        assert len(self.queue) == len(self.inside) <= 6


TestQueueMachine = QueueMachine.TestCase
