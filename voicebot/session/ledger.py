"""What happened in one call, as it happens: the only source of the card, the record and the outcome.

The ledger itself does no I/O: every entry is passed to a :class:`RecordSink`, which must not block or raise.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from voicebot.dialogue.acts import Fact, Priority, Reported, Send, TurnReply
from voicebot.dialogue.client import Parsed
from voicebot.handoff.card import Card, Line, build_card
from voicebot.handoff.titles import Titles
from voicebot.spoken.wish import ANSWER, TRANSACT, wish
from voicebot.telephony.leg import CallFacts
from voicebot.telephony.quality import Measured, MediaQuality

SAYS_SOMETHING = 0.25
"""Below this confidence words say nothing about the service (dialogues/config.yml asks then, instead of acting)."""

REPORT_MADE = "report.made"
"""What other systems are told of a report (see :mod:`voicebot.outbox`)."""


@dataclass(frozen=True, slots=True)
class Latency:
    """From the caller's last voiced sample to the bot's first, at our socket, in ms, and what it was spent on.

    ``jitter_buffer`` is how long the last sound waited for its turn to be heard, 0 where the line does not tell. The
    silence with which a voice begins counts as ``tts``. ``transport`` is what the stages do not explain: waiting for
    the slot in which the next frame goes out. ``at_ms`` is when the answer began, in the call's audio.
    """

    end_of_turn: float
    stt: float
    dialogue: float
    tts: float
    transport: float
    total: float
    jitter_buffer: float = 0.0
    at_ms: float = 0.0


class RecordSink(Protocol):
    """Where a call's history is kept. Nothing here blocks or raises: a call goes on without its records."""

    def begin(self, facts: CallFacts, reference: str, started_at: datetime) -> None:
        """A call was taken."""
        ...

    def turn(self, call_id: str, turn: "TurnEntry") -> None:
        """Somebody said something; the same ``index`` again replaces it."""
        ...

    def hearing(self, call_id: str, turn: "TurnEntry") -> None:
        """What the caller is in the middle of saying, as far as it is known: for who watches, and kept nowhere."""
        ...

    def facts(self, call_id: str, facts: Sequence[Fact]) -> None:
        """All that is known now."""
        ...

    def latency(self, call_id: str, index: int, latency: Latency) -> None:
        """How long an answer took."""
        ...

    def handoff(self, call_id: str, queue: str, priority: str, reason: str, card: dict[str, Any]) -> None:
        """A transfer begins."""
        ...

    def callback(self, call_id: str, queue: str, reason: str, card: dict[str, Any]) -> None:
        """The caller was promised to be rung back."""
        ...

    def attempt(self, call_id: str, address: str, result: str, at_ms: float) -> None:
        """An agent was tried."""
        ...

    def message(self, call_id: str, queue: str, path: str, duration_s: float) -> None:
        """The caller left a message."""
        ...

    def step(self, call_id: str, kind: str, at_ms: float, data: dict[str, Any]) -> None:
        """Something else worth keeping, without personal data."""
        ...

    def tell(self, call_id: str, kind: str, payload: dict[str, Any]) -> None:
        """Other systems are to know of something (``call.ended``, ``report.made``): sent by and by, never lost."""
        ...

    def quality(self, call_id: str, leg: str, quality: MediaQuality) -> None:
        """How well the line of one party (``caller`` or ``agent``) carried the call."""
        ...

    def recording(self, call_id: str, path: str, duration_s: float, at_ms: float) -> None:
        """Audio of the call was kept."""
        ...

    def finish(self, call_id: str, summary: "CallSummary") -> None:
        """The call is over."""
        ...


@dataclass(slots=True)
class TurnEntry:
    """One thing said. ``heard`` is, for the bot, the words that the caller really heard; for the caller the same text.

    ``confidence`` is the recogniser's (1.0 for typed text and keys); ``asked`` the slot that was asked for.
    """

    index: int
    who: str
    text: str
    at_ms: float
    heard: str
    confidence: float = 1.0
    asked: str | None = None


@dataclass(frozen=True, slots=True)
class CallSummary:
    """The end of a call's record."""

    ended_at: datetime
    service: str
    need: str
    outcome: str
    queue: str
    emergency: str | None
    card: dict[str, Any]


class Ledger:
    """Keeps one call's history. ``titles`` are what its card calls things."""

    def __init__(self, facts: CallFacts, reference: str, sink: RecordSink, titles: Titles | None = None) -> None:
        self.call = facts
        self.reference = reference
        self.turns: list[TurnEntry] = []
        self.facts: tuple[Fact, ...] = ()
        self.latencies: list[Latency] = []
        self.references: list[str] = []
        self.failures: list[str] = []
        self.answered: list[str] = []
        self.service = "none"
        self.need = "none"
        self.queue = "none"
        self.priority: Priority = "normal"
        self.topic = ""
        self.emergency: str | None = None
        self.outcome: str | None = None
        self.attempts: list[tuple[str, str]] = []
        self.language: Fact | None = None
        self.corrections: list[str] = []
        self.wishes: list[str] = ["Types instead of speaking"] if facts.line == "text" else []
        self._steps: Counter[str] = Counter()
        self._titles = titles or Titles()
        self._known_at: dict[tuple[str, str], float] = {}
        self._sink = sink
        self._finished = False
        sink.begin(facts, reference, datetime.now(UTC))

    def said_by_caller(
        self, text: str, at_ms: float, *, confidence: float = 1.0, asked: str | None = None
    ) -> TurnEntry:
        """The caller said (or keyed) something."""
        return self._add(TurnEntry(len(self.turns), "caller", text, at_ms, text, confidence, asked))

    def hearing(self, text: str, at_ms: float) -> None:
        """The caller is in the middle of saying something."""
        self._sink.hearing(self.call.call_id, TurnEntry(len(self.turns), "caller", text, at_ms, text))

    def said_by_agent(self, text: str, at_ms: float, *, confidence: float = 1.0) -> TurnEntry:
        """The person who took the caller said something."""
        return self._add(TurnEntry(len(self.turns), "agent", text, at_ms, text, confidence))

    def said_by_bot(self, text: str, at_ms: float) -> TurnEntry:
        """The bot begins to say something; nothing of it has been heard yet."""
        return self._add(TurnEntry(len(self.turns), "bot", text, at_ms, ""))

    def _add(self, entry: TurnEntry) -> TurnEntry:
        self.turns.append(entry)
        self._sink.turn(self.call.call_id, entry)
        return entry

    def heard(self, entry: TurnEntry, words: str) -> None:
        """The caller has heard ``words`` of what the bot said."""
        if words != entry.heard:
            entry.heard = words
            self._sink.turn(self.call.call_id, entry)

    def heard_of_last(self) -> str | None:
        """What the caller heard of the bot's last words; None when it was all of them, or there were none."""
        turns = list(self.turns)
        while turns and turns[-1].who == "caller":
            turns.pop()
        said: list[TurnEntry] = []
        while turns and turns[-1].who == "bot":
            said.insert(0, turns.pop())
        if all(entry.heard == entry.text for entry in said):
            return None
        return " ".join(entry.heard for entry in said if entry.heard)

    def learned(self, reply: TurnReply, at_ms: float, topic: str) -> None:
        """Take over what the dialogue knows after a turn. A fact keeps the moment at which its value came up."""
        facts = []
        for fact in reply.facts:
            moment = self._known_at.setdefault((fact.name, fact.value), at_ms if fact.at_ms is None else fact.at_ms)
            facts.append(fact.model_copy(update={"at_ms": round(moment)}))
        if self.language is not None:
            facts.append(self.language)
        if tuple(facts) != self.facts:
            self.facts = tuple(facts)
            self._sink.facts(self.call.call_id, self.facts)
        if reply.need != "none":
            self.need = self._wished_for(reply, topic)
        if reply.service != "none":
            self.service = reply.service
            self.priority = reply.priority
        if reply.queue != "none":
            self.queue = reply.queue
        if topic:
            self.topic = topic
        if reply.reference and reply.reference not in self.references:
            self.references.append(reply.reference)

    def _wished_for(self, reply: TurnReply, topic: str) -> str:
        """What the caller wants: told by the words that brought the matter up, until more than an answer is done."""
        words = self.turns[-1].text if self.turns and self.turns[-1].who == "caller" else ""
        if topic and (reply.service, topic) != (self.service, self.topic):
            return wish(words, reply.need)
        return self.need if reply.need == ANSWER and self.need == TRANSACT else reply.need

    def is_about(self, parsed: Parsed) -> None:
        """Take over what the call is about from words that no turn was made of, if they say it clearly."""
        if parsed.service == "none" or parsed.confidence < SAYS_SOMETHING:
            return
        self.service = parsed.service
        if parsed.queue != "none":
            self.queue = parsed.queue
        self.topic = parsed.intent.removeprefix(f"{parsed.service}_")

    def wished(self, how: str) -> None:
        """The caller asked to be spoken to in another way: for whoever speaks to them next."""
        if how not in self.wishes:
            self.wishes.append(how)

    def corrected(self, words: str) -> None:
        """The caller put right what is passed on."""
        self.corrections.append(words)

    def speaks(self, language: Fact) -> None:
        """The caller chose a language: whoever takes the call is shown it."""
        self.language = language
        self.facts = (*(fact for fact in self.facts if fact.name != language.name), language)
        self._sink.facts(self.call.call_id, self.facts)

    def reported(self, report: Reported) -> None:
        """A report was made: other systems are to know."""
        payload = {**report.model_dump(mode="json", exclude={"act"}), "call_reference": self.reference}
        self._sink.tell(self.call.call_id, REPORT_MADE, payload)

    def to_send(self, send: Send) -> None:
        """A text or an email is to be sent, to which the caller agreed."""
        payload = send.model_dump(mode="json", exclude={"act", "channel"})
        self._sink.tell(self.call.call_id, f"send.{send.channel}", payload)

    def gave_answer(self, about: str) -> None:
        """The bot answered a question about a topic."""
        if about not in self.answered:
            self.answered.append(about)

    def step(self, kind: str, at_ms: float, **data: Any) -> None:
        """Keep a step; ``data`` holds nothing personal."""
        self._steps[kind] += 1
        self._sink.step(self.call.call_id, kind, at_ms, data)

    def took(self, latency: Latency) -> None:
        """Keep how long an answer took."""
        self._sink.latency(self.call.call_id, len(self.latencies), latency)
        self.latencies.append(latency)

    def card(self, *, queue: str, priority: str, reason: str) -> Card:
        """The handover card as of now."""
        return build_card(
            call_id=self.call.call_id,
            reference=self.reference,
            queue=queue,
            priority=priority,
            reason=reason,
            service=self.service,
            need=self.need,
            topic=self.topic,
            facts=self.facts,
            caller=self.call.caller,
            emergency=self.emergency,
            references=self.references,
            answered=self.answered,
            failures=self.failures,
            transcript=[Line(turn.who, turn.text, round(turn.at_ms), turn.asked or "") for turn in self.turns],
            titles=self._titles,
            wishes=self.wishes,
            corrections=self.corrections,
            steps=self._steps,
        )

    def handing_over(self, card: Card) -> None:
        """A transfer begins with this card."""
        self.queue = card.queue
        self._sink.handoff(self.call.call_id, card.queue, card.priority, card.why, card.as_json())

    def callback(self, queue: str, when: str, reason: str) -> None:
        """Somebody of ``queue`` will ring back: kept as a handover with its card, for them to work through."""
        card = self.card(queue=queue, priority="normal", reason=f"Call back {when}: {reason}".strip())
        self._sink.callback(self.call.call_id, queue, card.why, card.as_json())

    def attempted(self, address: str, result: str, at_ms: float) -> None:
        """An agent was tried."""
        self.attempts.append((address, result))
        self._sink.attempt(self.call.call_id, address, result, at_ms)

    def message(self, queue: str, path: str, duration_s: float) -> None:
        """The caller left a message."""
        self._sink.message(self.call.call_id, queue, path, duration_s)

    def carried(self, who: str, leg: object) -> None:
        """Keep how well ``leg`` carried the call for ``who`` (``caller`` or ``agent``), if it knows."""
        quality = leg.quality() if isinstance(leg, Measured) else None
        if quality is not None:
            self._sink.quality(self.call.call_id, who, quality)

    def recorded(self, path: str, duration_s: float, at_ms: float) -> None:
        """Audio of the call was kept."""
        self._sink.recording(self.call.call_id, path, duration_s, at_ms)

    def finish(self, fallback: str) -> CallSummary:
        """Close the record; ``fallback`` is the outcome where nothing has set one. Harmless twice."""
        outcome = "emergency" if self.emergency else self.outcome or fallback
        card = self.card(queue=self.queue, priority="normal", reason="").as_json() if self.turns else {}
        summary = CallSummary(datetime.now(UTC), self.service, self.need, outcome, self.queue, self.emergency, card)
        if not self._finished:
            self._finished = True
            self._sink.finish(self.call.call_id, summary)
        return summary
