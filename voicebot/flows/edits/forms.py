"""A need with questions, made without code: see ``dialogues/actions/made_forms.py`` for what interprets it."""

from typing import Any

from ruamel.yaml.comments import CommentedMap

from voicebot.flows.commands import AddForm, SetFinish
from voicebot.flows.content import Content, content_of
from voicebot.flows.document import entry
from voicebot.flows.edits.base import (
    Done,
    edit_entry,
    new_name,
    title_of,
    with_entry,
    with_examples,
    with_item,
    with_need,
    with_response,
    with_rule,
    without_entry,
)
from voicebot.flows.edits.questions import (
    CONFIRM,
    confirm_variant,
    done_variant,
    made_form,
    with_forms_entry,
    with_question,
)
from voicebot.flows.errors import EditRefused
from voicebot.flows.model import Finish
from voicebot.flows.project import Project
from voicebot.flows.yaml_style import quoted


def add_form(project: Project, content: Content, command: AddForm) -> Done:
    """A new need with questions."""
    service = command.service
    intent = new_name(content, service, command.topic)
    form = f"{intent}_form"
    project = with_item(project, service, "intents", intent)
    slots: list[str] = []
    for question in command.questions:
        project, asked = with_question(project, service, question)
        if not set(slots).isdisjoint(asked):
            raise EditRefused(f"“{question.slot}” is asked twice.")
        slots += asked
    if command.confirm:
        slots.append(CONFIRM)
    project = with_entry(project, service, "domain.yml", "forms", entry(form, {"required_slots": slots}))
    for action in (f"validate_{form}", f"action_{intent}"):
        project = with_item(project, service, "actions", action)
    if command.intro:
        project = with_response(project, service, f"utter_{intent}_intro", CommentedMap(text=quoted(command.intro)))
    if command.confirm:
        project = with_response(project, service, f"utter_ask_{form}_{CONFIRM}", confirm_variant(command.confirm))
    project = _with_done(project, service, intent, command.finish)
    project = with_rule(project, service, _starts(command.title, intent))
    project = with_rule(project, service, _ends(command.title, intent))
    project = with_examples(project, service, intent, tuple(dict.fromkeys(command.examples)))
    about = {"need": command.need, "title": command.title, **({"queue": command.queue} if command.queue else {})}
    project = with_need(project, service, intent, about)
    project = with_forms_entry(project, service, "made_forms", intent, _finish_entry(command.finish))
    return Done(project, f"New: “{command.title}”, with {len(command.questions)} questions")


def _starts(title: str, intent: str) -> dict[str, Any]:
    form = f"{intent}_form"
    return {"rule": title, "steps": [{"intent": intent}, {"action": form}, {"active_loop": form}]}


def _ends(title: str, intent: str) -> dict[str, Any]:
    form = f"{intent}_form"
    return {
        "rule": f"{title}, all known",
        "condition": [{"active_loop": form}],
        "steps": [
            {"action": form},
            {"active_loop": None},
            {"slot_was_set": [{"requested_slot": None}]},
            {"action": f"action_{intent}"},
        ],
    }


def _finish_entry(finish: Finish) -> CommentedMap:
    return CommentedMap(finish=finish.action)


def _with_done(project: Project, service: str, intent: str, finish: Finish) -> Project:
    if not finish.text:
        if finish.action == "person":
            return project
        raise EditRefused("Say what the caller is told at the end.")
    return with_response(project, service, f"utter_{intent}_done", done_variant(finish.text))


def set_finish(project: Project, content: Content, command: SetFinish) -> Done:
    """What is done at the end."""
    form = made_form(content, command.intent)
    made = content.made_forms[command.intent]
    service = content.forms[form].service

    def change(_: Any) -> Any:
        return _finish_entry(command.finish)

    project = edit_entry(project, made, "made_forms", command.intent, change)
    name = f"utter_{command.intent}_done"
    now = content_of(project).responses.get(name)
    if now is not None and command.finish.text:
        project = edit_entry(project, now, "responses", name, lambda _: [done_variant(command.finish.text)])
    else:
        if now is not None:
            project = without_entry(project, now.file, "responses", name)
        project = _with_done(project, service, command.intent, command.finish)
    return Done(project, f"What “{title_of(content, command.intent)}” does at its end changed")
