"""What an agent's page asks for, as JSON objects on its WebSocket; its side is ``frontend/src/agent/protocol.ts``.

Every request carries a number (``id``); its answer is ``{"type": "done", "id": …, "result": …}`` or ``{"type":
"failed", "id": …, "message": …}`` with words for the person. What the page shows is sent without being asked for,
whenever it changes: ``desk`` (all but the transcript) and ``transcript``.
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from voicebot.errors import ProtocolError

MAX_MESSAGE = 32768
_Name = Annotated[str, Field(max_length=160)]
_Words = Annotated[str, Field(max_length=8000)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: int


class Become(_Request):
    """Take calls, or none: with ``reason`` the agent is away."""

    do: Literal["available", "away", "sign_out"]
    reason: _Name = ""


class RingAt(_Request):
    """Be rung at the browser or at a desk phone."""

    do: Literal["ring_at"]
    address: Annotated[str, Field(max_length=256)]


class Serve(_Request):
    """Serve these queues; ``["*"]`` for all."""

    do: Literal["serve"]
    queues: Annotated[list[_Name], Field(max_length=100)]


class OnOffer(_Request):
    """Something that needs no more than the offer or call that it is about."""

    do: Literal[
        "shown", "accept", "decline", "hold", "resume", "pause_recording", "resume_recording", "hang_up", "leave",
        "join_all", "earlier",
    ]  # fmt: skip
    offer: _Name


class Onwards(_Request):
    """Hand the caller on to ``queue:NAME`` or ``agent:NAME``, at once or after a word with them."""

    do: Literal["transfer", "consult"]
    offer: _Name
    to: _Name
    note: _Words = ""


class Drop(_Request):
    """Part with one of the others in the call."""

    do: Literal["drop"]
    offer: _Name
    name: _Name


class Note(_Request):
    """What the agent has written so far."""

    do: Literal["note"]
    offer: _Name
    notes: _Words


class WrapUpForm(_Request):
    """The form at the end of a call. ``text`` is what the caller, who agreed to it, is sent to ``text_to``."""

    do: Literal["wrap_up"]
    offer: _Name
    outcome: _Name
    notes: _Words = ""
    service: _Name = ""
    topic: _Name = ""
    repeated: bool = False
    call_back: _Name = ""
    text: Annotated[str, Field(max_length=612)] = ""
    text_to: Annotated[str, Field(max_length=32)] = ""
    text_agreed: bool = False


FromPage: TypeAlias = Become | RingAt | Serve | OnOffer | Onwards | Drop | Note | WrapUpForm
_FROM_PAGE: TypeAdapter[FromPage] = TypeAdapter(Annotated[FromPage, Field(discriminator="do")])


def read(text: str) -> FromPage:
    """What a page asks for. Raises :class:`~voicebot.errors.ProtocolError`."""
    if len(text) > MAX_MESSAGE:
        raise ProtocolError("a message is too long")
    try:
        return _FROM_PAGE.validate_json(text)
    except ValidationError as error:
        raise ProtocolError(f"{error.error_count()} fields are wrong") from error


def done(number: int, result: Any = None) -> dict[str, Any]:
    """It was done."""
    return {"type": "done", "id": number, "result": result}


def failed(number: int, message: str) -> dict[str, Any]:
    """It can't be done, and why."""
    return {"type": "failed", "id": number, "message": message}
