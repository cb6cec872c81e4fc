"""The channel between the media process and Rasa: a turn in, Bot Acts and facts out.

All under ``/webhooks/voicebot``: ``POST turn`` takes a Turn and gives a TurnReply; ``POST predict`` gives the same
without anything having happened, and a token with which the same turn then costs nothing; ``POST parse`` only
understands; ``GET health`` names the loaded model. All want the bearer token. Rasa's own HTTP API stays off.
"""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from actions.topics import ABOUT, TAKEN_FOR, Topic, current, topics
from channel.acts import acts_of
from channel.checked_once import check_once
from channel.choice import as_named
from channel.condolence import with_condolence
from channel.follow_on import known_about
from channel.foresight import AHEAD, AheadProcessor, Kept, Unforeseeable, scratch, unmarked
from channel.rules_at_hand import keep_rules_at_hand
from channel.trace import steps_of

logger = logging.getLogger(__name__)
check_once()
keep_rules_at_hand()

START_MESSAGE = "/start_call"
FROM_TURN = (
    *("event", "raw", "confidence", "channel", "asked", "profile", "keys", "caller", "language", "version"),
    "heard",
)
"""What actions can read of a turn, as the message's metadata."""

RANKED = 5


class ActsCollector(OutputChannel):
    """Keeps what is uttered, whole and in order."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        """The channel's name, as responses may condition on it."""
        return "voicebot"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep one message."""
        self.messages.append(dict(message))


class _Turns:
    """One turn at a time for each call: the next waits for the one before."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def of(self, sender: str) -> Any:
        lock, users = self._locks.get(sender, (asyncio.Lock(), 0))
        self._locks[sender] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks[sender]
            if users == 1:
                del self._locks[sender]
            else:
                self._locks[sender] = (lock, users - 1)


class VoicebotChannel(InputChannel):
    """Sanic blueprint under ``/webhooks/voicebot``."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._turns = _Turns()
        self._kept = Kept()

    @classmethod
    def name(cls) -> str:
        """Names the URL prefix."""
        return "voicebot"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> "VoicebotChannel":
        """Take the token of credentials.yml; there is no working without one."""
        token = str((credentials or {}).get("token") or "")
        if len(token) < 16 or token.startswith("${"):
            raise ValueError("VOICEBOT_DIALOGUE_TOKEN must be set to at least 16 characters")
        return cls(token)

    def _refusal(self, request: Request) -> HTTPResponse | None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self._token):
            return None
        return json({"error": "a bearer token is needed"}, status=401)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The four routes."""
        routes = Blueprint("voicebot_channel")

        @routes.route("/health", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            if refused := self._refusal(request):
                return refused
            agent = request.app.ctx.agent
            if agent is None or not agent.is_ready():
                return json({"error": "no model is loaded"}, status=503)
            return json({"file": str(agent.processor.model_path), "model_id": agent.model_id})

        @routes.route("/parse", methods=["POST"])
        async def parse(request: Request) -> HTTPResponse:
            if refused := self._refusal(request):
                return refused
            body = request.json
            if not isinstance(body, dict) or not isinstance(body.get("text"), str):
                return json({"error": "text is missing"}, status=400)
            found = await request.app.ctx.agent.parse_message(_plain(body["text"]))
            ranking = [
                {"name": entry["name"], "confidence": round(float(entry["confidence"]), 4)}
                for entry in (found.get("intent_ranking") or [])[:RANKED]
            ]
            intent = found["intent"]
            about = topics().of(intent["name"])
            return json(
                {
                    "intent": intent["name"],
                    "confidence": round(float(intent["confidence"]), 4),
                    "ranking": ranking,
                    "service": about.service,
                    "need": about.need,
                    "queue": about.queue,
                }
            )

        @routes.route("/turn", methods=["POST"])
        async def turn(request: Request) -> HTTPResponse:
            if refused := self._refusal(request):
                return refused
            body = request.json
            if not isinstance(body, dict) or not isinstance(body.get("sender"), str) or not body["sender"]:
                return json({"error": "sender is missing"}, status=400)
            async with self._turns.of(body["sender"]):
                return json(await self._answer(request.app.ctx.agent, on_new_message, body))

        @routes.route("/trace", methods=["POST"])
        async def trace(request: Request) -> HTTPResponse:
            if refused := self._refusal(request):
                return refused
            body = request.json
            if not isinstance(body, dict) or not isinstance(body.get("sender"), str):
                return json({"error": "sender is missing"}, status=400)
            tracker = await request.app.ctx.agent.tracker_store.retrieve(body["sender"])
            events = [event.as_dict() for event in tracker.events] if tracker else []
            return json(steps_of(events, topics().labels))

        @routes.route("/predict", methods=["POST"])
        async def predict(request: Request) -> HTTPResponse:
            if refused := self._refusal(request):
                return refused
            body = request.json
            if not isinstance(body, dict) or not isinstance(body.get("sender"), str) or not body["sender"]:
                return json({"error": "sender is missing"}, status=400)
            async with self._turns.of(body["sender"]):
                try:
                    return json(await self._foresee(request.app.ctx.agent, body))
                except Unforeseeable as cause:
                    return json({"error": f"{cause} would have to run"}, status=409)

        return routes

    async def _foresee(self, agent: Any, body: dict[str, Any]) -> dict[str, Any]:
        """What the answer to a turn would be. Nothing but what is kept here for that very turn comes of it."""
        sender = body["sender"]
        before = await agent.tracker_store.retrieve(sender)
        if before is None:
            raise Unforeseeable("the start of the call")
        events = len(before.events)
        store = await scratch(agent.domain, before)
        collector = ActsCollector()
        message = self._message(body, collector, before)
        message.metadata[AHEAD] = True
        await AheadProcessor(agent.processor, store).handle_message(message)
        tracker = await store.retrieve(sender)
        await with_condolence(agent, tracker, collector.messages)
        reply = self._reply(agent, tracker, collector, before.active_loop_name)
        kept = self._kept.keep(sender, reply, unmarked(tracker), events)
        return {"token": kept.token, "reply": reply}

    def _message(self, body: dict[str, Any], collector: ActsCollector, before: Any) -> UserMessage:
        """What Rasa is given for a turn; ``before`` is the tracker as it was, if there is one."""
        event = body.get("event", "said")
        said = _plain(body.get("text") or body.get("keys") or "")
        text = START_MESSAGE if event == "start" else as_named(before, said)
        metadata = {key: body[key] for key in FROM_TURN if body.get(key) is not None}
        if (known := known_about(before, text)) is not None:
            metadata[ABOUT] = known
        return UserMessage(text, collector, body["sender"], input_channel=self.name(), metadata=metadata)

    async def _answer(
        self, agent: Any, on_new_message: Callable[[UserMessage], Awaitable[Any]], body: dict[str, Any]
    ) -> dict[str, Any]:
        collector = ActsCollector()
        sender = body["sender"]
        before = await agent.tracker_store.retrieve(sender)
        foreseen = self._kept.take(sender, body.get("ahead") or "")
        if foreseen is not None and before is not None and len(before.events) == foreseen.events_before:
            await agent.tracker_store.save(foreseen.tracker)
            return foreseen.reply
        form = before.active_loop_name if before else None
        await on_new_message(self._message(body, collector, before))
        tracker = await agent.tracker_store.retrieve(sender)
        await with_condolence(agent, tracker, collector.messages)
        return self._reply(agent, tracker, collector, form)

    def _reply(self, agent: Any, tracker: Any, collector: ActsCollector, form: str | None) -> dict[str, Any]:
        """The answer to a turn, from the tracker after it; ``form`` was active before."""
        slots = {name: slot.value for name, slot in tracker.slots.items()}
        events = [event.as_dict() for event in tracker.events]
        about = current(events)
        intent = _taken(events) or _latest_intent(events)
        own = topics().of(intent.get("name"))
        # Inside a form the words are about the form, whatever they would mean alone.
        if form and own.need != "answer":
            intent = {**intent, "name": form.removesuffix("_form")}
        acts = acts_of(collector.messages, slots)
        transfers = [act for act in acts if act["act"] == "transfer"]
        return {
            "acts": acts,
            "facts": _facts(slots),
            "service": about.service,
            "need": _need(about, intent, bool(transfers)),
            "queue": transfers[0]["queue"] if transfers else about.queue,
            "priority": about.priority,
            "intent": _public(intent.get("name") or ""),
            "confidence": round(float(intent.get("confidence") or 0.0), 4),
            "reference": slots.get("reference") or "",
            "guess": _guess(acts, slots),
            "model": f"{agent.processor.model_path.name}:{agent.model_id}",
        }


def _plain(text: str) -> str:
    """Text that can't be taken for one of Rasa's commands ("/restart")."""
    return " ".join(text.split()).lstrip("/ ") or "…"


def _latest_intent(events: list[dict[str, Any]]) -> dict[str, Any]:
    """What the caller's last words were taken for."""
    said = next((event for event in reversed(events) if event["event"] == "user"), {})
    return (said.get("parse_data") or {}).get("intent") or {}


def _taken(events: list[dict[str, Any]]) -> dict[str, Any] | None:
    """What was guessed before and said yes to in the latest turn."""
    for event in reversed(events):
        if event["event"] == "user":
            return None
        if event["event"] == "slot" and event.get("name") == TAKEN_FOR and event.get("value"):
            return {"name": event["value"], "confidence": 1.0}
    return None


def _public(intent: str) -> str:
    """The intent as the media process knows it: all smalltalk is one."""
    return "smalltalk" if intent.startswith("smalltalk_") else intent


def _need(about: Topic, intent: dict[str, Any], transferred: bool) -> str:
    if transferred:
        return "human"
    if about.need != "none":
        return about.need
    if intent.get("name") == "nlu_fallback":
        # As far as anyone knows: what is said next decides.
        return "out_of_scope"
    return topics().of(intent.get("name")).need


def _guess(acts: list[dict[str, Any]], slots: dict[str, Any]) -> dict[str, str] | None:
    """What the caller is asked about ("is it about the missed bin?")."""
    asked = any(act["act"] == "ask" and act.get("slot") == "guess" for act in acts)
    topic = topics().of(slots.get("guess"))
    if not asked or slots.get("said_before") or topic.service == "none":
        return None
    return {"service": topic.service, "need": topic.need, "queue": topic.queue}


def _facts(slots: dict[str, Any]) -> list[dict[str, Any]]:
    """What is known, from the slots that have a label and a provenance."""
    log = slots.get("facts_log") or {}
    known = []
    for name, label in topics().labels.items():
        value, entry = slots.get(name), log.get(name)
        if value is None or entry is None:
            continue
        if isinstance(value, bool):
            value = "yes" if value else "no"
        known.append({**entry, "name": name, "value": str(value), "label": label})
    return known
