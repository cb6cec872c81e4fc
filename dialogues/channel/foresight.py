"""Answers to turns that may not come: worked out on a copy of the call, so that nothing is changed by them.

A turn is answered as it would be, but on a tracker of its own, and only as far as actions just read and speak: where
the next one would do something (write a report, book a day), the answer cannot be foreseen. What was foreseen is kept
until the call's next turn; if that is the very turn, the copy becomes the call's tracker: nothing is worked out twice.
"""

import inspect
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from rasa.core.actions.action import RemoteAction
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa_sdk import Action

from actions import shared_actions
from channel.histories import KeptInMemory

MOST_KEPT = 1000
"""Calls of which an answer is kept at once."""

AHEAD = "ahead"
"""Key of a message's metadata that tells actions that they must change nothing."""

_ONLY_SPEAK = frozenset(
    made().name()
    for _, made in inspect.getmembers(shared_actions, inspect.isclass)
    if issubclass(made, Action) and made.__module__ == shared_actions.__name__
)


class Unforeseeable(Exception):
    """The answer needs something done."""


@dataclass(frozen=True)
class Foreseen:
    """An answer, the tracker after it, and how many events there were before."""

    token: str
    reply: dict[str, Any]
    tracker: DialogueStateTracker
    events_before: int


class _Watched:
    """An action of which it is known afterwards whether it failed: Rasa goes on as if nothing had been."""

    def __init__(self, action: Any) -> None:
        self._action = action
        self.failed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._action, name)

    async def run(self, *arguments: Any, **named: Any) -> Any:
        """Run it."""
        try:
            return await self._action.run(*arguments, **named)
        except Exception:
            self.failed = True
            raise


class AheadProcessor(MessageProcessor):
    """The loaded model at work on a copy of one call. Raises :class:`Unforeseeable`."""

    def __init__(self, processor: MessageProcessor, tracker_store: KeptInMemory) -> None:
        # Shares the loaded model; the parent's constructor would load it again.
        self.__dict__.update(processor.__dict__)
        self.tracker_store = tracker_store

    async def _run_action(self, action: Any, tracker: Any, output_channel: Any, nlg: Any, prediction: Any) -> bool:
        form_end = tracker.get_slot("form_end")
        if isinstance(action, RemoteAction) and not harmless(action.name(), self.domain.form_names, form_end):
            raise Unforeseeable(action.name())
        watched = _Watched(action)
        goes_on = await super()._run_action(watched, tracker, output_channel, nlg, prediction)
        if watched.failed:
            raise Unforeseeable(action.name())
        return goes_on


def harmless(action: str, forms: list[str], form_end: str | None) -> bool:
    """Whether an action of the action server only reads and speaks; ``form_end`` is how a form is being left.

    A form's own action does its work only when the form was filled to its end. Of an action that is not known here,
    it is not supposed.
    """
    if f"{action.removeprefix('action_')}_form" in forms:
        return form_end not in (None, "done")
    return action in _ONLY_SPEAK or action.startswith("validate_")


async def scratch(domain: Any, tracker: DialogueStateTracker) -> KeptInMemory:
    """A store that holds a copy of one call and tells nobody of it."""
    store = KeptInMemory(domain)
    await store.save(tracker.copy())
    return store


def unmarked(tracker: DialogueStateTracker) -> DialogueStateTracker:
    """A tracker as it would be had its last turn not been answered ahead of time."""
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            event.metadata.pop(AHEAD, None)
            break
    return tracker


class Kept:
    """The latest foreseen answer of each call, as long as there is room."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._answers: OrderedDict[str, Foreseen] = OrderedDict()

    def keep(self, sender: str, reply: dict[str, Any], tracker: DialogueStateTracker, events_before: int) -> Foreseen:
        """Keep an answer in place of an earlier one."""
        self._answers.pop(sender, None)
        self._answers[sender] = Foreseen(uuid4().hex, reply, tracker, events_before)
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)
        return self._answers[sender]

    def take(self, sender: str, token: str) -> Foreseen | None:
        """The call's next turn has come: what was foreseen for it, if it is the one of that token."""
        kept = self._answers.pop(sender, None)
        return kept if kept is not None and token and kept.token == token else None
