"""``/supervisor/``: what happens now (calls, queues, agents), and the switch that sends all calls to people."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from voicebot.accounts.audit import Action, Actor
from voicebot.accounts.roles import Role
from voicebot.handoff.desk_state import DeskError
from voicebot.records.search import NOW, Sought, find_calls
from voicebot.web import words
from voicebot.web.access import address_of, require
from voicebot.web.forms import fields
from voicebot.web.rendering import page
from voicebot.web.state import services

_MOST = 100
_DONE = {
    "on": "Every call now goes straight to people.",
    "off": "The assistant answers calls again.",
}


async def now(request: Request) -> Response:
    """Queues, agents, who waits, and the calls that go on."""
    person = await require(request, Role.SUPERVISOR)
    return await _now(request, Actor.of(person, address_of(request)))


async def _now(request: Request, actor: Actor, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    known = services(request)
    desk = known.desk
    await known.accounts.audit.add_read(actor, Action.CALLS_READ)
    at = datetime.now(UTC)
    calls = await find_calls(known.store.database, Sought(outcome=NOW), _MOST)
    for call in calls:
        call["so_far_s"] = (at - datetime.fromisoformat(call["started_at"])).total_seconds()
    return await page(
        request,
        "supervisor.html",
        status=status,
        at=at,
        calls=calls,
        queues=await desk.queues(),
        waiting=await desk.waiting(),
        agents=await desk.agents(),
        work=await desk.work.counts(),
        names={name: words.queue_title(name, title) for name, title in known.queues.items()},
        words=words,
        done=_DONE.get(request.query_params.get("done", "")),
        errors=errors or {},
    )


async def bypass_on(request: Request) -> Response:
    """Send every call straight to people, for a reason that everybody is shown."""
    person = await require(request, Role.SUPERVISOR)
    actor = Actor.of(person, address_of(request))
    reason = (await fields(request)).get("reason", "")
    try:
        await services(request).desk.bypass.switch_on(actor, person.display_name, reason)
    except DeskError:
        return await _now(request, actor, 422, {"reason": "Enter why the assistant is to be bypassed"})
    return RedirectResponse("/supervisor/?done=on", 303)


async def bypass_off(request: Request) -> Response:
    """Let the assistant answer again."""
    person = await require(request, Role.SUPERVISOR)
    await services(request).desk.bypass.switch_off(Actor.of(person, address_of(request)), person.display_name)
    return RedirectResponse("/supervisor/?done=off", 303)


def routes() -> list[Route]:
    """Their routes."""
    return [
        Route("/supervisor/", now),
        Route("/supervisor/bypass/on", bypass_on, methods=["POST"]),
        Route("/supervisor/bypass/off", bypass_off, methods=["POST"]),
    ]
