"""Turns of the dialogue: how one is put to it, and what its answer becomes for this call.

What it answers is not said as it stands: deeds are done, notices and texts are added, circles are broken, and a caller
who asked for a person gets one whatever the answer is.
"""

from contextlib import suppress

import structlog

from voicebot.dialogue.acts import ENGLISH, Ask, BotAct, Profile, Transfer, Turn, TurnEvent, TurnReply
from voicebot.errors import DialogueUnavailable
from voicebot.session import ways_out
from voicebot.session.bulletin import Bulletin
from voicebot.session.circles import Circles
from voicebot.session.deeds import Deeds
from voicebot.session.ledger import Ledger
from voicebot.session.mind import Mind
from voicebot.session.text_offer import TextOffer
from voicebot.session.welsh import CODE, WelshCall, surely
from voicebot.spoken.control import besides_person
from voicebot.stt.transcript import Transcript

log = structlog.get_logger(__name__)


class Replies:
    """The dialogue's part of a call. ``conversation`` is its name there: an earlier call's, where one is carried on."""

    def __init__(
        self,
        ledger: Ledger,
        mind: Mind,
        channel: str,
        *,
        bulletin: Bulletin,
        deeds: Deeds,
        texts: TextOffer,
        circles: Circles,
        welsh: WelshCall,
    ) -> None:
        self.conversation = ledger.call.call_id
        self._ledger = ledger
        self._mind = mind
        self._channel = channel
        self._bulletin = bulletin
        self._deeds = deeds
        self._texts = texts
        self._circles = circles
        self._welsh = welsh

    @property
    def queue(self) -> str:
        """Who takes the call if a person must take it now."""
        return self._ledger.queue if self._ledger.queue != "none" else ways_out.GENERAL_QUEUE

    def turn(self, event: TurnEvent, asked: Ask | None, *, text: str = "", raw: str = "", keys: str = "") -> Turn:
        """A turn: what happened after ``asked`` was the question."""
        return Turn(
            sender=self.conversation,
            event=event,
            text=text,
            raw=raw,
            keys=keys,
            channel=self._channel,
            asked=asked.slot if asked else None,
            profile=asked.profile if asked else Profile.NORMAL,
            caller=self._ledger.call.caller,
            language=CODE if self._welsh.spoken else ENGLISH,
            heard=self._ledger.heard_of_last(),
        )

    def said(self, text: str, raw: str, asked: Ask | None, transcript: Transcript) -> Turn:
        """The turn of a caller who said something, which the recogniser was more or less sure of."""
        return self.turn(TurnEvent.SAID, asked, text=text, raw=raw).model_copy(
            update={"confidence": transcript.confidence, "alternatives": transcript.alternatives}
        )

    async def to(self, turn: Turn, asked: Ask | None, at_ms: float, *, person: bool = False) -> tuple[BotAct, ...]:
        """What the call must do after a turn; ``person`` if the caller asked for one."""
        before = self._ledger.facts
        try:
            reply = await self._mind.turn(turn)
        except DialogueUnavailable:
            return ways_out.asked_for(self.queue) if person else self.broken("dialogue", at_ms)
        topic = _topic(reply)
        self._ledger.learned(reply, at_ms, topic)
        if turn.event is TurnEvent.SAID:
            said, sure = len(self._ledger.turns) - 1, round(reply.confidence, 3)
            self._ledger.step("understood", at_ms, turn=said, intent=reply.intent, confidence=sure)
        acts = self._deeds.done(await self._deeds.told_by_offices(reply.acts))
        if person:
            queue = await self._queue_meant(turn.text)
            if not any(isinstance(act, Transfer) for act in acts):
                return ways_out.asked_for(self.queue)
            acts = tuple(ways_out.led_to(act, queue) for act in acts)
        if not acts:
            log.error("dialogue.no_acts", intent=reply.intent)
            return self.broken("dialogue", at_ms)
        if reply.need == "answer" and topic:
            self._ledger.gave_answer(topic)
        if not isinstance(acts[-1], Transfer) or acts[-1].priority != "urgent":
            acts = self._bulletin.noticed(acts, reply.service, topic)
        progressed = self._ledger.facts != before
        acts = self._circles.broken(self._texts.made(acts), asked, self.queue, progressed=progressed)
        return self._welsh.went_on(acts, progressed=progressed) if self._welsh.spoken else acts

    def broken(self, part: str, at_ms: float) -> tuple[BotAct, ...]:
        """A part of ours failed: the caller goes to a person."""
        self._ledger.step("failed", at_ms, part=part)
        self._ledger.failures.append(f"the {part} service failed during the call")
        return ways_out.broken(self.queue)

    async def surely_knows(self, text: str, heard: float) -> bool:
        """Whether words that were heard with this confidence surely are about something."""
        with suppress(DialogueUnavailable):
            return surely(await self._mind.parse(text), heard)
        return False

    async def _queue_meant(self, text: str) -> str:
        """Whose person is wanted, when the caller says in the same breath what it is about; else the call's queue."""
        about = besides_person(text)
        if about and self._ledger.service == "none":
            # Without it they are only put through to people who take anything.
            with suppress(DialogueUnavailable):
                self._ledger.is_about(await self._mind.parse(about))
        return self.queue


def _topic(reply: TurnReply) -> str:
    """What the call is about, from an intent named ``<service>_<topic>``; empty when the turn doesn't tell."""
    prefix = f"{reply.service}_"
    return reply.intent.removeprefix(prefix) if reply.intent.startswith(prefix) else ""
