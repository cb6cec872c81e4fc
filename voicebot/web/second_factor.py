"""``/account/second-factor``: setting up codes of an authenticator app, and ending them."""

import io

import segno
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from voicebot.accounts.account import Account
from voicebot.accounts.audit import Actor
from voicebot.accounts.second_factor import Enrolment
from voicebot.errors import AccountError, SignInLocked, SignInRefused
from voicebot.web.access import address_of, require
from voicebot.web.forms import fields
from voicebot.web.rendering import page
from voicebot.web.state import services


async def form(request: Request) -> Response:
    """Where it is set up, or, once it is, ended."""
    person = await require(request)
    known = services(request).accounts.second_factor
    if await known.is_on(person):
        return await page(request, "second_factor_on.html", codes_left=await known.codes_left(person))
    return await _set_up(request, known.begin(person))


async def _set_up(request: Request, enrolment: Enrolment, errors: dict[str, str] | None = None) -> Response:
    groups = [enrolment.secret[at : at + 4] for at in range(0, len(enrolment.secret), 4)]
    return await page(
        request,
        "second_factor.html",
        status=422 if errors else 200,
        picture=_picture(enrolment.uri),
        secret=" ".join(groups),
        ticket=enrolment.ticket,
        errors=errors or {},
    )


async def confirm(request: Request) -> Response:
    """Take a code of the app, and show the recovery codes this once."""
    person = await require(request)
    sent = await fields(request)
    known = services(request).accounts.second_factor
    ticket = sent.get("ticket", "")
    errors = await _password_errors(request, person, sent.get("password", ""))
    if not sent.get("code", "").strip():
        errors["code"] = "Enter the code that the app shows"
    if not errors:
        actor = Actor.of(person, address_of(request))
        try:
            codes = await known.confirm(actor, person, ticket, sent["code"])
        except AccountError as error:
            errors["code"] = str(error)
        else:
            return await page(request, "recovery_codes.html", codes=codes)
    return await _set_up(request, known.again(person, ticket), errors)


async def remove(request: Request) -> Response:
    """Ask for no codes any more."""
    person = await require(request)
    known = services(request).accounts.second_factor
    errors = await _password_errors(request, person, (await fields(request)).get("password", ""))
    if errors:
        left = await known.codes_left(person)
        return await page(request, "second_factor_on.html", status=422, codes_left=left, errors=errors)
    await known.remove(Actor.of(person, address_of(request)), person)
    return RedirectResponse("/account?done=second-factor", 303)


async def _password_errors(request: Request, person: Account, password: str) -> dict[str, str]:
    """Whoever finds a browser that is signed in must not be able to change how its owner signs in."""
    if not password:
        return {"password": "Enter your password"}
    try:
        await services(request).accounts.sign_in.confirm(person, password, address_of(request))
    except SignInRefused:
        return {"password": "This is not your password"}
    except SignInLocked:
        return {"password": "There were too many wrong tries. Try again later"}
    return {}


def _picture(uri: str) -> str:
    """The QR code as SVG, without styles: the content policy allows none in a page."""
    svg = io.BytesIO()
    segno.make(uri, error="m").save(
        svg, kind="svg", scale=5, border=4, xmldecl=False, svgns=False, nl=False, title="QR code for the app"
    )
    return svg.getvalue().decode("utf-8")


def routes() -> list[Route]:
    """Their routes."""
    return [
        Route("/account/second-factor", form),
        Route("/account/second-factor", confirm, methods=["POST"]),
        Route("/account/second-factor/remove", remove, methods=["POST"]),
    ]
