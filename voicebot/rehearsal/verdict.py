"""Did a rehearsed call end where it must?"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from voicebot.dialogue.acts import Fact
from voicebot.rehearsal.script import CallScript


@dataclass(frozen=True, slots=True)
class CallEnd:
    """What is known of a call when it is over. ``said`` is all that the bot said, in one text."""

    outcome: str
    service: str
    need: str
    queue: str
    emergency: str | None
    facts: Sequence[Fact]
    said: str
    latencies_ms: Sequence[float] = ()
    transcript: Sequence[tuple[str, str]] = ()


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
        if expected is not None and expected != got:
            problems.append(f"{name} is {got}, not {expected}")
    known = {fact.name: fact.value for fact in end.facts}
    for name, value in wanted.facts.items():
        if known.get(name, "").casefold() != value.casefold():
            problems.append(f"{name} is {known.get(name, 'unknown')}, not {value}")
    said = end.said.casefold()
    problems += [f"the bot never said {words!r}" for words in wanted.said if words.casefold() not in said]
    return Verdict(script, voice, end, tuple(problems))
