"""What is open to everybody: the first page, health, readiness, metrics, and the API's description."""

from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from voicebot.web import metrics, openapi
from voicebot.web.access import PasswordChangeNeeded, assume_nobody, visit_of
from voicebot.web.readiness import readiness
from voicebot.web.rendering import page
from voicebot.web.state import services

_PARTS = {"media": "Phone line", "speech": "Hearing and speaking", "dialogue": "Dialogue", "database": "Records"}
_DESCRIPTION = openapi.document(version("voicebot"))


async def home(request: Request) -> Response:
    """``/``: what this is, whether it works, where to go."""
    known = services(request)
    state = await readiness(known.store, known.media)
    if not state.database:
        assume_nobody(request)
    visit = await visit_of(request)
    if visit is not None and visit.must_change:
        raise PasswordChangeNeeded
    parts = [(_PARTS[part], well) for part, well in state.parts.items()]
    return await page(request, "home.html", state=state, parts=parts)


async def health(_: Request) -> Response:
    """``/healthz``: this process is up."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """``/readyz``: a call can be taken."""
    known = services(request)
    state = await readiness(known.store, known.media)
    return JSONResponse({"ready": state.ready, "calls": state.calls, "parts": state.parts}, 200 if state.ready else 503)


async def metrics_text(request: Request) -> Response:
    """``/metrics``, for Prometheus."""
    known = services(request)
    return Response(await metrics.render(known.store, known.media), media_type="text/plain; version=0.0.4")


async def describe(_: Request) -> Response:
    """``/openapi.json``."""
    return JSONResponse(_DESCRIPTION)


def routes() -> list[Route]:
    """Their routes."""
    return [
        Route("/", home),
        Route("/openapi.json", describe),
        Route("/healthz", health),
        Route("/readyz", ready),
        Route("/metrics", metrics_text),
    ]
