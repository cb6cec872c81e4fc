"""All checks on one project."""

from datetime import date

from voicebot.flows.checks.base import Check, Checked
from voicebot.flows.content import content_of
from voicebot.flows.model import Finding, Severity
from voicebot.flows.project import Project

CHECKS: tuple[Check, ...] = ()


def check(
    project: Project,
    today: date,
    *,
    base: Project | None = None,
    reasons: frozenset[str] = frozenset(),
    languages: tuple[str, ...] = ("en",),
) -> list[Finding]:
    """Every finding in a project, the errors first."""
    checked = Checked(content_of(project), today, content_of(base) if base else None, reasons, languages)
    found = [finding for one in CHECKS for finding in one(checked)]
    return sorted(found, key=lambda f: (f.severity is not Severity.ERROR, f.place.service, f.place.file, f.place.line))
