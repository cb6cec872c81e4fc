"""Edits of a draft. A page sends one as JSON (``{"do": "set_text", …}``); :data:`Command` reads it.

Commands say what is meant, not what is written where, so they can be carried out again on a newer version.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from voicebot.dialogue.acts import Profile
from voicebot.flows.model import DEFAULT_LANGUAGE, Finish, QuestionKind

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,59}$")]
"""A technical name: small letters, digits and _. Pages make it from a title (:func:`voicebot.flows.naming.name_of`)."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Keypad = Mapping[Annotated[str, StringConstraints(pattern=r"^[0-9]$")], Line]


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SetText(_Command):
    """What is said, in one language. ``variant`` counts from 0; the one after the last adds one.

    ``spoken`` is how it is pronounced, empty: as it is written; None: as before.
    """

    do: Literal["set_text"] = "set_text"
    response: Name
    text: Text
    variant: int = Field(0, ge=0)
    language: Language = DEFAULT_LANGUAGE
    spoken: str | None = None


class RemoveVariant(_Command):
    """One of several variants is not said any more."""

    do: Literal["remove_variant"] = "remove_variant"
    response: Name
    variant: int = Field(ge=0)


class AddExamples(_Command):
    """Callers say it in these words too. What stands there already is left out."""

    do: Literal["add_examples"] = "add_examples"
    intent: Name
    examples: tuple[Line, ...] = Field(min_length=1)


class RemoveExample(_Command):
    """Callers don't say it so."""

    do: Literal["remove_example"] = "remove_example"
    intent: Name
    example: Line


class ChangeExample(_Command):
    """An example in other words."""

    do: Literal["change_example"] = "change_example"
    intent: Name
    example: Line
    to: Line


class MoveExample(_Command):
    """An example belongs to another need."""

    do: Literal["move_example"] = "move_example"
    intent: Name
    example: Line
    to: Name


class SetQuestion(_Command):
    """How a question is asked; what is None stays. ``text`` and ``retries`` are in ``language``."""

    do: Literal["set_question"] = "set_question"
    response: Name
    language: Language = DEFAULT_LANGUAGE
    text: Text | None = None
    retries: tuple[Text, ...] | None = None
    profile: Profile | None = None
    keypad: Keypad | None = None
    digits: int | None = Field(None, ge=0, le=20)
    hints: tuple[Line, ...] | None = None


class SetQuestionKind(_Command):
    """What is a valid answer to a question made in the editor."""

    do: Literal["set_question_kind"] = "set_question_kind"
    slot: Name
    kind: QuestionKind
    choices: Mapping[Line, tuple[Line, ...]] = Field(default_factory=dict)
    least: int | None = None
    most: int | None = None


class NewQuestion(BaseModel):
    """A question that does not exist yet, or by its slot alone one that does (name, phone, address …).

    ``slot`` ``address`` stands for the three questions for a home: postcode, house number, is that right.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    slot: Name
    label: str = ""
    text: str = ""
    retries: tuple[Text, ...] = ()
    profile: Profile = Profile.NORMAL
    keypad: Keypad = Field(default_factory=dict)
    digits: int = Field(0, ge=0, le=20)
    hints: tuple[Line, ...] = ()
    kind: QuestionKind = QuestionKind.TEXT
    choices: Mapping[Line, tuple[Line, ...]] = Field(default_factory=dict)
    least: int | None = None
    most: int | None = None


class AddQuestion(_Command):
    """One more question in a form made in the editor; ``position`` counts from 0, None: before the confirmation."""

    do: Literal["add_question"] = "add_question"
    intent: Name
    question: NewQuestion
    position: int | None = Field(None, ge=0)


class RemoveQuestion(_Command):
    """A form made in the editor asks one thing less."""

    do: Literal["remove_question"] = "remove_question"
    intent: Name
    slot: Name


class MoveQuestion(_Command):
    """Asked sooner or later: at ``position``, counted from 0."""

    do: Literal["move_question"] = "move_question"
    intent: Name
    slot: Name
    position: int = Field(ge=0)


class AddAnswer(_Command):
    """A new need that is answered. Its intent is ``<service>_<topic>``."""

    do: Literal["add_answer"] = "add_answer"
    service: Name
    topic: Name
    title: Line
    text: Text
    examples: tuple[Line, ...] = Field(min_length=1)
    texts: Mapping[Language, Text] = Field(default_factory=dict)
    """The answer in other languages."""


class AddPerson(_Command):
    """A new need that goes to a person; ``text`` is said before, ``queue`` takes it (empty: the service's)."""

    do: Literal["add_person"] = "add_person"
    service: Name
    topic: Name
    title: Line
    text: Text
    examples: tuple[Line, ...] = Field(min_length=1)
    queue: str = ""


class AddForm(_Command):
    """A new need with questions. ``confirm`` reads back what will be done, or is empty when nothing needs it."""

    do: Literal["add_form"] = "add_form"
    service: Name
    topic: Name
    title: Line
    need: Literal["answer", "report", "transact"] = "report"
    examples: tuple[Line, ...] = Field(min_length=1)
    intro: str = ""
    questions: tuple[NewQuestion, ...] = Field(min_length=1)
    confirm: str = ""
    finish: Finish
    queue: str = ""


class SetFinish(_Command):
    """What a form made in the editor does at its end."""

    do: Literal["set_finish"] = "set_finish"
    intent: Name
    finish: Finish


class SetNeed(_Command):
    """What a need is about; what is None stays."""

    do: Literal["set_need"] = "set_need"
    intent: Name
    title: Line | None = None
    queue: str | None = None
    source: str | None = None
    reviewed: date | None = None


class RemoveFlow(_Command):
    """Callers are not served with this any more: its examples, words, rules and scripted calls go."""

    do: Literal["remove_flow"] = "remove_flow"
    intent: Name


class MoveFlow(_Command):
    """Where a flow stands among those of its service, counted from 0."""

    do: Literal["move_flow"] = "move_flow"
    intent: Name
    position: int = Field(ge=0)


class AddService(_Command):
    """A new service, empty."""

    do: Literal["add_service"] = "add_service"
    name: Name
    title: Line
    queue: Name
    owner: Line
    reviewed: date
    source: Line


class SetService(_Command):
    """Who answers for a service, and since when; what is None stays."""

    do: Literal["set_service"] = "set_service"
    name: Name
    title: Line | None = None
    queue: Name | None = None
    owner: Line | None = None
    reviewed: date | None = None
    source: Line | None = None


class RemoveService(_Command):
    """A whole service goes."""

    do: Literal["remove_service"] = "remove_service"
    name: Name


class SetSafetyScript(_Command):
    """A locked script or its question. Only a publisher may, and ``reason`` is kept for good."""

    do: Literal["set_safety_script"] = "set_safety_script"
    rule: Name
    script: Text | None = None
    question: Text | None = None
    reason: Line


class Keyed(BaseModel):
    """Keys that were pressed instead of saying something."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: str = Field(pattern=r"^[0-9*#]{1,20}$")


Answer = str | Keyed
"""What the caller of a scripted call answers."""


class SaveCall(_Command):
    """A conversation becomes a scripted call that must come out the same from now on.

    ``answers`` are by slot; ``expect`` holds outcome, service, queue, facts, said … as call scripts do.
    """

    do: Literal["save_call"] = "save_call"
    service: Name
    file: Name
    name: Line
    opening: Line
    answers: Mapping[str, Answer | tuple[Answer, ...]] = Field(default_factory=dict)
    expect: Mapping[str, str | tuple[str, ...] | Mapping[str, str]] = Field(default_factory=dict)


class RemoveCall(_Command):
    """A scripted call is not held any more."""

    do: Literal["remove_call"] = "remove_call"
    service: Name
    file: Name


Command = Annotated[
    SetText
    | RemoveVariant
    | AddExamples
    | RemoveExample
    | ChangeExample
    | MoveExample
    | SetQuestion
    | SetQuestionKind
    | AddQuestion
    | RemoveQuestion
    | MoveQuestion
    | AddAnswer
    | AddPerson
    | AddForm
    | SetFinish
    | SetNeed
    | RemoveFlow
    | MoveFlow
    | AddService
    | SetService
    | RemoveService
    | SetSafetyScript
    | SaveCall
    | RemoveCall,
    Field(discriminator="do"),
]

COMMAND: TypeAdapter[Command] = TypeAdapter(Command)
"""Reads and writes commands as JSON."""
