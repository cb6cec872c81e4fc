"""The part of ``make prove`` that measures how long callers wait, ours and Pipecat's, on the wire."""

import asyncio
from typing import Any

from bench.detector import measure as measure_detector
from bench.detector import told
from bench.lines import PIPECAT
from bench.voice import CALLERS, COLUMNS, KINDS, parts_of, run, worth
from bench.voice import row as row_of
from tests.prove.pieces import pieces

_BUDGET_S = 560.0
"""Of the ten minutes that a part may take."""


async def voice_to_voice() -> dict[str, Any]:
    """Every kind that has no result yet, as far as the time goes."""
    cost = await asyncio.to_thread(measure_detector)
    found = await run(KINDS, pieces("voice_to_voice"), seconds=_BUDGET_S)
    measured = {one.kind for one in found}
    missing = [kind.name for kind in KINDS if kind.name not in measured]
    there = PIPECAT.is_file()
    notes = [parts_of(one) for one in found if one.apart]
    notes += [worth(one) for one in found if one.guessed]
    notes.append(told(cost))
    if missing:
        notes.append(f"not measured{'' if there else ' (scripts/bench-environment makes what it needs)'}: {missing}")
    return {
        "title": "Voice to voice",
        "about": f"The same caller, {CALLERS} calls at once, who looks for words in a third of the lines: our whole "
        "service over SIP with the settings as they are shipped, and Pipecat over its Twilio transport, with its own "
        "turn detection or a silence alone (see `bench/voice.py`). Last voiced sample sent to the first received. "
        "Models of base.en's size are untrained, stopped after 13 tokens, and given the script's text. Pipecat answers "
        "everything with one fixed sentence, which favours it: there is no dialogue behind it. What ours were spent on "
        "is told as in `Delay on the wire`; the parts of each answer sum to its delay. Goals: p50 400 and p95 900 with "
        "the small model, p50 500 at base.en's size and at most half of Pipecat's.",
        "columns": list(COLUMNS),
        "rows": [row_of(one) for one in found],
        "notes": notes,
        "unfinished": bool(missing) and there,
    }
