"""The conversation of one call: greeting, listen, think, speak, until a person has it or it is over.

One task runs it and takes the events of the caller's port one after another. Whatever fails, the caller is told
so and goes to a person; nothing here hangs up on somebody because a part of ours is broken.
"""

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import asdict

import structlog

from voicebot.dialogue.acts import Ask, BotAct, Hangup, Message, Say, Transfer, TurnReply
from voicebot.errors import SpeechUnavailable, TelephonyError
from voicebot.recording.tap import CallRecording
from voicebot.records.entries import new_reference
from voicebot.safety.card import check
from voicebot.safety.guard import SafetyGuard
from voicebot.session.deadline import TimelyMind, TimelyTranscriber, TimelyVoice
from voicebot.session.foresight import Foresight, Worth
from voicebot.session.handing_over import HandingOver
from voicebot.session.hearing import Hearing
from voicebot.session.ledger import CallSummary, Ledger
from voicebot.session.phrases import Phrase
from voicebot.session.port import Alarmed, CallerPort, CallEvent, Keyed, Left, LimitReached, Spoke, WasSilent
from voicebot.session.services import CallServices
from voicebot.session.speaking import Speaking
from voicebot.session.talk import Talk
from voicebot.session.timing import AnswerTimer
from voicebot.spoken.control import wants_person
from voicebot.stt.partials import Follower, Partial
from voicebot.stt.transcript import Transcript
from voicebot.telephony.leg import CallLeg, MediaPort
from voicebot.turns.ear import Utterance
from voicebot.turns.last_sound import LastSound
from voicebot.turns.mouth import Downstream, Heard

log = structlog.get_logger(__name__)

_COUGH_MS = 250
"""Voice shorter than this that gave no words is not asked about."""

_SURE = 0.6
"""How sure the dialogue must be of what was meant, for a sentence to count as whole because of it."""

_BACKSTOP_S = 60.0
"""Wall clock for one event, for a leg whose media clock stands still."""


class Call:
    """One call, from the answer to the end of its record."""

    def __init__(self, leg: CallLeg, services: CallServices) -> None:
        self.leg = leg
        self.services = services
        self.ledger = Ledger(leg.facts, new_reference(), services.sink, services.titles)
        mind = TimelyMind(services.mind, services.settings.dialogue.timeout_s)
        transcriber = TimelyTranscriber(services.transcriber, services.settings.speech.timeout_s)
        voice = TimelyVoice(services.voice, services.settings.speech.timeout_s)
        self.talk = Talk(
            self.ledger,
            mind,
            SafetyGuard(services.safety),
            services.settings.calls,
            holding=services.facts,
            offices=services.offices,
            earlier=services.earlier,
            welsh=services.welsh,
            sends=services.settings.notify.on,
            texts=services.settings.notify.texts_references,
        )
        self.worth = Worth()
        self.hearing = Hearing(transcriber, leg.facts.call_id, self._guessed, self.worth, self._deaf)
        every_ms = services.settings.speech.partials_ms or math.inf
        self.follower = Follower(transcriber, leg.facts.call_id, self._followed, every_ms=every_ms)
        self.speaking = Speaking(voice, services.prompts, self.ledger, self.talk.manner)
        self.foresight = Foresight(mind, self._prepare, self._foreseen, self.worth)
        self.talk.ahead = self.foresight
        self.port = CallerPort(
            leg.rate,
            services.settings.turns,
            services.settings.calls,
            speculate=self._speculate,
            piece_started=self._piece_started,
            piece_over=self._piece_over,
            holding=services.prompts.samples(Phrase.HOLDING, leg.rate),
            ends=services.ends,
            downstream=leg if isinstance(leg, Downstream) else None,
            talking=self._talking,
        )
        self.recording: CallRecording | None = None
        """Set once the call is recorded: it can be paused and resumed."""
        self._timer: AnswerTimer | None = None
        self._origin = 0
        self.busy = False

    @property
    def asked_slot(self) -> str | None:
        """What the caller was asked last, for rehearsals that answer by question."""
        return self.talk.asked.slot if self.talk.asked else None

    @property
    def listening(self) -> bool:
        """Whether the bot has said its say and waits for the caller."""
        return not self.busy and self.port.events.empty() and not self.port.floor.mouth.speaking

    @property
    def last_said(self) -> str:
        """What the bot said since the caller last spoke."""
        said: list[str] = []
        for turn in reversed(self.ledger.turns):
            if turn.who != "bot":
                break
            said.append(turn.text)
        return " ".join(reversed(said))

    @property
    def joined(self) -> bool:
        """Whether a person has the caller now."""
        return self.ledger.outcome == "transferred"

    @property
    def working(self) -> bool:
        """Whether something is being worked out that a caller would wait for."""
        return (
            self.hearing.guessing
            or self.foresight.working
            or not self.port.events.empty()
            or (self.busy and not self.port.occupied)
        )

    def at_ms(self) -> float:
        """Time in the call's audio since the answer, in ms."""
        return max(0, self.port.position - self._origin) * 1000 / self.leg.rate

    async def run(self) -> CallSummary:
        """Answer and hold the conversation; gives the record's summary. Cancelling it ends the call."""
        outcome = "failed"
        try:
            await self.leg.answer()
            self._origin = self.leg.position
            if self.services.recorder is not None:
                self.recording = CallRecording(self.services.recorder, self.leg.facts.call_id, self.leg.rate)
            self.leg.attach(self.tap(self.port))
            outcome = await self._guarded()
        except TelephonyError:
            outcome = "abandoned"
        finally:
            self.hearing.forget()
            self.follower.reset()
            self.foresight.forget()
            self.speaking.unprepare()
            self._count_guesses()
            if self.leg.end is None:
                await self.leg.hangup()
            self.ledger.carried("caller", self.leg)
            await self._keep_recording()
            summary = self.ledger.finish(outcome)
        return summary

    def tap(self, port: MediaPort) -> MediaPort:
        """A port for the caller's leg, with the recording's tap on it if there is one."""
        return self.recording.over(port) if self.recording is not None else port

    async def _keep_recording(self) -> None:
        track = await self.recording.finish() if self.recording is not None else None
        if track is not None:
            self.ledger.recorded(str(track.path), track.duration_s, 0.0)
            if track.lost:
                self.ledger.step("recording_gaps", self.at_ms(), seconds=track.lost)
        elif self.recording is not None:
            self.ledger.step("recording_lost", self.at_ms())

    async def _guarded(self) -> str:
        """The conversation, with a person behind every defect of ours."""
        try:
            return await self._converse()
        except Exception as error:
            log.exception("call.defect", call_id=self.leg.facts.call_id, error=type(error).__name__)
            if self.port.left is not None:
                return "failed"
            self.port.hush()
            acts = self.talk.broken("conversation", self.at_ms())
            return await self._perform_last(acts)

    async def _converse(self) -> str:
        self.busy = True
        if self.services.room is not None and self.services.room.bypassed:
            self.ledger.step("bypassed", self.at_ms())
            acts = self.talk.bypassed()
        else:
            acts = await self.talk.start()
        if self.recording is not None:
            acts = (Say(text=str(Phrase.RECORDED), interruptible=False), *acts)
        while True:
            last = acts[-1] if acts else None
            if isinstance(last, Transfer | Message | Hangup):
                return await self._perform_last(acts)
            acts = await self._speak(acts) if acts else ()
            if acts:
                continue
            self.busy = False
            event = await self._next_event()
            self.busy = True
            if isinstance(event, Left):
                return self._outcome_when_left()
            acts = await self._answer(event)

    async def _next_event(self) -> CallEvent:
        while True:
            before = self.port.position
            try:
                async with asyncio.timeout(_BACKSTOP_S):
                    return await self.port.events.get()
            except TimeoutError:
                if self.leg.end is not None:
                    return Left(self.leg.end)
                if self.port.position == before:
                    # the leg's media clock stands still: only wall clock is left to end the wait
                    return WasSilent(before)

    def _outcome_when_left(self) -> str:
        if self.ledger.references:
            return "reported"
        return "answered" if self.ledger.answered else "abandoned"

    async def _answer(self, event: CallEvent) -> tuple[BotAct, ...]:
        match event:
            case Spoke():
                return await self._answer_speech(event)
            case Keyed(entry=entry, position=position):
                self.port.thinking(position)
                self._timer = AnswerTimer(self.leg.rate, LastSound(position, position, position), position)
                began = time.perf_counter()
                acts = await self.talk.keyed(entry, self.at_ms())
                self._timer.dialogue = _since(began)
                return acts
            case WasSilent():
                return self.talk.silence(self.at_ms())
            case Alarmed(acts=acts):
                self.hearing.forget()
                self.follower.reset()
                self.port.hush()
                return acts
            case LimitReached():
                self.port.hush()
                return self.talk.too_long(self.at_ms())
            case _:
                return ()

    async def _answer_speech(self, event: Spoke) -> tuple[BotAct, ...]:
        utterance = event.utterance
        self.follower.reset()
        if not event.over_bot:
            self.port.thinking(event.position)
        timer = AnswerTimer(self.leg.rate, event.last_sound, event.position)
        said_at = max(0, utterance.onset - self._origin) * 1000 / self.leg.rate
        began = time.perf_counter()
        try:
            transcript = await self.hearing.words(utterance)
        except SpeechUnavailable:
            self.port.hush()
            return self.talk.broken("speech", said_at)
        timer.stt = _since(began)
        text = transcript.text.strip()
        if event.over_bot and self.port.floor.mouth.speaking:
            if not self.port.is_answer(text):
                return ()
            await self.port.unlocked()
            self.port.hush()
        if not text and utterance.voiced_ms < _COUGH_MS:
            self._listen()
            return ()
        self._timer = timer
        if not text:
            return self.talk.not_understood(said_at)
        if transcript.confidence < self.services.settings.speech.min_confidence and not wants_person(text):
            return self.talk.hears_danger(text, said_at) or self.talk.not_understood(said_at)
        began = time.perf_counter()
        acts = await self.talk.said(transcript, said_at)
        timer.dialogue = _since(began)
        return acts

    async def _speak(self, acts: tuple[BotAct, ...]) -> tuple[BotAct, ...]:
        """Say what the acts say and listen for what they ask; gives what to do instead when no voice is left."""
        self._listen()
        try:
            await self.speaking.say(acts, self.port, self.at_ms, self._timer)
        except SpeechUnavailable:
            return self.talk.broken("speech", self.at_ms())
        return ()

    def _listen(self) -> None:
        self.port.expect(self.talk.asked)
        self.hearing.expect(self.talk.asked)

    async def _perform_last(self, acts: tuple[BotAct, ...]) -> str:
        """Speak what is left to say and carry out the act that ends the bot's part."""
        last = acts[-1]
        spoken = acts[:-1]
        self.port.hold(None)
        self.port.attend(listening=False)
        try:
            await self.speaking.say(spoken, self.port, self.at_ms, self._timer)
        except SpeechUnavailable:
            # the fixed prompts cover what matters; a person follows at once
            self.ledger.step("unspoken", self.at_ms())
        if not isinstance(last, Transfer):  # a person's phone rings while the caller hears that it will
            await self.port.quiet()
        if self.port.left is not None:
            return self._outcome_when_left()
        if not isinstance(last, Transfer | Message):
            self.ledger.outcome = last.outcome if isinstance(last, Hangup) else self._outcome_when_left()
            return self.ledger.outcome
        handing_over = HandingOver(
            self.leg,
            self.port,
            self.ledger,
            self.services,
            self.at_ms,
            self.tap,
            speaking=self.speaking,
            hearing=self.hearing,
            danger=self.talk.hears_danger,
            recording=self.recording,
        )
        return await handing_over.run(last)

    def _speculate(self, utterance: Utterance | None) -> None:
        """The turn may be over with ``utterance``; or, with None, what was thought to be over goes on."""
        self.foresight.forget()
        self.hearing.speculate(utterance)

    def _talking(self, ms: int) -> None:
        """Somebody is in the middle of a turn, for so long by now: it may be worth hearing how it begins."""
        so_far = self.port.floor.ear.so_far() if self.follower.due(ms) else None
        if so_far is not None:
            self.follower.offer(so_far.samples, so_far.rate, self.hearing.hints)

    def _followed(self, partial: Partial) -> None:
        """Words of somebody who talks on: an emergency among those that are certain is not waited to the end for."""
        self.worth.between += 1
        self.worth.between_ms += partial.compute_ms
        alarm = self.talk.overheard(partial.stable, self.at_ms()) if partial.stable else None
        if alarm is not None:
            self.port.alarm(alarm)
        elif partial.text:
            self.ledger.hearing(check(partial.text).text, self.at_ms())

    def _guessed(self, guess: Transcript) -> None:
        """Words of a turn that may be over: what they are worth decides how long a pause is waited for."""
        if self.port.floor.mouth.speaking and not self.port.is_answer(guess.text):
            self.port.guessed(guess.text)
            return
        alarm = self.talk.overheard(guess.text, self.at_ms())
        if alarm is not None:
            self.port.alarm(alarm)
            return
        self.port.guessed(guess.text)
        if self.talk.ponder(guess.text):
            self.port.wait_no_longer()
        if guess.confidence >= self.services.settings.speech.min_confidence:
            self.foresight.begin(self.talk.turn_ahead(guess))

    def _deaf(self) -> None:
        """Nothing hears the words now: more of them is not waited for, since a person must take the call."""
        self.port.wait_no_longer()

    def _prepare(self, acts: Sequence[BotAct]) -> None:
        self.speaking.prepare(acts, self.leg.rate)

    def _foreseen(self, reply: TurnReply) -> None:
        """What the answer would be is known: one that takes the call on was given to more than half a sentence."""
        asked, asks = self.asked_slot, next((act.slot for act in reply.acts if isinstance(act, Ask)), None)
        if reply.intent == "nlu_fallback" or asks == asked:
            return
        known = {fact.name for fact in self.ledger.facts}
        answered = any(fact.name == asked for fact in reply.facts) and asked not in known
        self.port.understood(sure=reply.confidence >= _SURE, answered=answered)

    def _count_guesses(self) -> None:
        """Keep what was guessed ahead, and what of it was for nothing."""
        worth = self.worth
        if worth.heard:
            self.ledger.step("guessed_ahead", self.at_ms(), **{k: round(v) for k, v in asdict(worth).items()})

    def _piece_started(self, piece_id: str, position: int, sounds_at: int) -> None:
        self.speaking.started(piece_id, max(0, position - self._origin) * 1000 / self.leg.rate)
        if self._timer is None:
            return
        latency = self._timer.first_sound(position, sounds_at, origin=self._origin)
        if latency is not None:
            self.ledger.took(latency)

    def _piece_over(self, heard: Heard) -> None:
        self.speaking.over(heard)


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
