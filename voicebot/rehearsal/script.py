"""A call script: one YAML file says what a caller says and what must come of it.

.. code-block:: yaml

    name: a missed recycling bin is reported
    opening: my recycling bin hasn't been emptied
    answers:                       # by what the bot asks for; a list is used up in order
      postcode: z b three, eight l p
      house_number: twelve
      anything_else: no thank you
    otherwise: yes                 # to a question that is not listed (default: yes)
    expect:
      outcome: reported            # every key is optional; only what is given is checked
      service: waste
      queue: waste_street
      facts: {postcode: ZB3 8LP}
      said: [reference]

An answer is words to be spoken, ``{keys: "12#"}``, ``{silence: true}``, or, for a caller who listens,
``{say: "yes", if_hears: Mill Lane, else_say: "no"}``: the bot's last words decide.
"""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from voicebot.errors import ConfigurationError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Line(_Strict):
    """One thing that the caller does: words, keys, silence or hanging up.

    With ``if_hears`` the words are ``say`` only if the bot's last words hold it, and ``else_say`` otherwise.
    """

    say: str = ""
    if_hears: str = ""
    else_say: str = ""
    keys: str = ""
    silence: bool = False
    hangup: bool = False


def _line(value: Any) -> Any:
    if isinstance(value, bool):
        return {"say": "yes" if value else "no"}
    return {"say": str(value)} if isinstance(value, str | int) else value


class Expectation(_Strict):
    """What must hold at the end of the call."""

    outcome: str | None = None
    service: str | None = None
    need: str | None = None
    queue: str | None = None
    emergency: str | None = None
    facts: dict[str, str] = Field(default_factory=dict)
    said: tuple[str, ...] = ()


class CallScript(_Strict):
    """One scripted call."""

    name: str
    opening: Line
    answers: dict[str, tuple[Line, ...]] = Field(default_factory=dict)
    otherwise: Line = Line(say="yes")
    caller: str = "01632960123"
    expect: Expectation
    max_turns: int = 16

    @field_validator("opening", "otherwise", mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return _line(value)

    @field_validator("answers", mode="before")
    @classmethod
    def _many(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            slot: [_line(item) for item in (lines if isinstance(lines, list) else [lines])]
            for slot, lines in value.items()
        }


class ScriptedCaller:
    """Chooses what the caller of a script does next, by what the bot asked for."""

    def __init__(self, script: CallScript) -> None:
        self._script = script
        self._opened = False
        self._used: dict[str, int] = {}

    def next_line(self, asked: str | None, heard: str | None = None) -> Line:
        """The caller's answer to the question for ``asked``, or the opening when nothing has been said yet.

        ``heard`` is what the bot said last, or None where that isn't known: then the bot is believed.
        """
        line = self._choose(asked)
        if line.if_hears and heard is not None and _plain(line.if_hears) not in _plain(heard):
            return Line(say=line.else_say)
        return line

    def _choose(self, asked: str | None) -> Line:
        if not self._opened:
            self._opened = True
            return self._script.opening
        lines = self._script.answers.get(asked or "")
        if not lines and asked in (None, "need"):
            # asked how to help once more, a person says again what they want
            return self._script.opening
        if not lines:
            return self._script.otherwise
        used = self._used.get(asked or "", 0)
        self._used[asked or ""] = used + 1
        return lines[min(used, len(lines) - 1)]


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def load_script(path: Path) -> CallScript:
    """Read one script. Raises :class:`~voicebot.errors.ConfigurationError` that names the file and the place."""
    try:
        content = YAML(typ="safe").load(path)
        return CallScript.model_validate(content)
    except YAMLError as error:
        raise ConfigurationError(f"{path} is not valid YAML: {error}") from error
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"{path}: {places}") from error


def find_scripts(folder: Path) -> list[Path]:
    """Every script under ``folder``: YAML files in folders named ``calls``, or all when ``folder`` itself is one."""
    if folder.is_file():
        return [folder]
    pattern = "*.yml" if folder.name == "calls" else "**/calls/*.yml"
    found = sorted(folder.glob(pattern)) or sorted(folder.glob("*.yml"))
    if not found:
        raise ConfigurationError(f"there are no call scripts in {folder} (YAML files in a folder named calls)")
    return found
