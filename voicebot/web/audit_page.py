"""``/audit``: who did what, and when."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from voicebot.accounts.audit import Action, Actor
from voicebot.accounts.roles import Role
from voicebot.handoff.bypass import BYPASS_OFF, BYPASS_ON
from voicebot.web.access import address_of, require
from voicebot.web.agent import DESK_OPEN
from voicebot.web.api import before_id
from voicebot.web.call_audio import MESSAGE_PLAY, RECORDING_PLAY
from voicebot.web.phone import PHONE_OPEN
from voicebot.web.phone_links import PHONE_LINK
from voicebot.web.rendering import page
from voicebot.web.state import services
from voicebot.web.supervisor_calls import CALLS_EXPORT
from voicebot.web.work import WORK_EXPORT

_PAGE = 50
_WORDS: dict[str, str] = {
    Action.SIGN_IN: "Signed in",
    Action.SIGN_OUT: "Signed out",
    Action.LOCKED: "Locked after too many tries",
    Action.ACCESS: "Asked for something",
    Action.PASSWORD_CHANGE: "Changed own password",
    Action.PASSWORD_RESET: "Set somebody’s password",
    Action.ACCOUNT_ADD: "Added an account",
    Action.ACCOUNT_ROLES: "Changed roles",
    Action.ACCOUNT_DISABLE: "Disabled an account",
    Action.ACCOUNT_ENABLE: "Enabled an account",
    Action.ACCOUNT_UNLOCK: "Unlocked an account",
    Action.ACCOUNT_REMOVE: "Removed an account",
    Action.SESSION_END: "Ended sessions",
    Action.SECOND_FACTOR_ADD: "Set up an authenticator app",
    Action.SECOND_FACTOR_REMOVE: "Ended asking for codes",
    Action.IDENTITY_LINK: "Linked an account to the identity provider",
    Action.TOKEN_ADD: "Made an API token",
    Action.TOKEN_REVOKE: "Revoked an API token",
    Action.CALLS_READ: "Read calls",
    Action.AUDIT_READ: "Read the audit",
    PHONE_OPEN: "Opened the browser phone",
    DESK_OPEN: "Opened the desk",
    RECORDING_PLAY: "Listened to a recorded call",
    MESSAGE_PLAY: "Listened to a message",
    CALLS_EXPORT: "Kept calls as CSV",
    WORK_EXPORT: "Kept the worklist as CSV",
    BYPASS_ON: "Sent every call straight to people",
    BYPASS_OFF: "Let the assistant answer again",
    PHONE_LINK: "Made a link to the browser phone",
}


async def audit(request: Request) -> Response:
    """A page of it, the newest first, of everybody or of one user name, of one action or all."""
    person = await require(request, Role.ADMIN)
    trail = services(request).accounts.audit
    await trail.add_read(Actor.of(person, address_of(request)), Action.AUDIT_READ)
    actor = request.query_params.get("actor", "").strip()
    action = request.query_params.get("action", "").strip()
    entries = await trail.entries(_PAGE + 1, before=before_id(request), actor=actor, action=action)
    shown, older = entries[:_PAGE], ""
    if len(entries) > _PAGE:
        older = "?" + urlencode({"before": shown[-1]["id"], "actor": actor, "action": action})
    return await page(
        request,
        "audit.html",
        entries=shown,
        older=older,
        actor=actor,
        action=action,
        actions=list(_WORDS),
        words=_WORDS,
    )


def routes() -> list[Route]:
    """Its route."""
    return [Route("/audit", audit)]
