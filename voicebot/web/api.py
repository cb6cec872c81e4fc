"""The API on calls and the audit, by token or by role."""

from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from voicebot.accounts import audit
from voicebot.accounts.audit import Action
from voicebot.accounts.roles import Scope
from voicebot.records.store import MAX_LIMIT
from voicebot.web.access import require_scope
from voicebot.web.state import services

_DEFAULT_LIMIT = 50


async def calls(request: Request) -> Response:
    """``GET /api/v1/calls``."""
    actor = await require_scope(request, Scope.CALLS_READ)
    limit, before = limit_of(request, MAX_LIMIT), _before(request)
    await services(request).accounts.audit.add_read(actor, Action.CALLS_READ)
    return JSONResponse(await services(request).store.recent_calls(limit, before=before))


async def call(request: Request) -> Response:
    """``GET /api/v1/calls/{id}``."""
    actor = await require_scope(request, Scope.CALLS_READ)
    found = await services(request).store.call(request.path_params["id"])
    if found is None:
        raise HTTPException(404, "There is no such call.")
    await services(request).accounts.audit.add_read(actor, Action.CALLS_READ, found["id"])
    return JSONResponse(found)


async def audit_entries(request: Request) -> Response:
    """``GET /api/v1/audit``."""
    actor = await require_scope(request, Scope.AUDIT_READ)
    limit, before = limit_of(request, audit.MAX_LIMIT), before_id(request)
    await services(request).accounts.audit.add_read(actor, Action.AUDIT_READ)
    query = request.query_params
    entries = await services(request).accounts.audit.entries(
        limit, before=before, actor=query.get("actor", ""), action=query.get("action", "")
    )
    return JSONResponse(entries)


def routes() -> list[Route]:
    """The API's routes."""
    return [
        Route("/api/v1/calls", calls),
        Route("/api/v1/calls/{id}", call),
        Route("/api/v1/audit", audit_entries),
    ]


def limit_of(request: Request, most: int) -> int:
    """The parameter ``limit``, from 1 to ``most``. Raises 400 when it is anything else."""
    text = request.query_params.get("limit", str(_DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise HTTPException(400, f"limit must be a whole number from 1 to {most}.")
    return int(text)


def before_id(request: Request) -> int | None:
    """The parameter ``before`` as the id of an entry. Raises 400 when it is anything else."""
    text = request.query_params.get("before")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise HTTPException(400, "before must be the id of an entry.")
    return int(text)


def _before(request: Request) -> datetime | None:
    text = request.query_params.get("before")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise HTTPException(400, "before must be a moment such as 2026-11-03T09:30:00Z.") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
