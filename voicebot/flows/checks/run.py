"""All checks on one project."""

from datetime import date

from voicebot.flows.checks import (
    calls,
    files,
    language,
    locked,
    names,
    ownership,
    paths,
    privacy,
    questions,
    understanding,
)
from voicebot.flows.checks.base import Check, Checked
from voicebot.flows.content import content_of
from voicebot.flows.model import Finding, Severity
from voicebot.flows.project import Project

CHECKS: tuple[Check, ...] = (
    files.unreadable,
    files.unknown_sections,
    files.defined_twice,
    names.unknown_intent,
    names.unknown_action,
    names.unknown_form,
    names.unknown_slot,
    names.unknown_queue,
    names.unknown_need,
    names.person_without_queue,
    paths.unanswered,
    paths.unfinished_form,
    paths.unprogrammed,
    paths.ends_in_silence,
    paths.never_said,
    paths.contradicting_rules,
    understanding.too_few_examples,
    understanding.overlapping_examples,
    understanding.repeated_examples,
    understanding.odd_examples,
    questions.no_retry,
    questions.no_person_exit,
    questions.no_question,
    questions.not_a_question,
    questions.invalid_act,
    questions.keys,
    questions.yes_no_keys,
    questions.made_questions,
    language.missing_language,
    language.languages_apart,
    language.long_prompt,
    language.hard_to_follow,
    language.not_for_the_ear,
    language.unknown_placeholder,
    language.asked_too_late,
    privacy.personal_data,
    ownership.owner,
    ownership.review_date,
    ownership.title,
    locked.locked_scripts,
    locked.welsh_scripts,
    calls.unholdable_calls,
)


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
