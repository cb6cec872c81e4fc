"""Rasa or its action server with a stopwatch on its parts; runs in their environment, with the arguments of theirs.

``python timed_rasa.py rasa run …`` or ``… rasa_sdk --actions …``. After each turn the seconds of every part so far,
less those of the parts inside it, are written to ``VOICEBOT_TIMED`` as JSON. Counts one call at a time.
"""

import functools
import importlib
import inspect
import json
import os
import runpy
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

_PARTS = {
    "rasa": [
        ("channel.voicebot_channel", "VoicebotChannel._answer", "else in a turn"),
        ("channel.voicebot_channel", "VoicebotChannel._reply", "reply put together"),
        ("rasa.core.tracker_store", "TrackerStore.retrieve", "history read"),
        ("rasa.core.tracker_store", "InMemoryTrackerStore.retrieve", "history read"),
        ("rasa.core.tracker_store", "SQLTrackerStore.retrieve", "history read"),
        ("rasa.core.tracker_store", "InMemoryTrackerStore.save", "history written"),
        ("rasa.core.tracker_store", "SQLTrackerStore.save", "history written"),
        ("channel.histories", "KeptInMemory.retrieve", "history read"),
        ("channel.histories", "KeptInMemory.save", "history written"),
        ("channel.histories", "KeptInSql.retrieve", "history read"),
        ("channel.histories", "KeptInSql.save", "history written"),
        ("rasa.core.processor", "MessageProcessor.parse_message", "understanding"),
        ("rasa.core.processor", "MessageProcessor.predict_next_with_tracker_if_should", "choice of actions"),
        ("rasa.core.processor", "MessageProcessor.run_action_extract_slots", "slots by mapping"),
        ("rasa.core.processor", "MessageProcessor._run_action", "else around actions"),
        ("rasa.shared.core.trackers", "DialogueStateTracker.copy", "copies of the history"),
        ("rasa.core.actions.action", "RemoteAction.run", "way to the actions and back"),
        ("rasa.core.actions.action", "RemoteAction._action_call_format", "calls of actions written"),
        ("rasa.core.actions.action", "RemoteAction._validate_action_result", "answers of actions checked"),
    ],
    "rasa_sdk": [("rasa_sdk.executor", "ActionExecutor.run", "work of the actions")],
}
_LAST = {"rasa": "VoicebotChannel._answer", "rasa_sdk": "ActionExecutor.run"}

_seconds: defaultdict[str, float] = defaultdict(float)
_inside: list[float] = []
"""Of each part at work, the seconds that parts inside it have taken."""


def _begin() -> float:
    _inside.append(0.0)
    return time.perf_counter()


def _end(part: str, began: float, place: Path | None) -> None:
    took = time.perf_counter() - began
    _seconds[part] += took - _inside.pop()
    if _inside:
        _inside[-1] += took
    if place is not None:
        place.write_text(json.dumps(_seconds))


def _timed(function: Any, part: str, place: Path | None) -> Any:
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def waiting(*arguments: Any, **named: Any) -> Any:
            began = _begin()
            try:
                return await function(*arguments, **named)
            finally:
                _end(part, began, place)

        return waiting

    @functools.wraps(function)
    def working(*arguments: Any, **named: Any) -> Any:
        began = _begin()
        try:
            return function(*arguments, **named)
        finally:
            _end(part, began, place)

    return working


def watch(program: str, place: Path) -> None:
    """Put the stopwatch on the parts that there are."""
    for module_name, path, part in _PARTS[program]:
        try:
            owner = getattr(importlib.import_module(module_name), path.split(".")[0])
        except (ImportError, AttributeError):
            continue
        method = path.split(".")[1]
        if method in vars(owner):
            setattr(owner, method, _timed(vars(owner)[method], part, place if path == _LAST[program] else None))


if __name__ == "__main__":
    sys.path.pop(0)
    program = sys.argv[1]
    watch(program, Path(os.environ["VOICEBOT_TIMED"]))
    sys.argv = sys.argv[1:]
    runpy.run_module(program, run_name="__main__", alter_sys=True)
