"""What is said in the measured calls, made once and shared by all processes through a file.

The caller talks for about 60 % of the time, more than most callers do; the bot never stops.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicebot.caller import voices

RATE = 8000
FRAME = 160
_CALLER = (
    "Good morning, I am ringing about my recycling bin, which was not emptied on Tuesday.",
    "It is the blue one, and the neighbours on both sides had theirs taken away as usual.",
    "The address is twelve Mill Lane, and the bin is still standing at the end of the drive.",
    "Could somebody come back for it this week, please, because it is completely full by now.",
)
_BOT = (
    "Thank you for calling. I can help with bins, roads, council tax and much else.",
    "Collections in your street were late this week because of works on the main road.",
    "Please leave the bin where it is, and the crew will come back for it by Friday evening.",
)
_CALLER_LISTENS_S, _BOT_BREATHES_S = 3.0, 0.2
_NOISE = 12.0


def make(path: Path) -> None:
    """Write both talks: sentences with pauses over faint noise, in whole frames of int16 at 8 kHz."""
    np.savez(path, caller=_talk(_CALLER, "en+f2", _CALLER_LISTENS_S), bot=_talk(_BOT, "en+m3", _BOT_BREATHES_S))


def _talk(sentences: tuple[str, ...], voice: str, pause_s: float) -> NDArray[np.int16]:
    parts: list[NDArray[np.int16]] = []
    for sentence in sentences:
        parts += [voices.render(sentence, RATE, voice), np.zeros(int(pause_s * RATE), dtype=np.int16)]
    speech = np.concatenate(parts)
    noise = np.random.default_rng(7).normal(0, _NOISE, len(speech))
    whole = np.clip(speech + noise, -32768, 32767).astype(np.int16)
    return whole[: len(whole) // FRAME * FRAME]


def load(path: Path, who: str) -> NDArray[np.int16]:
    """What :func:`make` wrote for ``caller`` or ``bot``."""
    with np.load(path) as talks:
        samples: NDArray[np.int16] = talks[who]
    return samples
