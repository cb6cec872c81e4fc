"""The conversation in words: what the caller meant goes in, what the call must do comes out.

It knows nothing of audio, so a typed conversation, a rehearsal and a phone call are the same conversation. The
order on every turn is fixed: life and limb, card numbers, control phrases, the dialogue, a person when asked for.
"""

from voicebot.dialogue.acts import (
    Ask,
    BotAct,
    Emergency,
    Profile,
    Say,
    Turn,
    TurnEvent,
)
from voicebot.dialogue.welsh import WelshContent
from voicebot.facts.model import CouncilFacts
from voicebot.facts.reader import FactsReader
from voicebot.outbox.state import BackOffices
from voicebot.records.earlier import CARRIED_ON
from voicebot.safety.card import check
from voicebot.safety.guard import Alarm, AskFirst, Clear, SafetyGuard, Verdict
from voicebot.session import ways_out
from voicebot.session.bulletin import RING_BACK_SLOT, Bulletin
from voicebot.session.carry_on import CARRY_ON_SLOT, CarryOn, Earlier
from voicebot.session.circles import Circles
from voicebot.session.deeds import Deeds
from voicebot.session.duty import in_order
from voicebot.session.keys import KeyEntry, KeyMeaning
from voicebot.session.ladder import Ladder
from voicebot.session.ledger import Ledger
from voicebot.session.manner import Manner, is_about_manner
from voicebot.session.mind import Ahead, Mind
from voicebot.session.phrases import Phrase
from voicebot.session.precautions import SAFETY_SLOT, Precautions
from voicebot.session.question import apart, with_time
from voicebot.session.replies import Replies
from voicebot.session.text_offer import TEXT_SLOTS, TextOffer
from voicebot.session.welsh import (
    CODE,
    LANGUAGE,
    WELSH_KEY,
    WELSH_SLOT,
    WelshCall,
    wishes_english,
    wishes_welsh,
)
from voicebot.settings import CallSettings
from voicebot.spoken.control import wants_person, yes_no
from voicebot.spoken.normalise import normalise
from voicebot.spoken.pause import asks_to_wait
from voicebot.spoken.relay import relayed
from voicebot.stt.transcript import Transcript


class Talk:
    """One call's conversation. Every method gives the acts that the call must carry out, in order.

    Acts given are only ``say``, ``ask``, ``wait``, ``transfer``, ``message`` and ``hangup``: the others have been
    carried out or resolved into these.
    """

    def __init__(
        self,
        ledger: Ledger,
        mind: Mind,
        guard: SafetyGuard,
        settings: CallSettings,
        *,
        channel: str = "voice",
        holding: FactsReader | None = None,
        offices: BackOffices | None = None,
        sends: bool = False,
        texts: bool = False,
        earlier: Earlier | None = None,
        welsh: WelshContent | None = None,
    ) -> None:
        self.ledger = ledger
        self.manner = Manner()
        self.asked: Ask | None = None
        self.ahead: Ahead | None = None
        self._precautions = Precautions(guard, settings.max_no_match)
        self._settings = settings
        self._ladder = Ladder(settings)
        self._bulletin = Bulletin(holding or FactsReader(CouncilFacts()), ledger)
        self._texts = TextOffer(ledger, possible=texts)
        self._deeds = Deeds(ledger, self._bulletin, self._texts, offices or BackOffices(), self._script, sends=sends)
        self._carry_on = CarryOn(earlier)
        self._welsh = WelshCall(welsh)
        self._replies = Replies(
            ledger,
            mind,
            channel,
            bulletin=self._bulletin,
            deeds=self._deeds,
            texts=self._texts,
            circles=Circles(self._ladder),
            welsh=self._welsh,
        )
        self._last_spoken: tuple[BotAct, ...] = ()

    @property
    def queue(self) -> str:
        """Who takes the call if a person must take it now."""
        return self._replies.queue

    async def start(self) -> tuple[BotAct, ...]:
        """The call was answered: greet."""
        acts = await self._ask_mind(self._replies.turn(TurnEvent.START, None), 0.0)
        acts = await self._carry_on.offered(self._bulletin.greeted(acts), self.ledger.call.caller)
        if self._welsh.possible and self._settings.offer_welsh and isinstance(acts[-1], Ask):
            greeting, question = apart(acts[-1])
            acts = (*acts[:-1], *greeting, self._welsh.offer(), question)
        return self._spoken(acts)

    def bypassed(self) -> tuple[BotAct, ...]:
        """A supervisor sends every call straight to people: in fixed words, with nothing asked of the dialogue."""
        return self._spoken(ways_out.bypassed(self.queue))

    async def said(self, transcript: Transcript, at_ms: float) -> tuple[BotAct, ...]:
        """The caller said something that was understood as words."""
        asked = self.asked
        slot = asked.slot if asked else ""
        profile = asked.profile if asked else Profile.NORMAL
        checked = self._precautions.card_in(transcript.text, profile)
        text = normalise(checked.text, slot=slot, profile=profile)
        self.ledger.said_by_caller(text, at_ms, confidence=transcript.confidence, asked=slot or None)
        verdict = await self._precautions.pondered(checked.text)
        if not isinstance(verdict, Clear):
            return self._safety(verdict, at_ms)
        if checked.found:
            self.ledger.step("card_number_refused", at_ms)
            return self._refuse_card()
        if slot == SAFETY_SLOT:
            # the safety question was denied: what was said before it is taken up again
            self.asked = self._precautions.denied()
            text = normalise(verdict.text, slot=self.asked.slot if self.asked else "")
        if slot == WELSH_SLOT:
            return await self._in_welsh(text, at_ms, transcript.confidence)
        if self._welsh.spoken and wishes_english(checked.text):
            self._welsh.spoken = False
            return await self._said_again(at_ms)
        if is_about_manner(text):
            return self._in_other_manner(text)
        if self.asked is not None and self._needs_a_moment(text):
            return with_time(self.asked)
        if self._welsh.possible and wishes_welsh(checked.text):
            return self._begin_welsh()
        answered = await self._answered_us(slot, text, at_ms)
        if answered is not None:
            return answered
        if slot in ("", "need") and (message := relayed(text)):
            self.ledger.wished("Speaks through a relay assistant")
            text = message
        turn = self._replies.said(text, verdict.text, self.asked, transcript)
        if self.ahead is not None:
            turn = await self.ahead.settled(turn)
        return await self._ask_mind(turn, at_ms, person=wants_person(text))

    def turn_ahead(self, transcript: Transcript) -> Turn | None:
        """The turn that these words would be if they were all; None where more than the dialogue has a say in them."""
        asked = self.asked
        slot, profile = (asked.slot, asked.profile) if asked else ("", Profile.NORMAL)
        if (
            not transcript.text.strip()
            or slot in (SAFETY_SLOT, RING_BACK_SLOT, CARRY_ON_SLOT, WELSH_SLOT, *TEXT_SLOTS)
            or not self._precautions.unconcerned(transcript.text)
        ):
            return None
        text = normalise(transcript.text, slot=slot, profile=profile)
        if is_about_manner(text) or self._needs_a_moment(text):
            return None
        return self._replies.said(text, transcript.text, asked, transcript)

    def ponder(self, text: str) -> bool:
        """Begin to weigh what words of a turn that may be over mean to safety, so that it is known when it is.

        Tells whether they look like danger: then nobody is kept waiting for more.
        """
        self._precautions.ponder(text)
        return self._precautions.alarming(text)

    def overheard(self, words: str, at_ms: float) -> tuple[BotAct, ...] | None:
        """Words of a turn that may go on: gives acts if a safety rule certainly holds, which waits for nothing."""
        alarm = self._precautions.certain(words)
        if alarm is None:
            return None
        self.ledger.said_by_caller(check(words).text, at_ms, asked=self.asked.slot if self.asked else None)
        return self._safety(alarm, at_ms)

    async def keyed(self, entry: KeyEntry, at_ms: float) -> tuple[BotAct, ...]:
        """The caller pressed keys."""
        if entry.keys:
            self.ledger.said_by_caller(f"[{entry.keys}]", at_ms, asked=self.asked.slot if self.asked else None)
        free = self.asked is not None and not self.asked.keypad and not self.asked.digits
        if self._welsh.possible and entry.keys == WELSH_KEY and free:
            return self._begin_welsh()
        match entry.meaning:
            case KeyMeaning.PERSON if self._welsh.spoken:
                return self._spoken(self._welsh.person(self.queue))
            case KeyMeaning.PERSON:
                return self._spoken(ways_out.asked_for(self.queue, "The caller pressed 0 for a person."))
            case KeyMeaning.REPEAT:
                return self._last_spoken
            case KeyMeaning.NOTHING:
                return self._question()
        verdict = self._precautions.keyed(entry.keys)
        if isinstance(verdict, Clear):
            self.asked = self._precautions.denied()
            text = normalise(verdict.text, slot=self.asked.slot if self.asked else "")
            return await self._ask_mind(self._saying(text, verdict.text), at_ms)
        if verdict is not None:
            return self._safety(verdict, at_ms)
        if self._precautions.card_keyed(entry.keys):
            self.ledger.step("card_number_refused", at_ms)
            return self._refuse_card()
        if self.asked is not None and self.asked.slot == WELSH_SLOT:
            return await self._in_welsh(entry.text, at_ms)
        answered = await self._answered_us(self.asked.slot if self.asked else "", entry.text, at_ms)
        if answered is not None:
            return answered
        text = entry.text
        turn = self._replies.turn(TurnEvent.KEYED, self.asked, text=text, raw=text, keys=entry.keys)
        return await self._ask_mind(turn, at_ms)

    def silence(self, at_ms: float) -> tuple[BotAct, ...]:
        """The caller was asked and said nothing."""
        self.ledger.step("no_input", at_ms)
        alarm = self._precautions.unanswered()
        if alarm is not None:
            return self._safety(alarm, at_ms)
        if self._asked_in_welsh:
            return self._spoken(self._welsh.not_understood(self.queue, self.asked))
        if self._about_a_text:
            return self._spoken(self._texts.unclear(at_ms))
        return self._spoken(self._ladder.no_input(self.asked, self.queue))

    def not_understood(self, at_ms: float) -> tuple[BotAct, ...]:
        """The caller spoke, and it could not be made into words."""
        self.ledger.step("no_match", at_ms)
        if self._asked_in_welsh:
            return self._spoken(self._welsh.not_understood(self.queue, self.asked))
        if self._about_a_text:
            return self._spoken(self._texts.unclear(at_ms))
        return self._spoken(self._ladder.no_match(self.asked, self.queue))

    @property
    def _asked_in_welsh(self) -> bool:
        """Whether the question is in Welsh: the menu, or one of the dialogue's."""
        return self.asked is not None and self.asked.language == CODE

    def _begin_welsh(self) -> tuple[BotAct, ...]:
        self.ledger.speaks(LANGUAGE)
        return self._spoken(self._welsh.begin(self.asked))

    async def _in_welsh(self, text: str, at_ms: float, heard: float = 1.0) -> tuple[BotAct, ...]:
        """The answer to the Welsh menu: a key, words that lead on, or words of somebody who goes back to English."""
        if wants_person(text):
            return self._spoken(self._welsh.person(self.queue))
        if "english" in text.lower():
            text = "5"
        key = text.strip()
        words = self._welsh.means(key) or (
            text if not key.isdigit() and await self._replies.surely_knows(text, heard) else ""
        )
        if words:
            self._welsh.put_aside()
            self.asked = None
            return await self._ask_mind(self._saying(words, text), at_ms)
        acts = self._welsh.chosen(key, self.queue)
        if acts is not None:
            return self._spoken(acts)
        question = self._welsh.put_aside()
        if question is not None and question.language:
            return await self._said_again(at_ms)
        return self._spoken((question or Ask(slot="need", text=str(Phrase.YOUR_OPTIONS)),))

    async def _said_again(self, at_ms: float) -> tuple[BotAct, ...]:
        """What the dialogue said last, in the language that the caller speaks now."""
        # Not the same question once more, as for somebody who was not understood.
        self.asked = None
        return await self._ask_mind(self._saying("say that again"), at_ms)

    def broken(self, part: str, at_ms: float) -> tuple[BotAct, ...]:
        """A part of ours failed: the caller goes to a person."""
        return self._spoken(self._replies.broken(part, at_ms))

    def too_long(self, at_ms: float) -> tuple[BotAct, ...]:
        """The call has reached its limit."""
        self.ledger.step("call_limit", at_ms)
        return self._spoken(ways_out.too_long(self.queue))

    def hears_danger(self, words: str, at_ms: float) -> tuple[BotAct, ...] | None:
        """Check words that are too uncertain to act on otherwise; gives acts if a rule holds or must be asked."""
        verdict = self._precautions.uncertain(words)
        return None if isinstance(verdict, Clear) else self._safety(verdict, at_ms)

    def _safety(self, verdict: Verdict, at_ms: float) -> tuple[BotAct, ...]:
        """Speak the alarm's script, or ask the rule's one question."""
        if isinstance(verdict, Alarm):
            self.ledger.step("emergency", at_ms, rule=verdict.rule, queue=verdict.queue, asked=verdict.asked_first)
            alarm = Emergency(rule=verdict.rule, script=verdict.script, queue=verdict.queue)
            return self._spoken(self._deeds.done((alarm,)))
        if not isinstance(verdict, AskFirst):
            return ()
        self.ledger.step("safety_question", at_ms, rule=verdict.rule)
        return self._spoken((self._precautions.question(verdict, self.asked),))

    def _refuse_card(self) -> tuple[BotAct, ...]:
        if self._precautions.refused_too_often():
            return self._spoken(self._ladder.give_up(self.queue))
        return self._spoken((Say(text=str(Phrase.CARD_NUMBER)), *self._question()))

    def _in_other_manner(self, text: str) -> tuple[BotAct, ...]:
        wish = self.manner.obey(text)
        if wish:
            self.ledger.wished(wish)
        return self._last_spoken

    def _needs_a_moment(self, text: str) -> bool:
        """Whether the caller only asks us to wait; in Welsh the dialogue says what is to be said."""
        return self.asked is not None and not self.asked.language and asks_to_wait(text)

    async def _answered_us(self, slot: str, text: str, at_ms: float) -> tuple[BotAct, ...] | None:
        """The answer to a question that the dialogue knows nothing of; None when it is about something else."""
        if slot == CARRY_ON_SLOT:
            return await self._carried_on(text, at_ms)
        if wants_person(text):
            return None
        if slot == RING_BACK_SLOT:
            return self._ring_back(text, at_ms)
        return self._about_text(text, at_ms) if slot in TEXT_SLOTS else None

    def _ring_back(self, text: str, at_ms: float) -> tuple[BotAct, ...]:
        """The answer to whether the people of a closed queue should ring back."""
        wanted = yes_no(text)
        if wanted is None:
            return self.not_understood(at_ms)
        return self._spoken(self._deeds.done(self._bulletin.ring_back(wanted)))

    async def _carried_on(self, text: str, at_ms: float) -> tuple[BotAct, ...] | None:
        """The answer to the offer to go on with an earlier call; None when it is about something else."""
        wanted = yes_no(text)
        if wanted:
            self._replies.conversation = self._carry_on.conversation
            self.ledger.step(CARRIED_ON, at_ms, conversation=self._replies.conversation)
            # All that was known is in that conversation: what was asked last is asked again.
            return await self._ask_mind(self._saying("say that again", text), at_ms)
        self.asked = self._carry_on.instead
        if self.asked is not None and self._carry_on.only_declined(text, wanted):
            return self._spoken((self.asked,))
        return None

    @property
    def _about_a_text(self) -> bool:
        """Whether the question is about the text that was offered."""
        return self.asked is not None and self.asked.slot in TEXT_SLOTS

    def _about_text(self, text: str, at_ms: float) -> tuple[BotAct, ...] | None:
        """The answer to the offer of a text; None when it is about something else."""
        acts = self._texts.answered(text, at_ms)
        if acts is None:
            self.asked = self._texts.instead
            return None
        return self._spoken(acts)

    def _saying(self, text: str, raw: str = "") -> Turn:
        return self._replies.turn(TurnEvent.SAID, self.asked, text=text, raw=raw)

    async def _ask_mind(self, turn: Turn, at_ms: float, *, person: bool = False) -> tuple[BotAct, ...]:
        return self._spoken(await self._replies.to(turn, self.asked, at_ms, person=person))

    def _script(self, act: Emergency) -> Say:
        if self.ledger.language is not None:
            return self._welsh.script(act.rule, act.script)
        return Say(text=act.script, interruptible=False)

    def _question(self) -> tuple[BotAct, ...]:
        return (self.asked,) if self.asked is not None else (Say(text=str(Phrase.YOUR_OPTIONS)),)

    def _spoken(self, acts: tuple[BotAct, ...]) -> tuple[BotAct, ...]:
        """Remember what is asked and what ``repeat`` repeats; no transfer goes to a queue that is closed."""
        acts = self._bulletin.within_hours(tuple(in_order(act, self.ledger.priority) for act in acts))
        self.asked = next((act for act in reversed(acts) if isinstance(act, Ask)), None)
        self._last_spoken = acts
        return acts
