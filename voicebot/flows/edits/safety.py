"""Edits of the locked safety scripts. Who may is decided before; why is kept with the edit."""

from typing import Any

from ruamel.yaml.scalarstring import FoldedScalarString

from voicebot.flows.commands import SetSafetyScript
from voicebot.flows.content import Content
from voicebot.flows.edits.base import Done, edit_entry, found
from voicebot.flows.errors import EditRefused
from voicebot.flows.project import Project


def set_script(project: Project, content: Content, command: SetSafetyScript) -> Done:
    """Another script, or another question."""
    item = found(content.safety, command.rule, "safety rule")
    given = {key: value for key in ("script", "question") if (value := getattr(command, key)) is not None}
    if not given:
        raise EditRefused("Nothing to change was given.")

    def change(rule: Any) -> None:
        for key, text in given.items():
            folded = isinstance(rule.get(key), FoldedScalarString)
            rule[key] = FoldedScalarString(text) if folded else type(rule[key])(text)

    title = str(item.data.get("title") or command.rule)
    return Done(
        edit_entry(project, item, "rules", command.rule, change),
        f"Safety script “{title}”: {' and '.join(given)} changed ({command.reason})",
    )
