"""Who asks, and whether they may. Every route calls one of :func:`require`, :func:`require_scope` or, for a WebSocket,
:func:`signed_in` with :func:`same_origin`; the few that don't are listed in ``tests/web/test_routes.py``.
"""

from hmac import compare_digest
from typing import NoReturn
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request

from voicebot.accounts.account import Account
from voicebot.accounts.audit import Action, Actor, Outcome
from voicebot.accounts.roles import Role, Scope
from voicebot.accounts.sessions import Visit, csrf_of
from voicebot.web.cookies import FORM, SESSION
from voicebot.web.state import services
from voicebot.web.tokens import bearer, same

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_MAX_FIELDS, _MAX_FIELD = 100, 1 << 16
_VISIT = "voicebot.visit"
CSRF_HEADER, CSRF_FIELD = "x-csrf-token", "csrf_token"


class PasswordChangeNeeded(HTTPException):
    """The person must replace a one-time password before anything else."""

    def __init__(self) -> None:
        super().__init__(403, "Change your password first.")


class NotSignedIn(HTTPException):
    """Nobody is signed in, or no longer."""

    def __init__(self) -> None:
        super().__init__(401, "Sign in first.", {"WWW-Authenticate": "Bearer"})


def address_of(connection: HTTPConnection) -> str:
    """The network address that asks, as our own proxies tell it; empty on a Unix socket."""
    return connection.client.host if connection.client else ""


async def visit_of(connection: HTTPConnection) -> Visit | None:
    """The valid session of the browser that asks, even if its owner must change their password first."""
    if _VISIT not in connection.scope:
        key = SESSION.read(connection)
        connection.scope[_VISIT] = await services(connection).accounts.sessions.find(key) if key else None
    found: Visit | None = connection.scope[_VISIT]
    return found


def assume_nobody(connection: HTTPConnection) -> None:
    """Answer this request as if nobody were signed in: for when it can't be found out."""
    connection.scope[_VISIT] = None


async def signed_in(connection: HTTPConnection) -> Account | None:
    """Who is signed in and may go on; changes nothing. A WebSocket must check :func:`same_origin` too."""
    visit = await visit_of(connection)
    return None if visit is None or visit.must_change else visit.account


async def require(request: Request, *roles: Role) -> Account:
    """The person who asks, who has one of ``roles`` (with none named: who is signed in).

    Anything but GET and HEAD must carry the session's CSRF token too, in the header ``X-CSRF-Token`` or the form field
    ``csrf_token``. Raises :class:`~starlette.exceptions.HTTPException` 401, which leads a page to the sign-in, or 403.
    """
    visit = await require_visit(request)
    if visit.must_change:
        raise PasswordChangeNeeded
    if not visit.account.may(roles):
        await refuse(request, Actor.of(visit.account, address_of(request)))
    return visit.account


async def require_visit(request: Request) -> Visit:
    """The session of the person who asks, whatever they may do; with the CSRF token as :func:`require` wants it."""
    visit = await visit_of(request)
    if visit is None:
        raise NotSignedIn
    if request.method not in _SAFE:
        await check_csrf(request, visit.csrf)
    return visit


async def require_scope(request: Request, scope: Scope) -> Actor:
    """Whoever asks by API token, or signed in with a role that ``scope`` belongs to. Raises 401 or 403."""
    header = request.headers.get("authorization", "")
    if not header:
        if await visit_of(request) is None:
            raise HTTPException(401, "Send an API token: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})
        return Actor.of(await require(request, *scope.roles), address_of(request))
    given, known = bearer(header), services(request)
    if same(given, known.token):
        return Actor("token", "", "service token", address_of(request))
    found = await known.accounts.tokens.find(given, address_of(request)) if given else None
    if found is None:
        raise HTTPException(
            401, "The API token is wrong, expired or revoked.", {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        )
    if scope not in found.scopes:
        await refuse(request, found.actor, {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'})
    return found.actor


async def refuse(request: Request, actor: Actor, headers: dict[str, str] | None = None) -> NoReturn:
    """Note in the audit that somebody known was refused, and raise 403."""
    path = getattr(request.scope.get("route"), "path", "")
    await services(request).accounts.audit.add(actor, Action.ACCESS, f"{request.method} {path}", Outcome.REFUSED)
    raise HTTPException(403, "Your role does not allow this.", headers)


async def csrf_token(request: Request) -> str:
    """What a form on the page that is being made must carry; empty when there is neither session nor form cookie."""
    visit = await visit_of(request)
    return visit.csrf if visit else csrf_of(FORM.read(request)) if FORM.read(request) else ""


async def check_csrf(request: Request, expected: str) -> None:
    """Raise 403 unless the request came from a page of ours in the same session."""
    if not same_origin(request):
        raise HTTPException(403, "This request came from another site.")
    given = request.headers.get(CSRF_HEADER, "")
    if not given and request.headers.get("content-type", "").partition(";")[0].strip().lower() in _FORMS:
        form = await request.form(max_files=0, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD)
        field = form.get(CSRF_FIELD, "")
        given = field if isinstance(field, str) else ""
    if not expected or not compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode()):
        raise HTTPException(403, "This page was open too long or in another session. Go back, reload it and try again.")


def same_origin(connection: HTTPConnection) -> bool:
    """Whether a browser says that a page of ours sends this. A client that is no browser says nothing, and passes."""
    site = connection.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    public = urlsplit(services(connection).settings.web.public_url).netloc
    return urlsplit(origin).netloc in {connection.headers.get("host", ""), public} - {""}
