"""Every route of the admin pages, in the order in which they are tried."""

from starlette.routing import Route

from voicebot.web.admin import facts, flows, phrases, publishing, set_up, shell, trying


def routes() -> list[Route]:
    """Their routes."""
    return [
        *flows.routes(),
        *publishing.routes(),
        *trying.routes(),
        *facts.routes(),
        *phrases.routes(),
        *set_up.routes(),
        *shell.routes(),
    ]
