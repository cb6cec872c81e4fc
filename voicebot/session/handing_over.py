"""The end of the bot's part of a call: to a person, or to a message when nobody is there. The caller is never lost."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
import structlog
from numpy.typing import NDArray

from voicebot.audio.tones import beep, holding
from voicebot.audio.wav import write_wav
from voicebot.dialogue.acts import BotAct, Message, Say, Transfer
from voicebot.errors import RecordsUnavailable, SpeechUnavailable, TransferRefused
from voicebot.handoff.card import Card
from voicebot.handoff.models import TicketState
from voicebot.handoff.offer import OfferAnswer
from voicebot.handoff.passing_on import passing_on
from voicebot.handoff.transfer import Attempt, attempt_result
from voicebot.handoff.voicemail import MessageRecorder
from voicebot.handoff.waiter import Waiter
from voicebot.recording.tap import CallRecording, Tap, no_tap
from voicebot.records.database import RecordRejected
from voicebot.session import queueing
from voicebot.session.foresight import Worth
from voicebot.session.hearing import Hearing
from voicebot.session.in_hand import CallerLeft, Ending, InHand, Onward, Party
from voicebot.session.ledger import Ledger
from voicebot.session.manner import Manner
from voicebot.session.minutes import Minutes
from voicebot.session.phrases import Phrase
from voicebot.session.port import CallerPort
from voicebot.session.queueing import Queueing, Taken
from voicebot.session.services import CallServices
from voicebot.session.speaking import Speaking
from voicebot.settings import Joining
from voicebot.telephony.leg import CallLeg, HandsOn
from voicebot.turns.mouth import SpokenPiece

log = structlog.get_logger(__name__)

_REASSURE_S = 20.0
_SAY_LIMIT_S = 30.0
_ENTER_S = 2.0
"""The database has that long to take a caller into a queue."""


def _no_danger(words: str, at_ms: float) -> Sequence[BotAct] | None:
    return None


class HandingOver:
    """Takes one caller from the bot to a person. What the caller says meanwhile is heard by ``hearing``, checked with
    ``danger``, and answered through ``speaking``."""

    def __init__(
        self,
        leg: CallLeg,
        port: CallerPort,
        ledger: Ledger,
        services: CallServices,
        at_ms: Callable[[], float],
        tap: Tap = no_tap,
        *,
        speaking: Speaking | None = None,
        hearing: Hearing | None = None,
        danger: queueing.Danger = _no_danger,
        recording: CallRecording | None = None,
    ) -> None:
        self._leg = leg
        self._port = port
        self._ledger = ledger
        self._services = services
        self._at_ms = at_ms
        self._tap = tap
        self._speaking = speaking or Speaking(services.voice, services.prompts, ledger, Manner())
        self._hearing = hearing or Hearing(services.transcriber, leg.facts.call_id, lambda _: None, Worth())
        self._danger = danger
        self._recording = recording
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
            await self._spoken()
            return await self._hand_on(self._leg, target, card)
        if self._joins(card) is Joining.RETURN:
            await self._spoken()
            if await self._give_back(card):
                return "transferred"
        closed = self._services.facts.closed_words(card.queue) if card.priority != "urgent" else ""
        if closed:
            self._ledger.step("closed", self._at_ms(), queue=card.queue)
            await self._tell(closed)
            return await self._take_message(card)
        waiter = await self._enter(card)
        if waiter is None:
            return await self._by_desk_phone(card, None)
        return await self._through_queue(card, waiter)

    # queues of agents

    async def _enter(self, card: Card, *, only_agent: str = "") -> Waiter | None:
        """A place in the queue; None where there are no queues, or the database can't take the caller now."""
        room = self._services.room
        if room is None:
            return None
        try:
            async with asyncio.timeout(_ENTER_S):
                return await room.enter(card, self._ledger.call.caller, only_agent=only_agent)
        except (RecordsUnavailable, RecordRejected, TimeoutError) as error:
            log.warning("handoff.no_queue", call_id=self._leg.facts.call_id, error=type(error).__name__)
            return None

    async def _through_queue(self, card: Card, waiter: Waiter) -> str:
        """Wait, talk, and wait again for as long as agents hand the caller on."""
        room = self._services.room
        assert room is not None
        sentence = passing_on(card)
        only_agent = False
        while True:
            wait = Queueing(
                self._leg,
                self._port,
                self._ledger,
                self._services,
                room,
                waiter,
                card,
                self._at_ms,
                speaking=self._speaking,
                hearing=self._hearing,
                danger=self._danger,
                attempted=self._attempted,
                only_agent=only_agent,
            )
            try:
                found = await wait.run(sentence)
            except BaseException:
                await waiter.end(TicketState.LEFT, "failed")
                raise
            card = wait.card
            match found:
                case Taken():
                    ending = await self._talk(Party(found.leg, found.offer, waiter), card)
                    if not isinstance(ending, Onward):
                        return await self._after(ending)
                    card = self._handed_on(ending, card)
                    again = await self._enter(card, only_agent=ending.agent)
                    if again is None:
                        return await self._by_desk_phone(card, None)
                    waiter, sentence, only_agent = again, "", bool(ending.agent)
                    await waiter.show(ending.card)
                case queueing.Nobody():
                    return await self._by_desk_phone(card, waiter)
                case queueing.Message():
                    await queueing.end_of_wait(waiter, found)
                    return await self._take_message(card)
                case queueing.Over(outcome=outcome):
                    await queueing.end_of_wait(waiter, found)
                    self._ledger.outcome = outcome
                    return outcome

    async def _talk(self, party: Party, card: Card) -> Ending:
        """Join, and stay until it is over."""
        if card.priority == "urgent":  # what to do in danger is heard to its end
            await self._spoken()
        self._port.hush()
        if self._leg.end is not None or self._port.left is not None:
            await party.leg.hangup()
            await self._left_just_now(party)
            return CallerLeft()
        minutes = self._minutes()
        tap = self._tap if minutes is None else lambda port: self._tap(minutes.over(port))
        talk = InHand(
            self._leg,
            card,
            self._ledger,
            self._services.people,
            self._services.room,
            self._services.settings.handoff,
            self._at_ms,
            tap=tap,
            recording=self._recording,
        )
        talk.join(party)
        self._ledger.outcome = "transferred"
        self._ledger.step("joined", self._at_ms(), attempts=len(self._ledger.attempts))
        if party.offer is not None:
            await party.offer.joined(party.offer.now(), talk.recording)
        elif party.waiter is not None:
            await party.waiter.talks()
        if self._joins(card) is Joining.REFER and await self._put_through(party.leg, card):
            await talk.dissolve()
            return CallerLeft()
        try:
            return await talk.run()
        finally:
            if minutes is not None:
                await minutes.close()

    async def _left_just_now(self, party: Party) -> None:
        """The caller has gone in the moment in which an agent took them."""
        if party.waiter is not None and party.waiter.number:
            self._ledger.outcome = "callback"
            self._ledger.step("callback_kept", self._at_ms(), cut_off=True)
            await party.waiter.was_cut_off()
            return
        if party.offer is not None:
            await party.offer.ended()
        if party.waiter is not None:
            await party.waiter.end(TicketState.LEFT, "abandoned")

    def _minutes(self) -> Minutes | None:
        """What takes down the talk, unless the council wants none taken down."""
        services = self._services
        if not services.settings.handoff.transcribe:
            return None

        def paused() -> bool:
            return self._recording is not None and self._recording.paused

        turns = services.settings.turns
        return Minutes(self._ledger, services.transcriber, turns, self._leg.rate, self._at_ms, paused)

    def _handed_on(self, onward: Onward, card: Card) -> Card:
        """The caller waits again, before those who have waited only once, with the card that has grown."""
        self._leg.attach(self._tap(self._port))
        self._ledger.step("handed_on", self._at_ms(), queue=onward.queue)
        card = replace(card, queue=onward.queue, priority="high" if card.priority == "normal" else card.priority)
        self._say(Phrase.TRANSFERRING)
        return card

    async def _after(self, ending: Ending) -> str:
        if not isinstance(ending, CallerLeft) and self._leg.end is None:
            self._leg.attach(self._tap(self._port))
            self._say(Phrase.AGENT_LEFT)
            await self._spoken()
        return self._ledger.outcome or "abandoned"

    # desk phones that no account belongs to

    async def _by_desk_phone(self, card: Card, waiter: Waiter | None) -> str:
        """Ring the queue's desk phones; when none is answered, take a message."""
        if waiter is not None:
            await waiter.serve_elsewhere()
        agent = await self._find(card)
        if agent is not None:
            return await self._after(await self._talk(Party(agent, None, waiter), card))
        gone = self._leg.end is not None or self._port.left is not None
        if waiter is not None:
            await waiter.end(TicketState.LEFT if gone else TicketState.MOVED, "abandoned" if gone else "nobody")
        return "abandoned" if gone else await self._take_message(card)

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

    # other ways on

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

    # messages

    async def _take_message(self, card: Card) -> str:
        """What is being said comes first, then the message."""
        await self._spoken()
        if self._leg.end is not None or self._port.left is not None:
            return "abandoned"
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

    # speech

    def _say(self, phrase: Phrase) -> None:
        """Say a fixed sentence: it needs no other process."""
        self._said += 1
        entry = self._ledger.said_by_bot(str(phrase), self._at_ms())
        self._ledger.heard(entry, str(phrase))
        samples = self._services.prompts.samples(phrase, self._leg.rate)
        self._port.say(SpokenPiece(f"fixed-{self._said}", str(phrase), samples, interruptible=False))

    async def _tell(self, text: str) -> None:
        """Say a sentence that is known only now, if there is a voice."""
        with suppress(SpeechUnavailable):
            await self._speaking.say((Say(text=text, interruptible=False),), self._port, self._at_ms)

    async def _spoken(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_SAY_LIMIT_S):
                await self._port.quiet()
