"""What is answered when a request fails: JSON to programs, a page to people."""

from http import HTTPStatus
from urllib.parse import quote

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from voicebot.web.access import NotSignedIn, PasswordChangeNeeded, assume_nobody
from voicebot.web.rendering import page
from voicebot.web.security import HEADERS

log = structlog.get_logger(__name__)

_CODES = {
    400: "bad_request",
    401: "unauthorised",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}
_TITLES = {
    400: "There is a problem with what was sent",
    403: "You can’t do this",
    404: "Page not found",
    405: "Page not found",
    413: "That is too large",
}
PASSWORD_PAGE = "/account/password"  # noqa: S105 - an address


def wants_page(request: Request) -> bool:
    """Whether a person is looking: the API and whoever doesn't ask for HTML gets JSON."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The API's one form of an error."""
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)


async def refused(request: Request, failure: Exception) -> Response:
    """A request that is wrong or not allowed."""
    assert isinstance(failure, HTTPException)
    headers = dict(failure.headers) if failure.headers else None
    if not wants_page(request):
        return error(failure.status_code, _CODES.get(failure.status_code, "error"), failure.detail, headers)
    if isinstance(failure, NotSignedIn):
        # Only a page that was to be looked at can be gone back to.
        back = f"?next={quote(_path(request), safe='')}" if request.method == "GET" else ""
        return RedirectResponse(f"/sign-in{back}", 303)
    if isinstance(failure, PasswordChangeNeeded):
        return RedirectResponse(PASSWORD_PAGE, 303)
    title = _TITLES.get(failure.status_code, "Something went wrong")
    nothing_said = failure.detail == HTTPStatus(failure.status_code).phrase
    message = "If you typed the address, check that it is right." if nothing_said else failure.detail
    return await page(request, "error.html", status=failure.status_code, headers=headers, title=title, message=message)


async def missing(request: Request, failure: Exception) -> Response:
    """An account that isn't there, or no longer."""
    return await refused(request, HTTPException(404, f"{failure}."))


async def unusable(request: Request, failure: Exception) -> Response:
    """The database takes no such text: PostgreSQL has no zero bytes, for one."""
    return await refused(request, HTTPException(400, "What was sent can’t be used."))


async def unavailable(request: Request, failure: Exception) -> Response:
    """The database is away."""
    log.warning("web.records_unavailable", error=type(failure).__name__)
    return await _later(request, "records_unavailable", "The records can’t be read now. Try again soon.")


async def busy(request: Request, failure: Exception) -> Response:
    """More than we can do at the moment."""
    log.warning("web.busy", error=type(failure).__name__)
    return await _later(request, "busy", "Too many people are signing in at this moment. Try again soon.")


async def _later(request: Request, code: str, message: str) -> Response:
    headers = {"Retry-After": "5"}
    if not wants_page(request):
        return error(503, code, message, headers)
    assume_nobody(request)
    title = "Sorry, there is a problem with this service"
    return await page(request, "error.html", status=503, headers=headers, title=title, message=message)


async def broken(request: Request, failure: Exception) -> Response:
    """A defect of ours. It is answered outside all middleware, hence the headers."""
    message = "Something went wrong here; it has been logged."
    if not wants_page(request):
        return error(500, "internal", message, HEADERS)
    assume_nobody(request)
    title = "Sorry, there is a problem with this service"
    return await page(request, "error.html", status=500, headers=HEADERS, title=title, message=message)


def _path(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
