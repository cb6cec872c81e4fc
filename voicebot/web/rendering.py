"""Pages from templates: Jinja, everything escaped, every value that a template names must be there."""

from datetime import UTC, datetime
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

from voicebot.errors import RecordsUnavailable
from voicebot.handoff.desk_views import BypassState
from voicebot.web.access import csrf_token, visit_of
from voicebot.web.navigation import links_for
from voicebot.web.state import services

STYLE_SHEET, SCRIPT = "/static/pages.css", "/static/pages.js"
"""Built from ``frontend/``. Every page works without the script."""


def _moment(moment: datetime | None) -> str:
    """As GOV.UK writes it, in UTC."""
    if moment is None:
        return "never"
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y, %H:%M} UTC"


_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("voicebot.web"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["moment"] = _moment


async def _bypass(request: Request) -> BypassState | None:
    """The supervisor's switch, which everybody who works here is shown while it is on."""
    try:
        return await services(request).desk.bypass.state()
    except RecordsUnavailable:
        return None


async def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """The page made from ``template``, with what ``base.html`` needs about the person who looks at it.

    ``errors`` in the context maps the id of a field to what is wrong with it; the page then begins with a summary.
    """
    visit = await visit_of(request)
    account = visit.account if visit and not visit.must_change else None
    bypass = await _bypass(request) if account is not None and account.roles else None
    html = _ENVIRONMENT.get_template(template).render(
        {
            "council": services(request).settings.council,
            "style_sheet": STYLE_SHEET,
            "script": SCRIPT,
            "path": request.url.path,
            "visitor": visit.account if visit else None,
            "links": links_for(account),
            "csrf_token": await csrf_token(request),
            "bypass": bypass,
            "errors": {},
            **context,
        }
    )
    return HTMLResponse(html, status, headers)
