"""``/supervisor/reports``: how the service did, as tables, and as CSV."""

from datetime import date, datetime, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from voicebot.accounts.roles import Role
from voicebot.handoff.reports import Report, report
from voicebot.records.search import LOCAL
from voicebot.web import words
from voicebot.web.access import require
from voicebot.web.csv_text import csv_response
from voicebot.web.rendering import page
from voicebot.web.state import services

_USUAL_DAYS = 14
_DAY_COLUMNS = ("day", "calls", "bot", "people", "abandoned", "emergency", "failed")


def _days(request: Request) -> tuple[date, date, dict[str, str]]:
    today = datetime.now(LOCAL).date()
    chosen = {"first": today - timedelta(days=_USUAL_DAYS - 1), "last": today}
    errors = {}
    for name in chosen:
        text = request.query_params.get(name, "").strip()
        try:
            chosen[name] = date.fromisoformat(text) if text else chosen[name]
        except ValueError:
            errors[name] = "Enter a date like 2026-11-25"
    if not errors and chosen["last"] < chosen["first"]:
        errors["last"] = "The last day must not be before the first"
    return chosen["first"], chosen["last"], errors


async def _report(request: Request, first: date, last: date) -> Report:
    return await report(services(request).store.database, first, last, LOCAL)


async def reports(request: Request) -> Response:
    """Tables."""
    await require(request, Role.SUPERVISOR)
    first, last, errors = _days(request)
    query = request.query_params
    known = services(request)
    return await page(
        request,
        "supervisor_reports.html",
        status=422 if errors else 200,
        report=None if errors else await _report(request, first, last),
        first=query.get("first") or first.isoformat(),
        last=query.get("last") or last.isoformat(),
        titles=known.titles,
        names={name: words.queue_title(name, title) for name, title in known.queues.items()},
        words=words,
        errors=errors,
    )


async def export(request: Request) -> Response:
    """The calls of each day, as CSV."""
    await require(request, Role.SUPERVISOR)
    first, last, errors = _days(request)
    if errors:
        raise HTTPException(400, next(iter(errors.values())))
    found = await _report(request, first, last)
    return csv_response("days.csv", _DAY_COLUMNS, ([getattr(day, name) for name in _DAY_COLUMNS] for day in found.days))


def routes() -> list[Route]:
    """Their routes."""
    return [Route("/supervisor/reports", reports), Route("/supervisor/reports.csv", export)]
