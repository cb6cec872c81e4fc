"""``/work/``: messages to listen to and people to ring back, for agents and supervisors."""

from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from voicebot.accounts.account import Account
from voicebot.accounts.audit import Action, Actor
from voicebot.accounts.roles import Role
from voicebot.handoff.desk_state import DeskError
from voicebot.web import words
from voicebot.web.access import address_of, require
from voicebot.web.csv_text import csv_response
from voicebot.web.forms import fields
from voicebot.web.rendering import page
from voicebot.web.state import services

WORK_EXPORT = "work.export"
"""What the audit calls it."""
_ROLES = (Role.AGENT, Role.SUPERVISOR)
_DONE = {
    "claimed": "You have taken it on.",
    "released": "Somebody else can take it on now.",
    "closed": "It is closed.",
    "ringing": "Your phone rings as soon as you are available; then theirs does.",
}
_STATES = (("open", "To do"), ("closed", "Closed"))
_COLUMNS = (
    "reference", "kind", "queue", "priority", "made_at", "due_at", "overdue", "state", "claimed_by", "closed_by",
    "closed_at", "outcome",
)  # fmt: skip
_MOST = 500


async def worklist(request: Request) -> Response:
    """The list."""
    person = await require(request, *_ROLES)
    known = services(request)
    state = "closed" if request.query_params.get("state") == "closed" else "open"
    await known.accounts.audit.add_read(Actor.of(person, address_of(request)), Action.CALLS_READ)
    return await page(
        request,
        "work.html",
        items=await known.desk.work.items(state),
        counts=await known.desk.work.counts(),
        state=state,
        states=_STATES,
        names={name: words.queue_title(name, title) for name, title in known.queues.items()},
        at=datetime.now(UTC),
        words=words,
        done=_DONE.get(request.query_params.get("done", "")),
    )


async def export(request: Request) -> Response:
    """The list as CSV, without who it is about."""
    person = await require(request, *_ROLES)
    known = services(request)
    await known.accounts.audit.add(Actor.of(person, address_of(request)), WORK_EXPORT)
    items = [*await known.desk.work.items("open", limit=_MOST), *await known.desk.work.items("closed", limit=_MOST)]
    return csv_response("worklist.csv", _COLUMNS, ([getattr(item, name) for name in _COLUMNS] for item in items))


async def one(request: Request) -> Response:
    """One item with its card."""
    return await _one(request, await require(request, *_ROLES))


async def _one(request: Request, person: Account, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    known = services(request)
    item = await known.desk.work.item(request.path_params["id"])
    if item is None:
        raise HTTPException(404, "There is no such item.")
    await known.accounts.audit.add_read(Actor.of(person, address_of(request)), Action.CALLS_READ, item.call_id)
    return await page(
        request,
        "work_item.html",
        status=status,
        item=item,
        card=item.card,
        me=person.name,
        is_agent=Role.AGENT in person.roles,
        queue=words.queue_title(item.queue, known.queues.get(item.queue, "")),
        outcomes=list(words.WORK_OUTCOMES.items()),
        words=words,
        done=_DONE.get(request.query_params.get("done", "")),
        errors=errors or {},
    )


async def claim(request: Request) -> Response:
    """Take it on."""
    person = await require(request, *_ROLES)
    try:
        await services(request).desk.work.claim(person.name, request.path_params["id"])
    except DeskError as error:
        return await _one(request, person, 422, {"act": str(error)})
    return _back(request, "claimed")


async def release(request: Request) -> Response:
    """Let others have it."""
    person = await require(request, *_ROLES)
    try:
        await services(request).desk.work.release(person.name, request.path_params["id"])
    except DeskError as error:
        return await _one(request, person, 422, {"act": str(error)})
    return _back(request, "released")


async def close(request: Request) -> Response:
    """It is done."""
    person = await require(request, *_ROLES)
    form = await fields(request)
    outcome = form.get("outcome", "")
    if outcome not in words.WORK_OUTCOMES:
        return await _one(request, person, 422, {"outcome": "Select what came of it"})
    notes = form.get("notes", "")
    try:
        await services(request).desk.work.close(person.name, request.path_params["id"], outcome, notes)
    except DeskError as error:
        return await _one(request, person, 422, {"act": str(error)})
    return RedirectResponse("/work/?done=closed", 303)


async def ring_back(request: Request) -> Response:
    """Ring the agent, then the person."""
    person = await require(request, Role.AGENT)
    try:
        await services(request).desk.work.ring_back(person.name, request.path_params["id"])
    except DeskError as error:
        return await _one(request, person, 422, {"act": str(error)})
    return _back(request, "ringing")


def _back(request: Request, done: str) -> Response:
    return RedirectResponse(f"/work/{request.path_params['id']}?done={done}", 303)


def routes() -> list[Route]:
    """Their routes."""
    return [
        Route("/work/", worklist),
        Route("/work/export.csv", export),
        Route("/work/{id}", one),
        Route("/work/{id}/claim", claim, methods=["POST"]),
        Route("/work/{id}/release", release, methods=["POST"]),
        Route("/work/{id}/close", close, methods=["POST"]),
        Route("/work/{id}/ring-back", ring_back, methods=["POST"]),
    ]
