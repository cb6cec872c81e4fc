"""The caller's side of a call as the bot hears it and speaks to it, frame by frame.

It runs in the media loop and must be quick: it only turns what happens into events for the conversation, which
takes them one after another. All time here is samples of received audio.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicebot.audio import tones
from voicebot.audio.frames import AudioFrame
from voicebot.dialogue.acts import Ask, BotAct, Profile
from voicebot.session.keys import KeyCollector, KeyEntry
from voicebot.settings import CallSettings, TurnSettings
from voicebot.spoken.finished import Finish, SentenceEnds, how_finished
from voicebot.telephony.leg import KeyPress, LegEnded
from voicebot.turns.barge_in import is_backchannel, may_become_backchannel
from voicebot.turns.ear import NoInput, PauseBegan, SpeechDropped, SpeechResumed, TurnEnded, Utterance
from voicebot.turns.floor import BargedIn, Floor
from voicebot.turns.last_sound import LastSound
from voicebot.turns.mouth import Downstream, Heard, PieceFinished, PieceStarted, SpokenPiece


@dataclass(frozen=True, slots=True)
class Spoke:
    """The caller finished a turn at ``position``. ``over_bot`` says that the bot was still speaking then."""

    utterance: Utterance
    position: int
    over_bot: bool
    last_sound: LastSound


@dataclass(frozen=True, slots=True)
class Keyed:
    """The caller finished a key entry."""

    entry: KeyEntry
    position: int


@dataclass(frozen=True, slots=True)
class WasSilent:
    """The caller was asked and said nothing."""

    position: int


@dataclass(frozen=True, slots=True)
class Alarmed:
    """What the caller is saying is an emergency: these acts follow, without waiting for the end of their turn."""

    acts: tuple[BotAct, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """The caller's leg is over."""

    end: LegEnded


@dataclass(frozen=True, slots=True)
class LimitReached:
    """The call has lasted as long as it may."""

    position: int


CallEvent = Spoke | Keyed | Alarmed | WasSilent | Left | LimitReached


class CallerPort:
    """MediaPort of the caller's leg while the bot has the call.

    ``speculate`` is called with an utterance at the first short pause, and with None when it has become void.
    ``piece_started`` (with where it starts, and where its first sound is) and ``piece_over`` follow the play-head.
    ``talking`` hears, with every frame in which somebody is in the middle of a turn that is listened to, how long that
    is (ms).
    """

    def __init__(
        self,
        rate: int,
        turns: TurnSettings,
        calls: CallSettings,
        *,
        speculate: Callable[[Utterance | None], None],
        piece_started: Callable[[str, int, int], None],
        piece_over: Callable[[Heard], None],
        holding: NDArray[np.int16],
        ends: SentenceEnds,
        downstream: Downstream | None = None,
        talking: Callable[[int], None] = lambda ms: None,
    ) -> None:
        self.events: asyncio.Queue[CallEvent] = asyncio.Queue()
        self.floor = Floor(rate, turns, downstream=downstream)
        self.rate = rate
        self.position = 0
        self.generation = 0
        self.left: LegEnded | None = None
        self.recording = False
        """Whether a message is being taken (by another port of the leg)."""
        self._origin: int | None = None
        self._keys = KeyCollector(rate, person_key=calls.person_key)
        self._asked: Ask | None = None
        self._thinking_since: int | None = None
        self._holding_after = calls.holding_after_ms * rate // 1000
        self._limit = int(calls.max_call_s * rate)
        self._listening = True
        self._holding_on = False
        self._speculate = speculate
        self._piece_started = piece_started
        self._piece_over = piece_over
        self._holding = holding
        self._ends = ends
        self._talking = talking
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._unlocked = asyncio.Event()
        self._unlocked.set()
        self._tone = tones.looking(rate)
        self._tone_after = calls.tone_after_ms * rate // 1000
        self._tone_on = False

    # What the conversation asks of it

    def expect(self, asked: Ask | None) -> None:
        """From the end of what is being said on, wait for an answer to ``asked``."""
        self._asked = asked
        self._keys.expect(asked)
        self._thinking_since = None
        self._end_tone()
        self.floor.ear.expect(asked.profile if asked else Profile.NORMAL)

    def guessed(self, text: str) -> Finish:
        """Words of a turn that may be over, or of somebody who speaks over the bot: what do they mean for it?"""
        asked = self._asked
        slot, profile, figures = (asked.slot, asked.profile, asked.digits) if asked else ("", Profile.NORMAL, 0)
        finish = how_finished(text, slot=slot, profile=profile, figures=figures, ends=self._ends)
        self.floor.ear.sounds(finish)
        self.floor.barge_in.words(text, assent=may_become_backchannel(text) and not self.floor.mouth.asking)
        return finish

    def wait_no_longer(self) -> None:
        """More words than those before the pause are not needed: the pause is one after a whole sentence."""
        if self.floor.ear.finish in (Finish.UNKNOWN, Finish.DOUBTFUL):
            self.floor.ear.sounds(Finish.CLOSED)

    def understood(self, *, sure: bool = True, answered: bool = False) -> None:
        """The dialogue would go on from the words before the pause; ``answered``: they are what was asked for.

        If it is ``sure`` of them, or has its answer, and they sound whole as well, the pause need not last long. If it
        isn't, they are still more than the beginning of a sentence.
        """
        match self.floor.ear.finish:
            case Finish.CLOSED if sure or answered:
                self.floor.ear.sounds(Finish.SETTLED)
            case Finish.UNKNOWN if sure or answered:
                self.floor.ear.sounds(Finish.CLOSED)
            case Finish.DOUBTFUL:
                self.floor.ear.sounds(Finish.CLOSED if sure else Finish.UNKNOWN)
            case _:
                pass

    def alarm(self, acts: tuple[BotAct, ...]) -> None:
        """An emergency was heard: the turn that goes on is taken as over."""
        self.floor.ear.discard()
        self.floor.ear.disarm()
        self._emit(Alarmed(acts))

    def thinking(self, since: int) -> None:
        """An answer is being worked out, since the turn ended at ``since``."""
        self._thinking_since = since
        self.floor.ear.disarm()

    def say(self, piece: SpokenPiece) -> None:
        """Queue something to be said."""
        self._quiet.clear()
        if not piece.interruptible:
            self._unlocked.clear()
        self.floor.mouth.say(piece)
        self._end_tone()
        self._thinking_since = None

    def hush(self) -> None:
        """Stop speaking: what is not yet said will not be."""
        self.generation += 1
        for heard in self.floor.mouth.stop():
            self._piece_over(heard)
        self._quiet.set()
        self._unlocked.set()

    def hold(self, sound: NDArray[np.int16] | None) -> None:
        """Play a sound whenever nothing is said; None is silence."""
        self._thinking_since = None
        self._tone_on = False
        self._holding_on = sound is not None
        self.floor.mouth.hold(sound)

    @property
    def occupied(self) -> bool:
        """Whether sound is being played: speech, or the hold sound."""
        return self.floor.mouth.speaking or self._holding_on

    def attend(self, *, listening: bool) -> None:
        """Whether what the caller says is of interest now; keys and the end of the leg always are."""
        self._listening = listening
        if not listening:
            self.floor.ear.disarm()

    async def unlocked(self) -> None:
        """Wait until what is being said may be interrupted, or nothing is."""
        while self.locked and self.left is None:
            self._unlocked.clear()
            await self._unlocked.wait()

    @property
    def locked(self) -> bool:
        """Whether something is being said that must be heard to its end."""
        return self.floor.mouth.speaking and not self.floor.mouth.interruptible

    async def quiet(self) -> None:
        """Wait until everything queued has been said, or was stopped."""
        await self._quiet.wait()

    # MediaPort

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """Take 20 ms heard, give 20 ms to be said."""
        if self._origin is None:
            self._origin = heard.position
        self.position = heard.position + len(heard.samples)
        events, frame = self.floor.step(heard)
        for event in events:
            match event:
                case PauseBegan(utterance=utterance) if self._listening:
                    self._speculate(utterance)
                case SpeechResumed() | SpeechDropped():
                    self._speculate(None)
                case TurnEnded(utterance=utterance, last_sound=sound) if self._listening:
                    self._emit(Spoke(utterance, self.position, self.floor.mouth.speaking, sound))
                case NoInput():
                    self._emit(WasSilent(self.position))
                case BargedIn(heard=pieces):
                    self.generation += 1
                    for piece in pieces:
                        self._piece_over(piece)
                case PieceStarted(position=position, id=piece_id, sounds_at=sounds_at):
                    self._piece_started(piece_id, self._origin + position, self._origin + sounds_at)
                case PieceFinished(heard=piece):
                    self._piece_over(piece)
                case _:
                    pass
        if self.floor.barge_in.wants_words and self._listening:
            self._speculate(self.floor.ear.so_far())
        if self._listening and not self.floor.mouth.speaking and (ms := self.floor.ear.talking_ms):
            self._talking(ms)
        self._after_frame()
        return frame

    def key(self, press: KeyPress) -> None:
        """A key was pressed: the bot falls silent at once.

        Advice that must be heard goes on, unless the key is the one for a person or answers what was asked; on the way
        to a person nothing ends it.
        """
        if not self.locked or (self._listening and self._keys.means_something(press.key)):
            self.hush()
        entry = self._keys.press(press.key, self.position)
        self.floor.ear.disarm()
        if entry is not None:
            self._emit(Keyed(entry, self.position))

    def ended(self, end: LegEnded) -> None:
        """The caller's leg is over."""
        self.left = end
        self._quiet.set()
        self._unlocked.set()
        self._emit(Left(end))

    def _emit(self, event: CallEvent) -> None:
        self.events.put_nowait(event)

    def _after_frame(self) -> None:
        if not self.floor.mouth.speaking:
            self._quiet.set()
        if not self.locked:
            self._unlocked.set()
        entry = self._keys.tick(self.position)
        if entry is not None:
            self._emit(Keyed(entry, self.position))
        self._fill_silence()
        if self._limit and self.position - (self._origin or 0) >= self._limit:
            self._limit = 0
            self._emit(LimitReached(self.position))

    def _fill_silence(self) -> None:
        """While an answer is worked out: first a soft tone, then words."""
        since = self._thinking_since
        if since is None or self.floor.mouth.speaking:
            return
        if self.position - since >= self._holding_after:
            self.say(SpokenPiece(f"holding-{self.position}", "", self._holding, interruptible=False))
            self._hold_tone()
        elif self.position - since >= self._tone_after and not self._tone_on:
            self._hold_tone()

    def _hold_tone(self) -> None:
        if not self._holding_on:
            self._tone_on = True
            self.floor.mouth.hold(self._tone)

    def _end_tone(self) -> None:
        if self._tone_on:
            self._tone_on = False
            self.floor.mouth.hold(None)

    def is_answer(self, text: str) -> bool:
        """Whether words spoken over the bot are meant for it: not an "mhm" while it explains."""
        return bool(text) and (self.floor.mouth.asking or not is_backchannel(text))
