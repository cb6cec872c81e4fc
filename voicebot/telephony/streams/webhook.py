"""The webhooks by which a provider asks what to do with a call. Every request's signature is checked first.

``voice`` begins a call, ``after`` follows a stream that has ended, ``dialled`` follows a dialling that has ended,
``whisper`` and ``accept`` are for the person dialled, ``status`` tells how a call fares. Nothing here is logged that
came with a request.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

import structlog
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from voicebot.telephony.leg import EndReason, LegEnded
from voicebot.telephony.streams import twiml
from voicebot.telephony.streams.calls import HandOn, ProviderCall
from voicebot.telephony.streams.destination import DestinationKind
from voicebot.telephony.streams.signature import TelnyxSignature, TwilioSignature, form
from voicebot.telephony.streams.twiml import Provider, Urls

if TYPE_CHECKING:
    from voicebot.telephony.streams.line import StreamLine

MAX_BODY = 1 << 16
BODY_S = 10.0
QUEUED_S = 3.0
"""A caller who has been in a provider's queue for so long is taken to be in it."""
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_FAILED = {"busy": 486, "no-answer": 408, "canceled": 487, "queue-full": 486}
_OVER = frozenset(("completed", "busy", "failed", "no-answer", "canceled"))
_QUEUED_WELL = frozenset(("bridged", "bridging-in-process", "redirected", "redirected-from-bridged", "leave", "hangup"))

_log = structlog.get_logger(__name__)

Verify = Callable[[Request, bytes], bool]
Handler = Callable[[FormData, Mapping[str, str]], Awaitable[str]]


def verify_twilio(signature: TwilioSignature) -> Verify:
    """Checks a request with Twilio's signature."""

    def verify(request: Request, body: bytes) -> bool:
        query = request.url.query
        target = request.url.path + (f"?{query}" if query else "")
        return signature.of_request(target, request.headers, body)

    return verify


def verify_telnyx(signature: TelnyxSignature) -> Verify:
    """Checks a request with Telnyx's signature."""
    return lambda request, body: signature.of_request(request.headers, body, time.time())


class ProviderWebhooks:
    """The webhooks of one provider."""

    def __init__(self, provider: Provider, line: "StreamLine", verify: Verify) -> None:
        self._provider = provider
        self._line = line
        self._verify = verify
        self._urls = Urls(line.public_url, provider.name)
        self._later: set[asyncio.TimerHandle] = set()

    def routes(self) -> list[Route]:
        """For the application."""
        handlers: dict[str, Handler] = {
            "voice": self._voice,
            "after": self._after,
            "dialled": self._dialled,
            "whisper": self._whisper,
            "accept": self._accept,
            "status": self._status,
        }
        return [
            Route(f"/{self._provider.name}/{name}", self._endpoint(handler), methods=["POST"])
            for name, handler in handlers.items()
        ]

    def _endpoint(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            body = await _body(request)
            if not self._verify(request, body):
                _log.warning("a webhook's signature is wrong", provider=self._provider.name)
                raise HTTPException(403, "The signature is wrong.")
            return Response(await handler(form(body), request.query_params), media_type="text/xml")

        return endpoint

    # the caller's call

    async def _voice(self, fields: FormData, query: Mapping[str, str]) -> str:
        now = self._line.now()
        call = self._call(fields)
        if not self._line.has_room(now):
            return self._rescue(call) if self._line.destination("default", self._provider) else twiml.busy()
        return self._stream(call)

    async def _after(self, fields: FormData, query: Mapping[str, str]) -> str:
        call = self._call(fields)
        wish = call.hand_on
        if call.over:
            return twiml.hang_up()
        if wish is None or wish.result.done():
            return self._rescue(call)
        wish.asked.set()
        if wish.destination.kind in (DestinationKind.QUEUE, DestinationKind.WORKFLOW):
            asyncio.get_running_loop().call_later(QUEUED_S, wish.settle, 0)
        options = twiml.DialOptions(self._line.ring_s, self._line.caller_id, bool(wish.whisper))
        return twiml.dial(self._urls, call.call_id, wish.destination, wish.headers, options)

    async def _dialled(self, fields: FormData, query: Mapping[str, str]) -> str:
        call = self._call(fields)
        well = _went_well(fields)
        if _text(fields, "CallStatus") in _OVER:
            self._gone(call)
            return twiml.hang_up()
        wish, call.hand_on = call.hand_on, None
        call.resumed = False
        if well:
            if wish is not None:
                wish.settle(0)
            return twiml.hang_up()
        if wish is None or wish.result.done():
            return self._rescue(call)
        status = _text(fields, "DialCallStatus") or _text(fields, "QueueResult")
        wish.settle(_FAILED.get(status, 480))
        return self._stream(call)

    async def _status(self, fields: FormData, query: Mapping[str, str]) -> str:
        status = _text(fields, "CallStatus")
        if "call" not in query:
            if status in _OVER:
                self._gone(self._call(fields))
            return twiml.join()
        wish = self._wish(query)
        if wish is not None and status == "in-progress" and not (wish.whisper and self._line.join_by_key):
            wish.settle(0)
        return twiml.join()

    # the person dialled

    async def _whisper(self, fields: FormData, query: Mapping[str, str]) -> str:
        wish = self._wish(query)
        if wish is None:
            return twiml.hang_up()
        line = self._line
        return twiml.whisper(self._urls, query["call"], wish.whisper, accept_s=line.accept_s, by_key=line.join_by_key)

    async def _accept(self, fields: FormData, query: Mapping[str, str]) -> str:
        wish = self._wish(query)
        if wish is None or _text(fields, "Digits") != "1":
            return twiml.hang_up()
        wish.settle(0)
        return twiml.join()

    # shared

    def _call(self, fields: FormData) -> ProviderCall:
        call_id = _text(fields, "CallSid")
        if not call_id:
            raise HTTPException(400, "CallSid is missing.")
        caller = _text(fields, "From")
        headers = {
            name: value
            for name, value in (
                ("diversion", _text(fields, "ForwardedFrom")),
                ("user-to-user", _text(fields, "SipHeader_User-to-User")),
            )
            if value
        }
        return self._line.calls.open(
            self._provider.name,
            call_id,
            caller if _NUMBER.fullmatch(caller) or caller.startswith(("sip:", "client:")) else "",
            _text(fields, "To"),
            headers,
            self._line.now(),
        )

    def _wish(self, query: Mapping[str, str]) -> HandOn | None:
        call = self._line.calls.find(self._provider.name, query.get("call", ""), self._line.now())
        return call.hand_on if call is not None else None

    def _stream(self, call: ProviderCall) -> str:
        token = self._line.calls.token(call, self._line.now())
        return twiml.connect(self._provider, self._urls, token)

    def _gone(self, call: ProviderCall) -> None:
        call.over, call.hand_on = True, None
        if call.leg is not None:
            call.leg.finish(LegEnded(EndReason.REMOTE_HANGUP))

    def _rescue(self, call: ProviderCall) -> str:
        """For a caller whose stream broke: back to the conversation while it goes on, once; else the default queue's
        people are dialled, else it is streamed to us once more; and then we are at a loss."""
        if call.leg is not None and not call.resumed:
            call.resumed = True
            return self._stream(call)
        target = self._line.destination("default", self._provider)
        if call.rescued == 0 and target is not None:
            call.rescued = 1
            options = twiml.DialOptions(self._line.ring_s, self._line.caller_id)
            return twiml.dial(self._urls, call.call_id, target, {}, options)
        if call.rescued < 2:
            call.rescued = 2
            return self._stream(call)
        call.over = True
        return twiml.apologise()


def _text(fields: FormData, name: str) -> str:
    value = fields.get(name, "")
    return value[:512] if isinstance(value, str) else ""


def _went_well(fields: FormData) -> bool:
    """Whether the caller was joined with somebody, or left a queue by their own will or another's."""
    queue = _text(fields, "QueueResult")
    if queue:
        return queue in _QUEUED_WELL
    answered = _text(fields, "DialCallStatus") in ("completed", "answered")
    return answered and _text(fields, "DialBridged").lower() != "false"


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                body += part
                if len(body) > MAX_BODY:
                    raise HTTPException(413, "The request is too large.")
    except TimeoutError as error:
        raise HTTPException(408, "The request did not arrive in time.") from error
    return bytes(body)


def application(line: "StreamLine") -> Starlette:
    """The webhooks of every provider that has been set up."""
    routes: list[Route] = []
    if line.twilio is not None:
        routes += ProviderWebhooks(twiml.TWILIO, line, verify_twilio(line.twilio)).routes()
    if line.telnyx is not None:
        routes += ProviderWebhooks(twiml.TELNYX, line, verify_telnyx(line.telnyx)).routes()
    return Starlette(routes=routes)
