"""Festival's English voices (Debian), which no training hears: the test of what the recogniser makes of strangers."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voicebot.models.check import read_wav

VOICES: dict[str, str] = {
    "kal": "voice_kal_diphone",
    "ked": "voice_ked_diphone",
    "slt": "voice_cmu_us_slt_arctic_hts",
}
"""Names and festival's own: packages festvox-kallpc16k, festvox-kdlpc16k and festvox-us-slt-hts."""

_FOLDERS = {"kal": "kal_diphone", "ked": "ked_diphone", "slt": "cmu_us_slt_arctic_hts"}
_SHARE = Path("/usr/share/festival/voices")


def voices() -> tuple[str, ...]:
    """The voices that this machine has; none without festival."""
    if _program() is None:
        return ()
    return tuple(name for name, folder in _FOLDERS.items() if any(_SHARE.glob(f"*/{folder}")))


def _program() -> str | None:
    return shutil.which("festival")


def say(texts: Sequence[str], voice: str) -> list[tuple[npt.NDArray[np.int16], int]]:
    """Each text spoken by ``voice``, as samples and rate; in one process, because starting it takes a second.

    Raises :class:`RuntimeError` without festival.
    """
    program = _program()
    if program is None:
        raise RuntimeError("festival is not installed")
    with tempfile.TemporaryDirectory() as place:
        lines = [f"({VOICES[voice]})"]
        for number, text in enumerate(texts):
            quoted = text.replace("\\", "").replace('"', "")
            lines.append(f'(utt.save.wave (utt.synth (Utterance Text "{quoted}")) "{place}/{number}.wav" \'riff)')
        script = Path(place) / "say.scm"
        script.write_text("\n".join(lines), encoding="utf-8")
        subprocess.run([program, "-b", str(script)], check=True, capture_output=True, timeout=300)  # noqa: S603
        return [read_wav(Path(place) / f"{number}.wav") for number in range(len(texts))]
