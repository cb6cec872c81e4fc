"""Files that can't be read as what they are, and names that stand twice."""

from collections.abc import Iterator

from voicebot.flows.checks.base import Checked, error
from voicebot.flows.content import FORMS_FILE, SAFETY_FILE
from voicebot.flows.model import Finding, Place

_DOMAIN = frozenset({"version", "intents", "slots", "forms", "actions", "responses", "session_config", "entities"})
_SECTIONS = {
    "domain.yml": _DOMAIN,
    "rules.yml": frozenset({"version", "rules"}),
    "nlu.yml": frozenset({"version", "nlu"}),
    FORMS_FILE: frozenset({"made_forms", "made_questions"}),
}


def unreadable(checked: Checked) -> Iterator[Finding]:
    """A file that is no valid YAML, or has not the shape of its kind."""
    for broken in checked.content.broken:
        place = Place(service=broken.service, kind="file", name=broken.file, file=broken.file, line=broken.line)
        yield error("unreadable", place, f"This file can't be read ({broken.why}). Undo the last change to it.")


def unknown_sections(checked: Checked) -> Iterator[Finding]:
    """A part of a file that nothing reads: most often a misspelt word."""
    for path, sections in checked.content.sections.items():
        known = None if path == SAFETY_FILE else _SECTIONS.get(path.rsplit("/", 1)[-1])
        for name in sections if known else ():
            if known and name not in known:
                place = Place(kind="file", name=path, file=path)
                yield error("unknown-section", place, f"“{name}” means nothing in this file: is it misspelt?")


_WHAT = {
    "intent": "The flow",
    "examples": "The list of examples of",
    "slot": "The question",
    "form": "The form",
    "response": "The answer",
    "action": "The action",
    "need": "The entry of",
}


def defined_twice(checked: Checked) -> Iterator[Finding]:
    """A name that stands for two things: only one of them would be used."""
    for what, name, item in checked.content.twice:
        yield error(
            "defined-twice",
            item.place("file", name),
            f"{_WHAT.get(what, what)} “{name}” stands in two places: take one out.",
        )
