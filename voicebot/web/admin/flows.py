"""Reading flows, and editing them in a draft."""

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from voicebot.accounts.roles import Role
from voicebot.flows.commands import Command
from voicebot.flows.naming import name_of
from voicebot.web.admin.bodies import AUTHORS, READERS, Body, answer, body, explained, person
from voicebot.web.admin.usage import usage_of
from voicebot.web.state import studio

EDITORS = (Role.AUTHOR, Role.PUBLISHER)
"""A publisher edits nothing but safety scripts, which the studio sees to."""


class NewDraft(Body):
    """A draft to be begun."""

    title: str = Field(min_length=1, max_length=120)


class Edit(Body):
    """A command on the draft as the person saw it."""

    revision: int
    command: Command


class Seen(Body):
    """The revision that the person saw."""

    revision: int


class Notes(Body):
    """What is said of a draft."""

    revision: int
    title: str = Field(min_length=1, max_length=120)
    notes: str = Field("", max_length=4000)


def _of(request: Request) -> str:
    return request.query_params.get("of", "")


@explained
async def services_list(request: Request) -> Response:
    """All services with their flows; how often each was rung about in the last week."""
    await person(request, *READERS)
    known = studio(request)
    return answer(
        {
            "services": await known.services(_of(request)),
            "usage": await usage_of(request),
            "languages": list(known.languages()),
            "live": await known.releases.live(),
        }
    )


@explained
async def flow(request: Request) -> Response:
    """One flow, whole."""
    await person(request, *READERS)
    return answer(await studio(request).flow(request.path_params["id"], _of(request)))


@explained
async def responses(request: Request) -> Response:
    """What is said for a service; ``none`` is what belongs to no service."""
    await person(request, *READERS)
    return answer(await studio(request).responses(request.path_params["id"], _of(request)))


@explained
async def safety(request: Request) -> Response:
    """The locked scripts."""
    await person(request, *READERS)
    return answer(await studio(request).safety_scripts(_of(request)))


@explained
async def search(request: Request) -> Response:
    """Where something is said, asked or given as an example."""
    await person(request, *READERS)
    words = request.query_params.get("q", "").strip()
    return answer(await studio(request).search(words, _of(request)) if words else [])


@explained
async def check(request: Request) -> Response:
    """Every finding."""
    await person(request, *READERS)
    return answer(await studio(request).check(_of(request)))


async def name(request: Request) -> Response:
    """The technical name that a title gives."""
    await person(request, *READERS)
    return JSONResponse({"name": name_of(request.query_params.get("title", ""))})


@explained
async def drafts(request: Request) -> Response:
    """The drafts, those put away or published too if asked for."""
    await person(request, *READERS)
    return answer(await studio(request).drafts(finished=request.query_params.get("finished") == "yes"))


@explained
async def draft_new(request: Request) -> Response:
    """Begin one."""
    who = await person(request, *AUTHORS)
    wanted = await body(request, NewDraft)
    return answer(await studio(request).open_draft(who, wanted.title), 201)


@explained
async def draft(request: Request) -> Response:
    """One draft."""
    await person(request, *READERS)
    return answer(await studio(request).draft(request.path_params["id"]))


@explained
async def edit(request: Request) -> Response:
    """Carry out one command."""
    who = await person(request, *EDITORS)
    wanted = await body(request, Edit)
    return answer(await studio(request).edit(who, request.path_params["id"], wanted.revision, wanted.command))


@explained
async def preview(request: Request) -> Response:
    """The findings there would be after a command."""
    who = await person(request, *EDITORS)
    wanted = await body(request, Edit)
    return answer(await studio(request).preview(who, request.path_params["id"], wanted.revision, wanted.command))


@explained
async def undo(request: Request) -> Response:
    """Take the last edit back."""
    who = await person(request, *AUTHORS)
    return answer(await studio(request).undo(who, request.path_params["id"], (await body(request, Seen)).revision))


@explained
async def redo(request: Request) -> Response:
    """Put it back again."""
    who = await person(request, *AUTHORS)
    return answer(await studio(request).redo(who, request.path_params["id"], (await body(request, Seen)).revision))


@explained
async def notes(request: Request) -> Response:
    """Change title and release notes."""
    who = await person(request, *AUTHORS)
    wanted = await body(request, Notes)
    known = studio(request)
    return answer(await known.set_notes(who, request.path_params["id"], wanted.revision, wanted.title, wanted.notes))


def routes() -> list[Route]:
    """Their routes. Who may change what is checked again, and in more detail, by the studio."""
    return [
        Route("/admin/api/services", services_list),
        Route("/admin/api/services/{id}/responses", responses),
        Route("/admin/api/flows/{id}", flow),
        Route("/admin/api/safety", safety),
        Route("/admin/api/search", search),
        Route("/admin/api/check", check),
        Route("/admin/api/name", name),
        Route("/admin/api/drafts", drafts),
        Route("/admin/api/drafts", draft_new, methods=["POST"]),
        Route("/admin/api/drafts/{id}", draft),
        Route("/admin/api/drafts/{id}/edit", edit, methods=["POST"]),
        Route("/admin/api/drafts/{id}/preview", preview, methods=["POST"]),
        Route("/admin/api/drafts/{id}/undo", undo, methods=["POST"]),
        Route("/admin/api/drafts/{id}/redo", redo, methods=["POST"]),
        Route("/admin/api/drafts/{id}/notes", notes, methods=["POST"]),
    ]
