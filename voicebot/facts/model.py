"""The facts as a whole, typed and checked: whatever is wrong is told in words for the person who wrote it."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from voicebot.errors import ConfigurationError, VoicebotError
from voicebot.facts.hours import Week, read_spans, read_week

FACTS_FILE = "facts.yml"
"""Where the council's defaults lie inside the dialogue project."""

NEVER_CLOSE = frozenset(
    {
        "emergency_999",
        "gas_emergency",
        "power_emergency",
        "homelessness_urgent",
        "safeguarding_adults",
        "safeguarding_children",
        "repairs_emergency",
        "highways_emergency",
        "dangerous_structures",
        "priority_human",
    }
)
"""Queues of the safety rules: they are open round the clock, whatever anybody writes."""


_DAY_CHARS = len("2026-12-25")
_NO_DAY = "is no date or time; write it like 2026-12-25 or 2026-12-25T09:00"


class FactRefused(VoicebotError):
    """A fact can't be as it was written; the message says why, for the person who wrote it."""


class Kind(StrEnum):
    """What a fact is about; with its key it names the fact."""

    TIMETABLE = "timetable"
    """The hours of a week, by a name that queues and places refer to."""
    QUEUE = "queue"
    """When people of a queue answer, and what happens when they don't."""
    PLACE = "place"
    """When a place that citizens visit is open."""
    HOLIDAY = "holiday"
    """A day with other hours; the key is its date."""
    NOTICE = "notice"
    """Something that callers are told for a while; the key is any short name."""
    CONTACT = "contact"
    """A phone number of a service or queue, as callers may be given it."""


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Timetable(_Fact):
    """The hours of a week: "always", or times by days ("mon-fri")."""

    hours: Literal["always"] | dict[str, str]

    @field_validator("hours")
    @classmethod
    def _readable(cls, hours: Literal["always"] | dict[str, str]) -> Literal["always"] | dict[str, str]:
        read_week(hours)
        return hours

    @cached_property
    def week(self) -> Week:
        """The same in minutes."""
        return read_week(self.hours)


class OutOfHours(StrEnum):
    """What a caller of a closed queue is offered."""

    MESSAGE = "message"
    """To leave a message after the tone."""
    CALLBACK = "callback"
    """To be rung back when it opens, on the number that they call from or give."""
    NUMBER = "number"
    """Another number, which is told; then a message may be left."""


class QueueFacts(_Fact):
    """A queue. ``title`` names its people inside a sentence: "the council tax team"."""

    title: str = Field(min_length=3, max_length=80)
    timetable: str
    bank_holidays: Literal["closed", "open"] = "closed"
    out_of_hours: OutOfHours = OutOfHours.MESSAGE
    out_of_hours_number: str = Field("", max_length=32)
    out_of_hours_text: str = Field("", max_length=300)

    @model_validator(mode="after")
    def _number_there(self) -> "QueueFacts":
        if self.out_of_hours is OutOfHours.NUMBER and not self.out_of_hours_number:
            raise ValueError("the number that callers are told out of hours is missing")
        return self


class PlaceFacts(_Fact):
    """A place that citizens visit."""

    timetable: str
    bank_holidays: Literal["closed", "open"] = "closed"


class Holiday(_Fact):
    """A day with other hours. ``everyone`` closes also what is open on bank holidays; queues of emergencies never."""

    name: str = Field(min_length=3, max_length=80)
    hours: str = "closed"
    everyone: bool = False

    @field_validator("hours")
    @classmethod
    def _readable(cls, hours: str) -> str:
        read_spans(hours)
        return hours


class Notice(_Fact):
    """What callers are told from ``start`` to ``end`` (days, both included, or moments) where ``service`` and ``topic``
    fit; empty fits all. ``greeting`` says it to everybody, after the greeting."""

    text: str = Field(min_length=5, max_length=300)
    start: datetime | date
    end: datetime | date
    service: str = Field("", max_length=64)
    topic: str = Field("", max_length=64)
    greeting: bool = False

    @field_validator("start", "end", mode="before")
    @classmethod
    def _day_or_moment(cls, value: object) -> object:
        # pydantic alone would read a day as its midnight, and end a notice as its last day begins.
        try:
            return date.fromisoformat(value) if isinstance(value, str) and len(value) <= _DAY_CHARS else value
        except ValueError as error:
            raise ValueError(_NO_DAY) from error

    @model_validator(mode="after")
    def _in_order(self) -> "Notice":
        first = self.start if isinstance(self.start, datetime) else datetime.combine(self.start, datetime.min.time())
        last = self.end if isinstance(self.end, datetime) else datetime.combine(self.end, datetime.max.time())
        if (first.tzinfo is None) != (last.tzinfo is None):
            raise ValueError("give both moments with a time zone, or neither")
        if last < first:
            raise ValueError("the notice ends before it begins")
        if self.topic and not self.service:
            raise ValueError("a topic belongs to a service; name it too")
        return self

    def holds(self, at: datetime) -> bool:
        """Whether it is told at ``at``, a moment in the council's own time zone."""
        return _begins(self.start, at) and _lasts(self.end, at)


def _begins(start: datetime | date, at: datetime) -> bool:
    if isinstance(start, datetime):
        return (start if start.tzinfo else start.replace(tzinfo=at.tzinfo)) <= at
    return start <= at.date()


def _lasts(end: datetime | date, at: datetime) -> bool:
    if isinstance(end, datetime):
        return at <= (end if end.tzinfo else end.replace(tzinfo=at.tzinfo))
    return at.date() <= end


class Contact(_Fact):
    """A phone number, as it is dialled."""

    number: str = Field(pattern=r"^\+?[0-9 ]{3,20}$")


class CouncilFacts(_Fact):
    """All facts. Raises pydantic's error when they don't fit together; :func:`checked` puts it into plain words."""

    timezone: str = "Europe/London"
    timetable: dict[str, Timetable] = {}
    queue: dict[str, QueueFacts] = {}
    place: dict[str, PlaceFacts] = {}
    holiday: dict[date, Holiday] = {}
    notice: dict[str, Notice] = {}
    contact: dict[str, Contact] = {}

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone {timezone}") from error
        return timezone

    @model_validator(mode="after")
    def _fit_together(self) -> "CouncilFacts":
        used: list[tuple[str, str, str]] = [("queue", name, queue.timetable) for name, queue in self.queue.items()]
        used += [("place", name, place.timetable) for name, place in self.place.items()]
        for kind, name, timetable in used:
            if timetable not in self.timetable:
                raise ValueError(f"the {kind} {name} has the timetable {timetable}, which there isn't")
        for name in NEVER_CLOSE & self.queue.keys():
            if not self.timetable[self.queue[name].timetable].week.always:
                raise ValueError(f"the queue {name} is for emergencies and never closes")
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        """The council's time zone."""
        return ZoneInfo(self.timezone)


def checked(content: Mapping[str, Any]) -> CouncilFacts:
    """The facts that ``content`` stands for. Raises :class:`FactRefused` naming what is wrong where."""
    try:
        return CouncilFacts.model_validate(content)
    except ValidationError as error:
        raise FactRefused("; ".join(_plainly(each) for each in error.errors(include_url=False))) from error


def _plainly(error: Any) -> str:
    # Of a union of types pydantic names each way that did not fit; people only need the place.
    where = " ".join(str(part) for part in error["loc"] if not str(part).startswith(("literal[", "dict[", "function-")))
    what = str(error["msg"]).removeprefix("Value error, ")
    known = {
        "missing": "is missing",
        "extra_forbidden": "is nothing that can be set here",
        "string_pattern_mismatch": "is no phone number",
        "date_from_datetime_parsing": "is no date; write it like 2026-12-25",
        "date_parsing": "is no date; write it like 2026-12-25",
        "datetime_parsing": _NO_DAY,
        "datetime_from_date_parsing": _NO_DAY,
    }
    return f"{where}: {known.get(error['type'], what)}" if where else what


def load_defaults(project: Path) -> CouncilFacts:
    """The council's defaults, from the dialogue project. Raises :class:`ConfigurationError`."""
    path = project / FACTS_FILE
    try:
        content = YAML(typ="safe").load(path.read_text("utf-8"))
    except FileNotFoundError:
        return CouncilFacts()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} can't be read: {error}") from error
    except YAMLError as error:
        raise ConfigurationError(f"{path} is no YAML: {error}") from error
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path} must hold facts by kind")
    try:
        return checked(content)
    except FactRefused as error:
        raise ConfigurationError(f"{path}: {error}") from error
