"""A question that has something in front of it, such as the greeting, taken apart."""

import re

from voicebot.dialogue.acts import Ask, Say

_LAST = re.compile(r"(?s)(.+[.!?])\s+([^.!?]+\?)\s*")


def apart(question: Ask) -> tuple[tuple[Say, ...], Ask]:
    """What is said before the question, and the question alone; nothing and the same when it is one sentence."""
    parts = _LAST.fullmatch(question.text)
    if parts is None:
        return (), question
    before = Say(
        text=parts.group(1), rate=question.rate, interruptible=question.interruptible, language=question.language
    )
    return (before,), question.model_copy(update={"text": parts.group(2), "spoken": None})
