"""``/agent/``: the agent's desktop. One page, and one WebSocket that shows the desk and takes what the agent does.

The page may come and go: everything is in the database, and a page that comes back is shown all of it.
"""

import asyncio
import contextlib
import json
from typing import Any

import structlog
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from voicebot.accounts.account import Account
from voicebot.accounts.audit import Action, Actor
from voicebot.accounts.roles import Role
from voicebot.errors import ProtocolError, RecordsUnavailable
from voicebot.handoff.desk import Desk
from voicebot.handoff.desk_events import event_id
from voicebot.handoff.desk_state import DeskError
from voicebot.handoff.desk_views import WRAP_UP_OUTCOMES, OfferView, WrapUp, plain
from voicebot.handoff.models import AgentState
from voicebot.outbox.notify import SMS
from voicebot.outbox.outbox import outbox_row
from voicebot.outbox.tables import OutboxRow
from voicebot.phone_numbers import e164
from voicebot.records.database import RecordRejected
from voicebot.records.search import earlier_calls, transcript
from voicebot.web import agent_messages as messages
from voicebot.web.access import address_of, require, same_origin, signed_in
from voicebot.web.cookies import SESSION
from voicebot.web.phone import MICROPHONE
from voicebot.web.rendering import page
from voicebot.web.state import Services, services
from voicebot.web.words import AWAY_REASONS, OUTCOME_WORDS, queue_title

log = structlog.get_logger(__name__)

DESK_OPEN = "desk.open"
"""What the audit calls it."""
TEXT_TEMPLATE = "from_agent"
"""The template of GOV.UK Notify whose one personalisation, ``text``, is what an agent writes to a caller."""
_LOOK_S = 0.25
_TRANSCRIPT_S = 0.7
_LOOK_AGAIN_S = 60.0
_RESULT_S = 6.0
_SIGNED_OUT, _NOT_ALLOWED = 4401, 4403


async def desktop(request: Request) -> Response:
    """The page."""
    person = await require(request, Role.AGENT)
    known = services(request)
    settings = known.settings
    about = {
        "person": person.name,
        "displayName": person.display_name,
        "council": settings.council,
        "personKey": settings.calls.person_key,
        "iceServers": list(settings.browser.ice_servers) if settings.browser.enabled else [],
        "softphone": settings.browser.enabled,
        "screenPop": settings.handoff.screen_pop,
        "records": settings.calls.record,
        "texts": may_text(known),
        "outcomes": [[name, OUTCOME_WORDS[name]] for name in WRAP_UP_OUTCOMES],
        "awayReasons": list(AWAY_REASONS),
        "services": [[name, known.titles.service(name)] for name in sorted(known.titles.services) if name != "none"],
        "needs": [[name, title] for name, title in sorted(known.titles.needs.items())],
        "queues": {name: queue_title(name, title) for name, title in sorted(known.queues.items())},
    }
    return await page(request, "agent.html", headers=MICROPHONE, about=json.dumps(about))


def may_text(known: Services) -> bool:
    """Whether agents can send texts: with a key of GOV.UK Notify and a template for their words."""
    notify = known.settings.notify
    return bool(notify.api_key.get_secret_value()) and TEXT_TEMPLATE in notify.templates


class DeskSocket:
    """One agent's open page."""

    def __init__(self, socket: WebSocket, known: Services, person: Account, actor: Actor) -> None:
        self._socket = socket
        self._known = known
        self._desk: Desk = known.desk
        self._person = person
        self._actor = actor
        self._sending = asyncio.Lock()
        self._call_shown = ""
        self._lines: list[dict[str, Any]] = []

    async def serve(self) -> None:
        """Until the page goes, or its person may no longer be here."""
        await self._desk.sign_in(self._person.name, self._person.display_name)
        tasks = [
            asyncio.create_task(step) for step in (self._receive(), self._show(), self._listen(), self._while_allowed())
        ]
        done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        for task in done:
            with contextlib.suppress(WebSocketDisconnect):
                task.result()
        if tasks[0] not in done:
            with contextlib.suppress(RuntimeError):  # it may have gone in the same moment
                await self._socket.close(_SIGNED_OUT)

    async def _send(self, message: dict[str, Any]) -> None:
        async with self._sending:
            try:
                await self._socket.send_text(json.dumps(message, ensure_ascii=False))
            except RuntimeError as error:
                raise WebSocketDisconnect from error

    # what is shown

    async def _show(self) -> None:
        """Look whether anything has changed, and say all of it anew when it has."""
        known, since_seen, every = -1, 0.0, self._known.settings.handoff.presence_s / 3
        available = True
        while True:
            try:
                if since_seen <= 0:
                    await self._desk.seen(self._person.name)
                    since_seen = every
                version = await self._desk.version()
                if version != known:
                    await self._send(await self._view())
                    known = version
                available = True
            except RecordsUnavailable:
                if available:
                    await self._send({"type": "unavailable"})
                available, known = False, -1
            await asyncio.sleep(_LOOK_S)
            since_seen -= _LOOK_S

    async def _view(self) -> dict[str, Any]:
        desk, name = self._desk, self._person.name
        presence = await desk.presence(name)
        queues = presence.queues if presence is not None else ()
        return {
            "type": "desk",
            "presence": plain(presence),
            "in_hand": plain(await desk.in_hand(name)),
            "queues": plain(await desk.queues()),
            "waiting": plain(await desk.waiting()),
            "agents": plain(await desk.agents()),
            "work": plain(await desk.work.counts(queues or ("*",))),
            "bypass": plain(await desk.bypass.state()),
        }

    async def _listen(self) -> None:
        """Pass on what is said in the call in hand, as it is recorded."""
        while True:
            await asyncio.sleep(_TRANSCRIPT_S)
            try:
                offer = await self._desk.in_hand(self._person.name)
                call_id = offer.call_id if offer is not None else ""
                lines = await transcript(self._known.store.database, call_id) if call_id else []
            except RecordsUnavailable:
                continue
            if (call_id, lines) != (self._call_shown, self._lines):
                self._call_shown, self._lines = call_id, lines
                await self._send({"type": "transcript", "call_id": call_id, "lines": lines})

    async def _while_allowed(self) -> None:
        """Return once the session is over or the role is taken away. While the page is open, it does not run idle."""
        while True:
            await asyncio.sleep(_LOOK_AGAIN_S)
            try:
                visit = await self._known.accounts.sessions.find(SESSION.read(self._socket))
            except RecordsUnavailable:
                continue
            if visit is None or Role.AGENT not in visit.account.roles:
                return

    # what is done

    async def _receive(self) -> None:
        while True:
            try:
                request = messages.read(await self._socket.receive_text())
            except (ProtocolError, KeyError) as error:
                log.info("agent.message_refused", reason=str(error))
                continue
            try:
                await self._send(messages.done(request.id, await self._do(request)))
            except DeskError as error:
                await self._send(messages.failed(request.id, str(error)))
            except RecordsUnavailable:
                await self._send(messages.failed(request.id, "The records can’t be reached now. Try again soon"))
            except RecordRejected:
                await self._send(messages.failed(request.id, "What was sent can’t be used"))

    async def _do(self, request: messages.FromPage) -> Any:
        desk, name = self._desk, self._person.name
        match request:
            case messages.Become(do="available"):
                await desk.become_available(name)
            case messages.Become(do="away", reason=reason):
                await desk.go_away(name, reason)
            case messages.Become():
                await desk.sign_out(name)
            case messages.RingAt(address=address):
                await desk.ring_at(name, address)
            case messages.Serve(queues=queues):
                await desk.serve(name, queues)
            case messages.OnOffer():
                return await self._on_offer(request)
            case messages.Onwards(do="transfer", offer=offer, to=to, note=note):
                return await self._result(await desk.transfer(name, offer, to, note))
            case messages.Onwards(offer=offer, to=to, note=note):
                return await self._result(await desk.consult(name, offer, to, note))
            case messages.Drop(offer=offer, name=other):
                return await self._result(await desk.drop(name, offer, other))
            case messages.Note(offer=offer, notes=notes):
                await desk.note(name, offer, notes)
            case messages.WrapUpForm():
                return await self._wrap_up(request)
        return None

    async def _on_offer(self, request: messages.OnOffer) -> Any:
        desk, name, offer = self._desk, self._person.name, request.offer
        match request.do:
            case "shown":
                await desk.shown(name, offer)
                return None
            case "accept":
                await desk.accept(name, offer)
                return None
            case "decline":
                await desk.decline(name, offer)
                return None
            case "earlier":
                return await self._earlier(offer)
        command = {
            "hold": desk.hold,
            "resume": desk.resume,
            "pause_recording": desk.pause_recording,
            "resume_recording": desk.resume_recording,
            "hang_up": desk.hang_up,
            "leave": desk.leave,
            "join_all": desk.join_all,
        }[request.do]
        return await self._result(await command(name, offer))

    async def _result(self, number: int) -> None:
        """Wait until the media process has done it. Raises :class:`DeskError` when it can't or does not answer."""
        for _ in range(int(_RESULT_S / _LOOK_S)):
            await asyncio.sleep(_LOOK_S)
            command = await self._desk.command(number)
            if command is not None and command.result:
                if command.result != "done":
                    raise DeskError(command.result)
                return
        raise DeskError("The phone line does not answer. Try again")

    async def _mine(self, offer_id: str) -> OfferView:
        offer = await self._desk.offer(offer_id)
        if offer is None or offer.agent != self._person.name:
            raise DeskError("You have not had this call in hand")
        return offer

    async def _earlier(self, offer_id: str) -> list[dict[str, Any]]:
        """What the same number rang about before; the audit shows who looked."""
        offer = await self._mine(offer_id)
        await self._known.accounts.audit.add_read(self._actor, Action.CALLS_READ, offer.call_id)
        return await earlier_calls(self._known.store.database, offer.call_id)

    async def _text(self, form: messages.WrapUpForm, offer: OfferView) -> None:
        """Put a text to the caller into the outbox, once for each call in hand."""
        if not may_text(self._known):
            raise DeskError("No text messages can be sent: none are set up")
        if not form.text_agreed:
            raise DeskError("Ask the caller whether they agree to be sent a text, and tick it")
        number = e164(form.text_to)
        if number is None:
            raise DeskError("Enter a phone number that texts can be sent to")
        uid = event_id(offer.id, SMS)
        payload = {"to": number, "template": TEXT_TEMPLATE, "values": {"text": form.text.strip()}, "consent": True}
        database = self._known.store.database
        async with database.session() as session:
            known = (await session.execute(select(OutboxRow.id).where(OutboxRow.uid == uid))).first()
            if known is None:
                session.add(outbox_row(SMS, payload, call_id=offer.call_id, uid=uid))

    async def _wrap_up(self, form: messages.WrapUpForm) -> dict[str, Any]:
        offer = await self._mine(form.offer)
        sends = bool(form.text.strip())
        if sends:
            await self._text(form, offer)
        written = WrapUp(
            outcome=form.outcome,
            notes=form.notes,
            service=form.service,
            topic=form.topic,
            repeated=form.repeated,
            text_sent=sends or offer.wrap_up.text_sent,
        )
        presence = await self._desk.wrap_up(self._person.name, form.offer, written, call_back=form.call_back)
        return {"free": presence is not None and presence.state is not AgentState.WRAPPING_UP}


async def socket(socket: WebSocket) -> None:
    """Serve an agent's page; nobody else."""
    person = await signed_in(socket) if same_origin(socket) else None
    await socket.accept()
    if person is None or Role.AGENT not in person.roles:
        await socket.close(_NOT_ALLOWED)
        return
    known, actor = services(socket), Actor.of(person, address_of(socket))
    try:
        await known.accounts.audit.add_read(actor, DESK_OPEN)
        await DeskSocket(socket, known, person, actor).serve()
    except RecordsUnavailable:
        with contextlib.suppress(RuntimeError):
            await socket.close(1013)


def routes() -> list[BaseRoute]:
    """Their routes."""
    return [Route("/agent/", desktop), WebSocketRoute("/agent/socket", socket)]
