"""Drafts, versions and publications as pages show them."""

from datetime import datetime
from enum import StrEnum

from voicebot.dialogue.acts import BotAct, Fact
from voicebot.flows.model import Change, Finding, Model


class DraftState(StrEnum):
    """Where a draft is on its way."""

    OPEN = "open"
    """Being edited."""
    IN_REVIEW = "in_review"
    """Handed to a second person; an edit opens it again."""
    APPROVED = "approved"
    """May be published; an edit opens it again."""
    PUBLISHED = "published"
    DISCARDED = "discarded"


class EditView(Model):
    """One edit of a draft's history, the newest last. An undone one can be put back until the next edit."""

    number: int
    by: str
    at: datetime
    summary: str
    reason: str = ""
    undone: bool = False


class ReviewView(Model):
    """What a second person thought of a draft."""

    by: str
    at: datetime
    revision: int
    approved: bool
    comment: str


class DraftView(Model):
    """A draft. Every edit names the ``revision`` that it was made on."""

    id: str
    title: str
    owner: str
    state: DraftState
    base: str
    """The version that it began from."""
    behind: bool
    """Another version has gone live since: :meth:`~voicebot.flows.studio.Studio.update` carries the edits over."""
    revision: int
    created_at: datetime
    changed_at: datetime
    notes: str
    """Release notes, for those who look at the history."""
    can_undo: str
    """What undoing would take back; empty: nothing."""
    can_redo: str
    edits: tuple[EditView, ...] = ()
    reviews: tuple[ReviewView, ...] = ()


class Edited(Model):
    """What came of an edit: the draft, and the findings that the whole project now has."""

    draft: DraftView
    summary: str
    findings: tuple[Finding, ...]


class VersionView(Model):
    """An immutable version, named by its content."""

    name: str
    at: datetime
    by: str
    notes: str
    live: bool
    trained: bool
    """Its model is kept: rolling back to it takes seconds."""
    changes: tuple[str, ...]
    """What it changed, a sentence each."""
    parent: str = ""


class Stage(StrEnum):
    """Where a publication is."""

    WAITING = "waiting"
    TRAINING = "training"
    STARTING = "starting"
    """The candidate is being started beside the live one."""
    TESTING = "testing"
    """It is asked to understand examples and to hold the scripted calls."""
    DONE = "done"
    """New calls go to it; calls in progress end where they began."""
    FAILED = "failed"
    """Nothing has changed for callers."""


class CallResult(Model):
    """One scripted call, in text or ``aloud``: whether it came out right, now and on the live version (None: not
    there)."""

    name: str
    passed: bool
    passed_live: bool | None = None
    problems: tuple[str, ...] = ()
    aloud: bool = False


class TestReport(Model):
    """What the trained draft did in its tests, beside the live version."""

    calls: tuple[CallResult, ...] = ()
    understood: int = 0
    """Of ``asked`` examples held back from the training of a test model; see ``understood_live``."""
    asked: int = 0
    confused: tuple[str, ...] = ()
    """Sentences that are taken for another need now."""
    summary: str = ""
    """Such as: 2 calls that passed now fail."""


class PublicationView(Model):
    """A version on its way into use. ``stage`` and ``progress`` (0 to 1) change until it is done or has failed."""

    id: str
    kind: str
    """publish, roll_back, test (trained and tested, then put aside) or trial (left running to be talked to)."""
    version: str
    by: str
    at: datetime
    stage: Stage
    progress: float
    message: str
    """What is being done, or what went wrong, in plain words."""
    seconds: float
    report: TestReport | None = None


class DiffView(Model):
    """What a draft or version changes against another."""

    before: str
    after: str
    changes: tuple[Change, ...]


class Step(Model):
    """How an answer came about: what the words were taken for, which rule or form went on, what was done."""

    kind: str
    """intent, rule, form, action or slot."""
    name: str
    value: str = ""
    confidence: float | None = None


class Heard(Model):
    """A turn of a conversation with a draft: what the bot does, and how it came to it."""

    acts: tuple[BotAct, ...]
    steps: tuple[Step, ...]
    intent: str
    confidence: float
    facts: tuple[Fact, ...]
    service: str
    need: str
    queue: str
