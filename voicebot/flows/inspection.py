"""The checks of drafts and versions, looked for once for each content and day."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from voicebot.flows.checks import check
from voicebot.flows.errors import NotReady
from voicebot.flows.model import Finding, Severity
from voicebot.flows.project import Project
from voicebot.flows.workshop import DraftContent

_KEPT = 32


class Inspection:
    """Checks projects. ``languages`` are those that everything must be said in, ``en`` first."""

    def __init__(self, languages: tuple[str, ...], now: Callable[[], datetime]) -> None:
        self.languages = languages
        self._now = now
        self._found: OrderedDict[tuple[object, ...], list[Finding]] = OrderedDict()

    async def findings(self, project: Project, draft: DraftContent | None = None) -> list[Finding]:
        """Every finding, the errors first. A ``draft`` is looked at against the version that it began from, and what is
        in use against itself: what it lacks stops nothing."""
        today = self._now().date()
        base = draft.base if draft else project
        reasons = draft.reasons if draft else frozenset[str]()
        key = (project.name, base.name, reasons, today)
        if key not in self._found:
            self._found[key] = await asyncio.to_thread(
                check, project, today, base=base, reasons=reasons, languages=self.languages
            )
            while len(self._found) > _KEPT:
                self._found.popitem(last=False)
        return list(self._found[key])

    async def must_be_sound(self, draft: DraftContent) -> None:
        """Raise :class:`NotReady` while a draft changes nothing or has errors."""
        if draft.project.files == draft.base.files:
            raise NotReady("The draft changes nothing.")
        errors = [f for f in await self.findings(draft.project, draft) if f.severity is Severity.ERROR]
        if errors:
            more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
            raise NotReady(f"Something has to be mended first: {errors[0].message}{more}")
