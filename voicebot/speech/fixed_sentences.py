"""Every sentence of the dialogues that never changes, as the voice will be asked for it: to be rendered beforehand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from voicebot.errors import ConfigurationError
from voicebot.spoken.say import for_voice, sentences

_SPEAKING = ("text", "spoken")


def fixed_sentences(project: Path) -> tuple[str, ...]:
    """Sentences of the responses and retries in the ``domain.yml`` files under ``project`` that hold no slot.

    Raises :class:`ConfigurationError` for a file that is no YAML.
    """
    found: dict[str, None] = {}
    for path in sorted(project.rglob("domain.yml")):
        try:
            document = YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}
        except (OSError, YAMLError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path} can't be read: {error}") from error
        for text in _texts(document.get("responses") or {}):
            for sentence in sentences(text):
                if "{" not in sentence and (said := for_voice(sentence)).strip():
                    found[said] = None
    return tuple(found)


def _texts(node: Any) -> Iterator[str]:
    """What is said in a response: its text, what is spoken instead, and what is asked again."""
    if isinstance(node, list):
        for part in node:
            yield from _texts(part)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name in _SPEAKING and isinstance(value, str):
                yield value
            elif name == "retries" and isinstance(value, list):
                yield from (text for text in value if isinstance(text, str))
            else:
                yield from _texts(value)
