"""``/sign-in`` and ``/sign-out``."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from voicebot.accounts.audit import Actor
from voicebot.accounts.keys import new_key
from voicebot.accounts.sessions import csrf_of
from voicebot.errors import SecondFactorNeeded, SignInLocked, SignInRefused
from voicebot.web.access import address_of, check_csrf, require_visit, visit_of
from voicebot.web.cookies import FORM, SESSION
from voicebot.web.forms import fields
from voicebot.web.rendering import page
from voicebot.web.state import services

_LONGEST_NEXT = 2000
_WRONG = "Enter a correct user name and password"
_TOO_LATE = "You took too long to enter the code. Sign in again"


def safe_next(target: str) -> str:
    """Where to go after the sign-in: a path of ours, or the first page when ``target`` is anything else.

    Browsers read a backslash as a slash and drop tabs and line ends, so that ``/\\t/example.org`` leads away too.
    """
    if len(target) > _LONGEST_NEXT or not target.startswith("/") or "\\" in target or not target.isprintable():
        return "/"
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    return "/" if target.startswith("//") or parts.scheme or parts.netloc else target


async def _form(
    request: Request,
    status: int = 200,
    *,
    name: str = "",
    target: str = "/",
    errors: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The page. Its form is bound to a cookie of its own, since there is no session yet."""
    key = FORM.read(request) or new_key()
    oidc = services(request).settings.oidc
    context = {"name": name, "next": target, "errors": errors or {}, "csrf_token": csrf_of(key)}
    context["oidc"] = oidc.label if oidc.issuer else ""
    response = await page(request, "sign_in.html", status=status, headers=headers, **context)
    FORM.write(request, response, key)
    return response


async def sign_in(request: Request) -> Response:
    """Show the form."""
    target = safe_next(request.query_params.get("next", "/"))
    if await visit_of(request) is not None:
        return RedirectResponse(target, 303)
    return await _form(request, target=target)


async def signing_in(request: Request) -> Response:
    """Take the form: a new session under a new key, whatever cookie the browser came with."""
    cookie = FORM.read(request)
    await check_csrf(request, csrf_of(cookie) if cookie else "")
    form = await fields(request)
    name, password, target = form.get("name", ""), form.get("password", ""), safe_next(form.get("next", "/"))
    errors = {}
    if not name.strip():
        errors["name"] = "Enter your user name"
    if not password:
        errors["password"] = "Enter your password"  # noqa: S105 - a sentence
    if errors:
        return await _form(request, 422, name=name, target=target, errors=errors)
    accounts = services(request).accounts
    try:
        key = await accounts.sign_in.with_password(name, password, address_of(request))
    except SignInRefused:
        return await _form(request, 422, name=name, target=target, errors={"name": _WRONG})
    except SecondFactorNeeded as half:
        return await _code_form(request, target=target, ticket=half.ticket)
    except SignInLocked as locked:
        message, headers = _locked(locked)
        return await _form(request, 429, name=name, target=target, errors={"name": message}, headers=headers)
    return await _enter(request, key, target)


def _locked(locked: SignInLocked) -> tuple[str, dict[str, str]]:
    minutes = -(-locked.wait_s // 60)
    message = f"There were too many tries. Try again in {minutes} {'minute' if minutes == 1 else 'minutes'}"
    return message, {"Retry-After": str(locked.wait_s)}


async def _enter(request: Request, key: str, target: str) -> Response:
    old = await visit_of(request)
    if old is not None:
        await services(request).accounts.sessions.end(Actor.of(old.account, address_of(request)), old)
    response = RedirectResponse(target, 303)
    SESSION.write(request, response, key)
    FORM.erase(request, response)
    return response


async def _code_form(
    request: Request,
    status: int = 200,
    *,
    target: str,
    ticket: str,
    errors: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The second half of the form; ``ticket`` says that the first was right, and the cookie is the same."""
    context = {"next": target, "ticket": ticket, "errors": errors or {}, "csrf_token": csrf_of(FORM.read(request))}
    return await page(request, "sign_in_code.html", status=status, headers=headers, **context)


async def code(request: Request) -> Response:
    """Take the code of an authenticator app, or a recovery code."""
    cookie = FORM.read(request)
    await check_csrf(request, csrf_of(cookie) if cookie else "")
    form = await fields(request)
    ticket, target = form.get("ticket", ""), safe_next(form.get("next", "/"))
    if not form.get("code", "").strip():
        errors = {"code": "Enter the code"}
        return await _code_form(request, 422, target=target, ticket=ticket, errors=errors)
    try:
        key = await services(request).accounts.sign_in.with_code(ticket, form["code"], address_of(request))
    except SecondFactorNeeded:
        return await _form(request, 422, target=target, errors={"name": _TOO_LATE})
    except SignInRefused:
        errors = {"code": "This code is wrong or was used already"}
        return await _code_form(request, 422, target=target, ticket=ticket, errors=errors)
    except SignInLocked as locked:
        message, headers = _locked(locked)
        return await _code_form(request, 429, target=target, ticket=ticket, errors={"code": message}, headers=headers)
    return await _enter(request, key, target)


async def sign_out(request: Request) -> Response:
    """End the session, here and in the browser."""
    visit = await require_visit(request)
    await services(request).accounts.sessions.end(Actor.of(visit.account, address_of(request)), visit)
    response = RedirectResponse("/sign-in", 303)
    SESSION.erase(request, response)
    return response


def routes() -> list[Route]:
    """Their routes."""
    return [
        Route("/sign-in", sign_in),
        Route("/sign-in", signing_in, methods=["POST"]),
        Route("/sign-in/code", code, methods=["POST"]),
        Route("/sign-out", sign_out, methods=["POST"]),
    ]
