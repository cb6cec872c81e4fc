"""Requests of the admin pages: who asks, what the JSON in them holds, and what is answered when it can't be done."""

import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from voicebot.accounts.audit import Actor
from voicebot.accounts.roles import Role
from voicebot.facts.model import FactRefused
from voicebot.flows.errors import (
    DraftChanged,
    EditRefused,
    FlowError,
    NotAllowed,
    NotReady,
    NotRepresentable,
    NotThere,
)
from voicebot.flows.people import Person
from voicebot.web.access import address_of, require

READERS = (Role.VIEWER, Role.AUTHOR, Role.REVIEWER, Role.PUBLISHER)
AUTHORS = (Role.AUTHOR,)

Handler = Callable[[Request], Awaitable[Response]]
_Model = TypeVar("_Model", bound=BaseModel)


class Body(BaseModel):
    """What a page sends."""

    model_config = ConfigDict(extra="forbid", frozen=True)


async def person(request: Request, *roles: Role) -> Person:
    """Who asks, with one of ``roles``."""
    return Person.of(await require(request, *roles), address_of(request))


async def actor(request: Request, *roles: Role) -> Actor:
    """The same for the audit."""
    return Actor.of(await require(request, *roles), address_of(request))


async def body(request: Request, model: type[_Model]) -> _Model:
    """What the request holds. Raises :class:`HTTPException` 400 naming what is wrong."""
    try:
        return model.model_validate(json.loads(await request.body()))
    except ValidationError as error:
        raise HTTPException(400, plainly(error)) from error
    except ValueError as error:
        raise HTTPException(400, "Send JSON.") from error


def plainly(error: ValidationError) -> str:
    """What pydantic found wrong, without the values."""
    found = (
        f"{' '.join(str(part) for part in each['loc'])}: {each['msg'].removeprefix('Value error, ')}"
        for each in error.errors(include_url=False, include_input=False, include_context=False)
    )
    return "; ".join(found)


def shown(value: Any) -> Any:
    """Models, and whatever holds them, as JSON."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [shown(item) for item in value]
    return value


def answer(value: Any, status: int = 200) -> JSONResponse:
    """``value`` as JSON."""
    return JSONResponse(shown(value), status)


def explained(handler: Handler) -> Handler:
    """``handler``, with the refusals of flows and facts as answers that the page can show beside what was tried."""

    @wraps(handler)
    async def wrapped(request: Request) -> Response:
        try:
            return await handler(request)
        except DraftChanged as changed:
            since = [{"by": edit.by, "at": edit.at.isoformat(), "summary": edit.summary} for edit in changed.since]
            return _refusal(409, "changed", str(changed), revision=changed.revision, since=since)
        except (FlowError, FactRefused) as error:
            status, code = _KINDS.get(type(error), (422, "refused"))
            return _refusal(status, code, str(error))

    return wrapped


_KINDS: dict[type[Exception], tuple[int, str]] = {
    NotThere: (404, "not_found"),
    NotAllowed: (403, "not_allowed"),
    NotReady: (422, "not_ready"),
    EditRefused: (422, "refused"),
    NotRepresentable: (422, "not_representable"),
    FactRefused: (422, "refused"),
}


def _refusal(status: int, code: str, message: str, **more: Any) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message, **more}}, status)
