"""A caller and the people who talk to them: hold, conference, passing on, until somebody is left alone."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from voicebot.audio.tones import holding
from voicebot.errors import ServiceUnavailable
from voicebot.handoff.agent_call import AgentCall
from voicebot.handoff.card import Card
from voicebot.handoff.conference import Conference
from voicebot.handoff.desk_offer import Command, DeskOffer
from voicebot.handoff.models import TicketState
from voicebot.handoff.transfer import Transfer
from voicebot.handoff.waiter import Waiter
from voicebot.handoff.waiting_room import WaitingRoom
from voicebot.recording.tap import CallRecording, Tap
from voicebot.session.ledger import Ledger
from voicebot.settings import HandoffSettings
from voicebot.telephony.leg import CallLeg

log = structlog.get_logger(__name__)

_LONGEST_S = 4 * 3600.0
_CONSULT_S = 60.0
"""Somebody to be consulted who has not taken the call by then is not there."""


@dataclass(eq=False)
class Party:
    """One person who talks to the caller. A desk phone that no account belongs to has no ``offer``."""

    leg: CallLeg
    offer: DeskOffer | None = None
    waiter: Waiter | None = None

    @property
    def name(self) -> str:
        """Their account's name, or empty."""
        return self.offer.agent if self.offer is not None else ""


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """The caller hung up."""


@dataclass(frozen=True, slots=True)
class AgentsLeft:
    """Nobody talks to the caller any more, who is still there."""


@dataclass(frozen=True, slots=True)
class Onward:
    """An agent hands the caller on: to ``queue``, or to the agent ``agent`` by name."""

    queue: str
    agent: str
    card: dict[str, Any]
    by: str


Ending = CallerLeft | AgentsLeft | Onward


@dataclass(slots=True)
class _Consulting:
    """Another agent who is being rung on behalf of one who has the caller."""

    by: Party
    command: Command
    name: str
    task: "asyncio.Task[Party | None]" = field(repr=False)


class InHand:
    """The talk of one caller with people, from the join on. ``recording`` is set when the call is recorded."""

    def __init__(
        self,
        caller: CallLeg,
        card: Card,
        ledger: Ledger,
        people: Transfer,
        room: WaitingRoom | None,
        settings: HandoffSettings,
        at_ms: Callable[[], float],
        *,
        tap: Tap,
        recording: CallRecording | None = None,
    ) -> None:
        self._caller = caller
        self._card = card
        self._ledger = ledger
        self._people = people
        self._room = room
        self._settings = settings
        self._at_ms = at_ms
        self._tap = tap
        self._recording = recording
        self._conference = Conference()
        self._parties: list[Party] = []
        self._held = False
        self._consulting: _Consulting | None = None

    @property
    def recording(self) -> str:
        """``on``, ``paused``, or empty: as agents are shown it."""
        if self._recording is None:
            return ""
        return "paused" if self._recording.paused else "on"

    def join(self, party: Party) -> None:
        """Let caller and agent hear each other from the next frame on."""
        self._parties.append(party)
        self._conference.add(self._caller, self._tap)
        self._conference.add(party.leg)

    async def dissolve(self) -> None:
        """The caller talks to the agent without us now."""
        for party in tuple(self._parties):
            await self._part(party)

    async def run(self) -> Ending:
        """Until the caller is alone, or gone, or handed on. No agent's leg is left open."""
        try:
            async with asyncio.timeout(_LONGEST_S):
                return await self._until_over()
        except TimeoutError:
            return AgentsLeft()
        finally:
            if self._consulting is not None:
                self._consulting.task.cancel()
            for party in tuple(self._parties):
                await self._part(party)
            self._conference.remove(self._caller)

    async def _until_over(self) -> Ending:
        left = asyncio.ensure_future(self._conference.next_left())
        commands: dict[asyncio.Future[Command], Party] = {}
        try:
            while True:
                for party in self._parties:
                    if party.offer is not None and party not in commands.values():
                        commands[asyncio.ensure_future(party.offer.commands.get())] = party
                waiting: set[asyncio.Future[Any]] = {left, *commands}
                if self._consulting is not None:
                    waiting.add(self._consulting.task)
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if left.done():
                    if left.result() is self._caller:
                        return CallerLeft()
                    await self._hung_up(left.result())
                    left = asyncio.ensure_future(self._conference.next_left())
                if self._consulting is not None and self._consulting.task.done():
                    await self._consulted(self._consulting)
                for future in [future for future in commands if future.done()]:
                    ending = await self._obey(future.result(), commands.pop(future))
                    if ending is not None:
                        return ending
                if not self._parties and self._consulting is None:
                    return AgentsLeft()
        finally:
            left.cancel()
            for future in commands:
                future.cancel()

    async def _hung_up(self, leg: CallLeg) -> None:
        party = next((each for each in self._parties if each.leg is leg), None)
        if party is not None:
            await self._part(party)
            await self._tell()

    async def _part(self, party: Party) -> None:
        """An agent is no longer in the call."""
        self._parties.remove(party)
        self._conference.remove(party.leg)
        if party.leg.end is None:
            await party.leg.hangup()
        self._ledger.carried("agent", party.leg)
        if party.offer is not None:
            await party.offer.ended()
        if party.waiter is not None:
            await party.waiter.end(TicketState.DONE, "talked")
        if self._held and self._parties:
            self._resume()

    async def _tell(self) -> None:
        """Show every agent how the call stands."""
        for party in self._parties:
            if party.offer is None:
                continue
            others = [
                {"name": each.name, "address": "", "state": "talking"} for each in self._parties if each is not party
            ]
            if self._consulting is not None and self._consulting.by is party:
                others.append({"name": self._consulting.name, "address": "", "state": "ringing"})
            await party.offer.show(held=self._held, recording=self.recording, parties=others)

    def _hold(self) -> None:
        self._held = True
        self._conference.hold(self._caller, holding(self._caller.rate))

    def _resume(self) -> None:
        self._held = False
        self._conference.resume(self._caller)

    async def _obey(self, command: Command, party: Party) -> Ending | None:
        """Do what an agent wants; gives the ending that it leads to."""
        assert party.offer is not None
        self._ledger.step(f"agent_{command.kind}", self._at_ms())
        result = "done"
        ending: Ending | None = None
        match command.kind:
            case "hold":
                self._hold()
            case "resume" | "join_all":
                self._resume()
            case "pause_recording" | "resume_recording" if self._recording is None:
                result = "The call is not recorded"
            case "pause_recording" if self._recording is not None:
                self._recording.pause()
            case "resume_recording" if self._recording is not None:
                self._recording.resume()
            case "hang_up":
                ending = AgentsLeft()
            case "leave":
                if len(self._parties) < 2:
                    result = "Nobody else is there to go on with the caller"
                else:
                    await self._part(party)
            case "transfer":
                ending = self._onward(command)
            case "consult":
                result = await self._consult(command, party)
            case "drop":
                result = await self._drop(command.args.get("name", ""), party)
            case _:
                result = "This is not known here"
        if result:
            await party.offer.result(command, result)
        if ending is None:
            await self._tell()
        return ending

    def _grown(self, command: Command) -> dict[str, Any]:
        """The card with what the agent who passes it on wrote."""
        card = self._card.as_json()
        notes = [
            *card.get("notes", ()),
            {"agent": command.by, "at_ms": round(self._at_ms()), "text": command.args["note"]},
        ]
        return {**card, "notes": notes, "passed_on_by": command.by}

    def _onward(self, command: Command) -> Onward:
        kind, _, name = command.args["to"].partition(":")
        queue = name if kind == "queue" else self._card.queue
        return Onward(queue, name if kind == "agent" else "", self._grown(command), command.by)

    # consulting somebody else

    async def _consult(self, command: Command, party: Party) -> str:
        """Ring somebody else while the caller is held; the result of the command follows when they are there."""
        if self._consulting is not None or self._room is None:
            return "Somebody is being rung already"
        self._hold()
        name = command.args["to"].partition(":")[2]
        task = asyncio.ensure_future(self._ring_other(command))
        self._consulting = _Consulting(party, command, name, task)
        return ""

    async def _ring_other(self, command: Command) -> Party | None:
        assert self._room is not None
        onward = self._onward(command)
        card = replace(self._card, queue=onward.queue, priority="high")
        try:
            waiter = await self._room.enter(card, self._card.who.number, only_agent=onward.agent)
        except ServiceUnavailable:
            return None
        try:
            async with asyncio.timeout(_CONSULT_S):
                await waiter.show(onward.card)
                while True:
                    offer = await waiter.next_offer()
                    leg = await self._call(offer, card)
                    if leg is not None:
                        return Party(leg, offer, waiter)
        except (TimeoutError, ServiceUnavailable):
            pass
        except asyncio.CancelledError:
            await waiter.end(TicketState.LEFT, "not_consulted")
            raise
        await waiter.end(TicketState.LEFT, "not_consulted")
        return None

    async def _call(self, offer: DeskOffer, card: Card) -> CallLeg | None:
        whisper = asyncio.ensure_future(self._people.whisper(card))
        try:
            ring = AgentCall(
                offer, self._people.line, self._settings, whisper, self._people.rate, self._attempted(offer)
            )
            return await ring.run(
                caller=card.who.number, caller_name=card.who.name, headers={"User-to-User": card.user_to_user()}
            )
        finally:
            whisper.cancel()

    def _attempted(self, offer: DeskOffer) -> Callable[[Any], None]:
        return lambda attempt: self._ledger.attempted(offer.address, attempt.result, self._at_ms())

    async def _consulted(self, consulting: _Consulting) -> None:
        self._consulting = None
        with suppress(asyncio.CancelledError):
            found = consulting.task.result()
            offer = consulting.by.offer
            if found is None:
                if offer is not None:
                    await offer.result(consulting.command, "Nobody took it")
                if self._held:
                    self._resume()
            elif found.offer is not None:
                self._parties.append(found)
                self._conference.add(found.leg)
                if len(self._parties) == 1:  # who asked them has hung up: the caller is theirs now
                    self._resume()
                if offer is not None:
                    await offer.result(consulting.command, "done")
                await found.offer.joined(found.offer.now(), self.recording)
        await self._tell()

    async def _drop(self, name: str, party: Party) -> str:
        if self._consulting is not None and name == self._consulting.name:
            self._consulting.task.cancel()
            self._consulting = None
            self._resume()
            return "done"
        other = next((each for each in self._parties if each.name == name and each is not party), None)
        if other is None:
            return "They are not in the call"
        await self._part(other)
        return "done"
