"""One call's safety: asks when unsure, raises the alarm once for the same thing, hands everything else on."""

from dataclasses import dataclass
from typing import Literal

from voicebot.safety.denial import is_denial
from voicebot.safety.detector import Certainty, Finding, SafetyNet
from voicebot.safety.rules import Rule
from voicebot.safety.words import split

YES_KEY = "1"
NO_KEY = "2"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Speak ``script`` (not interruptible), alert ``queue``; the dialogue does not hear this turn."""

    rule: str
    script: str
    queue: str
    priority: Literal["normal", "high", "urgent"]
    severity: Literal["life", "urgent", "hazard"]
    asked_first: bool = False


@dataclass(frozen=True, slots=True)
class AskFirst:
    """Speak ``question`` and wait for yes or no (keys 1 and 2)."""

    rule: str
    question: str
    severity: Literal["life", "urgent", "hazard"]


@dataclass(frozen=True, slots=True)
class Clear:
    """Hand ``text`` on to the dialogue; ``dropped`` names the rule that the caller has just denied."""

    text: str
    dropped: str = ""


Verdict = Alarm | AskFirst | Clear


class SafetyGuard:
    """Stands before everything else in one call: every transcript, partial and key press passes it.

    After :class:`AskFirst` the next answer decides: yes, anything unclear or no answer at all raises the alarm;
    no hands on what was said at first. A rule that raised the alarm is not raised again in this call, one that
    was denied is not asked about again, but a certain finding still raises it. What is only suggested by
    likeness to the examples is asked about once in a call.
    """

    def __init__(self, net: SafetyNet) -> None:
        self._net = net
        self._pending: Rule | None = None
        self._held_text = ""
        self._raised: set[str] = set()
        self._denied: set[str] = set()
        self._guessed = False

    @property
    def pending(self) -> str | None:
        """The rule that a question was asked about and not yet answered."""
        return self._pending.id if self._pending else None

    @property
    def raised(self) -> frozenset[str]:
        """The rules that raised the alarm in this call."""
        return frozenset(self._raised)

    @property
    def ponders(self) -> bool:
        """Whether :meth:`ponder` is worth while before :meth:`hear`."""
        return self._net.ponders

    def ponder(self, text: str) -> None:
        """Think beforehand, in a thread if need be, what ``text`` means; ``hear`` then takes no time."""
        self._net.findings(text)

    def hear(self, text: str, *, partial: bool = False) -> Verdict:
        """Judge what the caller said. A ``partial`` never asks and never answers a question."""
        findings = self._net.findings(text, partial=partial)
        for finding in findings:
            if finding.certainty is Certainty.CERTAIN and finding.rule.id not in self._raised:
                return self._alarm(finding.rule)
        if partial:
            return Clear(text)
        if self._pending is not None:
            return self._answer(text, findings)
        return self._maybe_ask(text, findings)

    def unconcerned(self, text: str) -> bool:
        """Whether nothing in these words, nor what was asked before them, is safety's business. Changes nothing.

        Only as far as can be told at once: what they mean is not pondered.
        """
        return self._pending is None and not self.alarming(text)

    def alarming(self, text: str) -> bool:
        """Whether a rule may hold in these words, as far as can be told at once. Changes nothing."""
        return bool(self._net.by_patterns(text)[0])

    def press(self, key: str) -> Verdict | None:
        """Judge a key: an answer to the pending question, or None when it is no business of safety's."""
        if self._pending is None:
            return None
        if key == YES_KEY:
            return self._alarm(self._pending, asked_first=True)
        if key == NO_KEY:
            return self._drop("")
        return AskFirst(self._pending.id, self._pending.question, self._pending.severity)

    def no_answer(self) -> Alarm | None:
        """The pending question met silence, which counts as yes. None when nothing was asked."""
        return self._alarm(self._pending, asked_first=True) if self._pending else None

    def _answer(self, text: str, findings: tuple[Finding, ...]) -> Verdict:
        pending = self._pending
        if pending is None:
            return Clear(text)
        if not is_denial(text):
            return self._alarm(pending, asked_first=True)
        cleared = self._drop(text)
        others = tuple(f for f in findings if f.rule.id != pending.id and not f.learned)
        return self._maybe_ask(cleared.text, others, dropped=cleared.dropped)

    def _maybe_ask(self, text: str, findings: tuple[Finding, ...], dropped: str = "") -> Verdict:
        for finding in findings:
            if finding.rule.id not in self._raised | self._denied and not (finding.learned and self._guessed):
                self._guessed |= finding.learned
                self._pending = finding.rule
                self._held_text = text
                return AskFirst(finding.rule.id, finding.rule.question, finding.rule.severity)
        return Clear(text, dropped)

    def _alarm(self, rule: Rule, *, asked_first: bool = False) -> Alarm:
        self._raised.add(rule.id)
        self._pending = None
        self._held_text = ""
        return Alarm(rule.id, rule.script, rule.queue, rule.priority, rule.severity, asked_first)

    def _drop(self, answer: str) -> Clear:
        rule = self._pending
        held, self._held_text, self._pending = self._held_text, "", None
        if rule is not None:
            self._denied.add(rule.id)
        more = len(split(answer).tokens) > 4
        return Clear(f"{held.rstrip('. ')}. {answer}" if more and held else held, rule.id if rule else "")
