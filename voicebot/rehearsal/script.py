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

A call may also be written as a caller would hold it, who knows no slots and goes by the words of the question:

.. code-block:: yaml

    person: ../people/tenant.yml   # what this person answers where the script itself says nothing
    when_bot_says:                 # regular expressions, tried in this order; a list is used up in order
      which bin|what sort of bin: the blue one
      postcode: [hang on, z b two four g t]
    expect:
      outcome: [reported, callback]   # any of them
      known: [ZB2 4GT]             # regular expressions: each is the value of some fact, whatever its name
      says: ["reference.*[A-Z0-9]{4}"]
      never_says: [pounds]
      asks_once: [postcode]        # not asked again once it was answered

The bot's last question decides, or, if no expression is about that, all that it said in its turn. The script's own
expressions come before the person's, and an answer by slot before both.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
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


def _lines(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        asked: [_line(item) for item in (lines if isinstance(lines, list) else [lines])]
        for asked, lines in value.items()
    }


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _expression(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is not a regular expression: {error}") from error
    return value


Expression = Annotated[str, AfterValidator(_expression)]
Answers = Annotated[dict[str, tuple[Line, ...]], BeforeValidator(_lines)]
ByWords = Annotated[dict[Expression, tuple[Line, ...]], BeforeValidator(_lines)]
OneLine = Annotated[Line, BeforeValidator(_line)]
Accepted = Annotated[tuple[str, ...] | None, BeforeValidator(_several)]


class Expectation(_Strict):
    """What must hold at the end of the call. ``outcome`` to ``emergency`` may each be a list of what is right."""

    outcome: Accepted = None
    service: Accepted = None
    need: Accepted = None
    queue: Accepted = None
    emergency: Accepted = None
    facts: dict[str, str] = Field(default_factory=dict)
    known: tuple[Expression, ...] = ()
    said: tuple[str, ...] = ()
    says: tuple[Expression, ...] = ()
    never_says: tuple[Expression, ...] = ()
    asks_once: tuple[Expression, ...] = ()


class Person(_Strict):
    """A caller with an address, a number and so on: what they answer in any call."""

    when_bot_says: ByWords = Field(default_factory=dict)


class CallScript(_Strict):
    """One scripted call."""

    name: str
    opening: OneLine
    answers: Answers = Field(default_factory=dict)
    person: Person = Field(default_factory=Person)
    when_bot_says: ByWords = Field(default_factory=dict)
    otherwise: OneLine = Line(say="yes")
    caller: str = "01632960123"
    expect: Expectation
    max_turns: int = 16

    def words(self) -> set[str]:
        """All that the caller may come to say."""
        chosen = (self.answers, self.when_bot_says, self.person.when_bot_says)
        lines = [self.opening, self.otherwise, *(line for each in chosen for lines in each.values() for line in lines)]
        return {words for line in lines for words in (line.say, line.else_say) if words}


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
        line = self._choose(asked, heard or "")
        if line.if_hears and heard is not None and _plain(line.if_hears) not in _plain(heard):
            return Line(say=line.else_say)
        return line

    def _choose(self, asked: str | None, heard: str) -> Line:
        if not self._opened:
            self._opened = True
            return self._script.opening
        if asked and self._script.answers.get(asked):
            return self._next_of(asked, self._script.answers[asked])
        for by_words in (self._script.when_bot_says, self._script.person.when_bot_says):
            expression = _about(heard, by_words)
            if expression is not None:
                return self._next_of(expression, by_words[expression])
        if asked in (None, "need"):
            # asked how to help once more, a person says again what they want
            return self._script.opening
        return self._script.otherwise

    def _next_of(self, asked: str, lines: tuple[Line, ...]) -> Line:
        used = self._used.get(asked, 0)
        self._used[asked] = used + 1
        return lines[min(used, len(lines) - 1)]


def last_question(text: str) -> str:
    """The last sentence that ends in a question mark, or nothing."""
    questions = [sentence for sentence in re.split(r"(?<=[.?!])\s+", text) if sentence.endswith("?")]
    return questions[-1] if questions else ""


def _about(heard: str, by_words: Mapping[str, tuple[Line, ...]]) -> str | None:
    """The expression that is about the last question, or about anything else that was heard."""
    for words in (last_question(heard), heard):
        for expression in by_words:
            if words and re.search(expression, words, re.IGNORECASE):
                return expression
    return None


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def load_script(path: Path) -> CallScript:
    """Read one script. Raises :class:`~voicebot.errors.ConfigurationError` that names the file and the place."""
    try:
        content = YAML(typ="safe").load(path)
        if isinstance(content, dict) and isinstance(content.get("person"), str):
            content["person"] = YAML(typ="safe").load(path.parent / content["person"])
        return CallScript.model_validate(content)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error}") from error
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
