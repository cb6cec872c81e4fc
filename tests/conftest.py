"""What all tests share: dialogue models are trained once for each content of the project, not once a test."""

import os
from pathlib import Path

from voicebot.dialogue.training import MODELS_FOLDER

_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
os.environ.setdefault(MODELS_FOLDER, str(_CACHE / "voicebot" / "dialogue-models"))
