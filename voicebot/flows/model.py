"""A flow as pages show it: typed, in the words of who edits it, read from the plain Rasa files.

Names: a *need* is what callers ring about, an intent ``<service>_<topic>``; its *flow* is what follows. Languages are
two letters, ``en`` first.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from voicebot.dialogue.acts import Profile

DEFAULT_LANGUAGE = "en"


class Model(BaseModel):
    """What this package gives out: never changed, only made anew."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FlowKind(StrEnum):
    """What a flow does."""

    ANSWER = "answer"
    """Says something and asks whether there is anything else."""
    FORM = "form"
    """Asks questions in order, has them confirmed, and does something."""
    PERSON = "person"
    """Goes to a person."""
    OTHER = "other"
    """Follows rules of its own, written by an engineer: its words can be edited, its order can't."""


class QuestionKind(StrEnum):
    """What is a valid answer to a question made in the editor."""

    TEXT = "text"
    """Any words."""
    YES_NO = "yes_no"
    CHOICE = "choice"
    """One of ``choices``."""
    NUMBER = "number"
    """A whole number between ``least`` and ``most``."""
    DATE = "date"
    """A day, between ``least`` and ``most`` days from today."""
    CODE = "code"
    """Something spelled: ``digits`` digits, or letters and digits; the caller may not have it."""


class Wording(Model):
    """One way of saying something, in one language. ``spoken`` overrides how it is pronounced."""

    language: str = DEFAULT_LANGUAGE
    text: str
    spoken: str | None = None
    seconds: float = 0.0
    """About how long it takes to say."""


class Response(Model):
    """Something that the bot says. Of several ``variants`` (per language) one is taken at random."""

    name: str
    service: str
    variants: tuple[Wording, ...]
    interruptible: bool = True
    placeholders: tuple[str, ...] = ()
    """What may stand in braces: values that are known when it is said."""
    used_by: tuple[str, ...] = ()
    """Flows (intents) that say it."""


class Question(Model):
    """One question of a form. ``response`` names its words; ``shared`` ones are the same in every form that asks."""

    slot: str
    response: str
    label: str = ""
    """As a person who takes the call sees it; empty when it isn't shown."""
    variants: tuple[Wording, ...]
    retries: tuple[Wording, ...] = ()
    """Said in turn when the answer isn't understood, in every language."""
    profile: Profile = Profile.NORMAL
    keypad: Mapping[str, str] = Field(default_factory=dict)
    digits: int = 0
    hints: tuple[str, ...] = ()
    kind: QuestionKind | None = None
    """None: how the answer is understood is programmed (postcode, name, phone and so on)."""
    choices: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Of a choice: value → ways of saying it."""
    least: int | None = None
    most: int | None = None
    shared: bool = False


class Node(Model):
    """A step of a flow, for the graph. ``ref`` is what it stands for: a response, slot, intent or queue."""

    id: str
    kind: Literal["trigger", "say", "question", "confirm", "action", "person", "end", "out_of_hours"]
    title: str
    ref: str = ""


class Edge(Model):
    """From one step to another. ``kind`` tells the main road from what may happen at any time."""

    source: str
    target: str
    kind: Literal["next", "no", "cancel", "fallback", "person", "out_of_hours"] = "next"
    label: str = ""


class Graph(Model):
    """A flow's steps, in the order of a call that goes well, and the ways between them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


class Finish(Model):
    """What a form made in the editor does at its end.

    What happens when its people are not there is the queue's: :class:`voicebot.facts.model.QueueFacts`.
    """

    action: Literal["report", "person", "say"] = "report"
    """Write a report and tell its reference; hand over to a person; only say the answer."""
    text: str = ""
    """What is said: {reference} is the report's, other braces are the form's questions."""


class Flow(Model):
    """Everything about one need."""

    intent: str
    service: str
    title: str
    need: str
    """answer, report, transact, human …"""
    queue: str
    kind: FlowKind
    examples: tuple[str, ...]
    answer: Response | None = None
    """What is said to it, in the middle of another form too."""
    intro: Response | None = None
    questions: tuple[Question, ...] = ()
    """In order, the confirmation among them last."""
    finish: Finish | None = None
    """None unless the form was made in the editor: then its questions may be added, removed and moved freely."""
    also_says: tuple[Response, ...] = ()
    """Other responses of the service that its action says: reports done, days told and so on."""
    graph: Graph
    calls: tuple[str, ...] = ()
    """Names of the scripted calls that go through it."""
    owner: str = ""
    reviewed: date | None = None
    source: str = ""
    problems: int = 0


class FlowSummary(Model):
    """A flow in the list."""

    intent: str
    service: str
    title: str
    need: str
    kind: FlowKind
    examples: int
    owner: str
    reviewed: date | None
    problems: int
    warnings: int


class ServiceSummary(Model):
    """A service in the list. ``shared`` is what belongs to no service: greeting, yes and no, smalltalk."""

    name: str
    title: str
    queue: str
    owner: str
    reviewed: date | None
    source: str
    flows: tuple[FlowSummary, ...]
    problems: int
    warnings: int


class SafetyScript(Model):
    """A locked script of the safety net. Only a publisher changes it, and says why."""

    rule: str
    title: str
    queue: str
    severity: str
    script: str
    question: str


class Found(Model):
    """A place where a searched text stands."""

    place: "Place"
    text: str


class Place(Model):
    """Where something is, for a page to lead there. ``field`` is the part, as ``retries.1`` or ``text.0.cy``."""

    service: str = ""
    kind: Literal["service", "need", "examples", "response", "question", "form", "rule", "safety", "call", "file"] = (
        "file"
    )
    name: str = ""
    field: str = ""
    file: str = ""
    line: int = 0
    """Counted from 1; 0 when it is the whole file."""


class Severity(StrEnum):
    """How bad a finding is: an ``error`` stops the publication, a ``warning`` is to be looked at."""

    ERROR = "error"
    WARNING = "warning"


class Finding(Model):
    """Something that is wrong, where, and what to do about it, in plain words. ``check`` is the kind's fixed name."""

    check: str
    severity: Severity
    place: Place
    message: str


class Change(Model):
    """One difference between two versions, in plain words."""

    place: Place
    kind: Literal["added", "removed", "changed", "moved"]
    summary: str
    """Such as: the answer to “your collection day” changed."""
    before: str = ""
    after: str = ""


Found.model_rebuild()
