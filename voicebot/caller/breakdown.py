"""Each answer's delay on the wire, taken apart: the caller's measure beside what the service says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from voicebot.caller.answers import Answer
from voicebot.caller.report import percentile
from voicebot.records.view import STAGES

PARTS = (*STAGES[:-1], "packets", "line")
"""What a delay consists of: the service's stages, which it measures between its own sockets; ``packets``, where in
their packets the caller's last voiced sample and the first of the answer lie; and ``line``, what remains, which is the
way there and back."""

_APART_MS = 400.0
"""An answer that began so much sooner or later than another is not the same: the clocks of both ends start when the
call is answered, but not at the very same moment."""

_EARLIER_MS = 100.0
"""Where the service has counted for so much longer than the caller, it answered what was said before the line's end."""


@dataclass(frozen=True, slots=True)
class TakenApart:
    """An answer: ``wire_ms`` is the sum of ``parts``, which are by name (:data:`PARTS`) and in ms."""

    text: str
    wire_ms: float
    parts: Mapping[str, float]


def take_apart(answers: Sequence[Answer], told: Sequence[Mapping[str, float]], began_s: float) -> list[TakenApart]:
    """The answers that the service's record explains, in their order.

    ``told`` are the record's ``latency_ms``, ``began_s`` is when the call's audio began (monotonic seconds). Both sides
    say when an answer began: those of one moment belong together, however many either has besides. An answer to the
    beginning of a line, which was taken for the whole, is left out: its parts are not those of the caller's wait.
    """
    left = sorted(told, key=lambda row: row["at_ms"])
    found = []
    for answer in answers:
        if answer.wire_ms is None or answer.answered_s is None or not left:
            continue
        at_ms = (answer.answered_s - began_s) * 1000
        row = min(left, key=lambda row: abs(row["at_ms"] - at_ms))
        if abs(row["at_ms"] - at_ms) > _APART_MS:
            continue
        left = left[left.index(row) + 1 :]
        parts = {name: row[name] for name in STAGES[:-1]} | {"packets": answer.packets_ms}
        parts["line"] = answer.wire_ms - sum(parts.values())
        if parts["line"] < -_EARLIER_MS:
            continue
        found.append(TakenApart(answer.text, answer.wire_ms, parts))
    return found


class Share(NamedTuple):
    """A part of all delays, in ms: its spread, its mean, and its share (0 to 1) of their sum."""

    name: str
    p50: float
    p95: float
    mean: float
    share: float


def shares(found: Sequence[TakenApart]) -> list[Share]:
    """Each part, and at last the whole, named ``wire``: means and shares of the parts add up to the whole's."""
    if not found:
        return []
    columns = {name: [one.parts[name] for one in found] for name in PARTS} | {"wire": [one.wire_ms for one in found]}
    whole = sum(columns["wire"])
    return [
        Share(
            name,
            percentile(values, 0.5) or 0.0,
            percentile(values, 0.95) or 0.0,
            sum(values) / len(values),
            sum(values) / whole,
        )
        for name, values in columns.items()
    ]
