"""What can go wrong while a flow is edited. Every message is written for the person who edits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from voicebot.errors import VoicebotError


class FlowError(VoicebotError):
    """An edit, review or publication that can't be done; the message says why and what to do."""


class EditRefused(FlowError):
    """The command does not fit the flow: an unknown name, an empty text, a position that is not there."""


class NotRepresentable(FlowError):
    """A file is written in a way that the editor could not give back unharmed, so it is left as it is.

    ``place`` is the file and the entry in it; an engineer can change it by hand.
    """

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place} can't be edited here ({why}). Ask whoever looks after the files.")
        self.place = place


class NotThere(FlowError):
    """There is no such draft, version, publication or flow."""


class NotAllowed(FlowError):
    """The person has not the role for it, or reviews a draft of their own."""


class NotReady(FlowError):
    """A step was left out: the draft has findings, was not reviewed, or is behind the live version."""


@dataclass(frozen=True, slots=True)
class Since:
    """One edit that somebody made meanwhile."""

    by: str
    at: datetime
    summary: str


class DraftChanged(FlowError):
    """The draft is not as the editor saw it: ``revision`` is the present one, ``since`` the edits in between."""

    def __init__(self, revision: int, since: Sequence[Since]) -> None:
        told = "; ".join(f"{edit.by}: {edit.summary}" for edit in since) or "it was undone or put back"
        super().__init__(f"The draft has changed meanwhile ({told}). Look at it again and repeat your change.")
        self.revision = revision
        self.since = tuple(since)
