"""What a page and the media process say to each other, as JSON objects on one WebSocket.

The page's side of it is ``frontend/src/phone/protocol.ts``; a test holds the two together.
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from voicebot.audio.line_quality import LineQuality
from voicebot.errors import ProtocolError

MAX_MESSAGE = 65536
"""Longest message taken, in characters."""
_MAX_SDP = 16384
_MAX_WORDS = 2000


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Quality(_Message):
    """A simulated line (:class:`~voicebot.audio.line_quality.LineQuality`)."""

    narrow: bool = False
    loss: float = Field(0.0, ge=0.0, le=0.5)
    noise_db: float | None = Field(None, ge=-90.0, le=-20.0)
    jitter_ms: int = Field(0, ge=0, le=400)

    def line(self) -> LineQuality:
        """As the audio's own type."""
        return LineQuality(self.narrow, self.loss, self.noise_db, self.jitter_ms)


# from the page


class Ring(_Message):
    """Ring the service: the browser's offer."""

    type: Literal["ring"]
    sdp: str = Field(max_length=_MAX_SDP)
    quality: Quality = Quality()


class Reoffer(_Message):
    """The network has changed: an offer that restarts ICE in the call."""

    type: Literal["reoffer"]
    sdp: str = Field(max_length=_MAX_SDP)


class Resume(_Message):
    """This connection takes the place of one that was lost."""

    type: Literal["resume"]
    token: str = Field(max_length=100)


class Press(_Message):
    """A key of the keypad."""

    type: Literal["press"]
    key: str = Field(pattern=r"^[0-9*#]$")


class SetQuality(_Message):
    """Change the simulated line."""

    type: Literal["quality"]
    quality: Quality


class HangUp(_Message):
    """End the call."""

    type: Literal["hangup"]


class StartText(_Message):
    """Begin a conversation in text."""

    type: Literal["text"]


class Say(_Message):
    """Something typed in a conversation in text."""

    type: Literal["say"]
    text: str = Field(min_length=1, max_length=_MAX_WORDS)


class Register(_Message):
    """Ring this page when a caller is for its person (role agent)."""

    type: Literal["register"]


class Unregister(_Message):
    """No longer."""

    type: Literal["unregister"]


class Accept(_Message):
    """Pick up: the browser's offer for the call that rings."""

    type: Literal["accept"]
    ring: str = Field(max_length=64)
    sdp: str = Field(max_length=_MAX_SDP)


class Decline(_Message):
    """Don't pick up."""

    type: Literal["decline"]
    ring: str = Field(max_length=64)


FromPage: TypeAlias = (
    Ring | Reoffer | Resume | Press | SetQuality | HangUp | StartText | Say | Register | Unregister | Accept | Decline
)
_FROM_PAGE: TypeAdapter[FromPage] = TypeAdapter(Annotated[FromPage, Field(discriminator="type")])


def read(text: str) -> FromPage:
    """Read a message of a page. Raises :class:`ProtocolError`, which repeats nothing of it."""
    if len(text) > MAX_MESSAGE:
        raise ProtocolError("the message is too long")
    try:
        return _FROM_PAGE.validate_json(text)
    except ValidationError as error:
        raise ProtocolError(f"not a message: {error.errors()[0]['type']}") from error


# to the page


class Answer(_Message):
    """Our answer to an offer. ``token`` resumes the call from another connection."""

    type: Literal["answer"] = "answer"
    sdp: str
    token: str


class TextStarted(_Message):
    """A conversation in text has begun."""

    type: Literal["text_started"] = "text_started"
    token: str


class Resumed(_Message):
    """The call goes on over this connection."""

    type: Literal["resumed"] = "resumed"


class State(_Message):
    """What the other side does now."""

    type: Literal["state"] = "state"
    state: Literal[
        "connecting", "ringing", "listening", "hearing", "thinking", "speaking", "transferring", "recording", "person"
    ]


class Caption(_Message):
    """Something said; the same ``index`` again replaces it."""

    type: Literal["caption"] = "caption"
    index: int
    who: Literal["caller", "bot", "agent"]
    text: str


class Ended(_Message):
    """The call is over. ``reference`` names its record, where there is one."""

    type: Literal["ended"] = "ended"
    reason: str
    outcome: str = ""
    reference: str = ""


class Registered(_Message):
    """This page is rung as ``address``; None: no longer."""

    type: Literal["registered"] = "registered"
    address: str | None


class Ringing(_Message):
    """A caller is for this person."""

    type: Literal["ringing"] = "ringing"
    ring: str
    caller: str
    headers: dict[str, str]


class RingOver(_Message):
    """It no longer rings: taken elsewhere, given up, or the caller has gone."""

    type: Literal["ring_over"] = "ring_over"
    ring: str


class Problem(_Message):
    """Something did not work; ``code`` chooses the page's words."""

    type: Literal["problem"] = "problem"
    code: Literal["busy", "not_allowed", "not_understood", "no_call", "failed"]


ToPage: TypeAlias = Answer | TextStarted | Resumed | State | Caption | Ended | Registered | Ringing | RingOver | Problem


def types(union: Any) -> frozenset[str]:
    """The ``type`` of every message of a union."""
    return frozenset(str(schema.model_json_schema()["properties"]["type"]["const"]) for schema in union.__args__)
