"""Edits of how callers say what they need."""

from collections.abc import Callable
from typing import Any

from voicebot.flows.commands import AddExamples, ChangeExample, MoveExample, RemoveExample
from voicebot.flows.content import Content
from voicebot.flows.edits.base import Done, edit_entry, found, title_of
from voicebot.flows.errors import EditRefused
from voicebot.flows.project import Project
from voicebot.flows.yaml_style import example_block


def _change(project: Project, content: Content, intent: str, change: Callable[[list[str]], list[str]]) -> Project:
    item = found(content.examples, intent, "need")

    def edit(block: Any) -> None:
        lines = change(list(item.data))
        if not lines:
            raise EditRefused("A need must keep one example at least; remove the flow instead.")
        block["examples"] = example_block(lines)

    return edit_entry(project, item, "nlu", intent, edit)


def _plain(example: str) -> str:
    return " ".join(example.split())


def add(project: Project, content: Content, command: AddExamples) -> Done:
    """Callers say it so too."""
    known = {example.casefold() for example in found(content.examples, command.intent, "need").data}
    fresh = [e for e in dict.fromkeys(map(_plain, command.examples)) if e.casefold() not in known]
    if not fresh:
        raise EditRefused("All of these stand there already.")
    after = _change(project, content, command.intent, lambda lines: [*lines, *fresh])
    number = "An example" if len(fresh) == 1 else f"{len(fresh)} examples"
    return Done(after, f"{number} added to “{title_of(content, command.intent)}”")


def _without(lines: list[str], example: str) -> list[str]:
    if example not in lines:
        raise EditRefused(f"“{example}” is not among its examples.")
    return [line for line in lines if line != example]


def remove(project: Project, content: Content, command: RemoveExample) -> Done:
    """Callers don't say it so."""
    after = _change(project, content, command.intent, lambda lines: _without(lines, command.example))
    return Done(after, f"“{command.example}” removed from “{title_of(content, command.intent)}”")


def change(project: Project, content: Content, command: ChangeExample) -> Done:
    """In other words."""
    to = _plain(command.to)

    def edit(lines: list[str]) -> list[str]:
        _without(lines, command.example)
        if to in lines:
            raise EditRefused(f"“{to}” stands there already.")
        return [to if line == command.example else line for line in lines]

    after = _change(project, content, command.intent, edit)
    return Done(after, f"“{command.example}” is now “{to}” in “{title_of(content, command.intent)}”")


def move(project: Project, content: Content, command: MoveExample) -> Done:
    """It means another need."""
    if command.to == command.intent:
        raise EditRefused("It belongs to that need already.")
    found(content.examples, command.to, "need")
    after = _change(project, content, command.intent, lambda lines: _without(lines, command.example))
    after = _change(after, content, command.to, lambda lines: [*_or_nothing(lines, command.example), command.example])
    title, other = title_of(content, command.intent), title_of(content, command.to)
    return Done(after, f"“{command.example}” moved from “{title}” to “{other}”")


def _or_nothing(lines: list[str], example: str) -> list[str]:
    return [line for line in lines if line != example]
