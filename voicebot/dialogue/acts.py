"""Bot Acts: what the dialogue may ask of a call, and the turn that it is asked with.

They travel as JSON between Rasa's channel (``dialogues/channel``) and the media process. Anything that
does not parse as one of these is a defect: it is logged, and the caller goes to a person.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


ENGLISH = "en-GB"
"""The language of a turn where nothing else was chosen, by its tag of BCP 47."""

Priority = Literal["normal", "high", "urgent"]
"""How soon a person must take a call."""


class Profile(StrEnum):
    """How an answer sounds, which decides when its turn is over."""

    NORMAL = "normal"
    YES_NO = "yes_no"
    SPELLING = "spelling"
    PATIENT = "patient"


class Say(_Strict):
    """Speak ``text``. ``spoken`` overrides how it is pronounced; ``rate`` below 1 is slower.

    ``announces`` says that it announces the transfer that follows: it isn't said where nobody is there to take it.
    ``language`` is that of the text where it is not English (``cy``), so that the right voice speaks it. ``report`` is
    the reference of a report that it tells about: what the team's own system tells is said instead.
    """

    act: Literal["say"] = "say"
    text: str
    spoken: str | None = None
    rate: float = 1.0
    interruptible: bool = True
    announces: bool = False
    report: str = ""
    language: str = ""


class Ask(_Strict):
    """Speak ``text`` and wait for an answer to ``slot``.

    ``keypad`` maps a key to the text that it stands for ({"1": "yes", "2": "no"}); ``digits`` says that digits
    may be keyed, ended by #, at most that many; ``retries`` are said in turn when the answer is missing or not
    understood, before a person is offered.
    """

    act: Literal["ask"] = "ask"
    slot: str
    text: str
    spoken: str | None = None
    rate: float = 1.0
    interruptible: bool = True
    language: str = ""
    profile: Profile = Profile.NORMAL
    hints: tuple[str, ...] = ()
    keypad: dict[str, str] = Field(default_factory=dict)
    digits: int = 0
    retries: tuple[str, ...] = ()


class Transfer(_Strict):
    """Hand the caller to a person of ``queue``; nothing after it is carried out."""

    act: Literal["transfer"] = "transfer"
    queue: str
    priority: Priority = "normal"
    reason: str = ""


class Emergency(_Strict):
    """A safety rule of the council holds: speak its locked script, alert its queue."""

    act: Literal["emergency"] = "emergency"
    rule: str
    script: str
    queue: str


class Reported(_Strict):
    """A report was made under our ``reference``: other systems are to know of it."""

    act: Literal["report"] = "report"
    reference: str
    kind: str
    service: str
    place: str = ""
    uprn: str = ""
    details: dict[str, str] = Field(default_factory=dict)


class Send(_Strict):
    """Send a text or an email by GOV.UK Notify. Nothing is sent unless the caller agreed (``consent``)."""

    act: Literal["send"] = "send"
    channel: Literal["sms", "email"]
    to: str
    template: str
    values: dict[str, str] = Field(default_factory=dict)
    consent: bool = False


class Callback(_Strict):
    """Somebody of ``queue`` rings back."""

    act: Literal["callback"] = "callback"
    queue: str
    number: str = ""
    when: str = ""
    reason: str = ""


class Message(_Strict):
    """Record a message for ``queue``."""

    act: Literal["message"] = "message"
    queue: str
    text: str = ""


class Wait(_Strict):
    """A long look-up follows: say ``text``, then a holding sound."""

    act: Literal["wait"] = "wait"
    text: str = ""


class TellAbout(StrEnum):
    """Of what the session knows how it stands today."""

    PLACE = "place"
    QUEUE = "queue"
    NUMBER = "number"
    """The phone number of a service or queue."""


class Tell(_Strict):
    """Say what holds today (:mod:`voicebot.facts`): "It's open until five today." Nothing where nothing is known."""

    act: Literal["tell"] = "tell"
    about: TellAbout
    name: str


class Hangup(_Strict):
    """End the call politely after what was said; ``outcome`` is kept with the record."""

    act: Literal["hangup"] = "hangup"
    outcome: str = "answered"


BotAct = Annotated[
    Say | Ask | Transfer | Emergency | Reported | Send | Callback | Message | Wait | Tell | Hangup,
    Field(discriminator="act"),
]


class FactSource(StrEnum):
    """Where a fact came from."""

    SAID = "said"
    KEYED = "keyed"
    LOOKED_UP = "looked_up"
    LINE = "line"


class Fact(_Strict):
    """Something known about the caller or their need, never invented.

    ``at_ms`` is the time in the call's audio, filled in by the session; ``label`` is for people.
    """

    name: str
    value: str
    source: FactSource
    confidence: float = 1.0
    confirmed: bool = False
    label: str = ""
    at_ms: float | None = None


class TurnEvent(StrEnum):
    """Why the dialogue is asked."""

    START = "start"
    SAID = "said"
    KEYED = "keyed"


class Turn(_Strict):
    """One turn of the caller, to the dialogue. ``text`` is normalised, ``raw`` as recognised.

    ``heard`` is what the caller heard of the bot's last words, when that was not all of them; ``ahead`` the token of a
    prediction for this very turn.
    """

    sender: str
    event: TurnEvent = TurnEvent.SAID
    text: str = ""
    raw: str = ""
    alternatives: tuple[str, ...] = ()
    confidence: float = 1.0
    channel: str = "voice"
    asked: str | None = None
    profile: Profile = Profile.NORMAL
    keys: str = ""
    caller: str = ""
    language: str = ENGLISH
    version: str = ""
    heard: str | None = None
    ahead: str = ""


class Guess(_Strict):
    """What the caller was asked about because it could not be told for sure: "is it about the missed bin?"."""

    service: str
    need: str
    queue: str


class TurnReply(_Strict):
    """The dialogue's answer to a turn.

    ``facts`` is everything known so far, not only what is new. ``service``, ``need`` and ``queue`` are what the
    call is about at this moment (``none`` while unknown), ``priority`` how soon a person must take it if one does;
    ``reference`` is the last reference given to the caller.
    ``guess`` is there while the caller is asked whether it is right.
    """

    acts: tuple[BotAct, ...]
    facts: tuple[Fact, ...] = ()
    service: str = "none"
    need: str = "none"
    queue: str = "none"
    priority: Priority = "normal"
    intent: str = ""
    confidence: float = 0.0
    reference: str = ""
    guess: Guess | None = None
    model: str = ""


class Prediction(_Strict):
    """What the answer to a turn would be; ``token`` makes the same turn, if it comes, cost nothing."""

    token: str
    reply: TurnReply
