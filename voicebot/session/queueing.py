"""A caller who waits for a person: offers are carried out behind the scenes, and the caller is kept company.

Time that the caller spends is counted in their own audio; agents' phones keep their own.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from voicebot.audio.tones import holding
from voicebot.dialogue.acts import BotAct, Say, Send, Transfer
from voicebot.errors import RecordsUnavailable, SpeechUnavailable
from voicebot.handoff.agent_call import AgentCall
from voicebot.handoff.card import Card
from voicebot.handoff.desk_offer import DeskOffer
from voicebot.handoff.models import OfferState, TicketState
from voicebot.handoff.transfer import AttemptHandler
from voicebot.handoff.waiter import Waiter
from voicebot.handoff.waiting_room import WaitingRoom
from voicebot.phone_numbers import e164
from voicebot.session.hearing import Hearing
from voicebot.session.ledger import Ledger
from voicebot.session.phrases import Phrase
from voicebot.session.port import CallerPort, CallEvent, Keyed, Left, Spoke
from voicebot.session.queue_talk import (
    Correct,
    LeaveMessage,
    Move,
    QueueTalk,
    RingBack,
    RingIfCut,
    SendLink,
    Sound,
    Tell,
)
from voicebot.session.services import CallServices
from voicebot.session.speaking import Speaking
from voicebot.telephony.leg import CallLeg

log = structlog.get_logger(__name__)

_LOOK_S = 0.05
LINK_TEMPLATE = "while_waiting"
"""The template of GOV.UK Notify for a caller who waits and wants the link to the page about their matter: its
personalisations are ``service``, ``link`` and ``reference``."""

_KEEP_AGAIN_MS = 500.0
"""Somebody who wants to be rung back while an agent is being rung for them is asked for again so soon."""
_ONE_AGENT_S = 25.0
"""How long an agent to whom a caller was handed by name is waited for, before anybody may take them."""

Danger = Callable[[str, float], Sequence[BotAct] | None]
"""What must be done about words in which a safety rule holds, at a time of the call; None when none does."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An agent took the caller and is on ``leg``."""

    leg: CallLeg
    offer: DeskOffer


@dataclass(frozen=True, slots=True)
class Nobody:
    """No agent who serves the queue is at work, or the queue can't be looked after."""


@dataclass(frozen=True, slots=True)
class Message:
    """The caller would rather leave a message."""


@dataclass(frozen=True, slots=True)
class Over:
    """The call is over for now, with its outcome."""

    outcome: str


Found = Taken | Nobody | Message | Over


class Queueing:
    """One caller's wait in one queue. :attr:`card` grows when the caller puts something right."""

    def __init__(
        self,
        leg: CallLeg,
        port: CallerPort,
        ledger: Ledger,
        services: CallServices,
        room: WaitingRoom,
        waiter: Waiter,
        card: Card,
        at_ms: Callable[[], float],
        *,
        speaking: Speaking,
        hearing: Hearing,
        danger: Danger,
        attempted: AttemptHandler,
        only_agent: bool = False,
    ) -> None:
        self.card = card
        self.waiter = waiter
        self._leg = leg
        self._port = port
        self._ledger = ledger
        self._services = services
        self._room = room
        self._at_ms = at_ms
        self._speaking = speaking
        self._hearing = hearing
        self._danger = danger
        self._attempted = attempted
        self._only_agent = only_agent
        settings = services.settings.handoff
        self._announce_ms = settings.announce_s * 1000
        self._talk = QueueTalk(card.who.number, choices_s=settings.choices_s, texts=bool(self._link()))
        self._ring_back = ""
        self._keep_at_ms = 0.0
        self._silent = False
        self._taken: Taken | None = None

    async def run(self, passing_on: str) -> Found:
        """Wait until an agent has taken the caller, or it ends otherwise. Beforehand, tell what is passed on."""
        finding = asyncio.ensure_future(self._find())
        event = asyncio.ensure_future(self._port.events.get())
        began = self._at_ms()
        announced = began
        self._hold()
        self._port.attend(listening=True)
        try:
            await self._make(self._talk.begin(passing_on))
            if not await self._somebody_works():
                return Nobody()
            while True:
                done, _ = await asyncio.wait((finding, event), timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
                if finding in done:
                    self._taken = None
                    return finding.result()
                if event in done:
                    found = await self._hear(event.result())
                    if found is not None:
                        return found
                    event = asyncio.ensure_future(self._port.events.get())
                now = self._at_ms()
                if self._only_agent and now - began >= _ONE_AGENT_S * 1000:
                    self._only_agent = False
                    await self.waiter.anybody()
                if self._ring_back and now >= self._keep_at_ms:
                    self._keep_at_ms = now + _KEEP_AGAIN_MS
                    if await self._keeps_place():
                        return Over("callback")
                if now - announced >= self._announce_ms:
                    announced = now
                    if not await self._somebody_works():
                        return Nobody()
                    place = await self.waiter.place()
                    await self._make(self._talk.passed((now - began) / 1000, place))
        finally:
            event.cancel()
            await self._stop(finding)
            self._port.attend(listening=False)
            self._port.hold(None)

    async def _somebody_works(self) -> bool:
        place = await self.waiter.place()
        return place is not None and place.agents > 0

    async def _find(self) -> Found:
        """Carry out one offer after another until an agent has accepted."""
        while True:
            try:
                offer = await self.waiter.next_offer()
            except RecordsUnavailable:
                return Nobody()
            people, card = self._services.people, self.card
            whisper = asyncio.ensure_future(people.whisper(card))
            try:
                ring = AgentCall(
                    offer, people.line, self._services.settings.handoff, whisper, people.rate, self._attempted
                )
                leg = await ring.run(
                    caller=card.who.number,
                    caller_name=card.who.name,
                    headers={"User-to-User": card.user_to_user()},
                )
            finally:
                whisper.cancel()
            if leg is not None:
                self._taken = Taken(leg, offer)
                return self._taken

    async def _stop(self, finding: "asyncio.Future[Found]") -> None:
        """Stop looking for an agent. One who took the call in this very moment is let go again."""
        if not finding.done():
            finding.cancel()
        with suppress(asyncio.CancelledError):
            await finding
        if self._taken is not None:
            await self._taken.leg.hangup()
            await self._taken.offer.failed(OfferState.WITHDRAWN)

    # the caller

    async def _hear(self, event: CallEvent) -> Found | None:
        match event:
            case Left():
                return await self._has_left()
            case Keyed(entry=entry):
                if entry.keys:
                    self._ledger.said_by_caller(f"[{entry.keys}]", self._at_ms())
                return await self._make(self._talk.keyed(entry))
            case Spoke(utterance=utterance):
                with suppress(SpeechUnavailable):
                    transcript = await self._hearing.words(utterance)
                    if transcript.text.strip():
                        return await self._said(transcript.text.strip(), transcript.confidence)
        return None

    async def _said(self, text: str, confidence: float) -> Found | None:
        at = self._at_ms()
        acts = self._danger(text, at)
        if acts is not None:
            await self._in_danger(acts)
            return None
        if confidence < self._services.settings.speech.min_confidence:
            return None
        self._ledger.said_by_caller(text, at, confidence=confidence)
        self._port.hush()
        return await self._make(self._talk.said(text))

    async def _in_danger(self, acts: Sequence[BotAct]) -> None:
        """A safety rule holds for what a waiting caller said: say its words, and go before all others."""
        self._port.hush()
        with suppress(SpeechUnavailable):
            await self._speaking.say(acts, self._port, self._at_ms)
        transfer = next((act for act in acts if isinstance(act, Transfer)), None)
        if transfer is not None:
            self.card = self._ledger.card(queue=transfer.queue, priority="urgent", reason=transfer.reason)
            self._ledger.handing_over(self.card)
            await self.waiter.hurry(transfer.queue, self.card.as_json())

    async def _has_left(self) -> Found:
        """Off the line. Who agreed to it is rung back; an agent who takes the call at this moment hears so."""
        if not self.waiter.number:
            return Over("abandoned")
        await self.waiter.was_cut_off()
        self._ledger.step("callback_kept", self._at_ms(), cut_off=True)
        return Over("callback")

    async def _keeps_place(self) -> bool:
        if not await self.waiter.keep_place(self._ring_back):
            return False  # an agent is being rung for them at this moment
        self._ledger.step("callback_kept", self._at_ms(), cut_off=False)
        await self._make((Tell(str(Phrase.WILL_RING_BACK)),))
        await self._port.quiet()
        return True

    async def _make(self, moves: Sequence[Move]) -> Found | None:
        """Carry moves out; gives the end that they lead to."""
        for move in moves:
            match move:
                case Tell(text=text, otherwise=otherwise):
                    await self._tell(text, otherwise)
                case Sound(on=on):
                    self._silent = not on
                    self._hold()
                case RingIfCut(number=number):
                    await self.waiter.agree(number)
                case RingBack(number=number):
                    self._ring_back = number
                case LeaveMessage():
                    return Message()
                case SendLink(number=number):
                    self._send_link(number)
                    await self._show_card()
                case Correct(words=words):
                    self._ledger.corrected(words)
                    await self._show_card()
        self._listen()
        return None

    async def _show_card(self) -> None:
        """The card has grown; what an agent noted on it before they passed the caller on stays."""
        card = self.card
        self.card = self._ledger.card(queue=card.queue, priority=card.priority, reason=card.why)
        self._ledger.handing_over(self.card)
        await self.waiter.show({**self.waiter.card, **self.card.as_json()})

    def _link(self) -> str:
        """The page about what the caller waits for; empty where it is not known, or no texts can be sent."""
        notify = self._services.settings.notify
        if not notify.api_key.get_secret_value() or LINK_TEMPLATE not in notify.templates:
            return ""
        return self._services.titles.page(self.card.service)

    def _send_link(self, number: str) -> None:
        to, link = e164(number), self._link()
        if to is None or not link:
            return
        service = self._services.titles.service(self.card.service)
        values = {"service": service, "link": link, "reference": self.card.reference}
        self._ledger.to_send(Send(channel="sms", to=to, template=LINK_TEMPLATE, values=values, consent=True))
        self._ledger.step("link_sent", self._at_ms())

    async def _tell(self, text: str, otherwise: Phrase | None) -> None:
        try:
            await self._speaking.say((Say(text=text),), self._port, self._at_ms)
        except SpeechUnavailable:
            if otherwise is not None:
                with suppress(SpeechUnavailable):
                    await self._speaking.say((Say(text=str(otherwise)),), self._port, self._at_ms)

    def _listen(self) -> None:
        asked = self._talk.asked
        self._port.expect(asked)
        self._hearing.expect(asked)

    def _hold(self) -> None:
        self._port.hold(None if self._silent else holding(self._leg.rate))


async def end_of_wait(waiter: Waiter, found: Found) -> None:
    """Close the place in the queue of somebody who found no agent."""
    match found:
        case Over(outcome="callback"):
            pass
        case Over():
            await waiter.end(TicketState.LEFT, "abandoned")
        case Message():
            await waiter.end(TicketState.MOVED, "message")
        case Nobody():
            await waiter.end(TicketState.MOVED, "nobody")
        case Taken():
            pass
