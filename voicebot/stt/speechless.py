"""Whether there is a voice in what was decoded: a decoder makes words of music, keys and engines as well.

Silero's network sees no speech in any of them; it does see it in every clip of which the decoder is not quite sure.
"""

import numpy as np
from faster_whisper.vad import get_vad_model
from numpy.typing import NDArray

_WINDOW = 512
_SPEECH = 0.5
_MOST = 0.65
_SHARE = 0.05


def has_voice(audio: NDArray[np.float32]) -> bool:
    """Whether some 5 % of ``audio`` (16,000 samples a second) sound like speech, or a moment does beyond doubt."""
    whole = np.pad(audio, (0, -len(audio) % _WINDOW))
    if not len(whole):
        return False
    likely = np.asarray(get_vad_model()(whole)).ravel()
    return float(likely.max()) > _MOST or float((likely > _SPEECH).mean()) > _SHARE
