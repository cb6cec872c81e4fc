"""YAML as this project writes it, read and written with comments, quotes and order kept (ruamel.yaml)."""

import io
import re
import threading
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

_NO_WRAP = 1_000_000
_OTHERWISE_IN_1_1 = re.compile(
    r"(?i:y|n|yes|no|on|off)|[-+]?0[0-7_]+|[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?|[-+]?\d[\d_]*_[\d_]*|0b[01_]+"
)
_KEPT = 50_000


class _Representer(RoundTripRepresenter):
    """Writes ``null`` as a word."""


_Representer.add_representer(
    type(None), lambda representer, _: representer.represent_scalar("tag:yaml.org,2002:null", "null")
)


def _make() -> YAML:
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.preserve_quotes = True
    yaml.width = _NO_WRAP
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    return yaml


_YAML = _make()
_ONE_AT_A_TIME = threading.Lock()


class NotYaml(ValueError):
    """A text is not valid YAML; ``line`` is where, counted from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def load(text: str) -> Any:
    """``text`` as data of one's own, to be changed and written again. Raises :class:`NotYaml`."""
    try:
        with _ONE_AT_A_TIME:
            return _YAML.load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise NotYaml(str(why), (mark.line + 1) if mark else 1) from error


@lru_cache(maxsize=_KEPT)
def reading(text: str) -> Any:
    """The same, shared by all who only read: never change it."""
    return load(text)


def dump(data: Any) -> str:
    """Data as text."""
    out = io.StringIO()
    _make_readable(data)
    with _ONE_AT_A_TIME:
        _YAML.dump(data, out)
    return out.getvalue()


def quoted(text: str) -> str:
    """A text for people: in double quotes."""
    made: str = DoubleQuotedScalarString(text)
    return made


def readable(value: Any) -> Any:
    """A new value; in quotes where YAML 1.1, which Rasa reads, would take a text for something else: "yes", "9:30"."""
    return quoted(value) if type(value) is str and _OTHERWISE_IN_1_1.fullmatch(value) else value


def _make_readable(data: Any, *, flow: bool = False) -> None:
    """Put a text into quotes where it stands in one line with others and begins as a key of a mapping does ("?"): the
    writer does not look for that, and no reader could read it."""
    if not isinstance(data, dict | list):
        return
    flow = flow or (isinstance(data, CommentedMap | CommentedSeq) and data.fa.flow_style() is True)
    for at in range(len(data)) if isinstance(data, list) else list(data):
        value = data[at]
        if flow and type(value) is str and value.startswith(("?", "-", ":")):
            data[at] = quoted(value)
        _make_readable(value, flow=flow)


def flow_list(items: Iterable[Any]) -> CommentedSeq:
    """``[a, b]`` in one line."""
    made = CommentedSeq(items)
    made.fa.set_flow_style()
    return made


def flow_map(items: Mapping[str, Any]) -> CommentedMap:
    """``{a: b}`` in one line."""
    made = CommentedMap({key: readable(value) for key, value in items.items()})
    made.fa.set_flow_style()
    return made


def quoted_list(texts: Iterable[str]) -> CommentedSeq:
    """A list of texts for people, a line each."""
    return CommentedSeq(quoted(text) for text in texts)


def keypad_map(keypad: Mapping[str, str]) -> CommentedMap:
    """Keys and what they stand for, in one line."""
    return flow_map({quoted(key): quoted(value) for key, value in keypad.items()})


def example_block(examples: Iterable[str]) -> str:
    """Examples as Rasa keeps them: a text of lines, each after a dash."""
    made: str = LiteralScalarString("".join(f"- {example}\n" for example in examples))
    return made
