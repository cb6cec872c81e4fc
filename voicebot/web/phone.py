"""``/phone/``: the browser phone, for whoever is signed in and whoever has a link, and its way to the media process."""

import asyncio
import contextlib
import re
from dataclasses import dataclass

import structlog
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from voicebot.accounts.audit import Actor
from voicebot.accounts.roles import Role
from voicebot.errors import RecordsUnavailable
from voicebot.telephony.webrtc.page_socket import CLEAN, LOST, MAX_MESSAGE, PATH, PERSON, TAKES_CALLS, VERSION
from voicebot.web.access import NotSignedIn, address_of, require, same_origin, signed_in
from voicebot.web.cookies import SESSION, Cookie
from voicebot.web.phone_links import PARAMETER, PhoneLinks
from voicebot.web.rendering import page
from voicebot.web.security import HEADERS
from voicebot.web.state import services

log = structlog.get_logger(__name__)

LINK = Cookie("voicebot-phone-link")
PHONE_OPEN = "phone.open"
"""What the audit calls it."""
MICROPHONE = {"permissions-policy": HEADERS["permissions-policy"].replace("microphone=()", "microphone=(self)")}
_A_VERSION = re.compile(r"[A-Za-z0-9._-]{1,100}")
_OPEN_S = 5.0
_LOOK_AGAIN_S = 60.0
"""How often a page that stays open is asked whether its person is still signed in."""
_SIGNED_OUT = 4401
_NOT_ALLOWED = 4403
_TRY_LATER = 1013


@dataclass(frozen=True, slots=True)
class Caller:
    """Who uses the phone: an account's name (empty with a link), and whether they may be rung, or ring a draft."""

    name: str
    display_name: str
    takes_calls: bool
    tries_drafts: bool
    actor: Actor


async def caller_of(connection: HTTPConnection, links: PhoneLinks) -> Caller | None:
    """Who asks, or None when they may not use the phone: it takes an account with a role, or a good link."""
    account = await signed_in(connection)
    if account is not None and account.roles:
        actor = Actor.of(account, address_of(connection))
        tries_drafts = account.may((Role.AUTHOR, Role.REVIEWER, Role.PUBLISHER))
        return Caller(account.name, account.display_name, Role.AGENT in account.roles, tries_drafts, actor)
    if links.good_until(LINK.read(connection)) is not None:
        actor = Actor("nobody", name="phone link", address=address_of(connection))
        return Caller("", "", takes_calls=False, tries_drafts=False, actor=actor)
    return None


class Phone:
    """The routes. Without ``settings.browser.enabled`` there are none."""

    def __init__(self, links: PhoneLinks) -> None:
        self._links = links

    def routes(self) -> list[BaseRoute]:
        """Their routes."""
        return [Route("/phone/", self._page), WebSocketRoute("/phone/socket", self._socket)]

    async def _page(self, request: Request) -> Response:
        """The page. A link is kept in a cookie, so that it is in no address that could be looked at or passed on."""
        carried = request.query_params.get(PARAMETER)
        if carried is not None:
            response = RedirectResponse("/phone/", 303)
            if self._links.good_until(carried) is not None:
                LINK.write(request, response, carried)
            return response
        caller = await caller_of(request, self._links)
        if caller is None:
            await require(request, *Role)
            raise NotSignedIn
        known = services(request).settings
        return await page(
            request,
            "phone.html",
            headers=MICROPHONE,
            caller=caller,
            version=_version(request, caller),
            person_key=known.calls.person_key,
            ice_servers=" ".join(known.browser.ice_servers),
        )

    async def _socket(self, socket: WebSocket) -> None:
        """Pass a page's messages on to the media process and back, for as long as its person may."""
        caller = await caller_of(socket, self._links) if same_origin(socket) else None
        await socket.accept()
        if caller is None:
            await socket.close(_NOT_ALLOWED)
            return
        headers = {PERSON: caller.name, TAKES_CALLS: "1" if caller.takes_calls else "0"}
        headers[VERSION] = _version(socket, caller)
        path = str(services(socket).settings.media_socket)
        try:
            media = await unix_connect(
                path, f"ws://media{PATH}", additional_headers=headers, max_size=MAX_MESSAGE, open_timeout=_OPEN_S
            )
        except (OSError, WebSocketException, TimeoutError) as error:
            log.warning("phone.no_media", error=type(error).__name__)
            await socket.close(_TRY_LATER)
            return
        try:
            await services(socket).accounts.audit.add(caller.actor, PHONE_OPEN)
        except RecordsUnavailable as error:  # whoever has a link may ring all the same
            log.warning("phone.no_audit", error=type(error).__name__)
        await self._join(socket, media, caller)

    async def _join(self, socket: WebSocket, media: ClientConnection, caller: Caller) -> None:
        up = asyncio.create_task(_to_media(socket, media))
        down = asyncio.create_task(_to_page(socket, media))
        watch = asyncio.create_task(self._while_allowed(socket, caller))
        done, _ = await asyncio.wait((up, down, watch), return_when=asyncio.FIRST_COMPLETED)
        for task in (up, down, watch):
            if task not in done:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        code = up.result() if up in done else 1000 if down in done else LOST
        await media.close(code if code in CLEAN else LOST)
        if up not in done:
            with contextlib.suppress(RuntimeError):  # it may have gone in the same moment
                await socket.close(_TRY_LATER if down in done else _SIGNED_OUT)

    async def _while_allowed(self, socket: WebSocket, caller: Caller) -> None:
        """Return once the page's session or link is over. While the page is open, its session does not run idle."""
        while True:
            await asyncio.sleep(_LOOK_AGAIN_S)
            if not caller.name:
                if self._links.good_until(LINK.read(socket)) is None:
                    return
                continue
            try:
                visit = await services(socket).accounts.sessions.find(SESSION.read(socket))
            except RecordsUnavailable:
                continue
            if visit is None or (caller.takes_calls and Role.AGENT not in visit.account.roles):
                return


def _version(connection: HTTPConnection, caller: Caller) -> str:
    """The version of the dialogue that is to be rung; the live one unless they work on flows."""
    named = connection.query_params.get("version", "")
    return named if caller.tries_drafts and _A_VERSION.fullmatch(named) else ""


async def _to_media(socket: WebSocket, media: ClientConnection) -> int:
    """Gives the code with which the page left."""
    while True:
        try:
            text = await socket.receive_text()
        except WebSocketDisconnect as gone:
            return gone.code
        except KeyError:  # a message of bytes: nothing that a page of ours sends
            return LOST
        try:
            await media.send(text)
        except ConnectionClosed:
            return LOST


async def _to_page(socket: WebSocket, media: ClientConnection) -> None:
    try:
        async for message in media:
            if isinstance(message, str):
                await socket.send_text(message)
    except (ConnectionClosed, WebSocketDisconnect):
        return
