"""Histories of calls in progress: as they were saved, as many as there is room for. Run in our own Python."""

import importlib.util
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

PROJECT = Path(__file__).parents[2] / "dialogues"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("live_histories", PROJECT / "channel" / "live.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


live = _load()


@dataclass
class Tracker:
    """What is used of Rasa's."""

    sender_id: str
    events: list[str] = field(default_factory=list)
    model_id: str = "model"
    assistant_id: str = "assistant"

    def init_copy(self) -> "Tracker":
        return Tracker(self.sender_id, model_id="", assistant_id="")

    def update(self, event: str) -> None:
        self.events.append(event)


def test_a_history_is_the_one_that_was_saved() -> None:
    calls = live.LiveHistories()
    tracker = Tracker("a", ["start", "hello"])
    assert calls.get("a") is None and calls.saved("a") is None
    assert calls.put(tracker) == []
    assert calls.get("a") is tracker
    assert calls.saved("a") == 2


def test_what_a_failed_turn_left_half_done_is_taken_back() -> None:
    calls = live.LiveHistories()
    tracker = Tracker("a", ["start", "hello"])
    calls.put(tracker)
    tracker.update("half a turn")
    kept = calls.get("a")
    assert kept is not tracker
    assert (kept.events, kept.model_id, kept.assistant_id) == (["start", "hello"], "model", "assistant")
    tracker.update("and more of it")
    assert calls.get("a") is kept
    kept.update("a whole turn")
    calls.put(kept)
    assert calls.get("a").events == ["start", "hello", "a whole turn"]


def test_the_calls_not_heard_of_for_longest_make_room() -> None:
    calls = live.LiveHistories(most=2)
    first, second, third = (Tracker(name, ["start"]) for name in "abc")
    for tracker in (first, second):
        calls.put(tracker)
    calls.get("a")
    second.update("half a turn")
    (left,) = calls.put(third)
    assert (left.sender_id, left.events) == ("b", ["start"])
    assert calls.senders() == ("a", "c")
    assert calls.get("b") is None
