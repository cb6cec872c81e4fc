"""GeoReport v2 as values: what goes out as form fields, what comes in as JSON. No I/O.

The parameter names are those of the specification. Every answer is a list, also of one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from voicebot.errors import VoicebotError

LONGEST_DESCRIPTION = 4000
"""Characters that a server must take as ``description``."""


class Open311Error(VoicebotError):
    """The server refused, with the codes and descriptions of its error array. ``status`` is that of HTTP."""

    def __init__(self, status: int, errors: Sequence[tuple[str, str]] = ()) -> None:
        told = "; ".join(f"{code}: {text}" for code, text in errors)
        super().__init__(told or f"HTTP {status}")
        self.status = status
        self.errors = tuple(errors)


class Malformed(VoicebotError):
    """The answer is not what the specification says."""


@dataclass(frozen=True, slots=True)
class Service:
    """One kind of report that the server takes. ``metadata`` says that it has attributes of its own."""

    code: str
    name: str
    metadata: bool
    kind: str = "realtime"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A question that belongs to a service. ``values`` are (key, name) to choose from."""

    code: str
    required: bool
    datatype: str
    description: str = ""
    variable: bool = True
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A report to be made: where it is (``address_id`` or ``address``), what it is, and whom to ask."""

    service_code: str
    description: str
    address: str = ""
    address_id: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    email: str = ""

    def fields(self) -> dict[str, str]:
        """The form's fields, without those that are empty."""
        fields = {
            "service_code": self.service_code,
            "description": self.description[:LONGEST_DESCRIPTION],
            "address_string": self.address,
            "address_id": self.address_id,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "phone": self.phone,
            "email": self.email,
        }
        fields.update({f"attribute[{code}]": value for code, value in self.attributes.items()})
        return {name: value for name, value in fields.items() if value}


@dataclass(frozen=True, slots=True)
class Taken:
    """The server has the report: its number there, or a ``token`` by which the number can be had later."""

    request_id: str = ""
    token: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """How a report stands: ``open`` or ``closed``, what the team wrote, and when it expects to be done."""

    request_id: str
    status: str
    notes: str = ""
    updated_on: date | None = None
    expected_on: date | None = None


def read_services(content: Any) -> tuple[Service, ...]:
    """``GET services``."""
    return tuple(
        Service(_text(each, "service_code"), _text(each, "service_name"), _flag(each, "metadata"), _kind(each))
        for each in _list(content)
    )


def read_definition(content: Any) -> tuple[Attribute, ...]:
    """``GET services/{code}``, its attributes in their order."""
    definition = content[0] if isinstance(content, list) and content else content
    if not isinstance(definition, dict):
        raise Malformed("a service definition is no object")
    ordered = sorted(_list(definition.get("attributes", [])), key=lambda each: int(each.get("order") or 0))
    return tuple(
        Attribute(
            _text(each, "code"),
            _flag(each, "required"),
            str(each.get("datatype") or "string"),
            str(each.get("description") or ""),
            _flag(each, "variable", default=True),
            tuple((str(value.get("key")), str(value.get("name"))) for value in each.get("values") or []),
        )
        for each in ordered
    )


def read_taken(content: Any) -> Taken:
    """``POST requests`` and ``GET tokens/{token}``."""
    first = _first(content)
    taken = Taken(
        str(first.get("service_request_id") or ""),
        str(first.get("token") or ""),
        str(first.get("service_notice") or ""),
    )
    if not taken.request_id and not taken.token:
        raise Malformed("a report was taken without a number and without a token")
    return taken


def read_status(content: Any) -> Status:
    """``GET requests/{id}``."""
    first = _first(content)
    return Status(
        _text(first, "service_request_id"),
        _text(first, "status").lower(),
        str(first.get("status_notes") or ""),
        _day(first.get("updated_datetime")),
        _day(first.get("expected_datetime")),
    )


def read_errors(content: Any) -> tuple[tuple[str, str], ...]:
    """The error array of a refusal; empty when it has none."""
    if not isinstance(content, list):
        return ()
    return tuple(
        (str(each.get("code", "")), str(each.get("description", ""))) for each in content if isinstance(each, dict)
    )


def _list(content: Any) -> list[dict[str, Any]]:
    if not isinstance(content, list) or not all(isinstance(each, dict) for each in content):
        raise Malformed("a list was expected")
    return content


def _first(content: Any) -> dict[str, Any]:
    found = _list(content)
    if not found:
        raise Malformed("the list is empty")
    return found[0]


def _text(content: Mapping[str, Any], name: str) -> str:
    value = content.get(name)
    if value is None or value == "":
        raise Malformed(f"{name} is missing")
    return str(value)


def _flag(content: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    value = content.get(name, default)
    return value if isinstance(value, bool) else str(value).lower() == "true"


def _kind(content: Mapping[str, Any]) -> str:
    return str(content.get("type") or "realtime")


def _day(value: Any) -> date | None:
    try:
        return datetime.fromisoformat(str(value)).date() if value else None
    except ValueError:
        return None
