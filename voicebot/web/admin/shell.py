"""The one HTML page in which the application runs, whatever the address below ``/admin/``."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from voicebot.web.access import require
from voicebot.web.admin.bodies import READERS
from voicebot.web.rendering import page
from voicebot.web.state import services


async def shell(request: Request) -> Response:
    """The page."""
    person = await require(request, *READERS)
    roles = " ".join(sorted(role.value for role in person.roles))
    phone = services(request).settings.browser.enabled
    return await page(request, "admin.html", person=person, roles=roles, phone=phone)


def routes() -> list[Route]:
    """Its routes: last of all, since the second takes what nobody else does."""
    return [Route("/admin/", shell), Route("/admin/{path:path}", shell)]
