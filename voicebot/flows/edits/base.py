"""What all edits are made of: finding things, and adding entries in the way that the project writes them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ruamel.yaml.comments import CommentedMap

from voicebot.flows.content import Content, Item
from voicebot.flows.document import Document, Entry, entry
from voicebot.flows.errors import EditRefused
from voicebot.flows.project import SHARED, Project
from voicebot.flows.yaml_style import example_block, flow_list, flow_map

RASA_VERSION = 'version: "3.1"\n\n'


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a command."""

    project: Project
    summary: str


def found(items: dict[str, Item], name: str, what: str) -> Item:
    """A thing by its name. Raises :class:`EditRefused`."""
    item = items.get(name)
    if item is None:
        raise EditRefused(f"There is no {what} {name}.")
    return item


def title_of(content: Content, intent: str) -> str:
    """What people call a need."""
    need = content.needs.get(intent)
    return str((need.data.get("title") if need else "") or intent.replace("_", " "))


def edit_entry(project: Project, item: Item, section: str, key: str, change: Callable[[Any], Any]) -> Project:
    """The project with one entry of a file edited."""
    return project.with_document(project.at(item.file).changed(section, key, change))


def rasa_file(project: Project, service: str, file: str) -> Document:
    """A service's file of Rasa's, begun if it is not there."""
    document = project.document(service, file)
    return document if document.sections else replace(document, start=RASA_VERSION)


def with_entry(project: Project, service: str, file: str, section: str, new: Entry, at: int | None = None) -> Project:
    """The project with an entry added to a file of a service."""
    document = project.document(service, file) if file == "service.yml" else rasa_file(project, service, file)
    return project.with_document(document.inserted(section, new, at))


def with_item(project: Project, service: str, section: str, name: str) -> Project:
    """The project with a name added to a list of a service's domain."""
    return with_entry(project, service, "domain.yml", section, Entry(name, "", f"  - {name}\n", True))


def with_slot(project: Project, service: str, slot: str) -> Project:
    """The project with a slot of the kind that the form engine fills."""
    value = flow_map({"type": "any", "influence_conversation": False, "mappings": flow_list([{"type": "custom"}])})
    return with_entry(project, service, "domain.yml", "slots", entry(slot, value))


def with_response(project: Project, service: str, name: str, variant: CommentedMap) -> Project:
    """The project with a response of one variant."""
    return with_entry(project, service, "domain.yml", "responses", entry(name, [variant]))


def with_rule(project: Project, service: str, rule: dict[str, Any]) -> Project:
    """The project with a rule, set apart by a blank line."""
    document = rasa_file(project, service, "rules.yml")
    lead = "\n" if document.entries("rules") else ""
    new = entry(str(rule["rule"]), rule, item=True, lead=lead)
    return project.with_document(document.inserted("rules", new))


def with_examples(project: Project, service: str, intent: str, examples: tuple[str, ...]) -> Project:
    """The project with the examples of a new intent."""
    value = {"intent": intent, "examples": example_block(examples)}
    return with_entry(project, service, "nlu.yml", "nlu", entry(intent, value, item=True))


def with_need(project: Project, service: str, intent: str, about: dict[str, Any]) -> Project:
    """The project with what an intent is about."""
    return with_entry(project, service, "service.yml", "needs", entry(intent, flow_map(about)))


def without_entry(project: Project, path: str, section: str, key: str) -> Project:
    """The project without an entry; a section that is empty then goes too, and a file without sections."""
    if path not in project.files:
        return project
    document = project.at(path)
    if document.entry(section, key) is None:
        return project
    document = document.removed(section, key)
    left = document.section(section)
    if left is not None and not left.entries:
        if path.endswith("service.yml") and section == "needs":
            document = document.with_section(replace(left, head=f"{section}: {{}}\n"))
        else:
            document = document.without_section(section)
    if not [known for known in document.sections if known.name != "version"]:
        return project.with_file(path, None)
    return project.with_document(document)


def new_name(content: Content, service: str, topic: str) -> str:
    """The intent of a new need. Raises :class:`EditRefused` when it can't be."""
    if service not in content.services or service == SHARED:
        raise EditRefused(f"There is no service {service} that flows can be added to.")
    intent = f"{service}_{topic}"
    if intent in content.intents or intent in content.needs:
        raise EditRefused(f"There is a flow {intent} already: choose another name.")
    return intent
