"""A callback: an agent has taken it, the caller is rung, and only who says that they rang us is joined."""

import asyncio
from contextlib import suppress

import structlog

from voicebot.audio.tones import ringback
from voicebot.dialogue.acts import Ask, Profile
from voicebot.errors import DialFailed, SpeechUnavailable, TelephonyError
from voicebot.handoff.agent_call import AgentCall
from voicebot.handoff.card import Card
from voicebot.handoff.conference import Conference
from voicebot.handoff.desk_offer import DeskOffer
from voicebot.handoff.waiter import Waiter
from voicebot.recording.tap import no_tap
from voicebot.records.entries import new_reference
from voicebot.session.foresight import Worth
from voicebot.session.hearing import Hearing
from voicebot.session.in_hand import InHand, Party
from voicebot.session.ledger import Ledger
from voicebot.session.phrases import Phrase
from voicebot.session.port import CallerPort, Keyed, Left, Spoke, WasSilent
from voicebot.session.services import CallServices
from voicebot.spoken.control import yes_no
from voicebot.telephony.leg import CallLeg
from voicebot.turns.mouth import Downstream, SpokenPiece

log = structlog.get_logger(__name__)

_RING_S = 35.0
_CONFIRM_S = 60.0
_SAY_S = 15.0
_ASKED_TIMES = 2
_CONFIRM = Ask(slot="callback_confirm", text="", profile=Profile.YES_NO, keypad={"1": "yes", "2": "no"})


class RingingBack:
    """One callback that one agent was offered."""

    def __init__(self, offer: DeskOffer, waiter: Waiter, services: CallServices) -> None:
        self._offer = offer
        self._waiter = waiter
        self._services = services
        self._card = Card.from_json(waiter.card)
        self._said = 0

    async def run(self) -> None:
        """From the agent's ring to the end of the talk. The agent is free of it and the place is settled afterwards,
        whatever happens."""
        try:
            agent = await self._ring_agent()
            if agent is None:
                await self._waiter.let_go()
                return
            reached = await self._with_agent(agent)
            await self._offer.ended()
            if not reached:
                await self._waiter.not_reached("Rung back in vain")
        except asyncio.CancelledError:
            await self._offer.ended()
            await self._waiter.let_go()
            raise

    async def _ring_agent(self) -> CallLeg | None:
        people, card = self._services.people, self._card
        whisper = asyncio.ensure_future(people.whisper(card, before="Call back."))
        try:
            ring = AgentCall(
                self._offer, people.line, self._services.settings.handoff, whisper, people.rate, lambda _: None
            )
            return await ring.run(caller="", caller_name=card.who.name, headers={"User-to-User": card.user_to_user()})
        finally:
            whisper.cancel()

    async def _with_agent(self, agent: CallLeg) -> bool:
        """Ring the caller while the agent hears it; whether they were reached."""
        waiting = Conference()
        waiting.add(agent)
        waiting.hold(agent, ringback(agent.rate))
        gone = asyncio.ensure_future(agent.wait_ended())
        ringing = asyncio.ensure_future(self._caller())
        try:
            await asyncio.wait((gone, ringing), return_when=asyncio.FIRST_COMPLETED)
            if not ringing.done():
                return False
            found = ringing.result()
            if found is None:
                return False
            caller, ledger, port = found
            waiting.remove(agent)
            await self._talk(agent, caller, ledger, port)
            return True
        finally:
            gone.cancel()
            await _let_go(ringing)
            if agent.end is None:
                await agent.hangup()

    async def _caller(self) -> "tuple[CallLeg, Ledger, CallerPort] | None":
        """Ring the number; gives the leg once somebody on it has said that they are who rang us."""
        number = self._waiter.number
        address = number if ":" in number else f"tel:{number}"
        try:
            leg = await self._services.people.line.dial(address, timeout_s=_RING_S)
        except (DialFailed, TelephonyError) as failure:
            log.info("callback.not_answered", error=type(failure).__name__)
            return None
        ledger = Ledger(leg.facts, new_reference(), self._services.sink, self._services.titles)
        ledger.step("callback_answered", 0.0)
        port = self._port(leg)
        leg.attach(port)
        try:
            async with asyncio.timeout(_CONFIRM_S):
                if await self._is_who_rang(leg, port, ledger):
                    return leg, ledger, port
        except TimeoutError:
            pass
        except asyncio.CancelledError:
            await leg.hangup()
            ledger.finish("abandoned")
            raise
        if leg.end is None:
            await leg.hangup()
        ledger.finish("abandoned")
        return None

    def _port(self, leg: CallLeg) -> CallerPort:
        services = self._services
        return CallerPort(
            leg.rate,
            services.settings.turns,
            services.settings.calls,
            speculate=lambda _: None,
            piece_started=lambda *_: None,
            piece_over=lambda heard: None,
            holding=services.prompts.samples(Phrase.HOLDING, leg.rate),
            ends=services.ends,
            downstream=leg if isinstance(leg, Downstream) else None,
        )

    async def _is_who_rang(self, leg: CallLeg, port: CallerPort, ledger: Ledger) -> bool:
        """Ask, and say nothing personal before the answer. An answering machine says neither yes nor no."""
        hearing = Hearing(self._services.transcriber, leg.facts.call_id, lambda _: None, Worth())
        for _ in range(_ASKED_TIMES):
            self._say(port, ledger, Phrase.CALLBACK_HELLO)
            port.expect(_CONFIRM)
            hearing.expect(_CONFIRM)
            answer = await self._answer(port, hearing, ledger)
            if answer is True:
                return True
            if answer is False:
                self._say(port, ledger, Phrase.CALLBACK_WRONG)
                await _quiet(port)
                return False
            if port.left is not None:
                return False
        return False

    async def _answer(self, port: CallerPort, hearing: Hearing, ledger: Ledger) -> bool | None:
        """Yes, no, or None for silence and a hang-up."""
        while True:
            event = await port.events.get()
            match event:
                case Left() | WasSilent():
                    return None
                case Keyed(entry=entry):
                    answer = yes_no(entry.text)
                case Spoke(utterance=utterance):
                    answer = None
                    with suppress(SpeechUnavailable):
                        text = (await hearing.words(utterance)).text
                        ledger.said_by_caller(text, 0.0)
                        answer = yes_no(text)
                case _:
                    answer = None
            if answer is not None:
                return answer

    async def _talk(self, agent: CallLeg, caller: CallLeg, ledger: Ledger, port: CallerPort) -> None:
        services = self._services

        def at_ms() -> float:
            return caller.position * 1000 / caller.rate

        ledger.handing_over(self._card)
        ledger.attempted(self._offer.address, "accepted", at_ms())
        port.hush()
        talk = InHand(
            caller, self._card, ledger, services.people, services.room, services.settings.handoff, at_ms, tap=no_tap
        )
        talk.join(Party(agent, self._offer, self._waiter))
        ledger.outcome = "transferred"
        await self._offer.joined(self._offer.now(), talk.recording)
        try:
            await talk.run()
        finally:
            if caller.end is None:
                await caller.hangup()
            ledger.finish("transferred")

    def _say(self, port: CallerPort, ledger: Ledger, phrase: Phrase) -> None:
        self._said += 1
        entry = ledger.said_by_bot(str(phrase), 0.0)
        ledger.heard(entry, str(phrase))
        samples = self._services.prompts.samples(phrase, port.rate)
        port.say(SpokenPiece(f"fixed-{self._said}", str(phrase), samples))


async def _quiet(port: CallerPort) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_SAY_S):
            await port.quiet()


async def _let_go(ringing: "asyncio.Future[tuple[CallLeg, Ledger, CallerPort] | None]") -> None:
    """Stop ringing the caller, whom the agent has left; one who has just answered is not kept waiting for nobody."""
    if ringing.done() and not ringing.cancelled():
        found = ringing.result()
        if found is not None and found[0].end is None:
            await found[0].hangup()
            found[1].finish("abandoned")
        return
    ringing.cancel()
    with suppress(asyncio.CancelledError):
        await ringing


class RingsBack:
    """Makes the callbacks that the waiting room of a process hands it."""

    def __init__(self, services: CallServices) -> None:
        self._services = services
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, offer: DeskOffer, waiter: Waiter) -> None:
        """Make one, in a task of its own."""
        task = asyncio.get_running_loop().create_task(RingingBack(offer, waiter, self._services).run())
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("callback.defect", error=type(failure).__name__)

    @property
    def busy(self) -> bool:
        """Whether a callback is under way."""
        return bool(self._tasks)

    async def stop(self) -> None:
        """The process ends: callbacks in progress go back to their places."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
