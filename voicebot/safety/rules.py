"""The council's safety rules: locked scripts, the question to ask when unsure, and what to listen for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from voicebot.errors import ConfigurationError
from voicebot.safety.patterns import GAP, Pattern, Phrase, compile_pattern, phrase

RULES_FILE = Path("safety") / "rules.yml"
"""Where the rules lie inside the dialogue project."""


class _RuleText(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z_]*$")
    title: str
    queue: str
    severity: Literal["life", "urgent", "hazard"]
    priority: Literal["normal", "high", "urgent"]
    script: str = Field(min_length=20)
    question: str = Field(min_length=10)
    certain: list[str]
    ask: list[str] = []
    exclude: list[str] = []


class _RulesText(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    classes: dict[str, str | list[str]] = {}
    exclude: list[str] = []
    past: list[str] = []
    hypothetical: list[str] = []
    rules: list[_RuleText] = Field(min_length=1)


class RuleWords(BaseModel):
    """What callers hear of a rule: its script, and the question asked when unsure."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    script: str
    question: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what is said (``script``), asked when unsure (``question``), and who takes the call (``queue``)."""

    id: str
    title: str
    queue: str
    severity: Literal["life", "urgent", "hazard"]
    priority: Literal["normal", "high", "urgent"]
    script: str
    question: str
    certain: tuple[Pattern, ...]
    ask: tuple[Pattern, ...]
    exclude: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, the gravest first, and what makes any of them doubtful."""

    rules: tuple[Rule, ...]
    exclude: tuple[Pattern, ...]
    past: tuple[Pattern, ...]
    hypothetical: tuple[Pattern, ...]

    def by_id(self, rule_id: str) -> Rule:
        """The rule named ``rule_id``. Raises :class:`KeyError`."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)

    def words(self) -> "dict[str, RuleWords]":
        """What is said for each rule, by its id."""
        return {rule.id: RuleWords(script=rule.script, question=rule.question) for rule in self.rules}

    def saying(self, words: "Mapping[str, RuleWords]") -> "Rules":
        """The same rules in other words; those that ``words`` does not name keep theirs."""
        said = (
            replace(rule, script=words[rule.id].script, question=words[rule.id].question) if rule.id in words else rule
            for rule in self.rules
        )
        return replace(self, rules=tuple(said))


def load_rules(path: Path) -> Rules:
    """Read ``rules.yml``. Raises :class:`ConfigurationError` that says what is wrong where."""
    try:
        raw = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        text = _RulesText.model_validate(raw)
    except (OSError, YAMLError) as error:
        raise ConfigurationError(f"the safety rules {path} can't be read: {error}") from error
    except ValidationError as error:
        lines = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"the safety rules {path} are wrong: {lines}") from error
    classes = {
        name: frozenset(phrase(item) for item in (words.split("|") if isinstance(words, str) else words))
        for name, words in text.classes.items()
    }
    rules = tuple(_rule(item, classes) for item in text.rules)
    names = [rule.id for rule in rules]
    if len(set(names)) < len(names):
        raise ConfigurationError(f"the safety rules {path} name a rule twice")
    return Rules(
        rules,
        _patterns(text.exclude, classes, gap=0),
        _patterns(text.past, classes),
        _patterns(text.hypothetical, classes),
    )


def _rule(text: _RuleText, classes: Mapping[str, frozenset[Phrase]]) -> Rule:
    return Rule(
        id=text.id,
        title=text.title,
        queue=text.queue,
        severity=text.severity,
        priority=text.priority,
        script=" ".join(text.script.split()),
        question=" ".join(text.question.split()),
        certain=_patterns(text.certain, classes),
        ask=_patterns(text.ask, classes),
        exclude=_patterns(text.exclude, classes, gap=0),
    )


def _patterns(sources: list[str], classes: Mapping[str, frozenset[Phrase]], *, gap: int = GAP) -> tuple[Pattern, ...]:
    return tuple(compile_pattern(source, classes, gap=gap) for source in sources)
