"""Edits of whole services."""

from dataclasses import replace
from typing import Any

from ruamel.yaml.comments import CommentedMap

from voicebot.flows.commands import AddService, RemoveService, SetService
from voicebot.flows.content import Content
from voicebot.flows.document import Section
from voicebot.flows.edits.base import Done, found
from voicebot.flows.errors import EditRefused, NotRepresentable
from voicebot.flows.project import SHARED, Project
from voicebot.flows.yaml_style import dump, load


def add(project: Project, content: Content, command: AddService) -> Done:
    """A new service, without flows yet."""
    if command.name in content.services or any(path.startswith(f"services/{command.name}/") for path in project.files):
        raise EditRefused(f"There is a service {command.name} already.")
    if any(intent.startswith(f"{command.name}_") for intent in content.intents):
        raise EditRefused(f"Flows of another service begin with {command.name}: choose another name.")
    about = CommentedMap(
        service=command.name,
        title=command.title,
        queue=command.queue,
        owner=command.owner,
        reviewed=command.reviewed,
        source=command.source,
    )
    text = "# What each intent of this service is about.\n" + dump(about) + "needs: {}\n"
    return Done(project.with_file(f"services/{command.name}/service.yml", text), f"New service: “{command.title}”")


def change(project: Project, content: Content, command: SetService) -> Done:
    """Who answers for it, who takes its calls, and when it was last looked at."""
    item = found(content.services, command.name, "service")
    given = {
        key: value
        for key in ("title", "queue", "owner", "reviewed", "source")
        if (value := getattr(command, key)) is not None
    }
    document = project.at(item.file)
    for key, value in given.items():
        section = document.section(key)
        if section is None:
            raise NotRepresentable(f"{item.file}: {key}", "it is not there")
        document = document.with_section(_with_value(item.file, section, value))
    title = content.services[command.name].data.get("title") or command.name
    return Done(project.with_document(document), f"“{title}”: {', '.join(given)} changed")


def _with_value(path: str, section: Section, value: Any) -> Section:
    read = load(section.head)
    if dump(read) != section.head:
        raise NotRepresentable(f"{path}: {section.name}", "it is written in a way of its own")
    read[section.name] = value
    return replace(section, head=dump(read))


def remove(project: Project, content: Content, command: RemoveService) -> Done:
    """A whole service goes."""
    item = found(content.services, command.name, "service")
    if command.name == SHARED:
        raise EditRefused("What belongs to every call can't be removed.")
    forms = {form.removesuffix("_form") for form, about in content.forms.items() if about.service == command.name}
    if forms - set(content.made_forms):
        raise EditRefused("Some of its forms are programmed: ask whoever looks after the files to take it out.")
    for path in list(project.files):
        if path.startswith(f"services/{command.name}/"):
            project = project.with_file(path, None)
    return Done(project, f"The service “{item.data.get('title') or command.name}” removed")
