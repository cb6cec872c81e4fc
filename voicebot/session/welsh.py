"""The Welsh part of a call: by keys, since the recogniser knows no Welsh, and with a person within reach of one key.

Emergencies are found in what is said in English as ever; their scripts are then spoken in Welsh.
"""

import re

from voicebot.dialogue.acts import Ask, BotAct, Fact, FactSource, Say, Transfer
from voicebot.dialogue.welsh import WelshAnswer, WelshContent

WELSH_SLOT = "welsh"
"""The slot of the menu."""

WELSH_KEY = "9"
CODE = "cy"
"""The language, by its tag of BCP 47."""

LANGUAGE = Fact(name="language", value="Welsh", source=FactSource.SAID, label="Language", confirmed=True)

_EMERGENCY, _ENGLISH = "4", "5"
_MOST_MISSES = 2
_WISH = re.compile(
    r"\b(?:cymraeg|gymraeg)\b"
    r"|^(?:\w+ ){0,2}welsh(?: please| speaker| language| line| service)*$"
    r"|\b(?:speak|talk|in|for) welsh\b"
)


def wishes_welsh(text: str) -> bool:
    """Whether these words ask for Welsh."""
    return _WISH.search(text.lower()) is not None


class WelshCall:
    """One call's Welsh."""

    def __init__(self, content: WelshContent) -> None:
        self._content = content
        self._misses = 0

    def begin(self) -> tuple[BotAct, ...]:
        """The caller chose Welsh."""
        return (self._menu(self._content.menu),)

    def offer(self) -> Say:
        """That there is Welsh."""
        return self._say(self._content.offer)

    def chosen(self, key: str, queue: str) -> tuple[BotAct, ...] | None:
        """What a key of the menu gives; None to go back to English. ``queue`` takes whoever wants a person."""
        self._misses = 0
        if key == _ENGLISH:
            return None
        if key == _EMERGENCY:
            return self._to_person(self._content.emergency, "An emergency, chosen by key in Welsh.", "urgent")
        answer = self._content.answers.get(key)
        if answer is None:
            return self.not_understood(queue)
        if answer.queue:
            return self._to_person(answer, "About waste, in Welsh.")
        return self._say(answer.text), self._menu(self._content.menu_again)

    def not_understood(self, queue: str) -> tuple[BotAct, ...]:
        """Nothing came, or words that the recogniser can't know: the keys again, and at last a person."""
        self._misses += 1
        if self._misses > _MOST_MISSES:
            return self.person(queue, "The caller chose Welsh and pressed no key.")
        return self._say(self._content.keys_only), self._menu(self._content.menu_again)

    def person(self, queue: str, reason: str = "The caller asked for a person.") -> tuple[BotAct, ...]:
        """The way to a person who knows that Welsh is wanted."""
        say = self._say(self._content.person).model_copy(update={"announces": True, "interruptible": False})
        return say, Transfer(queue=queue, reason=f"{reason} Wants to speak Welsh.")

    def script(self, rule: str, english: str) -> Say:
        """The locked script of a safety rule; in English where there is none in Welsh."""
        text = self._content.scripts.get(rule)
        if text is None:
            return Say(text=english, interruptible=False)
        return Say(text=text, interruptible=False, language=CODE)

    def _to_person(self, answer: WelshAnswer, reason: str, priority: str = "normal") -> tuple[BotAct, ...]:
        say = self._say(answer.text).model_copy(update={"interruptible": False})
        transfer = Transfer.model_validate(
            {"queue": answer.queue, "priority": priority, "reason": f"{reason} Wants to speak Welsh."}
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
