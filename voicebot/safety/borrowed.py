"""Code of the dialogue project that the safety net needs, imported by its files: Rasa has an environment of its own."""

import importlib.util
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from voicebot.errors import ConfigurationError

ENCODER = Path("components") / "encoder.py"
DIALECT = Path("components") / "dialect.py"
DIALECT_WORDS = Path("shared") / "dialect.yml"


def borrowed(path: Path) -> ModuleType:
    """The module in ``path``, imported once. Raises :class:`ConfigurationError` when it is missing."""
    # A copy of the project is another module: its file may differ.
    name = f"voicebot_dialogue_{path.stem}_{zlib.crc32(str(path.resolve()).encode()):08x}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ConfigurationError(f"{path} is missing")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def lowered(text: str) -> str:
    """Lower case, with the apostrophe of typewriters."""
    return text.lower().replace("\u2019", "'")


def opener(project: Path) -> Callable[[str], str]:
    """What reads text in lower case, the words of dialects as those of the standard language if a project has such."""
    if not (project / DIALECT).is_file():
        return lowered
    dialect = borrowed(project / DIALECT).Dialect.load(project / DIALECT_WORDS)

    def opened(text: str) -> str:
        return str(dialect.opened(lowered(text)))

    return opened
