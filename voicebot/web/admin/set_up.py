"""From the example council to one's own: what is left of the example, and the council's own data."""

import asyncio
import json

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from voicebot.accounts.roles import Role
from voicebot.first_run.council_data import CouncilDataRefused, bring_in
from voicebot.first_run.left_over import left_elsewhere
from voicebot.first_run.traces import MARKS, traces
from voicebot.web.admin.bodies import READERS, actor, answer, explained, person
from voicebot.web.failures import error
from voicebot.web.state import facts_store, services, studio

IMPORT = "council.import"
"""The audit's name for data that were brought in."""


@explained
async def left(request: Request) -> Response:
    """Where the example council is still to be heard: in what is said, and in the facts."""
    await person(request, *READERS)
    council = services(request).settings.council
    found = await traces(studio(request), request.query_params.get("of", ""), council)
    facts = [
        {"kind": entry.kind.value, "key": entry.key}
        for entry in await facts_store(request).entries()
        if any(mark in f"{entry.key} {json.dumps(entry.value)}" for mark in MARKS)
    ]
    elsewhere = await left_elsewhere(services(request).settings)
    return answer({"left": found, "facts": facts, "elsewhere": elsewhere, "council": council})


async def council_data(request: Request) -> Response:
    """Take a CSV file, which is the request's body."""
    who = await actor(request, Role.PUBLISHER)
    content = await request.body()
    if not content:
        raise HTTPException(400, "Choose a file.")
    known = services(request)
    try:
        done = await asyncio.to_thread(bring_in, known.settings.council_database, content)
    except CouncilDataRefused as refusal:
        return error(422, "refused", str(refusal))
    await known.accounts.audit.add(who, IMPORT, detail={"done": done})
    return answer({"done": done})


def routes() -> list[Route]:
    """Their routes."""
    return [
        Route("/admin/api/set-up", left),
        Route("/admin/api/set-up/council-data", council_data, methods=["POST"]),
    ]
