"""How often flows were rung about in the last week, and how many of those calls needed nobody else."""

from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from starlette.requests import Request

from voicebot.records.models import CallRow
from voicebot.web.state import services

_WEEK = timedelta(days=7)
RESOLVED = frozenset({"answered", "reported"})


async def usage_of(request: Request) -> dict[str, Any]:
    """By service: ``calls`` in the last seven days, and how many were ``resolved`` by the assistant alone."""
    known = services(request)
    since = known.accounts.now() - _WEEK
    query = select(CallRow.service, CallRow.outcome).where(CallRow.started_at >= since)
    calls, resolved = Counter[str](), Counter[str]()
    async with known.store.database.session() as session:
        for service, outcome in await session.execute(query):
            calls[service] += 1
            resolved[service] += outcome in RESOLVED
    return {service: {"calls": calls[service], "resolved": resolved[service]} for service in calls}
