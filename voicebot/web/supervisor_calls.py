"""``/supervisor/calls``: past calls and those that go on: found, looked at one by one, and exported."""

from datetime import date, datetime
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from voicebot.accounts.audit import Action, Actor
from voicebot.accounts.roles import Role
from voicebot.records.entries import OUTCOMES
from voicebot.records.search import MAX_FOUND, NOW, Sought, earlier_calls, find_calls, known_values
from voicebot.web import words
from voicebot.web.access import address_of, require
from voicebot.web.csv_text import csv_response
from voicebot.web.rendering import page
from voicebot.web.state import services

CALLS_EXPORT = "calls.export"
"""What the audit calls it."""
_PAGE = 50
_COLUMNS = (
    "reference", "started_at", "ended_at", "length_s", "line", "from", "service", "need", "queue", "outcome",
    "emergency", "id",
)  # fmt: skip


async def calls(request: Request) -> Response:
    """A page of those that were looked for, the newest first."""
    person = await require(request, Role.SUPERVISOR)
    known = services(request)
    sought, errors = sought_in(request)
    await known.accounts.audit.add_read(Actor.of(person, address_of(request)), Action.CALLS_READ)
    before = _moment(request.query_params.get("before", ""))
    found = [] if errors else await find_calls(known.store.database, sought, _PAGE + 1, before=before)
    shown = found[:_PAGE]
    query = {name: value for name, value in request.query_params.items() if value and name != "before"}
    older = "?" + urlencode({**query, "before": shown[-1]["started_at"]}) if len(found) > _PAGE else ""
    values = await known_values(known.store.database)
    return await page(
        request,
        "supervisor_calls.html",
        status=422 if errors else 200,
        calls=shown,
        older=older,
        sought=request.query_params,
        export="/supervisor/calls.csv" + (f"?{urlencode(query)}" if query else ""),
        outcomes=[("", "Any"), (NOW, "Going on now"), *((name, words.CALL_OUTCOMES[name]) for name in OUTCOMES)],
        services_known=[("", "Any"), *((name, known.titles.service(name)) for name in values["services"])],
        queues_known=[("", "Any"), *((name, _queue(known.queues, name)) for name in values["queues"])],
        titles=known.titles,
        names={name: _queue(known.queues, name) for name in values["queues"]},
        words=words,
        errors=errors,
    )


def _queue(known: object, name: str) -> str:
    title = known.get(name, "") if isinstance(known, dict) else ""
    return words.queue_title(name, title)


async def export(request: Request) -> Response:
    """What was looked for, as CSV: at most a thousand calls, without what was said."""
    person = await require(request, Role.SUPERVISOR)
    known = services(request)
    sought, errors = sought_in(request)
    if errors:
        raise HTTPException(400, "A day is written like 2026-11-25.")
    await known.accounts.audit.add(Actor.of(person, address_of(request)), CALLS_EXPORT)
    found = await find_calls(known.store.database, sought, MAX_FOUND)
    return csv_response("calls.csv", _COLUMNS, ([call[name] for name in _COLUMNS] for call in found))


async def one(request: Request) -> Response:
    """One call: what was said, what is known, what happened, how fast, and its card."""
    person = await require(request, Role.SUPERVISOR)
    known = services(request)
    call = await known.store.call(request.path_params["id"])
    if call is None:
        raise HTTPException(404, "There is no such call.")
    await known.accounts.audit.add_read(Actor.of(person, address_of(request)), Action.CALLS_READ, call["id"])
    return await page(
        request,
        "supervisor_call.html",
        call=call,
        card=call["card"],
        earlier=await earlier_calls(known.store.database, call["id"]),
        wrap_ups=await known.desk.wrap_ups(call["id"]),
        queue=_queue(known.queues, call["queue"]),
        service=known.titles.service(call["service"]),
        recorded=bool(call["recordings"]),
        titles=known.titles,
        words=words,
    )


def sought_in(request: Request) -> tuple[Sought, dict[str, str]]:
    """What the query looks for, and what is wrong with it by field."""
    query, errors = request.query_params, {}
    days: dict[str, date | None] = {}
    for name in ("first", "last"):
        text = query.get(name, "").strip()
        try:
            days[name] = date.fromisoformat(text) if text else None
        except ValueError:
            days[name], errors[name] = None, "Enter a date like 2026-11-25"
    sought = Sought(
        words=query.get("words", "")[:200],
        outcome=query.get("outcome", ""),
        service=query.get("service", ""),
        queue=query.get("queue", ""),
        first=days["first"],
        last=days["last"],
    )
    return sought, errors


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise HTTPException(400, "before is a moment like 2026-11-25T09:30:00Z.")
    return at


def routes() -> list[Route]:
    """Their routes."""
    return [
        Route("/supervisor/calls", calls),
        Route("/supervisor/calls.csv", export),
        Route("/supervisor/calls/{id}", one),
    ]
