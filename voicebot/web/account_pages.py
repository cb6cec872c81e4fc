"""``/account``: one's own password, sessions and API tokens."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from voicebot.accounts.audit import Actor
from voicebot.accounts.roles import scopes_of
from voicebot.accounts.tokens import known_scopes
from voicebot.errors import AccountError, SignInLocked, SignInRefused
from voicebot.web.access import address_of, require, require_visit, visit_of
from voicebot.web.cookies import SESSION
from voicebot.web.forms import choices, fields
from voicebot.web.rendering import page
from voicebot.web.state import services

_DAYS = ("30", "90", "366")
_DONE = {
    "password": "Your password is changed. You are signed out everywhere else.",
    "sessions": "You are signed out there.",
    "revoked": "The token is revoked.",
    "second-factor": "You are no longer asked for a code.",
}


async def account(request: Request) -> Response:
    """The overview."""
    person = await require(request)
    accounts, visit = services(request).accounts, await visit_of(request)
    return await page(
        request,
        "account.html",
        account=person,
        here=visit.id if visit else "",
        sessions=await accounts.sessions.of(person),
        tokens=[token for token in await accounts.tokens.all(person) if token.usable(accounts.now())],
        may_have_tokens=bool(scopes_of(person.roles)),
        second_factor=await accounts.second_factor.is_on(person),
        done=_DONE.get(request.query_params.get("done", "")),
    )


async def password_form(request: Request) -> Response:
    """Where a password is changed; the only page for somebody who has a one-time one."""
    visit = await require_visit(request)
    return await page(request, "password.html", must_change=visit.must_change)


async def password_change(request: Request) -> Response:
    """Change it. All sessions end, and a new one begins here."""
    visit = await require_visit(request)
    form = await fields(request)
    accounts, address = services(request).accounts, address_of(request)
    current, new = form.get("current", ""), form.get("new", "")
    errors = {}
    if not current:
        errors["current"] = "Enter the password you have now"
    if not new:
        errors["new"] = "Enter a new password"
    if not errors:
        try:
            await accounts.sign_in.confirm(visit.account, current, address)
            await accounts.people.change_password(Actor.of(visit.account, address), visit.account, new)
        except SignInRefused:
            errors["current"] = "This is not the password you have now"
        except SignInLocked:
            errors["current"] = "There were too many wrong tries. Try again later"
        except AccountError as error:
            errors["new"] = str(error)
    if errors:
        return await page(request, "password.html", status=422, must_change=visit.must_change, errors=errors)
    response = RedirectResponse("/" if visit.must_change else "/account?done=password", 303)
    key = await accounts.sign_in.with_password(visit.account.name, new, address, second_factor_shown=True)
    SESSION.write(request, response, key)
    return response


async def sessions_end(request: Request) -> Response:
    """Sign out of one other browser, or of all."""
    person = await require(request)
    visit = await visit_of(request)
    only = (await fields(request)).get("only", "")
    actor = Actor.of(person, address_of(request))
    await services(request).accounts.sessions.end_others(actor, person, but=visit.id if visit else "", only=only)
    return RedirectResponse("/account?done=sessions", 303)


async def token_form(request: Request) -> Response:
    """Where a token is made."""
    person = await require(request)
    return await page(request, "token_new.html", **_options(), scopes=sorted(scopes_of(person.roles)))


async def token_add(request: Request) -> Response:
    """Make it, and show it this once."""
    person = await require(request)
    form = await fields(request)
    chosen, days = await choices(request, "scopes"), form.get("days", "")
    label = form.get("label", "")
    errors = {}
    if not label.strip():
        errors["label"] = "Enter what the token is for"
    if not chosen:
        errors["scopes"] = "Select what the token may do"
    if days not in _DAYS:
        errors["days"] = "Select how long the token is valid"
    if not errors:
        try:
            token, key = await services(request).accounts.tokens.add(
                Actor.of(person, address_of(request)), label, known_scopes(chosen), days=int(days), owner=person
            )
        except AccountError as error:
            errors["scopes"] = str(error)
        else:
            return await page(request, "token_made.html", token=token, key=key)
    options = _options(label=label, chosen=chosen, days=days)
    return await page(
        request, "token_new.html", status=422, **options, scopes=sorted(scopes_of(person.roles)), errors=errors
    )


def _options(label: str = "", chosen: list[str] | None = None, days: str = "90") -> dict[str, Any]:
    return {"label": label, "chosen": chosen or [], "days": days, "choices_of_days": _DAYS}


async def token_revoke(request: Request) -> Response:
    """End one of one's own tokens."""
    person = await require(request)
    actor = Actor.of(person, address_of(request))
    try:
        await services(request).accounts.tokens.revoke(actor, request.path_params["id"], owner=person)
    except AccountError as error:
        return await page(request, "error.html", status=404, title="Token not found", message=f"{error}.")
    return RedirectResponse("/account?done=revoked", 303)


def routes() -> list[Route]:
    """Their routes."""
    return [
        Route("/account", account),
        Route("/account/password", password_form),
        Route("/account/password", password_change, methods=["POST"]),
        Route("/account/sessions", sessions_end, methods=["POST"]),
        Route("/account/tokens/new", token_form),
        Route("/account/tokens/new", token_add, methods=["POST"]),
        Route("/account/tokens/{id}/revoke", token_revoke, methods=["POST"]),
    ]
