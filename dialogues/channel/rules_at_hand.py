"""A rule is looked at only if its last step can be the call's: Rasa goes through all of them, several times a turn.

The last step of most rules names an action and what the caller wants after it. Those of any other action or wish cannot
apply, whatever came before, so the rules are looked up by these two; Rasa's own comparison has the last word.
"""

from collections.abc import Iterable
from typing import Any

from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.constants import PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER
from rasa.shared.nlu.constants import ACTION_NAME, INTENT

State = dict[str, Any]

_every_key = RulePolicy._get_possible_keys


class _ByLastStep:
    """The keys of ``lookup`` by what their rule's last step asks for: a past action and an intent, or any of either."""

    def __init__(self, lookup: dict[str, str]) -> None:
        self.lookup = lookup
        self._keys: dict[tuple[str, str], list[str]] = {}
        for key in lookup:
            last = RulePolicy._rule_key_to_state(key)[-1]
            self._keys.setdefault((_action(last), _intent(last)), []).append(key)

    def candidates(self, state: State) -> Iterable[str]:
        """Those that may apply when this is the call's last step; more than those that do."""
        for action in {_action(state), ""}:
            for intent in {_intent(state), ""}:
                yield from self._keys.get((action, intent), ())


def _action(state: State) -> str:
    return str(state.get(PREVIOUS_ACTION, {}).get(ACTION_NAME) or "")


def _intent(state: State) -> str:
    # At the start of a conversation Rasa doesn't compare what the caller wants.
    wanted = state.get(USER, {}).get(INTENT) if _action(state) else ""
    return "" if not wanted or wanted == SHOULD_NOT_BE_SET else str(wanted)


def _possible_keys(self: RulePolicy, lookup: dict[str, str], states: list[State]) -> set[str]:
    """The keys of all rules that apply, as Rasa's own finds them."""
    if not states:
        return set(_every_key(self, lookup, states))
    # A model's rules never change while it is served; the index holds them, so that no other has their address.
    indices: dict[int, _ByLastStep] = self.__dict__.setdefault("_by_last_step", {})
    index = indices.get(id(lookup))
    if index is None:
        index = indices[id(lookup)] = _ByLastStep(lookup)
    return set(_every_key(self, {key: lookup[key] for key in index.candidates(states[-1])}, states))


def keep_rules_at_hand() -> None:
    """Have all rules found so."""
    RulePolicy._get_possible_keys = _possible_keys
