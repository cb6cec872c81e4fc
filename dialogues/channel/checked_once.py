"""The form of an action's answer is checked with a schema that has itself been checked once, not at every answer.

Rasa hands its schema to ``jsonschema.validate``, which checks it anew each time: a third of a turn, for a constant.
"""

from typing import Any

from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction

_SCHEMA = RemoteAction.action_response_format_spec()
_VALIDATOR = validator_for(_SCHEMA)(_SCHEMA)


def _checked(self: RemoteAction, result: dict[str, Any]) -> bool:
    """Raises jsonschema's ValidationError, as Rasa's own does."""
    _VALIDATOR.validate(result)
    return True


def check_once() -> None:
    """Have all actions' answers checked so."""
    RemoteAction._validate_action_result = _checked
