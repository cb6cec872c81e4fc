"""Rasa, loaded while its model is still being made: ``waiting_rasa.py MODEL run …`` waits for the file, then serves it.

Loading takes longer than reading a model. This file is run by Rasa's own Python and imports nothing of ours.
"""

import importlib
import sys
import time
from pathlib import Path

_LOADED = ("rasa.core.run", "rasa.core.agent", "rasa.server", "rasa.cli.run", "components.intents")
_LOOK_EVERY_S = 0.1


def main() -> None:
    """Be ``rasa`` with the arguments after the model, once that is there."""
    model = Path(sys.argv[1])
    for name in _LOADED:
        importlib.import_module(name)
    while not model.is_file():
        time.sleep(_LOOK_EVERY_S)
    sys.argv = ["rasa", *sys.argv[2:]]
    importlib.import_module("rasa.__main__").main()


if __name__ == "__main__":
    main()
