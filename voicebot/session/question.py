"""What the session makes of a question: taken apart from what is in front of it, or left open for a while."""

import re

from voicebot.dialogue.acts import Ask, Profile, Say
from voicebot.session.phrases import Phrase

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


def with_time(question: Ask) -> tuple[Say, Ask]:
    """The question for a caller who needs a moment: asked once more, and answered after however long a pause."""
    _, alone = apart(question)
    return Say(text=str(Phrase.NO_HURRY)), alone.model_copy(update={"profile": Profile.PATIENT})
