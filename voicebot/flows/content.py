"""What a project's files say, by name, each thing with the place where it stands.

Read entry by entry from a cache by content, so reading again after an edit costs only what was edited.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from voicebot.dialogue.welsh import WELSH_FILE
from voicebot.flows.document import Document, Entry
from voicebot.flows.errors import NotRepresentable
from voicebot.flows.model import Place
from voicebot.flows.project import SHARED, Project
from voicebot.flows.yaml_style import NotYaml

FORMS_FILE = "forms.yml"
"""Beside a service's other files: the forms and questions that were made in the editor."""

SAFETY_FILE = "safety/rules.yml"


@dataclass(frozen=True, slots=True)
class Item:
    """A thing of a service: its data (for reading only) and where it stands."""

    service: str
    file: str
    line: int
    data: Any

    def place(self, kind: Any, name: str, part: str = "") -> Place:
        """The same, for a page."""
        return Place(service=self.service, kind=kind, name=name, field=part, file=self.file, line=self.line)


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that can't be read as it should, and why."""

    service: str
    file: str
    line: int
    why: str


@dataclass
class Content:
    """Everything by name. A name that is there twice is in ``twice`` too: (what, name, second place)."""

    intents: dict[str, Item] = field(default_factory=dict)
    slots: dict[str, Item] = field(default_factory=dict)
    actions: dict[str, Item] = field(default_factory=dict)
    forms: dict[str, Item] = field(default_factory=dict)
    responses: dict[str, Item] = field(default_factory=dict)
    examples: dict[str, Item] = field(default_factory=dict)
    """The data is the tuple of examples."""
    rules: list[tuple[str, Item]] = field(default_factory=list)
    needs: dict[str, Item] = field(default_factory=dict)
    services: dict[str, Item] = field(default_factory=dict)
    facts: dict[str, Item] = field(default_factory=dict)
    """Labels by slot."""
    made_forms: dict[str, Item] = field(default_factory=dict)
    made_questions: dict[str, Item] = field(default_factory=dict)
    safety: dict[str, Item] = field(default_factory=dict)
    welsh_scripts: dict[str, tuple[str, str]] | None = None
    """By safety rule: the Welsh, and the mark of the English that it was made from. None without a Welsh file."""
    calls: dict[str, Item] = field(default_factory=dict)
    """By path without ``.yml``; the data is the whole script."""
    code: dict[str, str] = field(default_factory=dict)
    sections: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of the sections of each file."""
    twice: list[tuple[str, str, Item]] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)

    def required(self, form: str) -> list[str]:
        """The slots that a form asks for, in order."""
        item = self.forms.get(form)
        return [str(slot) for slot in (item.data or {}).get("required_slots") or []] if item else []

    def queue(self, intent: str) -> str:
        """Who takes a need's calls if a person does."""
        need = self.needs.get(intent)
        if need is None:
            return "none"
        service = self.services.get(need.service)
        return str(need.data.get("queue") or (service.data.get("queue") if service else "") or "none")

    def question(self, form: str, slot: str) -> str:
        """The response that asks for a slot in a form; empty when there is none."""
        own, general = f"utter_ask_{form}_{slot}", f"utter_ask_{slot}"
        return own if own in self.responses else general if general in self.responses else ""


_SECTIONS = ("intents", "slots", "actions", "forms", "responses")


_LAST: list[tuple[str, Content]] = []
_REMEMBERED = 8


def content_of(project: Project) -> Content:
    """What the project says. Shared by all who read: never change it."""
    name = project.name
    for known, content in _LAST:
        if known == name:
            return content
    content = _read(project)
    _LAST.insert(0, (name, content))
    del _LAST[_REMEMBERED:]
    return content


def _read(project: Project) -> Content:
    content = Content()
    welsh = WELSH_FILE.as_posix()
    for path in sorted([*project.yaml_files(), *({welsh} & {*project.files})]):
        parts = path.split("/")
        service = SHARED if parts[0] == "shared" else parts[1] if parts[0] == "services" else ""
        try:
            _take(content, service, path, project.at(path), calls="calls" in parts[:-1])
        except NotYaml as error:
            content.broken.append(Broken(service, path, error.line, str(error)))
        except NotRepresentable as error:
            content.broken.append(Broken(service, path, 1, str(error)))
        except (TypeError, AttributeError, ValueError, KeyError):
            content.broken.append(Broken(service, path, 1, "it has not the shape of such a file"))
    for path, text in project.files.items():
        if path.startswith("actions/") and path.endswith(".py"):
            content.code[path] = text
    return content


def _welsh_scripts(document: Document) -> dict[str, tuple[str, str]]:
    there = {section.name for section in document.sections}
    scripts, english = (document.value(name) if name in there else {} for name in ("scripts", "english"))
    return {rule: (str(said), str(english.get(rule) or "")) for rule, said in scripts.items()}


def _take(content: Content, service: str, path: str, document: Document, *, calls: bool) -> None:
    if path == WELSH_FILE.as_posix():
        content.welsh_scripts = _welsh_scripts(document)
        return
    name = path.rsplit("/", 1)[-1]
    content.sections[path] = tuple(section.name for section in document.sections)
    if calls:
        whole = {section.name: document.value(section.name) for section in document.sections}
        content.calls[path.removesuffix(".yml")] = Item(service, path, 1, whole)
    elif path == SAFETY_FILE:
        for entry in document.entries("rules"):
            content.safety[str(entry.data["id"])] = Item(service, path, entry.line, entry.data)
    elif name == "service.yml":
        _take_service(content, service, path, document)
    elif name == FORMS_FILE:
        for section, known in (("made_forms", content.made_forms), ("made_questions", content.made_questions)):
            for entry in document.entries(section):
                known[entry.key] = Item(service, path, entry.line, entry.data or {})
    else:
        _take_rasa(content, service, path, document)


def _take_service(content: Content, service: str, path: str, document: Document) -> None:
    about = {
        section.name: document.value(section.name)
        for section in document.sections
        if section.name not in ("needs", "facts")
    }
    content.services[service] = Item(service, path, 1, about)
    for entry in document.entries("needs"):
        _add(content, content.needs, "need", entry.key, Item(service, path, entry.line, dict(entry.data)))
    for entry in document.entries("facts"):
        content.facts[entry.key] = Item(service, path, entry.line, str(entry.data))


def _take_rasa(content: Content, service: str, path: str, document: Document) -> None:
    for section in _SECTIONS:
        known: dict[str, Item] = getattr(content, section)
        for entry in document.entries(section):
            _add(content, known, section.removesuffix("s"), entry.key, Item(service, path, entry.line, entry.data))
    for entry in document.entries("nlu"):
        if isinstance(entry.data, Mapping) and "intent" in entry.data:
            item = Item(service, path, entry.line, examples_of(entry))
            _add(content, content.examples, "examples", entry.key, item)
    for entry in document.entries("rules"):
        content.rules.append((entry.key, Item(service, path, entry.line, entry.data)))


def _add(content: Content, known: dict[str, Item], what: str, name: str, item: Item) -> None:
    if name in known:
        content.twice.append((what, name, item))
    known[name] = item


def examples_of(entry: Entry) -> tuple[str, ...]:
    """The examples of an entry of ``nlu``."""
    lines = str(entry.data.get("examples") or "").splitlines()
    return tuple(line.strip()[1:].strip() for line in lines if line.strip())
