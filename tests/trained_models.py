"""Where tests and measures keep the dialogue models that they train, so that each is trained once for all of them."""

import os
from pathlib import Path

from voicebot.dialogue.training import MODELS_FOLDER

_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))


def share_trained_models() -> None:
    """From now on models are kept in the user's cache, unless the environment names another place."""
    os.environ.setdefault(MODELS_FOLDER, str(_CACHE / "voicebot" / "dialogue-models"))
