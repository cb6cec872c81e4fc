"""The Welsh part of a call: by keys, since the recogniser knows no Welsh, and with a person within reach of one key.

A key, or English words that are surely understood, may lead on into the dialogue, which says in Welsh what is written
in Welsh; its open questions lead back to the menu. Emergencies are found in what is said in English as ever; their
scripts are then spoken in Welsh.
"""

import re

from voicebot.dialogue.acts import Ask, BotAct, Fact, FactSource, Say, Transfer
from voicebot.dialogue.client import Parsed
from voicebot.dialogue.welsh import WelshAnswer, WelshContent
from voicebot.session.ladder import reworded

WELSH_SLOT = "welsh"
"""The slot of the menu."""

WELSH_KEY = "9"
CODE = "cy"
"""The language, by its tag of BCP 47."""

LANGUAGE = Fact(name="language", value="Welsh", source=FactSource.SAID, label="Language", confirmed=True)

_EMERGENCY, _ENGLISH = "4", "5"
_MOST_MISSES = 2
_OPEN_QUESTIONS = ("need", "anything_else")
_HEARD, _SURE = 0.7, 0.6
"""How well words at the menu must be heard, and be known for what they are: Welsh that is taken for English is heard
badly, and may be known for anything."""

_WANTS = "Wants to speak Welsh."
_WISH = re.compile(
    r"\b(?:cymraeg|gymraeg)\b"
    r"|^(?:\w+ ){0,2}welsh(?: please| speaker| language| line| service)*$"
    r"|\b(?:speak|talk|in|for) welsh\b"
)


_BACK = re.compile(r"^(?:\w+ ){0,4}english(?: please| now| again)*$")


def wishes_welsh(text: str) -> bool:
    """Whether these words ask for Welsh."""
    return _WISH.search(text.lower()) is not None


def wishes_english(text: str) -> bool:
    """Whether these words, in a call that goes on in Welsh, ask for English."""
    return _BACK.match(text.lower().strip(" .!")) is not None


def surely(parsed: Parsed, heard: float) -> bool:
    """Whether words at the menu are English, and certain enough to be acted on; ``heard`` is the recogniser's trust."""
    return heard >= _HEARD and parsed.service != "none" and parsed.confidence >= _SURE


class WelshCall:
    """One call's Welsh. ``spoken`` says that it goes on in Welsh at this moment; without ``content`` it never does."""

    def __init__(self, content: WelshContent | None) -> None:
        self.spoken = False
        self._written = content
        self._before: Ask | None = None
        self._misses = 0

    @property
    def possible(self) -> bool:
        """Whether there is anything in Welsh."""
        return self._written is not None

    @property
    def _content(self) -> WelshContent:
        if self._written is None:
            raise LookupError("nothing is written in Welsh")
        return self._written

    def begin(self, asked: Ask | None) -> tuple[BotAct, ...]:
        """The caller chose Welsh, where ``asked`` was the question: it is put aside."""
        self.spoken = True
        self._before = self._before or asked
        return (self._menu(self._content.menu),)

    def put_aside(self) -> Ask | None:
        """The question that was put aside for the menu, which is over."""
        before, self._before = self._before, None
        return before

    def offer(self) -> Say:
        """That there is Welsh."""
        return self._say(self._content.offer)

    def chosen(self, key: str, queue: str) -> tuple[BotAct, ...] | None:
        """What a key of the menu gives; None to go back to English. ``queue`` takes whoever wants a person."""
        self._misses = 0
        if key == _ENGLISH:
            self.spoken = False
            return None
        if key == _EMERGENCY:
            return self._to_person(self._content.emergency, "An emergency, chosen by key in Welsh.", "urgent")
        answer = self._content.answers.get(key)
        if answer is None:
            return self.not_understood(queue)
        if answer.queue:
            return self._to_person(answer, "About waste, in Welsh.")
        return self._say(answer.text), self._menu(self._content.menu_again)

    def means(self, key: str) -> str:
        """The English words that a key of the menu stands for; empty when it stands for none."""
        answer = self._content.answers.get(key)
        return answer.means if answer is not None else ""

    def not_understood(self, queue: str, asked: Ask | None = None) -> tuple[BotAct, ...]:
        """Nothing came, or words that the recogniser can't know: the keys again, and at last a person.

        ``asked`` is the question if it was one of the dialogue's.
        """
        self._misses += 1
        if self._misses > _MOST_MISSES:
            return self.person(queue, "The caller chose Welsh and pressed no key.")
        again = asked is not None and asked.slot != WELSH_SLOT
        question = reworded(asked, self._misses) if asked and again else self._menu(self._content.menu_again)
        return self._say(self._content.keys_only), question

    def went_on(self, acts: tuple[BotAct, ...], *, progressed: bool) -> tuple[BotAct, ...]:
        """What the dialogue says in a call that goes on in Welsh: an open question that isn't Welsh is the menu's."""
        if progressed:
            self._misses = 0
        led: list[BotAct] = []
        for act in acts:
            if isinstance(act, Ask) and act.slot in _OPEN_QUESTIONS and not act.language:
                led.append(self._menu(self._content.menu_again))
            elif isinstance(act, Transfer) and _WANTS not in act.reason:
                led.append(act.model_copy(update={"reason": f"{act.reason} {_WANTS}".strip()}))
            else:
                led.append(act)
        return tuple(led)

    def person(self, queue: str, reason: str = "The caller asked for a person.") -> tuple[BotAct, ...]:
        """The way to a person who knows that Welsh is wanted."""
        say = self._say(self._content.person).model_copy(update={"announces": True, "interruptible": False})
        return say, Transfer(queue=queue, reason=f"{reason} {_WANTS}")

    def script(self, rule: str, english: str) -> Say:
        """The locked script of a safety rule; in English where there is none in Welsh."""
        text = self._content.scripts.get(rule)
        if text is None:
            return Say(text=english, interruptible=False)
        return Say(text=text, interruptible=False, language=CODE)

    def _to_person(self, answer: WelshAnswer, reason: str, priority: str = "normal") -> tuple[BotAct, ...]:
        say = self._say(answer.text).model_copy(update={"interruptible": False})
        transfer = Transfer.model_validate(
            {"queue": answer.queue, "priority": priority, "reason": f"{reason} {_WANTS}"}
        )
        return say, self._say(self._content.person).model_copy(update={"announces": True}), transfer

    def _say(self, text: str) -> Say:
        return Say(text=text, language=CODE)

    def _menu(self, text: str) -> Ask:
        keys = [*self._content.answers, _EMERGENCY, _ENGLISH]
        return Ask(
            slot=WELSH_SLOT,
            text=text,
            language=CODE,
            keypad={key: key for key in keys},
            retries=(self._content.menu_again,),
        )
