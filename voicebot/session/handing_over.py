"""The end of the bot's part of a call: to a person, or to a message when nobody is there. The caller is never lost."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import structlog
from numpy.typing import NDArray

from voicebot.audio.tones import beep, holding
from voicebot.audio.wav import write_wav
from voicebot.dialogue.acts import Message, Transfer
from voicebot.errors import TransferRefused
from voicebot.handoff.bridge import Bridge
from voicebot.handoff.card import Card
from voicebot.handoff.offer import OfferAnswer
from voicebot.handoff.transfer import Attempt, attempt_result
from voicebot.handoff.voicemail import MessageRecorder
from voicebot.recording.tap import Tap, no_tap
from voicebot.session.ledger import Ledger
from voicebot.session.phrases import Phrase
from voicebot.session.port import CallerPort
from voicebot.session.services import CallServices
from voicebot.settings import Joining
from voicebot.telephony.leg import CallLeg, HandsOn
from voicebot.turns.mouth import SpokenPiece

log = structlog.get_logger(__name__)

_REASSURE_S = 20.0
_SAY_LIMIT_S = 30.0
_BRIDGE_LIMIT_S = 4 * 3600.0


class HandingOver:
    """Takes one caller from the bot to a person."""

    def __init__(
        self,
        leg: CallLeg,
        port: CallerPort,
        ledger: Ledger,
        services: CallServices,
        at_ms: Callable[[], float],
        tap: Tap = no_tap,
    ) -> None:
        self._leg = leg
        self._port = port
        self._ledger = ledger
        self._services = services
        self._at_ms = at_ms
        self._tap = tap
        self._said = 0

    async def run(self, act: Transfer | Message) -> str:
        """Find a person and join them, or take a message; gives the outcome."""
        if isinstance(act, Message):
            card = self._ledger.card(queue=act.queue, priority="normal", reason="The caller leaves a message.")
            return await self._take_message(card)
        card = self._ledger.card(queue=act.queue, priority=act.priority, reason=act.reason)
        self._ledger.handing_over(card)
        self._ledger.step("transfer", self._at_ms(), queue=act.queue, priority=act.priority)
        target = self._leg.destination(card.queue) if isinstance(self._leg, HandsOn) else None
        if target is not None and isinstance(self._leg, HandsOn):
            return await self._hand_on(self._leg, target, card)
        if self._joins(card) is Joining.RETURN and await self._give_back(card):
            return "transferred"
        agent = await self._find(card)
        if self._leg.end is not None or self._port.left is not None:
            if agent is not None:
                await agent.hangup()
            return "abandoned"
        if agent is None:
            return await self._take_message(card)
        return await self._join(agent, card)

    async def _find(self, card: Card) -> CallLeg | None:
        """Ring people while the caller hears the hold sound; stops when the caller hangs up."""
        self._port.hold(holding(self._leg.rate))
        finding = asyncio.create_task(self._services.people.find_person(card, self._attempted))
        left = asyncio.create_task(self._leg.wait_ended())
        try:
            while not finding.done() and not left.done():
                await asyncio.wait((finding, left), timeout=_REASSURE_S, return_when=asyncio.FIRST_COMPLETED)
                if not finding.done() and not left.done():
                    self._say(Phrase.STILL_TRYING)
            if left.done() and not finding.done():
                finding.cancel()
                with suppress(asyncio.CancelledError):
                    await finding
                return None
            return await finding
        finally:
            left.cancel()
            finding.cancel()
            self._port.hold(None)

    async def _hand_on(self, leg: HandsOn, target: str, card: Card) -> str:
        """Let the provider dial for the caller, who is back here when nobody takes the call."""
        try:
            await leg.hand_on(target, headers={"User-to-User": card.user_to_user()}, whisper=card.whisper())
        except TransferRefused as refusal:
            self._attempted(Attempt(target, attempt_result(refusal.status), refusal.status))
            return "abandoned" if self._leg.end is not None else await self._take_message(card)
        self._attempted(Attempt(target, OfferAnswer.ACCEPTED.value))
        self._ledger.outcome = "transferred"
        self._ledger.step("joined", self._at_ms(), attempts=len(self._ledger.attempts))
        return "transferred"

    def _attempted(self, attempt: Attempt) -> None:
        self._ledger.attempted(attempt.address, attempt.result, self._at_ms())

    def _joins(self, card: Card) -> Joining:
        return self._services.settings.handoff.joins(card.queue)

    async def _give_back(self, card: Card) -> bool:
        """End the call with the card's reference, for the contact centre that sent it to go on with."""
        try:
            await self._leg.transfer("", headers={"User-to-User": card.user_to_user()})
        except TransferRefused as refusal:
            log.warning("handoff.not_given_back", call_id=self._leg.facts.call_id, status=refusal.status)
            return False
        self._ledger.outcome = "transferred"
        self._ledger.step("given_back", self._at_ms(), queue=card.queue)
        return True

    async def _put_through(self, agent: CallLeg, card: Card) -> bool:
        """Let the caller's side take our place with the agent, while they talk already; False when it won't."""
        try:
            await self._leg.transfer("", replaces=agent, headers={"User-to-User": card.user_to_user()})
        except TransferRefused as refusal:
            self._ledger.step("stays_bridged", self._at_ms(), status=refusal.status)
            return False
        self._ledger.step("put_through", self._at_ms())
        return True

    async def _join(self, agent: CallLeg, card: Card) -> str:
        self._port.hush()
        bridge = Bridge(self._leg, agent, tap=self._tap)
        bridge.join()
        joined_at = self._at_ms()
        self._ledger.outcome = "transferred"
        self._ledger.step("joined", joined_at, attempts=len(self._ledger.attempts))
        try:
            if self._joins(card) is Joining.REFER and await self._put_through(agent, card):
                return "transferred"
            gone = await asyncio.wait_for(bridge.wait(), _BRIDGE_LIMIT_S)
        except TimeoutError:
            gone = agent
        finally:
            if agent.end is None:
                await agent.hangup()
            self._ledger.carried("agent", agent)
        if gone is agent and self._leg.end is None:
            self._leg.attach(self._tap(self._port))
            self._say(Phrase.AGENT_LEFT)
            await self._spoken()
        return "transferred"

    async def _take_message(self, card: Card) -> str:
        rate = self._leg.rate
        prompt = np.concatenate((self._services.prompts.samples(Phrase.NOBODY, rate), beep(rate)))
        limit = self._services.settings.handoff.voicemail_max_s
        recorder = MessageRecorder(prompt, rate, max_s=limit)
        self._leg.attach(self._tap(recorder))
        self._port.recording = True
        message = await recorder.wait(len(prompt) / rate + limit + 10.0)
        self._port.recording = False
        kept = len(message) > 0 and await self._keep(card, message)
        if self._leg.end is None:
            self._leg.attach(self._tap(self._port))
            self._say(Phrase.MESSAGE_KEPT if kept else Phrase.MESSAGE_LOST if len(message) else Phrase.NO_MESSAGE)
            await self._spoken()
        return "message" if kept else "failed" if len(message) else "abandoned"

    async def _keep(self, card: Card, message: NDArray[np.int16]) -> bool:
        """Store the message beside the data; False when it can't be written (a full disk, say)."""
        rate = self._leg.rate
        path = self._services.settings.data / "messages" / f"{self._leg.facts.call_id}.wav"
        try:
            await asyncio.to_thread(write_wav, path, message, rate)
        except OSError as error:
            log.error("message.not_written", error=error.strerror)
            self._ledger.step("message_lost", self._at_ms())
            return False
        self._ledger.message(card.queue, str(path), len(message) / rate)
        self._ledger.outcome = "message"
        return True

    def _say(self, phrase: Phrase) -> None:
        """Say a fixed sentence: it needs no other process."""
        self._said += 1
        entry = self._ledger.said_by_bot(str(phrase), self._at_ms())
        self._ledger.heard(entry, str(phrase))
        samples = self._services.prompts.samples(phrase, self._leg.rate)
        self._port.say(SpokenPiece(f"fixed-{self._said}", str(phrase), samples, interruptible=False))

    async def _spoken(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._port.quiet(), _SAY_LIMIT_S)
