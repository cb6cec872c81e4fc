"""Scripted calls: conversations that must come out the same."""

from typing import Any

from ruamel.yaml.comments import CommentedMap

from voicebot.flows.commands import Answer, Keyed, RemoveCall, SaveCall
from voicebot.flows.content import Content
from voicebot.flows.edits.base import Done, found
from voicebot.flows.errors import EditRefused
from voicebot.flows.project import Project
from voicebot.flows.yaml_style import dump, flow_list, flow_map, quoted
from voicebot.rehearsal.script import CallScript


def _path(project: Project, service: str, file: str) -> str:
    return f"{project.folder(service)}/calls/{file}.yml"


def save(project: Project, content: Content, command: SaveCall) -> Done:
    """Keep a conversation as a test."""
    found(content.services, command.service, "service")
    answers = {
        slot: flow_list(map(_answer, said)) if isinstance(said, tuple) else _answer(said)
        for slot, said in command.answers.items()
    }
    expect: dict[str, Any] = {}
    for key, value in command.expect.items():
        if isinstance(value, str):
            expect[key] = value
        elif isinstance(value, tuple):
            expect[key] = flow_list(value)
        else:
            expect[key] = flow_map({name: quoted(text) for name, text in value.items()})
    script = CommentedMap(name=quoted(command.name), opening=quoted(command.opening))
    if answers:
        script["answers"] = CommentedMap(answers)
    script["expect"] = CommentedMap(expect)
    try:
        CallScript.model_validate({**script, "answers": answers})
    except ValueError as error:
        raise EditRefused(f"That is no scripted call: {str(error).splitlines()[0]}") from error
    path = _path(project, command.service, command.file)
    if path in project.files:
        raise EditRefused(f"There is a scripted call {command.file} already: choose another name.")
    return Done(project.with_file(path, dump(script)), f"The call “{command.name}” is kept as a test")


def _answer(said: Answer) -> Any:
    return flow_map({"keys": quoted(said.keys)}) if isinstance(said, Keyed) else quoted(said)


def remove(project: Project, content: Content, command: RemoveCall) -> Done:
    """A scripted call less."""
    path = _path(project, command.service, command.file)
    if path not in project.files:
        raise EditRefused(f"There is no scripted call {command.file}.")
    call = found(content.calls, path.removesuffix(".yml"), "scripted call")
    return Done(
        project.with_file(path, None), f"The call “{call.data.get('name') or command.file}” is no test any more"
    )
