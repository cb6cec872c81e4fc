"""Edits of questions: how they are asked, and which a form made in the editor asks."""

from collections.abc import Mapping
from typing import Any

from ruamel.yaml.comments import CommentedMap

from voicebot.dialogue.acts import Profile
from voicebot.flows.commands import AddQuestion, MoveQuestion, NewQuestion, RemoveQuestion, SetQuestion, SetQuestionKind
from voicebot.flows.content import FORMS_FILE, Content, content_of
from voicebot.flows.document import entry
from voicebot.flows.edits.base import (
    Done,
    edit_entry,
    found,
    title_of,
    with_entry,
    with_response,
    with_slot,
    without_entry,
)
from voicebot.flows.edits.words import set_english, words_for
from voicebot.flows.errors import EditRefused
from voicebot.flows.model import DEFAULT_LANGUAGE, QuestionKind
from voicebot.flows.project import SHARED, Project
from voicebot.flows.yaml_style import flow_list, flow_map, keypad_map, quoted, quoted_list

ADDRESS = ("postcode", "house_number", "address_ok")
"""The questions for a home, which belong together."""
CONFIRM = "confirm"
_YES_NO_KEYS = {"1": "yes", "2": "no"}


def set_question(project: Project, content: Content, command: SetQuestion) -> Done:
    """Ask it in another way."""
    item = found(content.responses, command.response, "question")
    if "ask" not in ((item.data or [{}])[0].get("custom") or {}):
        raise EditRefused(f"{command.response} is no question.")
    if command.retries is not None and not command.retries:
        raise EditRefused("A question needs words for when the answer isn't understood.")

    def change(variants: Any) -> None:
        variant = variants[0]
        ask = variant["custom"]["ask"]
        if command.language == DEFAULT_LANGUAGE:
            if command.text is not None:
                set_english(variant, command.text, None)
            if command.retries is not None:
                ask["retries"] = quoted_list(command.retries)
        elif command.text is not None or command.retries is not None:
            words = words_for(variant, command.language)
            if command.text is not None:
                words["text"] = quoted(command.text)
            if command.retries is not None:
                words["retries"] = quoted_list(command.retries)
        if command.profile is not None:
            _set(ask, "profile", command.profile.value, command.profile is not Profile.NORMAL, after="slot")
        if command.keypad is not None:
            _set(ask, "keypad", keypad_map(command.keypad), bool(command.keypad), before="retries")
        if command.digits is not None:
            _set(ask, "digits", command.digits, command.digits > 0, before="retries")
        if command.hints is not None:
            _set(ask, "hints", flow_list(command.hints), bool(command.hints), before="retries")

    parts = [
        name
        for name, value in (
            ("its words", command.text),
            ("its retries", command.retries),
            ("how long it waits", command.profile),
            ("its keys", command.keypad),
            ("its digits", command.digits),
            ("its hints", command.hints),
        )
        if value is not None
    ]
    if not parts:
        raise EditRefused("Nothing to change was given.")
    return Done(
        edit_entry(project, item, "responses", command.response, change),
        f"The question “{command.response.removeprefix('utter_ask_')}” changed: {', '.join(parts)}",
    )


def _set(ask: Any, key: str, value: Any, keep: bool, *, after: str = "", before: str = "") -> None:
    if not keep:
        ask.pop(key, None)
    elif key in ask:
        ask[key] = value
    else:
        names = list(ask)
        at = names.index(after) + 1 if after in names else names.index(before) if before in names else len(names)
        ask.insert(at, key, value)


def set_kind(project: Project, content: Content, command: SetQuestionKind) -> Done:
    """What is a valid answer."""
    item = found(content.made_questions, command.slot, "question made in the editor,")
    about = _about(command.kind, command.choices, command.least, command.most)

    def change(_: Any) -> Any:
        return about

    return Done(
        edit_entry(project, item, "made_questions", command.slot, change),
        f"The answer to “{command.slot}” is now {_KINDS[command.kind]}",
    )


_KINDS = {
    QuestionKind.TEXT: "any words",
    QuestionKind.YES_NO: "yes or no",
    QuestionKind.CHOICE: "one of several",
    QuestionKind.NUMBER: "a number",
    QuestionKind.DATE: "a day",
    QuestionKind.CODE: "something spelled",
}


def _about(
    kind: QuestionKind, choices: Mapping[str, tuple[str, ...]], least: int | None, most: int | None, digits: int = 0
) -> CommentedMap:
    if kind is QuestionKind.CHOICE and len(choices) < 2:
        raise EditRefused("A question with choices needs two at least.")
    if least is not None and most is not None and least > most:
        raise EditRefused("The least is more than the most.")
    about = CommentedMap(kind=kind.value)
    if kind is QuestionKind.CHOICE:
        about["choices"] = CommentedMap(
            {quoted(value): flow_list(map(quoted, ways)) for value, ways in choices.items()}
        )
    if least is not None:
        about["least"] = least
    if most is not None:
        about["most"] = most
    if digits and kind is QuestionKind.CODE:
        about["digits"] = digits
    return about


def with_question(project: Project, service: str, question: NewQuestion) -> tuple[Project, tuple[str, ...]]:
    """The project with a question that may be new, and the slots that it is asked for with."""
    content = content_of(project)
    if question.slot == "address":
        return project, ADDRESS
    if question.slot == CONFIRM:
        raise EditRefused("What is read back for confirmation is no question of its own.")
    known = content.slots.get(question.slot)
    if not question.text:
        if known is None or f"utter_ask_{question.slot}" not in content.responses:
            raise EditRefused(f"The question “{question.slot}” has no words.")
        if known.service not in (SHARED, service):
            raise EditRefused(f"The question “{question.slot}” belongs to another service.")
        return project, (question.slot,)
    if known is not None or f"utter_ask_{question.slot}" in content.responses:
        raise EditRefused(f"There is a question “{question.slot}” already: give the new one another name.")
    question = _completed(question)
    ask = CommentedMap(slot=question.slot)
    if question.profile is not Profile.NORMAL:
        ask["profile"] = question.profile.value
    if question.hints:
        ask["hints"] = flow_list(question.hints)
    if question.keypad:
        ask["keypad"] = keypad_map(question.keypad)
    if question.digits:
        ask["digits"] = question.digits
    ask["retries"] = quoted_list(question.retries)
    variant = CommentedMap(text=quoted(question.text), custom=CommentedMap(ask=ask))
    project = with_slot(project, service, question.slot)
    project = with_response(project, service, f"utter_ask_{question.slot}", variant)
    about = _about(question.kind, question.choices, question.least, question.most, question.digits)
    project = with_forms_entry(project, service, "made_questions", question.slot, about)
    label = question.label or question.slot.replace("_", " ").capitalize()
    return with_entry(project, service, "service.yml", "facts", entry(question.slot, label)), (question.slot,)


def _completed(question: NewQuestion) -> NewQuestion:
    """With keys and retries as this kind of question has them, where none were given."""
    keypad, profile = dict(question.keypad), question.profile
    again = "Or press 0 for a person."
    if question.kind is QuestionKind.YES_NO:
        keypad = keypad or _YES_NO_KEYS
        profile = Profile.YES_NO
        own = ("Please say yes or no, or press 0 for a person.", "Press 1 for yes, 2 for no, or 0 for a person.")
    elif question.kind is QuestionKind.CHOICE:
        keypad = keypad or {str(n): value for n, value in enumerate(list(question.choices)[:9], 1)}
        told = ", ".join(f"{key} for {value}" for key, value in keypad.items())
        own = (f"{question.text} {again}", f"Press {told}, or 0 for a person.")
    elif question.kind is QuestionKind.CODE:
        profile = Profile.SPELLING
        person = "press 0 and hash" if question.digits else "press 0"
        own = ("Please say it slowly, one letter or number at a time, or say I don't know.", f"For a person, {person}.")
    else:
        own = (f"{question.text} {again}", "Please say it another way, or press 0 for a person.")
    hints = question.hints or tuple(question.choices)
    return question.model_copy(
        update={"keypad": keypad, "profile": profile, "retries": question.retries or own, "hints": hints}
    )


def with_forms_entry(project: Project, service: str, section: str, key: str, value: Any) -> Project:
    """The project with an entry in a service's file of forms made in the editor."""
    document = project.document(service, FORMS_FILE)
    if not document.sections:
        document = project.with_file(
            document.path, "# Made in the editor: what is a valid answer, and what a form does at its end.\n"
        ).at(document.path)
    return project.with_document(document.inserted(section, entry(key, value)))


def made_form(content: Content, intent: str) -> str:
    """The name of a form made in the editor. Raises :class:`EditRefused` for any other."""
    if intent not in content.made_forms:
        raise EditRefused(
            "This form does something programmed with its answers, so which questions it asks can't be changed here."
        )
    return f"{intent}_form"


def with_order(project: Project, content: Content, form: str, slots: list[str]) -> Project:
    """The project with a form that asks for ``slots`` in that order."""

    def change(about: Any) -> None:
        about["required_slots"] = slots

    return edit_entry(project, content.forms[form], "forms", form, change)


def add(project: Project, content: Content, command: AddQuestion) -> Done:
    """One question more."""
    form = made_form(content, command.intent)
    project, slots = with_question(project, content.forms[form].service, command.question)
    order = content.required(form)
    if not set(order).isdisjoint(slots):
        raise EditRefused(f"The form asks for “{command.question.slot}” already.")
    last = order.index(CONFIRM) if CONFIRM in order else len(order)
    at = last if command.position is None else min(command.position, last)
    order[at:at] = slots
    project = with_order(project, content_of(project), form, order)
    return Done(project, f"“{title_of(content, command.intent)}” also asks for “{command.question.slot}”")


def remove(project: Project, content: Content, command: RemoveQuestion) -> Done:
    """One question less; its words go with it when nothing else asks it."""
    form = made_form(content, command.intent)
    order = content.required(form)
    gone = ADDRESS if command.slot in ("address", *ADDRESS) else (command.slot,)
    if set(order).isdisjoint(gone):
        raise EditRefused(f"The form does not ask for “{command.slot}”.")
    left = [slot for slot in order if slot not in gone]
    if not left:
        raise EditRefused("A form must keep one question at least; remove the flow instead.")
    project = with_order(project, content, form, left)
    for slot in gone:
        project = without_question(project, slot)
    return Done(project, f"“{title_of(content, command.intent)}” does not ask for “{command.slot}” any more")


def without_question(project: Project, slot: str) -> Project:
    """The project without a question made in the editor that no form asks any more."""
    content = content_of(project)
    made = content.made_questions.get(slot)
    if made is None or any(slot in content.required(form) for form in content.forms):
        return project
    folder = project.folder(made.service)
    project = without_entry(project, f"{folder}/domain.yml", "slots", slot)
    project = without_entry(project, f"{folder}/domain.yml", "responses", f"utter_ask_{slot}")
    project = without_entry(project, f"{folder}/service.yml", "facts", slot)
    return without_entry(project, made.file, "made_questions", slot)


def move(project: Project, content: Content, command: MoveQuestion) -> Done:
    """Sooner or later. The questions for a home move together, and the confirmation stays last."""
    form = made_form(content, command.intent)
    order = content.required(form)
    group = [slot for slot in order if slot in ADDRESS] if command.slot in ("address", *ADDRESS) else [command.slot]
    if not group or not set(group) <= set(order) or command.slot == CONFIRM:
        raise EditRefused(f"“{command.slot}” can't be moved.")
    rest = [slot for slot in order if slot not in group]
    last = rest.index(CONFIRM) if CONFIRM in rest else len(rest)
    at = min(command.position, last)
    inside = [index for index, slot in enumerate(rest) if slot in ADDRESS]
    if inside and inside[0] < at <= inside[-1]:
        raise EditRefused("The questions for an address belong together: nothing can be asked in between.")
    rest[at:at] = group
    return Done(
        with_order(project, content, form, rest),
        f"“{title_of(content, command.intent)}” asks for “{command.slot}” as number {at + 1}",
    )


def confirm_variant(text: str) -> CommentedMap:
    """The words of a confirmation."""
    ask = CommentedMap(
        slot=CONFIRM,
        profile="yes_no",
        keypad=keypad_map(_YES_NO_KEYS),
        retries=quoted_list(["Shall I send it? Say yes or no, or tell me what to change.", _PRESS]),
    )
    return CommentedMap(text=quoted(text), custom=CommentedMap(ask=ask))


_PRESS = "Press 1 for yes, 2 for no, or 0 for a person."


def done_variant(text: str) -> CommentedMap:
    """What is said at the end; a reference is read out letter by letter."""
    variant = CommentedMap(text=quoted(text))
    if "{reference}" in text:
        spoken = quoted(text.replace("{reference}", "{spoken}"))
        variant["custom"] = flow_map({"say": flow_map({"spoken": spoken})})
    return variant
