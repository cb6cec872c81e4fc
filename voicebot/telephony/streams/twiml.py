"""What providers are told to do with a call: TwiML, and TeXML, which is the same language with other attributes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

from twilio.twiml.voice_response import Dial, VoiceResponse

from voicebot.telephony.streams.destination import Destination, DestinationKind

TOKEN = "token"  # noqa: S105 - the name of a parameter
SORRY = "I'm sorry, something has gone wrong on our side. Please ring again in a few minutes. Goodbye."
_MAX_SIP_HEADERS = 1000
_LANGUAGE = "en-GB"


@dataclass(frozen=True, slots=True)
class Provider:
    """What differs from one provider to another. ``kinds`` are what it can dial on to."""

    name: str
    kinds: frozenset[DestinationKind]
    stream: Mapping[str, str] = field(default_factory=dict)


TWILIO = Provider("twilio", frozenset(DestinationKind))
TELNYX = Provider(
    "telnyx",
    frozenset((DestinationKind.NUMBER, DestinationKind.SIP, DestinationKind.QUEUE)),
    {"track": "inbound_track", "codec": "PCMA", "bidirectional_mode": "rtp", "bidirectional_codec": "PCMA"},
)


@dataclass(frozen=True, slots=True)
class Urls:
    """Where a provider reaches us: below ``base``, the public URL."""

    base: str
    provider: str

    def of(self, what: str, **query: str) -> str:
        """The URL of one of our webhooks."""
        return f"{self.base.rstrip('/')}/{self.provider}/{what}" + (f"?{urlencode(query)}" if query else "")

    @property
    def stream(self) -> str:
        """The URL of the WebSocket."""
        parts = urlsplit(self.of("stream"))
        return parts._replace(scheme="wss" if parts.scheme == "https" else "ws").geturl()


def connect(provider: Provider, urls: Urls, token: str) -> str:
    """Stream the call to us; when the stream is closed, ask what to do next."""
    answer = VoiceResponse()
    stream = answer.connect().stream(url=urls.stream, **provider.stream)
    stream.parameter(name=TOKEN, value=token)
    answer.redirect(urls.of("after"), method="POST")
    return str(answer)


def hang_up() -> str:
    """End the call."""
    answer = VoiceResponse()
    answer.hangup()
    return str(answer)


def apologise() -> str:
    """Say that we are at a loss, and end the call."""
    answer = VoiceResponse()
    answer.say(SORRY, language=_LANGUAGE)
    answer.hangup()
    return str(answer)


def busy() -> str:
    """Refuse the call before it is answered."""
    answer = VoiceResponse()
    answer.reject(reason="busy")
    return str(answer)


@dataclass(frozen=True, slots=True)
class DialOptions:
    """How somebody is dialled: who seems to call (empty: the caller), and for how many seconds it rings."""

    ring_s: float
    caller_id: str = ""
    whisper: bool = False


def dial(urls: Urls, call_id: str, destination: Destination, headers: Mapping[str, str], options: DialOptions) -> str:
    """Dial somebody for the caller, or put the caller into a queue; ask what to do when that is over."""
    answer = VoiceResponse()
    action = urls.of("dialled")
    match destination.kind:
        case DestinationKind.QUEUE:
            answer.enqueue(destination.value, action=action, method="POST")
        case DestinationKind.WORKFLOW:
            answer.enqueue(workflow_sid=destination.value, action=action, method="POST")
        case _:
            more = {"caller_id": options.caller_id} if options.caller_id else {}
            verb = answer.dial(
                action=action, method="POST", timeout=round(options.ring_s), answer_on_bridge=True, **more
            )
            _noun(verb, urls, call_id, destination, headers, whisper=options.whisper)
    answer.hangup()
    return str(answer)


def _noun(
    verb: Dial, urls: Urls, call_id: str, destination: Destination, headers: Mapping[str, str], *, whisper: bool
) -> None:
    attributes = {
        "status_callback": urls.of("status", call=call_id),
        "status_callback_event": "answered completed",
    }
    if whisper:
        attributes["url"] = urls.of("whisper", call=call_id)
    match destination.kind:
        case DestinationKind.NUMBER:
            verb.number(destination.value, **attributes)
        case DestinationKind.SIP:
            verb.sip(destination.value + _sip_headers(headers), **attributes)
        case _:
            client = verb.client(**attributes)
            client.identity(destination.value)
            for name, value in headers.items():
                client.parameter(name=name, value=value)


def _sip_headers(headers: Mapping[str, str]) -> str:
    """Headers for the INVITE, as the provider takes them: ``User-to-User`` and ``X-…``, behind the address."""
    kept = {name: value for name, value in headers.items() if name == "User-to-User" or name.startswith("X-")}
    text = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in kept.items())
    return f"?{text}" if text and len(text) <= _MAX_SIP_HEADERS else ""


def whisper(urls: Urls, call_id: str, text: str, *, accept_s: float, by_key: bool) -> str:
    """Tell whoever answers what the call is about; with ``by_key`` they take it by pressing 1, or are let go."""
    answer = VoiceResponse()
    if not by_key:
        answer.say(text, language=_LANGUAGE)
        return str(answer)
    gather = answer.gather(num_digits=1, timeout=round(accept_s), action=urls.of("accept", call=call_id), method="POST")
    gather.say(f"{text} Press 1 to take the call.", language=_LANGUAGE)
    answer.hangup()
    return str(answer)


def join() -> str:
    """Nothing more to say: the two are joined."""
    return str(VoiceResponse())
