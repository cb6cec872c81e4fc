"""A draft's way into use and back out of it: differences, review, tests, publication, history, export and import."""

from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from voicebot.accounts.roles import Role
from voicebot.web.admin.bodies import AUTHORS, READERS, Body, answer, body, explained, person
from voicebot.web.admin.flows import Seen
from voicebot.web.state import studio


class Review(Body):
    """What a second person thinks."""

    revision: int
    approve: bool
    comment: str = Field("", max_length=2000)


class Publish(Seen):
    """Put it into use; ``reason`` says why although its full test is missing or not passed."""

    reason: str = Field("", max_length=300)


class RollBack(Body):
    """Which version, and why."""

    version: str = Field(min_length=1, max_length=100)
    reason: str = Field(min_length=1, max_length=300)


@explained
async def diff(request: Request) -> Response:
    """What the draft changes."""
    await person(request, *READERS)
    return answer(await studio(request).diff(request.path_params["id"]))


@explained
async def update(request: Request) -> Response:
    """Carry the edits over to what is live now."""
    who = await person(request, *AUTHORS)
    return answer(await studio(request).update(who, request.path_params["id"], (await body(request, Seen)).revision))


@explained
async def discard(request: Request) -> Response:
    """Put the draft away."""
    who = await person(request, *AUTHORS)
    return answer(await studio(request).discard(who, request.path_params["id"], (await body(request, Seen)).revision))


@explained
async def submit(request: Request) -> Response:
    """Ask for a review."""
    who = await person(request, *AUTHORS)
    return answer(await studio(request).submit(who, request.path_params["id"], (await body(request, Seen)).revision))


@explained
async def review(request: Request) -> Response:
    """Approve, or send back."""
    who = await person(request, Role.REVIEWER)
    wanted = await body(request, Review)
    return answer(
        await studio(request).review(
            who, request.path_params["id"], wanted.revision, approve=wanted.approve, comment=wanted.comment
        )
    )


@explained
async def test(request: Request) -> Response:
    """Train the draft and hold the scripted calls on it."""
    who = await person(request, Role.AUTHOR, Role.PUBLISHER)
    seen = await body(request, Seen)
    return answer(await studio(request).releases.test(who, request.path_params["id"], seen.revision), 202)


@explained
async def tested(request: Request) -> Response:
    """The latest full test of the draft as it is now."""
    await person(request, *READERS)
    return answer({"publication": await studio(request).releases.tested(request.path_params["id"])})


@explained
async def publish(request: Request) -> Response:
    """Put the draft into use."""
    who = await person(request, Role.PUBLISHER)
    wanted = await body(request, Publish)
    known = studio(request).releases
    return answer(await known.publish(who, request.path_params["id"], wanted.revision, wanted.reason), 202)


@explained
async def roll_back(request: Request) -> Response:
    """Put an earlier version into use again."""
    who = await person(request, Role.PUBLISHER)
    wanted = await body(request, RollBack)
    return answer(await studio(request).releases.roll_back(who, wanted.version, wanted.reason), 202)


@explained
async def publication(request: Request) -> Response:
    """How one goes."""
    await person(request, *READERS)
    return answer(await studio(request).releases.publication(request.path_params["id"]))


@explained
async def versions(request: Request) -> Response:
    """Every version and the latest publications."""
    await person(request, *READERS)
    known = studio(request).releases
    return answer({"versions": await known.versions(), "publications": await known.publications()})


@explained
async def compare(request: Request) -> Response:
    """What changed between two versions."""
    await person(request, *READERS)
    query = request.query_params
    return answer(await studio(request).compare(query.get("before", ""), query.get("after", "")))


@explained
async def export(request: Request) -> Response:
    """All files as a ZIP archive."""
    await person(request, *READERS)
    archive = await studio(request).export(request.query_params.get("of", ""))
    headers = {"content-disposition": 'attachment; filename="dialogues.zip"'}
    return Response(archive, media_type="application/zip", headers=headers)


@explained
async def import_draft(request: Request) -> Response:
    """A draft from an exported archive, which is the request's body."""
    who = await person(request, *AUTHORS)
    archive = await request.body()
    if not archive:
        raise HTTPException(400, "Choose an archive.")
    title = request.query_params.get("title", "").strip()[:120] or "Imported"
    return answer(await studio(request).import_draft(who, title, archive), 201)


def routes() -> list[Route]:
    """Their routes."""
    return [
        Route("/admin/api/drafts/{id}/diff", diff),
        Route("/admin/api/drafts/{id}/update", update, methods=["POST"]),
        Route("/admin/api/drafts/{id}/discard", discard, methods=["POST"]),
        Route("/admin/api/drafts/{id}/submit", submit, methods=["POST"]),
        Route("/admin/api/drafts/{id}/review", review, methods=["POST"]),
        Route("/admin/api/drafts/{id}/test", tested),
        Route("/admin/api/drafts/{id}/test", test, methods=["POST"]),
        Route("/admin/api/drafts/{id}/publish", publish, methods=["POST"]),
        Route("/admin/api/versions", versions),
        Route("/admin/api/versions/roll-back", roll_back, methods=["POST"]),
        Route("/admin/api/versions/compare", compare),
        Route("/admin/api/publications/{id}", publication),
        Route("/admin/api/export", export),
        Route("/admin/api/import", import_draft, methods=["POST"]),
    ]
