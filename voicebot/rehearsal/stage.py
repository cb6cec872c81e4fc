"""Calls rehearsed in memory: the bot, its callers and an agent's desk on one exchange whose clock is driven from here.

While the bot works (recognising, thinking), the clock runs in real time, so that its delay is what a caller would
have waited; otherwise it runs as fast as the machine allows.
"""

import asyncio
import time

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import FRAME_MS, AudioFrame
from voicebot.handoff.transfer import Transfer
from voicebot.rehearsal.asked_twice import Remembering
from voicebot.rehearsal.script import CallScript, Line, ScriptedCaller
from voicebot.rehearsal.sound import Renderer, Sound
from voicebot.rehearsal.verdict import CallEnd
from voicebot.safety.training import safety_net
from voicebot.session.call import Call
from voicebot.session.ledger import CallSummary, RecordSink
from voicebot.session.mind import Mind
from voicebot.session.phrases import Phrase
from voicebot.session.prompts import Prompts
from voicebot.session.services import CallServices
from voicebot.settings import Settings
from voicebot.speech.service import SpeechService
from voicebot.spoken.finished import SentenceEnds
from voicebot.telephony.leg import CallLeg, KeyPress, LegEnded
from voicebot.telephony.memory import MemoryExchange, MemoryLine

_HEAR_OUT_S = 0.5
"""A person answers about this long after the bot has fallen silent."""

_LONGEST_S = 600.0
_AFTER_JOIN_S = 1.0
_AGENT_TAKES_S = 2.5
_BOT = "sip:council@rehearsal"
_DESK = "sip:agent@rehearsal"


class _Desk:
    """An agent who takes every call after hearing the beginning of the whisper.

    The key is pressed repeatedly, for while the whisper is still being rendered, this clock runs ahead of that work.
    """

    def __init__(self, leg: CallLeg) -> None:
        self._leg = leg
        self._presses = 0
        self._pressing: set[asyncio.Task[None]] = set()

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """Listen, then press 1."""
        if heard.position >= (self._presses + 1) * _AGENT_TAKES_S * heard.rate:
            self._presses += 1
            task = asyncio.get_running_loop().create_task(self._leg.send_keys("1"))
            self._pressing.add(task)
            task.add_done_callback(self._pressing.discard)
        return None

    def key(self, press: KeyPress) -> None:
        """The bot presses no keys."""

    def ended(self, end: LegEnded) -> None:
        """The call is over."""


class Stage:
    """Where calls are rehearsed, one after another. ``speech`` hears and speaks for the bot."""

    def __init__(
        self, settings: Settings, speech: SpeechService, mind: Mind, sink: RecordSink, *, agents: bool = True
    ) -> None:
        addresses = (_DESK,) if agents else ()
        handoff = settings.handoff.model_copy(update={"queues": {"default": addresses}})
        self._settings = settings.model_copy(update={"handoff": handoff})
        self._speech = speech
        self._mind = mind
        self._sink = Remembering(sink, settings.dialogue.project)
        self._safety = safety_net(settings)
        self._exchange = MemoryExchange()
        self._line = MemoryLine(self._exchange, _BOT)
        self._desk = MemoryLine(self._exchange, _DESK)
        self._caller = MemoryLine(self._exchange, "sip:caller@rehearsal")
        self._services: CallServices | None = None
        self._call: Call | None = None
        self._summary: CallSummary | None = None

    async def open(self) -> None:
        """Render the fixed prompts and take calls."""
        rate = self._exchange.rate
        prompts = await Prompts.load(self._speech, rate, None)
        whisper = prompts.samples(Phrase.AGENT_WHISPER, rate)
        people = Transfer(self._line, self._speech, self._settings.handoff, whisper, rate=rate)
        self._services = CallServices(
            self._settings,
            self._speech,
            self._speech,
            self._mind,
            self._safety,
            prompts,
            people,
            self._sink,
            ends=SentenceEnds.load(self._settings.dialogue.project),
        )
        await self._line.start(self._take)
        await self._desk.start(self._at_desk)

    async def close(self) -> None:
        """Hang up and stop."""
        await self._exchange.close()

    async def _take(self, leg: CallLeg) -> None:
        assert self._services is not None
        self._call = Call(leg, self._services)
        self._summary = await self._call.run()

    async def _at_desk(self, leg: CallLeg) -> None:
        await leg.answer()
        leg.attach(_Desk(leg))
        await leg.wait_ended()

    async def rehearse(self, script: CallScript, render: Renderer) -> CallEnd:
        """Hold one call to its end and tell what came of it."""
        self._call, self._summary = None, None
        leg = await self._caller.dial(_BOT, caller=script.caller)
        sound = Sound(leg.rate)
        leg.attach(sound)
        began = self._exchange.position
        await _Citizen(script, leg, sound, render).hold(self)
        while self._summary is None and self._exchange.position - began < _LONGEST_S * leg.rate:
            await self.step()
        return self._end(script)

    def _end(self, script: CallScript) -> CallEnd:
        call, summary = self._call, self._summary
        if call is None or summary is None:
            raise TimeoutError(f"the call {script.name!r} did not end")
        ledger = call.ledger
        return CallEnd(
            outcome=summary.outcome,
            service=summary.service,
            need=summary.need,
            queue=summary.queue,
            emergency=summary.emergency,
            facts=ledger.facts,
            said=" ".join(turn.text for turn in ledger.turns if turn.who == "bot"),
            latencies_ms=tuple(latency.total for latency in ledger.latencies),
            transcript=tuple((turn.who, turn.text) for turn in ledger.turns),
            asked_twice=self._sink.asked_twice(ledger.call.call_id),
        )

    @property
    def call(self) -> Call | None:
        """The call being rehearsed, once the bot has it."""
        return self._call

    async def step(self) -> None:
        """20 ms of every call; in real time while the bot works on something."""
        began = time.perf_counter()
        self._exchange.tick()
        for _ in range(5):
            await asyncio.sleep(0)
        while self._call is not None and self._summary is None and self._call.working:
            left = began + FRAME_MS / 1000 - time.perf_counter()
            if left <= 0:
                return
            await asyncio.sleep(min(left, 0.002))


class _Citizen:
    """Plays a script on a leg."""

    def __init__(self, script: CallScript, leg: CallLeg, sound: Sound, render: Renderer) -> None:
        self._caller = ScriptedCaller(script)
        self._turns_left = script.max_turns
        self._leg = leg
        self._sound = sound
        self._render = render

    async def hold(self, stage: Stage) -> None:
        """Talk until either side hangs up."""
        joined_at: int | None = None
        while self._leg.end is None:
            await stage.step()
            call = stage.call
            if call is None or self._leg.end is not None:
                continue
            if call.joined:
                joined_at = joined_at or self._sound.position
                if self._sound.position - joined_at >= _AFTER_JOIN_S * self._leg.rate:
                    await self._leg.hangup()
                continue
            if call.working or not call.listening or self._sound.speaking:
                continue
            if self._sound.quiet_s < _HEAR_OUT_S or not self._sound.answered:
                continue
            if self._turns_left == 0:
                await self._leg.hangup()
                return
            self._turns_left -= 1
            await self._do(self._caller.next_line(call.asked_slot, call.last_said))

    async def _do(self, line: Line) -> None:
        if line.hangup:
            await self._leg.hangup()
        elif line.keys:
            self._sound.acted()
            await self._leg.send_keys(line.keys)
        elif line.silence:
            self._sound.say(np.zeros(8 * self._leg.rate, dtype=np.int16))
        else:
            self._sound.say(self._render(line.say))
