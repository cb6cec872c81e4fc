"""The part of ``make prove`` that measures hearing against stock faster-whisper."""

import asyncio
from typing import Any

from bench.speech import COLUMNS, row, run


async def hearing_speed() -> dict[str, Any]:
    """Both in the same run, on the same utterances with the same weights."""
    found = await asyncio.to_thread(run)
    return {
        "title": "Hearing short utterances",
        "about": "Utterances of 1 to 8 s, stock `faster_whisper.WhisperModel.transcribe` and ours with equal weights, "
        "int8, one thread a decoding, beam 5 (see `bench/speech.py`). Models of the published sizes are untrained and "
        "give times alone. Goals: at least 5 times faster, at least 4 times as many at once, text equal or better.",
        "columns": list(COLUMNS),
        "rows": [row(one) for one in found],
    }
