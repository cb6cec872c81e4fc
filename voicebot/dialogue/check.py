"""A check of the dialogue project's cross-references, without Rasa.

``rasa data validate`` reads the text alone and passes unknown actions and intents; training finds rules that
contradict each other. This finds the rest in a fraction of a second: what is used and not defined, defined and not
reachable, and responses that would not become valid Bot Acts.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from voicebot.dialogue.acts import Ask, BotAct, Say
from voicebot.facts.model import NEVER_CLOSE

QUEUES = frozenset(
    {
        "waste_street", "revenues", "benefits", "repairs", "housing", "homelessness", "adult_social_care",
        "childrens_services", "parking", "customer_services", "highways", "registrars", "elections", "planning",
        "schools", "environmental_health", "complaints", "emergency_999", "gas_emergency", "power_emergency",
        "homelessness_urgent", "safeguarding_adults", "safeguarding_children", "repairs_emergency",
        "highways_emergency", "dangerous_structures", "priority_human", "none",
    }
)  # fmt: skip
"""Every queue that a call may go to; ``none`` is nobody."""

NEEDS = frozenset({"answer", "report", "transact", "human", "emergency", "out_of_scope", "smalltalk", "control"})
PRIORITIES = frozenset({"normal", "high", "urgent"})
FEW_EXAMPLES = 20
_BUILT_IN_INTENTS = frozenset({"nlu_fallback"})
_PLACEHOLDER = re.compile(r"\{([a-z_]\w*)\}")
_ACT: TypeAdapter[Any] = TypeAdapter(BotAct)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. ``place`` is the file, seen from the project."""

    severity: Literal["error", "warning"]
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.place}: {self.message}"

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)


@dataclass
class _Project:
    """The project's parts by name, each with the file that it stands in."""

    intents: dict[str, str]
    slots: dict[str, str]
    actions: dict[str, str]
    forms: dict[str, tuple[str, list[str]]]
    responses: dict[str, tuple[str, list[Any]]]
    examples: dict[str, tuple[str, list[str]]]
    rules: list[tuple[str, Mapping[str, Any]]]
    needs: dict[str, tuple[str, Mapping[str, Any]]]
    services: dict[str, tuple[str, Mapping[str, Any]]]
    code: dict[str, str]
    made: set[str] = field(default_factory=set)
    """Forms that were made in the editor, without code."""


def check_project(path: Path) -> list[Problem]:
    """Check the dialogue project at ``path``; the errors come first."""
    problems: list[Problem] = []
    project = _read(path, problems)
    for part in (_check_intents, _check_rules, _check_forms, _check_responses, _check_services, _check_code):
        problems.extend(part(project))
    return sorted(problems, key=lambda problem: (problem.severity, problem.place, problem.message))


def _read(path: Path, problems: list[Problem]) -> _Project:
    project = _Project({}, {}, {}, {}, {}, {}, [], {}, {}, {})
    for file in sorted([*path.glob("shared/**/*.yml"), *path.glob("services/**/*.yml")]):
        place = str(file.relative_to(path))
        if "calls" in file.relative_to(path).parts:
            continue
        try:
            content = YAML(typ="safe").load(file)
        except (YAMLError, UnicodeDecodeError) as error:
            problems.append(Problem("error", place, f"not valid YAML: {str(error).splitlines()[0]}"))
            continue
        if not isinstance(content, dict):
            problems.append(Problem("error", place, "does not hold a mapping"))
            continue
        _take(project, place, content, problems)
    for file in sorted(path.glob("actions/*.py")):
        project.code[str(file.relative_to(path))] = file.read_text("utf-8")
    return project


def _take(project: _Project, place: str, content: dict[str, Any], problems: list[Problem]) -> None:
    def add(known: dict[str, Any], name: str, value: Any, what: str) -> None:
        if name in known:
            problems.append(Problem("error", place, f"{what} {name} is defined twice"))
        known[name] = value

    for intent in content.get("intents") or []:
        add(project.intents, intent if isinstance(intent, str) else next(iter(intent)), place, "intent")
    for slot in content.get("slots") or {}:
        add(project.slots, slot, place, "slot")
    for action in content.get("actions") or []:
        add(project.actions, action, place, "action")
    for form, about in (content.get("forms") or {}).items():
        add(project.forms, form, (place, list(about.get("required_slots") or [])), "form")
    for response, variants in (content.get("responses") or {}).items():
        add(project.responses, response, (place, list(variants or [])), "response")
    for block in content.get("nlu") or []:
        if "intent" in block:
            lines = [line.strip()[1:].strip() for line in str(block.get("examples", "")).splitlines() if line.strip()]
            add(project.examples, block["intent"], (place, lines), "examples of intent")
    for rule in content.get("rules") or []:
        project.rules.append((place, rule))
    project.made.update(content.get("made_forms") or {})
    if "needs" in content:
        project.services[place] = (place, content)
        for intent, about in content["needs"].items():
            add(project.needs, intent, (place, about), "need of intent")


def _check_intents(project: _Project) -> Iterator[Problem]:
    for intent, place in project.intents.items():
        lines = project.examples.get(intent, ("", []))[1]
        if not lines:
            yield Problem("error", place, f"intent {intent} has no examples")
        elif len(lines) < FEW_EXAMPLES and intent != "start_call":
            yield Problem("warning", place, f"intent {intent} has only {len(lines)} examples")
        if intent not in project.needs:
            yield Problem("error", place, f"intent {intent} is in no service.yml")
    seen: dict[str, str] = {}
    for intent, (place, lines) in project.examples.items():
        if intent not in project.intents:
            yield Problem("error", place, f"examples of intent {intent}, which no domain names")
        for line in lines:
            known = seen.setdefault(line.lower(), intent)
            if known != intent:
                yield Problem("error", place, f"{line!r} is an example of both {known} and {intent}")


def _check_rules(project: _Project) -> Iterator[Problem]:
    used: set[str] = set()
    known = set(project.actions) | set(project.forms) | set(project.responses) | {"action_listen", "action_restart"}
    for place, rule in project.rules:
        name = rule.get("rule", "")
        steps = [*(rule.get("condition") or []), *(rule.get("steps") or [])]
        for step in steps:
            intent = step.get("intent")
            if intent:
                used.add(intent)
                if intent not in project.intents and intent not in _BUILT_IN_INTENTS:
                    yield Problem("error", place, f"rule {name!r} uses intent {intent}, which is not defined")
            action = step.get("action")
            if action and action not in known:
                yield Problem("error", place, f"rule {name!r} uses {action}, which is not defined")
            loop = step.get("active_loop")
            if loop and loop not in project.forms:
                yield Problem("error", place, f"rule {name!r} uses form {loop}, which is not defined")
            for slot in (name for item in step.get("slot_was_set") or [] for name in item):
                if slot not in project.slots and slot != "requested_slot":
                    yield Problem("error", place, f"rule {name!r} uses slot {slot}, which is not defined")
    for intent, place in project.intents.items():
        if intent not in used:
            yield Problem("error", place, f"intent {intent} has no rule: nothing would answer it")


def _check_forms(project: _Project) -> Iterator[Problem]:
    ended = {
        condition.get("active_loop")
        for _, rule in project.rules
        for condition in rule.get("condition") or []
        if any(step.get("active_loop", "") is None for step in rule.get("steps") or [])
    }
    for form, (place, slots) in project.forms.items():
        intent = form.removesuffix("_form")
        for action in (f"validate_{form}", f"action_{intent}"):
            if action not in project.actions:
                yield Problem("error", place, f"form {form} needs {action} among the actions")
        if form not in ended:
            yield Problem("error", place, f"form {form} has no rule for its end")
        if intent not in project.intents:
            yield Problem("error", place, f"form {form} belongs to no intent {intent}")
        for slot in slots:
            if slot not in project.slots:
                yield Problem("error", place, f"form {form} requires slot {slot}, which is not defined")
            if not any(name in project.responses for name in (f"utter_ask_{form}_{slot}", f"utter_ask_{slot}")):
                yield Problem("error", place, f"form {form} has no question for {slot}")


def _check_responses(project: _Project) -> Iterator[Problem]:
    ask_names = re.compile(rf"^utter_ask_(?:(?:{'|'.join(map(re.escape, project.forms)) or '-'})_)?(\w+)$")
    for name, (place, variants) in project.responses.items():
        if not variants:
            yield Problem("error", place, f"{name} has no text")
        for variant in variants:
            custom = variant.get("custom") or {}
            text = variant.get("text") or ""
            yield from _check_act(name, place, text, custom)
            asked = ask_names.match(name)
            if asked and "ask" not in custom:
                yield Problem("error", place, f"{name} is a question without custom.ask")
            slot = (custom.get("ask") or {}).get("slot")
            # What a guess or another need is asked with takes the same yes or no.
            if asked and slot and asked.group(1) != slot and slot not in ("need", "guess"):
                yield Problem("error", place, f"{name} asks for slot {slot}: the names must be the same")


def _check_act(name: str, place: str, text: str, custom: Mapping[str, Any]) -> Iterator[Problem]:
    """What the channel makes of a response must be a Bot Act."""
    extra = set(custom) - {"ask", "say", "act"}
    if extra and "act" not in custom:
        yield Problem(
            "error", place, f"{name}: custom may hold ask, say or a whole act, not {', '.join(sorted(extra))}"
        )
        return
    try:
        if "act" in custom:
            act = _ACT.validate_python(dict(custom))
            if getattr(act, "queue", "none") not in QUEUES:
                yield Problem("error", place, f"{name}: there is no queue {act.queue}")
        elif "ask" in custom:
            ask = Ask.model_validate({"act": "ask", "text": text, **custom["ask"]})
            if not ask.retries:
                yield Problem("error", place, f"{name} has no retries for when the answer isn't understood")
            if not text:
                yield Problem("error", place, f"{name} asks nothing")
        else:
            Say.model_validate({"act": "say", "text": text, **(custom.get("say") or {})})
            if not text:
                yield Problem("error", place, f"{name} says nothing")
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        yield Problem("error", place, f"{name} is no valid act: {wrong}")


def _check_services(project: _Project) -> Iterator[Problem]:
    for place, content in project.services.values():
        if content.get("queue") not in QUEUES:
            yield Problem("error", place, f"there is no queue {content.get('queue')}")
        for slot in content.get("facts") or {}:
            if slot not in project.slots:
                yield Problem("error", place, f"fact {slot} is no slot")
        if content.get("service") != "none":
            yield from _check_owner(place, content)
    for intent, (place, about) in project.needs.items():
        if intent not in project.intents:
            yield Problem("error", place, f"intent {intent} is not defined")
        if about.get("need") not in NEEDS:
            yield Problem("error", place, f"intent {intent}: there is no need {about.get('need')!r}")
        if about.get("queue", "none") not in QUEUES:
            yield Problem("error", place, f"intent {intent}: there is no queue {about['queue']}")
        if about.get("priority", "normal") not in PRIORITIES:
            yield Problem("error", place, f"intent {intent}: the priority is normal, high or urgent")
        elif about.get("priority") == "urgent" and about.get("queue") not in NEVER_CLOSE:
            # An urgent call is put through at any hour.
            yield Problem(
                "error", place, f"intent {intent} is urgent, and its queue closes: high is the most it can be"
            )


def _check_owner(place: str, content: Mapping[str, Any]) -> Iterator[Problem]:
    """Whoever answers for what the phone says must be known, and when they last looked at it."""
    if not str(content.get("owner") or "").strip():
        yield Problem("error", place, "there is no owner: name the post that answers for what is said here")
    for about in (content, *content["needs"].values()):
        if (about is content or "reviewed" in about) and not isinstance(about.get("reviewed"), date):
            yield Problem("error", place, "reviewed must be the day on which it was last read, such as 2026-11-02")
        if (about is content or "source" in about) and not str(about.get("source") or "").startswith("https://"):
            yield Problem("error", place, "source must be the page where it is published: https://…")


def _check_code(project: _Project) -> Iterator[Problem]:
    """Responses and forms that the actions' code names must exist, and every action must be programmed."""
    made: set[str] = set()
    used: set[str] = set()
    for place, source in project.code.items():
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            text = node.value
            if re.fullmatch(r"utter_\w+[a-z]", text):
                used.add(text)
                if text not in project.responses:
                    yield Problem("error", place, f"{text} is not defined")
            if re.fullmatch(r"action_\w+[a-z]", text):
                made.add(text)
        made.update(f"action_{intent}" for intent in project.made)
        made.update(f"action_{intent}" for intent in re.findall(r'^    intent = "(\w+)"', source, re.MULTILINE))
    for action, place in project.actions.items():
        name = action.removeprefix("validate_").removesuffix("_form")
        if action not in made and f"action_{name}" not in made:
            yield Problem("error", place, f"{action} is not programmed in actions/")
    yield from _unused(project, used)
    yield from _placeholders(project)


def _placeholders(project: _Project) -> Iterator[Problem]:
    """What stands in braces is a slot, or is given by the code that says the response."""
    trees = [ast.parse(source) for source in project.code.values()]
    given = {node.arg for tree in trees for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    for name, (place, variants) in project.responses.items():
        for wanted in sorted({word for variant in variants for word in _PLACEHOLDER.findall(str(variant))}):
            if wanted not in project.slots and wanted not in given:
                yield Problem("error", place, f"{name}: nothing gives {{{wanted}}}")


def _unused(project: _Project, used: set[str]) -> Iterator[Problem]:
    in_rules = {step.get("action") for _, rule in project.rules for step in rule.get("steps") or []}
    for name, (place, _) in project.responses.items():
        bare = name.removeprefix("utter_").removesuffix("_intro")
        done = bare.removesuffix("_done") in project.made
        asked = name.startswith("utter_ask_") and any(
            name in (f"utter_ask_{form}_{slot}", f"utter_ask_{slot}")
            for form, (_, slots) in project.forms.items()
            for slot in [*slots, "what_to_change"]
        )
        # The shared questions are a stock for services to take from.
        asked = asked or (place.startswith("shared/") and name.removeprefix("utter_ask_") in project.slots)
        if not (name in in_rules or name in used or bare in project.intents or asked or done):
            yield Problem("warning", place, f"{name} is never said")
