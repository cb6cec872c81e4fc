"""Opening hours, holidays, queues, numbers and notices: changed here, heard in calls within five seconds."""

from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from voicebot.accounts.roles import Role
from voicebot.facts.model import Kind
from voicebot.facts.store import FactsStore
from voicebot.web.admin.bodies import READERS, Body, actor, answer, body, explained, person
from voicebot.web.state import facts_store

EDITORS = (Role.PUBLISHER,)
"""Callers hear a changed fact at once, with nobody in between."""


class FactChange(Body):
    """What becomes of a fact, and why."""

    do: Literal["set", "remove", "restore"]
    kind: Kind
    key: str = Field(min_length=1, max_length=64)
    value: dict[str, Any] = Field(default_factory=dict)
    why: str = Field(min_length=1, max_length=300)


async def _all(store: FactsStore) -> dict[str, Any]:
    return {
        "facts": [{**asdict(entry), "changed_at": _moment(entry.changed_at)} for entry in await store.entries()],
        "changes": [
            {**asdict(change), "changed_at": _moment(change.changed_at)} for change in await store.changes(limit=20)
        ],
    }


def _moment(moment: Any) -> str | None:
    return moment.isoformat() if moment is not None else None


@explained
async def facts(request: Request) -> Response:
    """All of them, and what changed last."""
    await person(request, *READERS)
    return answer(await _all(facts_store(request)))


@explained
async def change(request: Request) -> Response:
    """Change one; all of them as they are then."""
    who = await actor(request, *EDITORS)
    wanted, store = await body(request, FactChange), facts_store(request)
    match wanted.do:
        case "set":
            await store.put(wanted.kind, wanted.key, wanted.value, who=who, why=wanted.why)
        case "remove":
            await store.remove(wanted.kind, wanted.key, who=who, why=wanted.why)
        case "restore":
            await store.restore(wanted.kind, wanted.key, who=who, why=wanted.why)
    return answer(await _all(store))


def routes() -> list[Route]:
    """Their routes."""
    return [Route("/admin/api/facts", facts), Route("/admin/api/facts", change, methods=["POST"])]
