"""What is wrong with a fact is told in plain words, and nothing wrong is ever kept."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from voicebot.errors import ConfigurationError
from voicebot.facts.hours import read_spans, read_week
from voicebot.facts.model import CouncilFacts, FactRefused, checked, load_defaults

OFFICE: dict[str, Any] = {"timetable": {"office": {"hours": {"mon-fri": "09:00-17:00"}}}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nine to five", "write it like 09:00-17:00"),
        ("09:00-25:00", "not on the clock"),
        ("09:60-17:00", "not on the clock"),
        ("17:00-09:00", "ends before it begins"),
        ("09:00-12:00, 11:00-17:00", "begins before the time in front of it ends"),
        ("", "write it like 09:00-17:00"),
    ],
)
def test_times_that_are_none_are_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_spans(text)


def test_a_lunch_break_is_two_spans() -> None:
    assert read_spans("09:00-12:30, 13:30-24:00") == ((540, 750), (810, 1440))
    assert read_spans("closed") == ()


@pytest.mark.parametrize(
    ("week", "told"),
    [
        ({"monday": "09:00-17:00"}, "first three letters"),
        ({"fri-mon": "09:00-17:00"}, "past the end of the week"),
        ({"mon-fri": "09:00-17:00", "wed": "closed"}, "wed is there twice"),
        ({"mon": "whenever"}, "mon: "),
        ("sometimes", "always"),
    ],
)
def test_weeks_that_are_none_are_refused(week: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_week(week)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"queue": {"revenues": {"title": "the team", "timetable": "nights"}}}, "timetable nights, which there isn't"),
        ({**OFFICE, "queue": {"revenues": {"timetable": "office"}}}, "queue revenues title: is missing"),
        ({"holiday": {"2026-13-01": {"name": "a day"}}}, "is no date; write it like 2026-12-25"),
        ({"holiday": {"2026-12-24": {"name": "a day", "hours": "early"}}}, "write it like 09:00-17:00"),
        ({"contact": {"waste": {"number": "ask me"}}}, "contact waste number: is no phone number"),
        ({"notice": {"n": {"text": "Late bins.", "start": "2026-12-02", "end": "2026-12-01"}}}, "ends before"),
        (
            {"notice": {"n": {"text": "Late bins.", "start": "2026-12-01", "end": "2026-12-02", "topic": "bin"}}},
            "belongs to a service",
        ),
        ({"notice": {"n": {"text": "Late bins.", "start": "soon", "end": "2026-12-01"}}}, "is no date or time"),
        ({"timezone": "Mars/North"}, "there is no time zone Mars/North"),
        ({"opening": {}}, "opening: is nothing that can be set here"),
        (
            {**OFFICE, "queue": {"q": {"title": "the team", "timetable": "office", "out_of_hours": "number"}}},
            "the number that callers are told out of hours is missing",
        ),
    ],
)
def test_what_is_wrong_is_told_in_plain_words(content: dict[str, Any], told: str) -> None:
    with pytest.raises(FactRefused) as refused:
        checked(content)
    assert told in str(refused.value)
    assert "pydantic" not in str(refused.value)


def test_a_notice_holds_on_its_days_both_included() -> None:
    facts = checked({"notice": {"n": {"text": "Late bins.", "start": "2026-12-01", "end": "2026-12-02"}}})
    notice = facts.notice["n"]
    assert (notice.start, notice.end) == (date(2026, 12, 1), date(2026, 12, 2))
    days = [day for day in range(1, 5) if notice.holds(datetime(2026, 12, day, 23, 30, tzinfo=UTC))]
    assert days == [1, 2]


def test_a_notice_may_begin_and_end_at_a_moment() -> None:
    notice = checked(
        {"notice": {"n": {"text": "Lines down.", "start": "2026-12-01T10:00", "end": "2026-12-01T12:00"}}}
    ).notice["n"]
    assert not notice.holds(datetime(2026, 12, 1, 9, 59, tzinfo=UTC))
    assert notice.holds(datetime(2026, 12, 1, 12, 0, tzinfo=UTC))
    assert not notice.holds(datetime(2026, 12, 1, 12, 1, tzinfo=UTC))


def test_a_project_without_facts_has_none_and_a_broken_one_is_named(tmp_path: Path) -> None:
    assert load_defaults(tmp_path) == CouncilFacts()
    (tmp_path / "facts.yml").write_text("queue: [")
    with pytest.raises(ConfigurationError, match=r"facts\.yml is no YAML"):
        load_defaults(tmp_path)
    (tmp_path / "facts.yml").write_text("queue: {q: {title: the team, timetable: none}}")
    with pytest.raises(ConfigurationError, match=r"facts\.yml: the queue q has the timetable none"):
        load_defaults(tmp_path)
