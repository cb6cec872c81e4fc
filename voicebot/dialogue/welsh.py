"""Welsh, the second language: its words, read and checked once."""

import hashlib
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from voicebot.errors import ConfigurationError

WELSH_FILE = Path("cy") / "welsh.yml"
"""Where it lies inside the dialogue project."""

_SHORTEST = 10


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class WelshAnswer(_Text):
    """What a key of the menu gives: words, and the queue that takes the call after them, if one must.

    Or English words that it stands for (``means``): the dialogue answers them, in Welsh where its responses have it.
    """

    text: str = ""
    queue: str = ""
    means: str = ""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if bool(self.means) == bool(self.text or self.queue):
            raise ValueError("either a text (and a queue), or the words that the key means")
        if self.text and len(self.text) < _SHORTEST:
            raise ValueError(f"a text has at least {_SHORTEST} letters")
        return self


class WelshContent(_Text):
    """All that is said in Welsh. ``checked_by`` is empty until a Welsh speaker of the council has read it.

    ``english`` says of which English each of the ``scripts`` is the Welsh: its :func:`mark`, by the rule.
    """

    owner: str
    checked_by: str = ""
    checked_on: str = ""
    offer: str
    menu: str
    menu_again: str
    keys_only: str
    person: str
    closed: str
    answers: dict[str, WelshAnswer]
    emergency: WelshAnswer
    scripts: dict[str, str]
    english: dict[str, str] = {}


def mark(english: str) -> str:
    """What English words are known by where their Welsh stands: eight hex digits, whatever the line breaks."""
    return hashlib.sha256(" ".join(english.split()).encode()).hexdigest()[:8]


def load_welsh(project: Path) -> WelshContent | None:
    """The Welsh of a dialogue project; None when it has none. Raises :class:`ConfigurationError`."""
    path = project / WELSH_FILE
    if not path.is_file():
        return None
    try:
        content: Any = YAML(typ="safe").load(path.read_text("utf-8"))
        return WelshContent.model_validate(content)
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise ConfigurationError(f"{path} can't be read: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"{path}: {wrong}") from error
