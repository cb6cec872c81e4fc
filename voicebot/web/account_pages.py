"""``/account``: one's own password, sessions and API tokens."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from voicebot.accounts.audit import Actor
from voicebot.errors import AccountError, SignInLocked, SignInRefused
from voicebot.web.access import address_of, require, require_visit
from voicebot.web.cookies import SESSION
from voicebot.web.forms import fields
from voicebot.web.rendering import page
from voicebot.web.state import services


async def account(request: Request) -> Response:
    """The overview."""
    person = await require(request)
    accounts = services(request).accounts
    return await page(request, "account.html", account=person, sessions=await accounts.sessions.of(person))


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
    response = RedirectResponse("/", 303)
    SESSION.write(request, response, await accounts.sign_in.with_password(visit.account.name, new, address))
    return response


def routes() -> list[Route]:
    """Their routes."""
    return [
        Route("/account", account),
        Route("/account/password", password_form),
        Route("/account/password", password_change, methods=["POST"]),
    ]
