"""A caller at Twilio, Telnyx or an Asterisk, in a box: rings a stream line and does what its answers say.

Like the provider it signs its webhooks, reads the TwiML, opens the stream with its token, asks again when the stream
is closed, and dials on, for which :attr:`StreamPhone.on_dial` says how it goes.
"""

import asyncio
import base64
import time
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twilio.request_validator import RequestValidator
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from voicebot.errors import ConfigurationError, DialFailed
from voicebot.telephony.leg import CallFacts, CallLeg, Direction, EndReason, IncomingHandler, LegEnded
from voicebot.telephony.rtp.clock import MediaClock
from voicebot.telephony.streams.audiosocket import AudioSocketProvider
from voicebot.telephony.streams.dialect import MAX_MESSAGE, ProviderDialect
from voicebot.telephony.streams.provider_leg import ProviderLeg
from voicebot.telephony.streams.tcp import TcpConnection
from voicebot.telephony.streams.telnyx import TelnyxProvider
from voicebot.telephony.streams.twilio import TwilioProvider
from voicebot.telephony.streams.websocket import ClientConnection

SCHEMES = ("ws", "wss", "http", "https", "audiosocket")
_LONGEST_TWIML = 100


@dataclass(frozen=True, slots=True)
class Dialled:
    """A ``<Dial>`` or ``<Enqueue>`` that the provider was told to carry out.

    ``noun`` is ``number``, ``sip``, ``client`` or ``enqueue``; ``attributes`` are the noun's, ``options`` the verb's.
    """

    noun: str
    value: str
    attributes: Mapping[str, str]
    options: Mapping[str, str]


@dataclass(slots=True)
class StreamCall:
    """What became of a call at the provider. ``verbs`` are the TwiML verbs carried out, in order."""

    call_id: str
    verbs: list[str] = field(default_factory=list)
    dialled: list[Dialled] = field(default_factory=list)


DialHandler = Callable[["StreamPhone", StreamCall, Dialled], Awaitable[Mapping[str, str]]]
"""Carries out a dialling; gives the fields with which its ``action`` is asked (``DialCallStatus``, say)."""


async def handed_on(phone: "StreamPhone", call: StreamCall, dialled: Dialled) -> Mapping[str, str]:
    """Somebody takes the call at once; that conversation is not played here."""
    callback = dialled.attributes.get("statusCallback")
    if callback:
        await phone.post(callback, {"CallSid": "CAdialled", "CallStatus": "in-progress"})
    return {"DialCallStatus": "completed", "DialBridged": "true", "QueueResult": "bridged"}


class StreamPhone:
    """A line that rings ``ws://…/twilio/stream``, ``ws://…/telnyx/stream`` or ``audiosocket://host:port``.

    ``secret`` signs as Twilio does, ``key`` as Telnyx does; both over ``public_url`` where the line has one. ``rate``
    is for AudioSocket.
    """

    def __init__(
        self,
        *,
        secret: str = "",
        key: Ed25519PrivateKey | None = None,
        public_url: str = "",
        rate: int = 8000,
        on_dial: DialHandler = handed_on,
    ) -> None:
        self.on_dial = on_dial
        self.calls: list[StreamCall] = []
        self._secret = secret
        self._key = key
        self._public_url = public_url.rstrip("/")
        self._rate = rate
        self._clock = MediaClock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._legs: list[ProviderLeg] = []
        self._base = ""
        self._provider = ""

    async def start(self, incoming: IncomingHandler) -> None:
        """Nothing: nobody rings this phone."""

    async def dial(
        self,
        address: str,
        *,
        caller: str = "",
        caller_name: str = "",
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 30.0,
        on_progress: Callable[[int], None] | None = None,
        call_id: str = "",
    ) -> CallLeg:
        """Ring an address; ``call_id`` is the provider's name for the call (for AudioSocket a UUID).

        Raises :class:`DialFailed` when the line refuses, ConfigurationError for a wrong address.
        """
        call_id = call_id or uuid.uuid4().hex
        parts = urlsplit(address)
        try:
            async with asyncio.timeout(timeout_s):
                if parts.scheme == "audiosocket":
                    return await self._dial_asterisk(parts.hostname or "", parts.port or 9092, _uuid(call_id))
                return await self._dial_provider(address, caller, call_id)
        except TimeoutError as error:
            raise DialFailed(408, "nothing answered") from error
        except (OSError, httpx.HTTPError) as error:
            status = error.errno if isinstance(error, ConnectionRefusedError) else None
            raise DialFailed(status if status and status >= 400 else 503, type(error).__name__) from error

    async def stop(self) -> None:
        """Hang up."""
        for leg in self._legs:
            await leg.hangup()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._clock.stop()

    # Asterisk

    async def _dial_asterisk(self, host: str, port: int, call: uuid.UUID) -> ProviderLeg:
        connection = TcpConnection()
        await asyncio.get_running_loop().create_connection(lambda: connection, host, port)
        leg = self._leg(str(call), "audiosocket", self._rate)
        connection.on_message, connection.on_closed = leg.message, leg.stream_lost
        leg.stream(connection, AudioSocketProvider(call, self._rate))
        return leg

    def _leg(self, call_id: str, line: str, rate: int) -> ProviderLeg:
        leg = ProviderLeg(CallFacts(call_id, line, Direction.OUTBOUND), self._clock, rate)
        self._legs.append(leg)
        return leg

    # providers

    async def _dial_provider(self, address: str, caller: str, call_id: str) -> ProviderLeg:
        parts = urlsplit(address)
        self._provider = parts.path.strip("/").split("/")[0]
        if self._provider not in ("twilio", "telnyx") or parts.scheme not in SCHEMES:
            raise ConfigurationError("ring ws://…/twilio/stream, ws://…/telnyx/stream or audiosocket://host:port")
        self._base = f"{'https' if parts.scheme in ('wss', 'https') else 'http'}://{parts.netloc}"
        call = StreamCall(call_id)
        self.calls.append(call)
        leg = self._leg(call.call_id, self._provider, 8000)
        fields = {"From": caller or "anonymous", "To": "+441632960000", "CallStatus": "ringing"}
        document = await self.webhook(call, "voice", fields)
        verb, element = document[0]
        if verb != "Connect":
            leg.finish(LegEnded(EndReason.REJECTED))
            raise DialFailed(486, f"the answer was <{verb}>")
        closed = asyncio.Event()
        leg.on_stream_end = closed.set
        await self._connect(leg, call, element, caller)
        task = asyncio.get_running_loop().create_task(self._follow(leg, call, document[1:], closed, caller))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return leg

    async def _follow(
        self,
        leg: ProviderLeg,
        call: StreamCall,
        document: list[tuple[str, ET.Element]],
        closed: asyncio.Event,
        caller: str,
    ) -> None:
        """Do what the answers say, from the end of the first stream on."""
        try:
            await self._until_closed(leg, closed)
            for _ in range(_LONGEST_TWIML):
                if leg.end is not None:
                    return
                if not document:
                    break
                (verb, element), document = document[0], document[1:]
                call.verbs.append(verb)
                match verb:
                    case "Connect":
                        await self._connect(leg, call, element, caller)
                        await self._until_closed(leg, closed)
                    case "Redirect":
                        document = await self._ask(call, element.text or "", {"CallStatus": "in-progress"})
                    case "Dial" | "Enqueue":
                        document = await self._dial_on(call, verb, element)
                    case "Hangup":
                        break
            leg.finish(LegEnded(EndReason.REMOTE_HANGUP))
        except (OSError, httpx.HTTPError, ET.ParseError, DialFailed) as error:
            leg.finish(LegEnded(EndReason.ERROR, type(error).__name__))

    async def _until_closed(self, leg: ProviderLeg, closed: asyncio.Event) -> None:
        over = asyncio.ensure_future(leg.wait_ended())
        waiting = asyncio.ensure_future(closed.wait())
        try:
            await asyncio.wait((over, waiting), return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            waiting.cancel()
        closed.clear()

    async def _dial_on(self, call: StreamCall, verb: str, element: ET.Element) -> list[tuple[str, ET.Element]]:
        noun = element if verb == "Enqueue" else element[0]
        identity = noun.find("Identity")
        text = identity.text if identity is not None else noun.text
        value = text or noun.get("workflowSid") or ""
        dialled = Dialled(noun.tag.lower(), value, dict(noun.attrib), dict(element.attrib))
        call.dialled.append(dialled)
        outcome = await self.on_dial(self, call, dialled)
        return await self._ask(call, element.get("action", ""), {"CallStatus": "in-progress", **outcome})

    async def _connect(self, leg: ProviderLeg, call: StreamCall, element: ET.Element, caller: str) -> None:
        stream = element.find("Stream")
        if stream is None:
            raise DialFailed(500, "<Connect> without <Stream>")
        parameters = {p.get("name", ""): p.get("value", "") for p in stream.findall("Parameter")}
        public = stream.get("url", "")
        dialect: ProviderDialect
        headers = {}
        if self._provider == "twilio":
            headers["X-Twilio-Signature"] = RequestValidator(self._secret).compute_signature(public, {})
            dialect = TwilioProvider(f"MZ{uuid.uuid4().hex}", call.call_id, parameters)
        else:
            dialect = TelnyxProvider(str(uuid.uuid4()), call.call_id, parameters, caller=caller)
        connection = await self._open(urlsplit(public).path, headers)
        connection.on_message, connection.on_closed = leg.message, leg.stream_lost
        leg.stream(connection, dialect)

    async def _open(self, path: str, headers: Mapping[str, str]) -> ClientConnection:
        url = self._base.replace("http", "ws", 1) + path
        target = parse_uri(url)
        connection = ClientConnection(ClientProtocol(target, max_size=MAX_MESSAGE), headers)
        await asyncio.get_running_loop().create_connection(
            lambda: connection, target.host, target.port, ssl=True if target.secure else None
        )
        await connection.opened
        return connection

    # webhooks

    async def webhook(self, call: StreamCall, what: str, fields: Mapping[str, str]) -> list[tuple[str, ET.Element]]:
        """Ask one of the line's webhooks. Raises DialFailed for a refusal."""
        return await self._ask(call, f"{self._public_url or self._base}/{self._provider}/{what}", fields)

    async def _ask(self, call: StreamCall, url: str, fields: Mapping[str, str]) -> list[tuple[str, ET.Element]]:
        text = await self.post(url, {"CallSid": call.call_id, **fields})
        return [(element.tag, element) for element in ET.fromstring(text)]  # noqa: S314 - our own line's answer

    async def post(self, url: str, fields: Mapping[str, str]) -> str:
        """A signed POST to a public URL, sent to the line's real address. Raises DialFailed for a refusal."""
        body = urlencode(fields).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", **self._signature(url, fields, body)}
        parts = urlsplit(url)
        target = self._base + parts.path + (f"?{parts.query}" if parts.query else "")
        async with httpx.AsyncClient(timeout=10.0) as client:
            response = await client.post(target, content=body, headers=headers)
        if response.status_code != httpx.codes.OK:
            raise DialFailed(response.status_code, response.reason_phrase)
        return response.text

    def _signature(self, url: str, fields: Mapping[str, str], body: bytes) -> dict[str, str]:
        if self._provider == "telnyx":
            now = str(int(time.time()))
            signature = self._key.sign(f"{now}|".encode() + body) if self._key is not None else b""
            return {"telnyx-timestamp": now, "telnyx-signature-ed25519": base64.b64encode(signature).decode()}
        return {"X-Twilio-Signature": RequestValidator(self._secret).compute_signature(url, dict(fields))}


def _uuid(call_id: str) -> uuid.UUID:
    try:
        return uuid.UUID(call_id)
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_OID, call_id)
