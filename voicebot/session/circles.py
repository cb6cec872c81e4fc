"""A conversation that goes round in circles is noticed, and ends with a person."""

from collections import Counter

from voicebot.dialogue.acts import Ask, BotAct, Say
from voicebot.session.ladder import Ladder, reworded

_OPEN_QUESTIONS = frozenset({"anything_else", "resume", "confirm"})
"""Questions that belong to every need, and may be asked for each."""
_MOST_ASKED = 5


class Circles:
    """Watches the questions of one call. The ladder says what is said instead of the same question once more."""

    def __init__(self, ladder: Ladder) -> None:
        self._ladder = ladder
        self._in_a_row = 0
        self._in_call: Counter[str] = Counter()

    def broken(
        self, acts: tuple[BotAct, ...], asked: Ask | None, queue: str, *, progressed: bool
    ) -> tuple[BotAct, ...]:
        """``acts``, or what is said instead. ``asked`` was the question before, ``progressed`` whether anything was
        learned from the answer: the same question with nothing learned is a misunderstanding, whoever asks it."""
        question = next((act for act in acts if isinstance(act, Ask)), None)
        if question is not None and self._too_often(question.slot):
            return self._ladder.give_up(queue)
        answered = any(isinstance(act, Say) for act in acts)
        same = question is not None and asked is not None and question.slot == asked.slot and not answered
        if not same or progressed or question is None:
            self._in_a_row = 0
            self._ladder.progress()
            return acts
        self._in_a_row += 1
        person = self._ladder.asked_again(queue)
        if person is not None:
            return person
        other = reworded(question, self._in_a_row)
        return tuple(other if act is question else act for act in acts)

    def _too_often(self, slot: str) -> bool:
        """Whether the same question, however politely led up to, is asked many times over."""
        if slot in _OPEN_QUESTIONS:
            return False
        self._in_call[slot] += 1
        return self._in_call[slot] > _MOST_ASKED
