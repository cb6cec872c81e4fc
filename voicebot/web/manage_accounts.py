"""``/accounts/``: the pages of whoever manages accounts."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from voicebot.accounts.account import Account
from voicebot.accounts.audit import Actor
from voicebot.accounts.people import known_roles
from voicebot.accounts.roles import Role
from voicebot.errors import AccountError, NoSuchAccount
from voicebot.web.access import address_of, require
from voicebot.web.forms import choices, fields
from voicebot.web.rendering import page
from voicebot.web.state import services

_DONE = {
    "roles": "The roles are changed.",
    "disabled": "The account is disabled, and the person is signed out everywhere.",
    "enabled": "The account is enabled.",
    "unlocked": "The person can try to sign in again.",
    "second-factor": "The person is no longer asked for a code.",
    "signed-out": "The person is signed out everywhere.",
    "removed": "The account is removed.",
    "revoked": "The token is revoked.",
}

Handler = Callable[[Request], Awaitable[Response]]


async def everybody(request: Request) -> Response:
    """All accounts."""
    await require(request, Role.ADMIN)
    people = services(request).accounts.people
    accounts = await people.all()
    return await page(
        request, "accounts.html", accounts=accounts, locked=await people.locked(accounts), done=_done(request)
    )


async def new_form(request: Request) -> Response:
    """Where an account is added."""
    await require(request, Role.ADMIN)
    return await page(request, "account_new.html", name="", display_name="", chosen=[], roles=_roles())


async def new(request: Request) -> Response:
    """Add it, and show its one-time password this once."""
    actor = Actor.of(await require(request, Role.ADMIN), address_of(request))
    form, chosen = await fields(request), await choices(request, "roles")
    name, display_name = form.get("name", ""), form.get("display_name", "")
    errors = {}
    if not name.strip():
        errors["name"] = "Enter a user name"
    if not chosen:
        errors["roles"] = "Select what the person may do"
    if not errors:
        try:
            account, one_time = await services(request).accounts.people.add(
                actor, name, known_roles(chosen), display_name=display_name
            )
        except AccountError as error:
            errors["name"] = str(error)
        else:
            return await page(request, "one_time.html", account=account, one_time=one_time, added=True)
    return await page(
        request,
        "account_new.html",
        status=422,
        name=name,
        display_name=display_name,
        chosen=chosen,
        roles=_roles(),
        errors=errors,
    )


async def one(request: Request) -> Response:
    """One account."""
    await require(request, Role.ADMIN)
    return await _one(request, await _account(request))


async def _one(request: Request, account: Account, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    accounts = services(request).accounts
    return await page(
        request,
        "account_one.html",
        status=status,
        account=account,
        roles=_roles(),
        second_factor=await accounts.second_factor.is_on(account),
        locked_until=(await accounts.people.locked([account])).get(account.name),
        sessions=await accounts.sessions.of(account),
        done=_done(request),
        errors=errors or {},
    )


async def set_roles(request: Request) -> Response:
    """Give exactly the roles that were ticked."""
    actor = Actor.of(await require(request, Role.ADMIN), address_of(request))
    account, chosen = await _account(request), await choices(request, "roles")
    try:
        await services(request).accounts.people.set_roles(actor, account.id, known_roles(chosen))
    except NoSuchAccount:
        raise
    except AccountError as error:
        return await _one(request, account, 422, {"roles": str(error)})
    return RedirectResponse(f"/accounts/{account.id}?done=roles", 303)


def _switch(enabled: bool) -> Handler:
    async def switch(request: Request) -> Response:
        actor = Actor.of(await require(request, Role.ADMIN), address_of(request))
        account = await _account(request)
        try:
            await services(request).accounts.people.set_enabled(actor, account.id, enabled)
        except NoSuchAccount:
            raise
        except AccountError as error:
            return await _one(request, account, 422, {"switch": str(error)})
        return RedirectResponse(f"/accounts/{account.id}?done={'enabled' if enabled else 'disabled'}", 303)

    return switch


async def unlock(request: Request) -> Response:
    """Forget the wrong tries."""
    actor = Actor.of(await require(request, Role.ADMIN), address_of(request))
    account = await _account(request)
    await services(request).accounts.people.unlock(actor, account.id)
    return RedirectResponse(f"/accounts/{account.id}?done=unlocked", 303)


async def second_factor_remove(request: Request) -> Response:
    """Ask the person for no code, for when they lost their phone and the recovery codes."""
    actor = Actor.of(await require(request, Role.ADMIN), address_of(request))
    account = await _account(request)
    await services(request).accounts.second_factor.remove(actor, account)
    return RedirectResponse(f"/accounts/{account.id}?done=second-factor", 303)


async def sign_out(request: Request) -> Response:
    """Sign the person out everywhere."""
    actor = Actor.of(await require(request, Role.ADMIN), address_of(request))
    account = await _account(request)
    await services(request).accounts.sessions.end_others(actor, account)
    return RedirectResponse(f"/accounts/{account.id}?done=signed-out", 303)


async def new_password(request: Request) -> Response:
    """A one-time password, shown this once."""
    actor = Actor.of(await require(request, Role.ADMIN), address_of(request))
    account = await _account(request)
    one_time = await services(request).accounts.people.reset_password(actor, account.id)
    return await page(request, "one_time.html", account=account, one_time=one_time, added=False)


async def remove_form(request: Request) -> Response:
    """Ask whether it is meant."""
    await require(request, Role.ADMIN)
    return await page(request, "account_remove.html", account=await _account(request))


async def remove(request: Request) -> Response:
    """Remove the account."""
    actor = Actor.of(await require(request, Role.ADMIN), address_of(request))
    account = await _account(request)
    try:
        await services(request).accounts.people.remove(actor, account.id)
    except NoSuchAccount:
        raise
    except AccountError as error:
        return await page(request, "account_remove.html", status=422, account=account, errors={"remove": str(error)})
    return RedirectResponse("/accounts/?done=removed", 303)


async def tokens(request: Request) -> Response:
    """Every token that is valid now."""
    await require(request, Role.ADMIN)
    accounts = services(request).accounts
    valid = [token for token in await accounts.tokens.all() if token.usable(accounts.now())]
    return await page(request, "tokens.html", tokens=valid, done=_done(request))


async def token_revoke(request: Request) -> Response:
    """End anybody's token."""
    actor = Actor.of(await require(request, Role.ADMIN), address_of(request))
    try:
        await services(request).accounts.tokens.revoke(actor, request.path_params["id"])
    except AccountError as error:
        return await page(request, "error.html", status=404, title="Token not found", message=f"{error}.")
    return RedirectResponse("/accounts/tokens?done=revoked", 303)


def routes() -> list[Route]:
    """Their routes."""
    return [
        Route("/accounts/", everybody),
        Route("/accounts/new", new_form),
        Route("/accounts/new", new, methods=["POST"]),
        Route("/accounts/tokens", tokens),
        Route("/accounts/tokens/{id}/revoke", token_revoke, methods=["POST"]),
        Route("/accounts/{id}", one),
        Route("/accounts/{id}/roles", set_roles, methods=["POST"]),
        Route("/accounts/{id}/disable", _switch(False), methods=["POST"]),
        Route("/accounts/{id}/enable", _switch(True), methods=["POST"]),
        Route("/accounts/{id}/unlock", unlock, methods=["POST"]),
        Route("/accounts/{id}/sign-out", sign_out, methods=["POST"]),
        Route("/accounts/{id}/second-factor", second_factor_remove, methods=["POST"]),
        Route("/accounts/{id}/password", new_password, methods=["POST"]),
        Route("/accounts/{id}/remove", remove_form),
        Route("/accounts/{id}/remove", remove, methods=["POST"]),
    ]


async def _account(request: Request) -> Account:
    return await services(request).accounts.people.by_id(request.path_params["id"])


def _roles() -> list[tuple[str, str, str]]:
    return [(role.value, role.value.capitalize(), role.meaning) for role in Role]


def _done(request: Request) -> str | None:
    return _DONE.get(request.query_params.get("done", ""))
