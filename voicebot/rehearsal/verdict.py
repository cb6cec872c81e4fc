"""Did a rehearsed call end where it must?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from voicebot.dialogue.acts import Fact
from voicebot.rehearsal.script import CallScript, last_question


@dataclass(frozen=True, slots=True)
class CallEnd:
    """What is known of a call when it is over. ``said`` is all that the bot said, in one text; ``asked_twice`` are the
    facts that the caller was asked for though they had told them."""

    outcome: str
    service: str
    need: str
    queue: str
    emergency: str | None
    facts: Sequence[Fact]
    said: str
    latencies_ms: Sequence[float] = ()
    transcript: Sequence[tuple[str, str]] = ()
    asked_twice: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """One call's result: ``problems`` is empty when it passed."""

    script: CallScript
    voice: str
    end: CallEnd
    problems: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether everything expected holds."""
        return not self.problems


def judge(script: CallScript, voice: str, end: CallEnd) -> Verdict:
    """Compare a call's end with what its script expects."""
    wanted = script.expect
    problems = []
    for name in ("outcome", "service", "need", "queue", "emergency"):
        expected, got = getattr(wanted, name), getattr(end, name)
        if expected is not None and got not in expected:
            problems.append(f"{name} is {got}, not {' or '.join(expected)}")
    known = {fact.name: fact.value for fact in end.facts}
    for name, value in wanted.facts.items():
        if known.get(name, "").casefold() != value.casefold():
            problems.append(f"{name} is {known.get(name, 'unknown')}, not {value}")
    values = [value for fact in end.facts for value in (fact.value, fact.value.replace(" ", ""))]
    problems += [
        f"nothing known is {wanted_value!r}"
        for wanted_value in wanted.known
        if not any(re.search(wanted_value, value, re.IGNORECASE) for value in values)
    ]
    said = end.said.casefold()
    problems += [f"the bot never said {words!r}" for words in wanted.said if words.casefold() not in said]
    problems += [f"the bot never said {one!r}" for one in wanted.says if not re.search(one, end.said, re.IGNORECASE)]
    problems += [f"the bot said {one!r}" for one in wanted.never_says if re.search(one, end.said, re.IGNORECASE)]
    problems += [f"the bot asked for {one!r} again" for one in wanted.asks_once if _asked_again(one, end.transcript)]
    problems += [f"the bot asked for {fact}, which it had been told" for fact in end.asked_twice]
    return Verdict(script, voice, end, tuple(problems))


def _asked_again(expression: str, transcript: Sequence[tuple[str, str]]) -> bool:
    asked = [
        text for who, text in transcript if who == "bot" and re.search(expression, last_question(text), re.IGNORECASE)
    ]
    return len(asked) > 1
