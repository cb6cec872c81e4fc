"""How often services and flows were rung about in the last week, and how many of those calls needed nobody else."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from starlette.requests import Request

from voicebot.records.models import CallRow, StepRow
from voicebot.records.unclear import UNDERSTOOD
from voicebot.web.state import services

_WEEK = timedelta(days=7)
_KEPT = timedelta(minutes=1)
"""How old the figures may be: counting a week of a large council on every look would be a waste."""
RESOLVED = frozenset({"answered", "reported"})


async def usage_of(request: Request) -> dict[str, Any]:
    """By service and by flow (intent): ``calls`` in the last seven days, how many were ``resolved`` alone."""
    state, now = request.app.state, services(request).accounts.now()
    kept: tuple[datetime, dict[str, Any]] | None = getattr(state, "usage", None)
    if kept is None or not kept[0] <= now < kept[0] + _KEPT:
        kept = now, await _counted(request, now - _WEEK)
        state.usage = kept
    return kept[1]


async def _counted(request: Request, since: datetime) -> dict[str, Any]:
    of_services = select(CallRow.id, CallRow.service, CallRow.outcome).where(CallRow.started_at >= since)
    of_flows = (
        select(StepRow.call_id, StepRow.data, CallRow.outcome)
        .join(CallRow, CallRow.id == StepRow.call_id)
        .where(CallRow.started_at >= since, StepRow.kind == UNDERSTOOD)
    )
    async with services(request).store.database.session() as session:
        by_service = [(service, call, outcome) for call, service, outcome in await session.execute(of_services)]
        by_flow = [(str(data.get("intent")), call, outcome) for call, data, outcome in await session.execute(of_flows)]
    return {"services": _summed(by_service), "flows": _summed(by_flow)}


def _summed(calls: Iterable[tuple[str, str, str]]) -> dict[str, dict[str, int]]:
    """Each call counts once for each thing that it was about."""
    seen: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for about, call, outcome in calls:
        seen[about][call] = outcome
    return {
        about: {"calls": len(of), "resolved": sum(outcome in RESOLVED for outcome in of.values())}
        for about, of in seen.items()
    }
