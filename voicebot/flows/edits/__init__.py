"""Commands carried out on a project: each gives a new project and says in plain words what it did."""

from collections.abc import Callable
from typing import Any

from voicebot.flows.commands import Command
from voicebot.flows.content import content_of
from voicebot.flows.edits import calls, examples, forms, needs, questions, safety, services, words
from voicebot.flows.edits.base import Done
from voicebot.flows.errors import EditRefused
from voicebot.flows.project import Project

_HANDLERS: dict[str, Callable[..., Done]] = {
    "set_text": words.set_text,
    "remove_variant": words.remove_variant,
    "add_examples": examples.add,
    "remove_example": examples.remove,
    "change_example": examples.change,
    "move_example": examples.move,
    "set_question": questions.set_question,
    "set_question_kind": questions.set_kind,
    "add_question": questions.add,
    "remove_question": questions.remove,
    "move_question": questions.move,
    "add_answer": needs.add_answer,
    "add_person": needs.add_person,
    "add_form": forms.add_form,
    "set_finish": forms.set_finish,
    "set_need": needs.set_need,
    "remove_flow": needs.remove_flow,
    "move_flow": needs.move_flow,
    "add_service": services.add,
    "set_service": services.change,
    "remove_service": services.remove,
    "set_safety_script": safety.set_script,
    "save_call": calls.save,
    "remove_call": calls.remove,
}


def carry_out(project: Project, command: Command) -> Done:
    """The project after ``command``, and what it did.

    Raises :class:`EditRefused` when it does not fit, :class:`~voicebot.flows.errors.NotRepresentable` when a file
    could not be given back unharmed.
    """
    handler: Any = _HANDLERS[command.do]
    done: Done = handler(project, content_of(project), command)
    if done.project.files == project.files:
        raise EditRefused("That is as it stands already: nothing would change.")
    return done
