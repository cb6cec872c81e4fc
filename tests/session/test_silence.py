"""No silence: what the caller hears while parts of ours take their time, or never answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.turns.espeak_voice import quiet, speech
from voicebot.audio.frames import LEG_RATES, AudioFrame
from voicebot.audio.levels import VOICED_DBFS, dbfs
from voicebot.dialogue.acts import Ask, Prediction, Profile, Say, Turn, TurnReply
from voicebot.dialogue.client import Parsed
from voicebot.handoff.transfer import Transfer
from voicebot.safety.detector import SafetyNet
from voicebot.safety.rules import RULES_FILE, load_rules
from voicebot.session.call import Call
from voicebot.session.ledger import CallSummary, TurnEntry
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.phrases import Phrase
from voicebot.session.prompts import Prompts
from voicebot.session.services import CallServices
from voicebot.settings import DialogueSettings, HandoffSettings, Settings, SpeechSettings
from voicebot.speech.client import SpeechClient
from voicebot.spoken.finished import SentenceEnds
from voicebot.stt.transcript import Hints, Transcript
from voicebot.telephony.leg import CallLeg, KeyPress, LegEnded
from voicebot.telephony.memory import MemoryExchange, MemoryLine
from voicebot.tts.engine import open_voice
from voicebot.tts.spoken import SpokenAudio, SpokenText

BOT = "sip:council@memory"
PROJECT = Path(__file__).parents[2] / "dialogues"
NEVER = 1e6
GREETING = "Hello, this is the council. How can I help?"
ANSWER = "You can pay online or at a post office."


@dataclass
class Work:
    """A part that works for a time of the call's audio. ``takes_ms`` may change; NEVER never answers."""

    clock: MemoryExchange
    takes_ms: float = 0.0
    asked: int = 0

    async def done(self) -> None:
        self.asked += 1
        until = self.clock.position + self.takes_ms * self.clock.rate / 1000
        while self.clock.position < until:
            await asyncio.sleep(0)


@dataclass
class Recogniser(Work):
    text: str = "how do i pay my council tax"

    async def transcribe(
        self,
        samples: NDArray[np.int16],
        rate: int,
        *,
        hints: Hints | None = None,
        call_id: str = "",
        speculative: bool = False,
    ) -> Transcript:
        await self.done()
        return Transcript(self.text, 0.95)


@dataclass
class Voice(Work):
    async def speak(self, spoken: SpokenText, rate: int) -> SpokenAudio:
        await self.done()
        return SpokenAudio(speech(spoken.text, rate, "en+f2"), rate, "test")


@dataclass
class Mind(Work):
    """Greets, then answers. It foresees if ``foresees``; ``turns`` are those that really came."""

    foresees: bool = False
    turns: list[Turn] = field(default_factory=list)
    greeting: Say | Ask = field(default_factory=lambda: Ask(slot="need", text=GREETING, profile=Profile.NORMAL))

    async def turn(self, turn: Turn) -> TurnReply:
        if turn.event == "start":
            return TurnReply(acts=(self.greeting,))
        if not turn.ahead:
            await self.done()
        self.turns.append(turn)
        return self._answer()

    async def parse(self, text: str) -> Parsed:
        return Parsed(intent="council_tax_pay", confidence=0.9, service="council_tax")

    async def predict(self, turn: Turn) -> Prediction | None:
        await self.done()
        return Prediction(token=turn.text, reply=self._answer()) if self.foresees else None

    def _answer(self) -> TurnReply:
        acts = (Say(text=ANSWER), Ask(slot="anything_else", text="Anything else?"))
        return TurnReply(acts=acts, intent="council_tax_pay", confidence=0.9, service="council_tax", need="answer")


class Caller:
    """Says something once, some time after it is told to; keeps what it hears."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.heard: list[NDArray[np.int16]] = []
        self.end: LegEnded | None = None
        self.said_until: int | None = None
        self.position = 0
        self._saying = np.zeros(0, np.int16)

    def say(self, samples: NDArray[np.int16]) -> None:
        self._saying = samples
        self.said_until = self.position + len(samples)

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        self.position = heard.position + len(heard.samples)
        self.heard.append(heard.samples)
        said, self._saying = self._saying[: len(heard.samples)], self._saying[len(heard.samples) :]
        return said if len(said) == len(heard.samples) else None

    def key(self, press: KeyPress) -> None:
        """The bot presses none."""

    def ended(self, end: LegEnded) -> None:
        self.end = end

    def since(self, position: int) -> NDArray[np.int16]:
        """What was heard from a position on."""
        return np.concatenate(self.heard)[position:]


@dataclass
class Scene:
    """A call in memory, whose clock stands still for nobody: parts work in the call's own time."""

    exchange: MemoryExchange
    services: CallServices
    recogniser: Recogniser
    voice: Voice
    mind: Mind

    async def ring(self, greeting: Say | Ask | None = None) -> None:
        """Begin the call; the bot says ``greeting`` first."""
        if greeting is not None:
            self.mind.greeting = greeting
        bot, phone = MemoryLine(self.exchange, BOT), MemoryLine(self.exchange, "sip:caller@memory")
        self.summaries: list[CallSummary] = []

        async def take(leg: CallLeg) -> None:
            self.call = Call(leg, self.services)
            self.summaries.append(await self.call.run())

        await bot.start(take)
        self.leg: CallLeg = await phone.dial(BOT)
        self.caller = Caller(self.leg.rate)
        self.leg.attach(self.caller)

    async def run(self, until: Callable[[], bool], limit_s: float = 60) -> None:
        await self.exchange.run(until, limit_s=limit_s, settle=_settle)

    async def greeted(self) -> None:
        """Begin the call and hear the greeting out."""
        await self.ring()
        await self.run(lambda: self.call.listening and self.caller.position > self.caller.rate)

    async def speaks(self, text: str = "how do i pay my council tax") -> int:
        """The caller says something; gives where they ended."""
        self.caller.say(speech(text))
        assert self.caller.said_until is not None
        end = self.caller.said_until
        await self.run(lambda: self.caller.position > end + self.caller.rate // 10)
        return end

    def said(self) -> list[str]:
        return [turn.text for turn in self.call.ledger.turns if turn.who == "bot"]


async def _settle() -> None:
    for _ in range(12):
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Kit:
    """What all scenes share."""

    prompts: Prompts
    safety: SafetyNet
    ends: SentenceEnds


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    async def load() -> Prompts:
        client = SpeechClient(tmp_path_factory.mktemp("none") / "none.sock", timeout_s=0.1)
        prompts = await Prompts.load(client, max(LEG_RATES), None, last_resort=open_voice("espeak"))
        await client.close()
        return prompts

    return Kit(asyncio.run(load()), SafetyNet(load_rules(PROJECT / RULES_FILE)), SentenceEnds.load(PROJECT))


@pytest.fixture
async def scene(tmp_path: Path, kit: Kit) -> AsyncIterator[Scene]:
    handoff = HandoffSettings(queues={"default": ()})
    dialogue = DialogueSettings(project=PROJECT, timeout_s=0.4)
    hearing = SpeechSettings(timeout_s=0.4, partials_ms=0)
    settings = Settings(data=tmp_path, handoff=handoff, dialogue=dialogue, speech=hearing)
    exchange = MemoryExchange(8000)
    recogniser, voice, mind = Recogniser(exchange), Voice(exchange), Mind(exchange)
    client = SpeechClient(tmp_path / "none.sock", timeout_s=0.1)
    people = Transfer(MemoryLine(exchange, BOT), client, handoff, np.zeros(0, np.int16))
    services = CallServices(settings, recogniser, voice, mind, kit.safety, kit.prompts, people, NothingKept())
    services = replace(services, ends=kit.ends)
    yield Scene(exchange, services, recogniser, voice, mind)
    await exchange.close()
    await client.close()


def loud_from(samples: NDArray[np.int16], threshold_dbfs: float = VOICED_DBFS) -> float | None:
    """When a sound begins, in ms."""
    for at in range(0, len(samples) - 160, 160):
        if dbfs(samples[at : at + 160]) > threshold_dbfs:
            return at / 8
    return None


async def test_a_foreseen_answer_begins_as_the_turn_ends(scene: Scene) -> None:
    scene.mind.foresees = True
    scene.recogniser.takes_ms = scene.mind.takes_ms = scene.voice.takes_ms = 60
    await scene.greeted()
    end = await scene.speaks()
    await scene.run(lambda: ANSWER in scene.said() and scene.caller.position > end + 8000)
    latency = scene.call.ledger.latencies[-1]
    assert [turn.ahead for turn in scene.mind.turns] == ["how do i pay my council tax"]
    assert latency.total - latency.end_of_turn <= 60
    assert scene.call.worth.heard_used == scene.call.worth.foreseen_used == 1


async def test_going_on_voids_what_was_foreseen(scene: Scene) -> None:
    scene.mind.foresees = True
    await scene.greeted()
    first, second = speech("how do i pay my"), speech("council tax")
    scene.recogniser.text = "how do i pay my"
    scene.caller.say(np.concatenate([first, quiet(700), second]))
    await scene.run(lambda: scene.recogniser.asked == 1)
    scene.recogniser.text = "how do i pay my council tax"
    await scene.run(lambda: bool(scene.mind.turns))
    assert [turn.text for turn in scene.mind.turns] == ["how do i pay my council tax"]
    assert scene.call.worth.heard >= 2
    assert scene.call.worth.heard_used == 1


async def test_a_soft_tone_then_words_while_the_answer_takes_long(scene: Scene) -> None:
    scene.mind.takes_ms = 2500
    await scene.greeted()
    end = await scene.speaks()
    await scene.run(lambda: ANSWER in scene.said() and scene.call.listening)
    after = scene.caller.since(end)
    soft = loud_from(after, -60.0)
    words = loud_from(after)
    turn_ended = scene.call.ledger.latencies[-1].end_of_turn
    assert soft is not None
    assert 600 <= soft - turn_ended <= 800
    assert words is not None
    assert 1400 <= words - turn_ended <= 1700, "one moment please"


@pytest.mark.parametrize("part", ["recogniser", "mind", "voice"])
async def test_a_part_that_never_answers_is_given_up_and_a_person_follows(scene: Scene, part: str) -> None:
    await scene.greeted()
    getattr(scene, part).takes_ms = NEVER
    await scene.speaks()
    async with asyncio.timeout(20):
        await scene.run(lambda: str(Phrase.BROKEN) in scene.said(), limit_s=3600)


async def test_what_must_be_heard_is_heard_and_the_answer_to_it_follows(scene: Scene) -> None:
    advice = "Leave the house now and do not use any switches. Open the windows on your way out if you can."
    await scene.ring(Say(text=advice, interruptible=False))
    await scene.run(lambda: scene.caller.position > 1500 * 8)
    await scene.speaks("how do i pay my council tax")
    await scene.leg.send_keys("5")
    await scene.run(lambda: ANSWER in scene.said() and scene.call.listening)
    (heard,) = [turn for turn in scene.call.ledger.turns if turn.text == advice]
    assert heard.heard == advice


async def test_the_key_for_a_person_ends_even_that(scene: Scene) -> None:
    advice = "Leave the house now and do not use any switches. Open the windows on your way out if you can."
    await scene.ring(Say(text=advice, interruptible=False))
    await scene.run(lambda: scene.caller.position > 1500 * 8)
    await scene.leg.send_keys("0")
    await scene.run(lambda: str(Phrase.TRANSFERRING) in scene.said())
    assert scene.call.ledger.turns[0].heard != advice


async def test_the_dialogue_learns_which_words_were_heard(scene: Scene) -> None:
    await scene.ring(Say(text="You can pay by direct debit, or online, or at any post office in the county."))
    await scene.run(lambda: scene.caller.position > 1200 * 8)
    await scene.speaks("wait how do i pay my council tax")
    await scene.run(lambda: bool(scene.mind.turns))
    heard = scene.mind.turns[0].heard
    assert heard is not None
    assert heard.startswith("You can pay")
    assert not heard.endswith("county.")


class Watching(NothingKept):
    """Keeps what is shown of turns that go on."""

    def __init__(self) -> None:
        self.shown: list[tuple[int, str]] = []

    def hearing(self, call_id: str, turn: TurnEntry) -> None:
        self.shown.append((turn.index, turn.text))


def with_partials(scene: Scene) -> Watching:
    """Let callers who talk on be heard in between; gives who watches."""
    settings = scene.services.settings
    speech_settings = settings.speech.model_copy(update={"partials_ms": 800})
    watching = Watching()
    settings = settings.model_copy(update={"speech": speech_settings})
    scene.services = replace(scene.services, settings=settings, sink=watching)
    return watching


async def test_who_talks_on_without_a_pause_is_heard_of_an_emergency(scene: Scene) -> None:
    watching = with_partials(scene)
    await scene.greeted()
    scene.recogniser.text = "there is a strong smell of gas in my kitchen and"
    scene.caller.say(speech("there is a strong smell of gas in my kitchen and i do not know where it is coming from"))
    until = scene.caller.said_until
    assert until is not None
    await scene.run(lambda: scene.call.ledger.emergency is not None, limit_s=30)
    assert scene.caller.position < until
    assert watching.shown == [(1, scene.recogniser.text)], "what was read once is shown, what was read twice counts"


async def test_what_a_caller_says_is_shown_while_they_say_it_and_is_no_turn(scene: Scene) -> None:
    watching = with_partials(scene)
    await scene.greeted()
    scene.caller.say(speech("i would like to know how i can pay my council tax this year"))
    await scene.run(lambda: bool(scene.mind.turns), limit_s=30)
    assert watching.shown
    assert {index for index, _ in watching.shown} == {1}
    assert [turn.text for turn in scene.call.ledger.turns if turn.who == "caller"] == ["how do i pay my council tax"]


async def test_an_emergency_is_acted_on_before_the_turn_is_over(scene: Scene) -> None:
    await scene.greeted()
    scene.recogniser.text = "there is a strong smell of gas in my kitchen and"
    await scene.speaks("there is a strong smell of gas in my kitchen and")
    await scene.run(lambda: scene.call.ledger.emergency is not None, limit_s=2)
    assert scene.call.ledger.turns[-2].who == "caller"
    assert not scene.mind.turns
