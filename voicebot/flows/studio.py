"""All that admins do with flows, without HTTP: pages call this and nothing else of the package.

A *draft* is a set of edits on top of a version. Nobody but its own tests hears a draft until it is published. Every
method that changes a draft takes the ``revision`` that the person saw and raises
:class:`~voicebot.flows.errors.DraftChanged` when somebody else was quicker; nothing is ever overwritten silently. All
methods raise a :class:`~voicebot.flows.errors.FlowError` with a message for the person, and
:class:`~voicebot.errors.RecordsUnavailable` when the database is not there. Roles are checked here; every change is in
the audit (actions ``flow.…``).
"""

from collections.abc import Sequence

from voicebot.accounts.audit import Audit
from voicebot.flows.commands import Command
from voicebot.flows.drafts import DiffView, DraftView, Edited, Heard, PublicationView, VersionView
from voicebot.flows.model import Finding, Flow, Found, Response, SafetyScript, ServiceSummary
from voicebot.flows.people import Person
from voicebot.records.database import Database
from voicebot.settings import Settings


class Studio:
    """One for a process. ``of`` in the methods is a draft's id or a version's name; empty: the live version."""

    def __init__(self, settings: Settings, database: Database, audit: Audit) -> None: ...

    # -- reading (viewer, author, reviewer, publisher) ------------------------------------------------------

    async def services(self, of: str = "") -> list[ServiceSummary]:
        """All services with their flows, and how many problems each has. The shared one (``none``) comes first."""
        raise NotImplementedError

    async def flow(self, intent: str, of: str = "") -> Flow:
        """One flow, whole. Raises :class:`NotThere`."""
        raise NotImplementedError

    async def response(self, name: str, of: str = "") -> Response:
        """One response, such as those of the shared service. Raises :class:`NotThere`."""
        raise NotImplementedError

    async def responses(self, service: str, of: str = "") -> list[Response]:
        """All responses of a service; ``none`` is the shared one."""
        raise NotImplementedError

    async def safety_scripts(self, of: str = "") -> list[SafetyScript]:
        """The locked scripts."""
        raise NotImplementedError

    async def search(self, text: str, of: str = "", limit: int = 50) -> list[Found]:
        """Where ``text`` is said, asked or given as an example."""
        raise NotImplementedError

    async def check(self, of: str = "") -> list[Finding]:
        """Every finding, the errors first. Quick enough to be asked while somebody types (cached by content)."""
        raise NotImplementedError

    def languages(self) -> Sequence[str]:
        """The languages that every response must be there in; ``en`` comes first."""
        raise NotImplementedError

    # -- drafts (author) ------------------------------------------------------------------------------------

    async def drafts(self, *, finished: bool = False) -> list[DraftView]:
        """The drafts that are open, in review or approved, the latest changed first; with ``finished`` the others too.

        ``edits`` and ``reviews`` are left empty.
        """
        raise NotImplementedError

    async def draft(self, draft_id: str) -> DraftView:
        """One draft with its edits and reviews. Raises :class:`NotThere`."""
        raise NotImplementedError

    async def open_draft(self, who: Person, title: str) -> DraftView:
        """Begin a draft on the live version."""
        raise NotImplementedError

    async def edit(self, who: Person, draft_id: str, revision: int, command: Command) -> Edited:
        """Carry out one command. Raises :class:`DraftChanged`, :class:`EditRefused` or :class:`NotRepresentable`.

        A draft in review or approved is open again after it.
        """
        raise NotImplementedError

    async def preview(self, who: Person, draft_id: str, revision: int, command: Command) -> list[Finding]:
        """The findings that there would be after ``command``, which is not kept: for checks while typing."""
        raise NotImplementedError

    async def undo(self, who: Person, draft_id: str, revision: int) -> Edited:
        """Take the last edit back. Raises :class:`EditRefused` when there is none."""
        raise NotImplementedError

    async def redo(self, who: Person, draft_id: str, revision: int) -> Edited:
        """Put the edit back that was undone last."""
        raise NotImplementedError

    async def set_notes(self, who: Person, draft_id: str, revision: int, title: str, notes: str) -> DraftView:
        """Title and release notes."""
        raise NotImplementedError

    async def update(self, who: Person, draft_id: str, revision: int) -> Edited:
        """Carry the edits over to the live version, when another has gone live since the draft began.

        Raises :class:`EditRefused` naming the edit that does not fit any more; nothing has changed then.
        """
        raise NotImplementedError

    async def discard(self, who: Person, draft_id: str, revision: int) -> DraftView:
        """Put a draft away; its history stays."""
        raise NotImplementedError

    # -- review (reviewer; never the draft's own authors) ---------------------------------------------------

    async def diff(self, draft_id: str) -> DiffView:
        """What the draft changes against the version that it began from, in plain words."""
        raise NotImplementedError

    async def compare(self, before: str, after: str) -> DiffView:
        """What changed between two versions."""
        raise NotImplementedError

    async def submit(self, who: Person, draft_id: str, revision: int) -> DraftView:
        """Ask for a review. Raises :class:`NotReady` while the draft has errors or changes nothing."""
        raise NotImplementedError

    async def review(self, who: Person, draft_id: str, revision: int, *, approve: bool, comment: str) -> DraftView:
        """Approve, or send back with a comment. Raises :class:`NotAllowed` for somebody who edited the draft."""
        raise NotImplementedError

    # -- publishing (publisher) -----------------------------------------------------------------------------

    async def test(self, who: Person, draft_id: str, revision: int) -> PublicationView:
        """Train the draft and hold the scripted calls on it, without any caller hearing it (author too)."""
        raise NotImplementedError

    async def try_out(self, who: Person, draft_id: str, revision: int) -> PublicationView:
        """Train the draft and start it beside the live one for half an hour (author too). Once the publication (of the
        kind ``trial``) is done, its ``version`` can be talked to (:meth:`talk`) and rung: a browser call that names it
        is answered by it.
        """
        raise NotImplementedError

    async def talk(
        self, who: Person, version: str, conversation: str, *, text: str = "", keys: str = "", start: bool = False
    ) -> Heard:
        """One turn of a typed conversation with a version that is on trial or live, and how its answer came about.

        ``start`` opens the conversation. Raises :class:`NotReady` when the version does not run.
        """
        raise NotImplementedError

    async def publish(self, who: Person, draft_id: str, revision: int) -> PublicationView:
        """Put an approved draft into use. Gives back at once; :meth:`publication` tells how it goes.

        Raises :class:`NotReady` when it isn't approved, has errors, or is behind the live version.
        """
        raise NotImplementedError

    async def roll_back(self, who: Person, version: str, reason: str) -> PublicationView:
        """Put an earlier version into use again. Takes seconds while its model is kept."""
        raise NotImplementedError

    async def publication(self, publication_id: str) -> PublicationView:
        """How it goes. Raises :class:`NotThere`."""
        raise NotImplementedError

    async def publications(self, limit: int = 20) -> list[PublicationView]:
        """The latest, the newest first."""
        raise NotImplementedError

    async def versions(self, limit: int = 50) -> list[VersionView]:
        """Who changed what, when and why: every version, the newest first."""
        raise NotImplementedError

    async def live(self) -> str:
        """The name of the version that new calls use."""
        raise NotImplementedError

    # -- taking away and bringing in ------------------------------------------------------------------------

    async def export(self, of: str = "") -> bytes:
        """All files of a draft or version in a ZIP archive, as they stand in ``dialogues/``."""
        raise NotImplementedError

    async def import_draft(self, who: Person, title: str, archive: bytes) -> Edited:
        """A draft whose flows are those of an exported archive. Raises :class:`EditRefused` for anything else."""
        raise NotImplementedError
