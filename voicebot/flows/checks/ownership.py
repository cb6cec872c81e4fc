"""Who answers for what is said, and when they last looked at it."""

from collections.abc import Iterator
from datetime import date, timedelta

from voicebot.flows.checks.base import Checked, error, warning
from voicebot.flows.model import Finding
from voicebot.flows.project import SHARED

REVIEW_EVERY = timedelta(days=365)


def owner(checked: Checked) -> Iterator[Finding]:
    """A service that nobody answers for."""
    for name, item in checked.content.services.items():
        if item.data.get("service") in (SHARED, None) or name == SHARED:
            continue
        if not str(item.data.get("owner") or "").strip():
            place = item.place("service", name, "owner")
            yield error("no-owner", place, "Nobody answers for this: name the post that does.")
        if not str(item.data.get("source") or "").startswith("https://"):
            place = item.place("service", name, "source")
            yield error("no-source", place, "Say on which page of the website this is published: https://…")


def review_date(checked: Checked) -> Iterator[Finding]:
    """Not known when it was last read, read too long ago, or in the future."""
    for name, item in checked.content.services.items():
        if item.data.get("service") == SHARED or name == SHARED:
            continue
        reviewed = item.data.get("reviewed")
        place = item.place("service", name, "reviewed")
        if not isinstance(reviewed, date):
            yield error("no-review-date", place, "Say on which day it was last read by who answers for it.")
        elif reviewed > checked.today:
            yield error("review-in-future", place, f"The day {reviewed.day} {reviewed:%B %Y} has not come yet.")
        elif reviewed + REVIEW_EVERY < checked.today:
            day = f"{reviewed.day} {reviewed:%B %Y}"
            yield warning("review-overdue", place, f"It was last read on {day}: look at it again.")


def title(checked: Checked) -> Iterator[Finding]:
    """A flow without a name that people know it by."""
    for intent, item in checked.content.needs.items():
        if item.service != SHARED and not str(item.data.get("title") or "").strip():
            yield error("no-title", item.place("need", intent, "title"), "Give the flow a name.")
