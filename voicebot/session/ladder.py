"""What is said when the caller was silent or not understood, and when it is time for a person.

Each step asks the question again in other words; the caller hears of key 0 at the first misunderstanding.
"""

from voicebot.dialogue.acts import Ask, BotAct, Say, Transfer
from voicebot.session.phrases import Phrase
from voicebot.settings import CallSettings


class Ladder:
    """Counts silences and misunderstandings in a row."""

    def __init__(self, settings: CallSettings) -> None:
        self._settings = settings
        self._no_input = 0
        self._no_match = 0

    def progress(self) -> None:
        """The caller was understood: both counts start again."""
        self._no_input = 0
        self._no_match = 0

    def no_input(self, asked: Ask | None, queue: str) -> tuple[BotAct, ...]:
        """The caller said nothing."""
        self._no_input += 1
        if self._no_input > self._settings.max_no_input:
            return self._person(queue, "The caller could not be heard.")
        return (Say(text=str(Phrase.NO_INPUT)), *self._again(asked, self._no_input))

    def no_match(self, asked: Ask | None, queue: str) -> tuple[BotAct, ...]:
        """The caller spoke and was not understood."""
        self._no_match += 1
        if self._no_match > self._settings.max_no_match:
            return self._person(queue, "The assistant could not understand the caller.")
        return (
            Say(text=str(Phrase.NO_MATCH)),
            Say(text=str(Phrase.KEY_FOR_PERSON)),
            *self._again(asked, self._no_match),
        )

    def asked_again(self, queue: str) -> tuple[BotAct, ...] | None:
        """The dialogue asks the same thing once more; gives the way to a person when that was once too often."""
        self._no_match += 1
        return self.give_up(queue) if self._no_match > self._settings.max_no_match else None

    def give_up(self, queue: str) -> tuple[BotAct, ...]:
        """The way to a person for somebody whom the bot can't understand."""
        return self._person(queue, "The assistant could not understand the caller.")

    def _again(self, asked: Ask | None, times: int) -> tuple[BotAct, ...]:
        if asked is None:
            return (Say(text=str(Phrase.YOUR_OPTIONS)),)
        return (reworded(asked, times),)

    def _person(self, queue: str, reason: str) -> tuple[BotAct, ...]:
        return (Say(text=str(Phrase.GIVING_UP), interruptible=False), Transfer(queue=queue, reason=reason))


def reworded(asked: Ask, times: int) -> Ask:
    """The question for the ``times``-th time of asking again, in the words written for it if there are any."""
    if not asked.retries:
        return asked
    return asked.model_copy(update={"text": asked.retries[min(times, len(asked.retries)) - 1], "spoken": None})
