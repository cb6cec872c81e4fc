"""Edits of what callers are served with: answers, people, and taking a flow out."""

from typing import Any

from ruamel.yaml.comments import CommentedMap

from voicebot.flows.commands import AddAnswer, AddPerson, MoveFlow, RemoveFlow, SetNeed
from voicebot.flows.content import Content, content_of
from voicebot.flows.edits.base import (
    Done,
    edit_entry,
    found,
    new_name,
    title_of,
    with_examples,
    with_item,
    with_need,
    with_response,
    with_rule,
    without_entry,
)
from voicebot.flows.edits.questions import without_question
from voicebot.flows.edits.words import words_for
from voicebot.flows.errors import EditRefused
from voicebot.flows.project import SHARED, Project
from voicebot.flows.yaml_style import quoted, readable


def add_answer(project: Project, content: Content, command: AddAnswer) -> Done:
    """A new need that is answered."""
    intent = new_name(content, command.service, command.topic)
    variant = CommentedMap(text=quoted(command.text))
    for language, text in command.texts.items():
        words_for(variant, language)["text"] = quoted(text)
    project = with_item(project, command.service, "intents", intent)
    project = with_response(project, command.service, f"utter_{intent}", variant)
    steps = [{"intent": intent}, {"action": f"utter_{intent}"}, {"action": "action_anything_else"}]
    project = with_rule(project, command.service, {"rule": command.title, "steps": steps})
    project = with_examples(project, command.service, intent, tuple(dict.fromkeys(command.examples)))
    project = with_need(project, command.service, intent, {"need": "answer", "title": command.title})
    return Done(project, f"New: “{command.title}” is answered")


def add_person(project: Project, content: Content, command: AddPerson) -> Done:
    """A new need that only a person can meet."""
    intent = new_name(content, command.service, command.topic)
    project = with_item(project, command.service, "intents", intent)
    project = with_response(project, command.service, f"utter_{intent}", CommentedMap(text=quoted(command.text)))
    rule = {
        "rule": f"{command.title} goes to a person",
        "steps": [{"intent": intent}, {"action": "action_service_person"}],
    }
    project = with_rule(project, command.service, rule)
    project = with_examples(project, command.service, intent, tuple(dict.fromkeys(command.examples)))
    about = {"need": "human", "title": command.title, **({"queue": command.queue} if command.queue else {})}
    project = with_need(project, command.service, intent, about)
    return Done(project, f"New: “{command.title}” goes to a person")


def set_need(project: Project, content: Content, command: SetNeed) -> Done:
    """What it is called, who takes it, and who looked at it when."""
    item = found(content.needs, command.intent, "flow")
    given = {
        key: value for key in ("title", "queue", "reviewed", "source") if (value := getattr(command, key)) is not None
    }
    if not given:
        raise EditRefused("Nothing to change was given.")

    def change(about: Any) -> None:
        for key, value in given.items():
            if value == "":
                about.pop(key, None)
            else:
                about[key] = readable(value)

    return Done(
        edit_entry(project, item, "needs", command.intent, change),
        f"“{title_of(content, command.intent)}”: {', '.join(given)} changed",
    )


def move_flow(project: Project, content: Content, command: MoveFlow) -> Done:
    """Elsewhere among the flows of its service."""
    item = found(content.intents, command.intent, "flow")
    document = project.at(item.file)
    number = len(document.entries("intents"))
    to = min(command.position, number - 1)
    project = project.with_document(document.moved("intents", command.intent, to))
    return Done(project, f"“{title_of(content, command.intent)}” is number {to + 1} of its service")


def remove_flow(project: Project, content: Content, command: RemoveFlow) -> Done:
    """Out, with its examples, words, rules and scripted calls."""
    intent = command.intent
    item = found(content.intents, intent, "flow")
    if item.service == SHARED:
        raise EditRefused("What belongs to every call can't be removed.")
    form = f"{intent}_form"
    if form in content.forms and intent not in content.made_forms:
        raise EditRefused("What this form does is programmed: ask whoever looks after the files to take it out.")
    domain = f"{project.folder(item.service)}/domain.yml"
    slots = content.required(form)
    for key, rule in content.rules:
        steps = [*(rule.data.get("condition") or []), *(rule.data.get("steps") or [])]
        if any(step.get("intent") == intent or step.get("active_loop") == form for step in steps):
            project = without_entry(project, rule.file, "rules", key)
    for section, names in {
        "intents": [intent],
        "forms": [form],
        "actions": [f"validate_{form}", f"action_{intent}"],
        "responses": [
            *(f"utter_{intent}{part}" for part in ("", "_intro", "_done")),
            *(f"utter_ask_{form}_{slot}" for slot in slots),
        ],
    }.items():
        for name in names:
            project = without_entry(project, domain, section, name)
    if intent in content.examples:
        project = without_entry(project, content.examples[intent].file, "nlu", intent)
    if intent in content.needs:
        project = without_entry(project, content.needs[intent].file, "needs", intent)
    if intent in content.made_forms:
        project = without_entry(project, content.made_forms[intent].file, "made_forms", intent)
    for slot in slots:
        project = without_question(project, slot)
    topic = intent.removeprefix(f"{item.service}_")
    for path, call in content.calls.items():
        if call.service == item.service and path.rsplit("/", 1)[-1] == topic:
            project = project.with_file(call.file, None)
    content_of(project)
    return Done(project, f"“{title_of(content, intent)}” removed")
