"""Scripted calls: that they can be held at all."""

from collections.abc import Iterator

from pydantic import ValidationError

from voicebot.flows.checks.base import Checked, error, warning
from voicebot.flows.model import Finding
from voicebot.rehearsal.script import CallScript

_ALWAYS_ASKED = frozenset({"anything_else", "resume", "need", "guess", "safety", "what_to_change"})


def unholdable_calls(checked: Checked) -> Iterator[Finding]:
    """A scripted call that is not written as one, or answers what is never asked."""
    content = checked.content
    asked = set(content.slots) | _ALWAYS_ASKED
    for path, item in content.calls.items():
        place = item.place("call", path.rsplit("/", 1)[-1])
        try:
            script = CallScript.model_validate({k: v for k, v in item.data.items() if k != "person"})
        except ValidationError as problem:
            first = problem.errors()[0]
            where = ".".join(map(str, first["loc"]))
            yield error("unholdable-call", place, f"This scripted call can't be held: {where}: {first['msg']}.")
            continue
        for slot in script.answers:
            if slot not in asked:
                yield warning("unasked-answer", place, f"The scripted call answers “{slot}”, which is never asked.")
