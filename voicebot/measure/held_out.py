"""The held-out utterances: read, checked and laid out one by one.

The file says in its own head how it is read. A group's values hold for all its lines; a line may differ from its group.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from voicebot.errors import ConfigurationError

ANY = "any"
NONE = "none"
SHORT_WORDS = 3
LONG_WORDS = 22
NUMBER_WORDS = 3

_split = str.split
_DIGITS = frozenset(
    _split(
        "oh zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred double treble"
    )
)

Need = Literal["answer", "report", "transact", "human", "emergency", "out_of_scope", "smalltalk", "control", "any"]


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_several)]
Needs = Annotated[tuple[Need, ...], BeforeValidator(_several)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Line(_Strict):
    text: str
    service: Names | None = None
    need: Needs | None = None
    queue: Names | None = None
    emergency: Names | None = None
    near: str | None = None
    may_ask: bool | None = None
    asked: str | None = None
    facts: dict[str, str] = Field(default_factory=dict)
    slices: tuple[str, ...] = ()


def _line(value: Any) -> Any:
    """A plain text, ``{text: [slices]}`` or a whole mapping."""
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, dict) and len(value) == 1 and "text" not in value:
        text, slices = next(iter(value.items()))
        return {"text": text, "slices": slices}
    return value


class _Group(_Strict):
    service: Names
    topic: str
    need: Needs
    queue: Names
    emergency: Names = ()
    near: str = ""
    may_ask: bool = False
    say: tuple[Annotated[_Line, BeforeValidator(_line)], ...] = Field(min_length=1)


class _File(_Strict):
    groups: tuple[_Group, ...]


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing said and what must be made of it. Tuples hold every value that is right; ``any`` isn't judged."""

    text: str
    topic: str
    service: tuple[str, ...]
    need: tuple[str, ...]
    queue: tuple[str, ...]
    emergency: tuple[str, ...] = ()
    near: str = ""
    may_ask: bool = False
    asked: str | None = None
    facts: dict[str, str] = field(default_factory=dict)
    slices: frozenset[str] = frozenset()

    @property
    def is_emergency(self) -> bool:
        """Whether a safety rule must be raised or asked about."""
        return bool(self.emergency) and ANY not in self.emergency

    @property
    def is_harmless(self) -> bool:
        """Whether raising a rule, or asking about one, is a false alarm."""
        return not self.emergency

    @property
    def is_out_of_scope(self) -> bool:
        """Whether it is plainly no business of a council."""
        return self.need == ("out_of_scope",)


def load_utterances(path: Path) -> list[Utterance]:
    """Read the file. Raises :class:`~voicebot.errors.ConfigurationError` that names the file and the place."""
    try:
        read = _File.model_validate(YAML(typ="safe").load(path))
    except (YAMLError, OSError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"{path}: {places}") from error
    return [_one(group, line) for group in read.groups for line in group.say]


def _one(group: _Group, line: _Line) -> Utterance:
    return Utterance(
        text=line.text,
        topic=group.topic,
        service=line.service or group.service,
        need=line.need or group.need,
        queue=line.queue or group.queue,
        emergency=group.emergency if line.emergency is None else line.emergency,
        near=line.near or group.near,
        may_ask=group.may_ask if line.may_ask is None else line.may_ask,
        asked=line.asked,
        facts=line.facts,
        slices=frozenset(line.slices) | _counted(line.text) | ({"in_a_form"} if line.asked else set()),
    )


def _counted(text: str) -> set[str]:
    """The slices that the words themselves tell."""
    words = text.split()
    slices = set()
    if len(words) <= SHORT_WORDS:
        slices.add("short")
    if len(words) >= LONG_WORDS:
        slices.add("long")
    numbers = sum(word in _DIGITS or any(character.isdigit() for character in word) for word in words)
    if numbers >= NUMBER_WORDS:
        slices.add("number_heavy")
    return slices
