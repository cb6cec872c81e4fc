"""The web application: the API on calls, health, metrics, and the first page."""

from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route

from voicebot.errors import RecordsUnavailable
from voicebot.records.store import MAX_LIMIT, RecordStore
from voicebot.settings import Settings
from voicebot.web import metrics, openapi, pages
from voicebot.web.media_status import MediaStatusSource
from voicebot.web.readiness import readiness
from voicebot.web.security import SecurityHeaders, require_token
from voicebot.web.static_files import BuiltFiles
from voicebot.web.tokens import api_token

log = structlog.get_logger(__name__)

_CODES = {400: "bad_request", 401: "unauthorised", 404: "not_found", 405: "method_not_allowed"}
_DEFAULT_LIMIT = 50


def create_app(settings: Settings, store: RecordStore, media: MediaStatusSource) -> Starlette:
    """The application on a store and the media process's status; the caller closes the store.

    Raises :class:`~voicebot.errors.ConfigurationError` when there can be no API token.
    """
    token = api_token(settings)
    description = openapi.document(version("voicebot"))

    async def calls(request: Request) -> Response:
        require_token(request, token)
        limit, before = _limit(request), _before(request)
        return JSONResponse(await store.recent_calls(limit, before=before))

    async def call(request: Request) -> Response:
        require_token(request, token)
        found = await store.call(request.path_params["id"])
        if found is None:
            raise HTTPException(404, "There is no such call.")
        return JSONResponse(found)

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        state = await readiness(store, media)
        body: dict[str, Any] = {"ready": state.ready, "calls": state.calls, "parts": state.parts}
        return JSONResponse(body, 200 if state.ready else 503)

    async def metrics_text(_: Request) -> Response:
        return Response(await metrics.render(store, media), media_type="text/plain; version=0.0.4")

    async def describe(_: Request) -> Response:
        return JSONResponse(description)

    async def home(_: Request) -> Response:
        return HTMLResponse(pages.home(settings, await readiness(store, media)))

    async def style(_: Request) -> Response:
        return Response(pages.STYLE, media_type="text/css", headers={"cache-control": "max-age=3600"})

    return Starlette(
        routes=[
            Route("/", home),
            Route("/style.css", style),
            Mount("/static", BuiltFiles(), name="static"),
            Route("/api/v1/calls", calls),
            Route("/api/v1/calls/{id}", call),
            Route("/openapi.json", describe),
            Route("/healthz", health),
            Route("/readyz", ready),
            Route("/metrics", metrics_text),
        ],
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={HTTPException: _refused, RecordsUnavailable: _unavailable, 500: _broken},
    )


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(_DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_LIMIT):
        raise HTTPException(400, f"limit must be a whole number from 1 to {MAX_LIMIT}.")
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


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers) if error.headers else None
    return _error(error.status_code, _CODES.get(error.status_code, "error"), error.detail, headers)


async def _unavailable(_: Request, error: Exception) -> Response:
    log.warning("web.records_unavailable", error=type(error).__name__)
    return _error(503, "records_unavailable", "The records can't be read now. Try again soon.", {"Retry-After": "5"})


async def _broken(_: Request, error: Exception) -> Response:
    return _error(500, "internal", "Something went wrong here; it has been logged.")
