"""Welsh, the second language: its words, read and checked once."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from voicebot.errors import ConfigurationError

WELSH_FILE = Path("cy") / "welsh.yml"
"""Where it lies inside the dialogue project."""


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class WelshAnswer(_Text):
    """What a key of the menu gives: words, and the queue that takes the call after them, if one must."""

    text: str = Field(min_length=10)
    queue: str = ""


class WelshContent(_Text):
    """All that is said in Welsh. ``checked_by`` is empty until a Welsh speaker of the council has read it."""

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
