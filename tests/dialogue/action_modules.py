"""Modules of the dialogue's actions in our own Python: those of pure functions need nothing of Rasa's."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

PROJECT = Path(__file__).parents[2] / "dialogues"


def load(module: str) -> ModuleType:
    """A module of the actions, under a name of its own: they live in Rasa's Python, and are no package of ours."""
    package = "dialogue_actions"
    if package not in sys.modules:
        folder = PROJECT / "actions"
        spec = importlib.util.spec_from_file_location(
            package, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec is not None
        sys.modules[package] = importlib.util.module_from_spec(spec)
    return importlib.import_module(f"{package}.{module}")
