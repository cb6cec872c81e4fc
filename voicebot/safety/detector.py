"""The safety net: finds in a caller's words what a person, or 999, must deal with before anything else.

It is pure, quick (about a millisecond) and independent of the dialogue engine. Where it errs it errs
towards asking: a missed emergency is the worst thing that can happen, a false alarm costs one question.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from voicebot.safety.patterns import Pattern, Phrase, PhraseIndex, Span, matches, negated
from voicebot.safety.rules import RULES_FILE, Rule, Rules, load_rules
from voicebot.safety.words import Words, split

_UNSETTLED_WORDS = 2


class Certainty(StrEnum):
    """Whether the script is spoken at once, or the rule's question comes first."""

    CERTAIN = "certain"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that an utterance touched. ``pattern`` is the pattern as written, for the editor and for tests."""

    rule: Rule
    certainty: Certainty
    pattern: str


class SafetyNet:
    """Checks utterances against the council's rules. Keeps no state; share one for all calls."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        every: list[Pattern] = [*rules.exclude, *rules.past, *rules.hypothetical]
        for rule in rules.rules:
            every += [*rule.certain, *rule.ask, *rule.exclude]
        self._index = PhraseIndex(every)

    @classmethod
    def load(cls, project: Path) -> "SafetyNet":
        """The net of a dialogue project (the folder ``dialogues``). Raises :class:`ConfigurationError`."""
        return cls(load_rules(project / RULES_FILE))

    def check(self, text: str, *, partial: bool = False) -> Finding | None:
        """The gravest finding in ``text``, or None.

        In a ``partial`` transcript only certain findings count, and only when the caller has gone on for two words
        after them: what follows may turn "there is a fire" into "fire station".
        """
        found = self.findings(text, partial=partial)
        return found[0] if found else None

    def findings(self, text: str, *, partial: bool = False) -> tuple[Finding, ...]:
        """All findings, certain ones first, then in the order of the rules; one for each rule."""
        words = split(text)
        spans = self._index.spans(words)
        if not spans:
            return ()
        doubtful = self._any(self.rules.past, words, spans) or self._any(self.rules.hypothetical, words, spans)
        common = _mask(self.rules.exclude, words, spans)
        limit = len(words.tokens) - _UNSETTLED_WORDS if partial else len(words.tokens)
        certain, ask = [], []
        for rule in self.rules.rules:
            masked = common | _mask(rule.exclude, words, spans)
            hit = _first(rule.certain, words, spans, masked, limit)
            if hit:
                if not doubtful:
                    certain.append(Finding(rule, Certainty.CERTAIN, hit))
                elif not partial:
                    ask.append(Finding(rule, Certainty.ASK, hit))
                continue
            if not partial:
                hit = _first(rule.ask, words, spans, masked, limit)
                if hit:
                    ask.append(Finding(rule, Certainty.ASK, hit))
        return (*certain, *ask)

    @staticmethod
    def _any(patterns: Sequence[Pattern], words: Words, spans: dict[Phrase, list[Span]]) -> bool:
        return any(next(matches(pattern, words, spans), None) is not None for pattern in patterns)


def _mask(patterns: Sequence[Pattern], words: Words, spans: dict[Phrase, list[Span]]) -> frozenset[int]:
    """Positions blanked out by exclusions: the words matched, not those in the gaps between them."""
    hidden: set[int] = set()
    for pattern in patterns:
        for match in matches(pattern, words, spans):
            for start, end in match:
                hidden.update(range(start, end))
    return frozenset(hidden)


def _first(
    patterns: Sequence[Pattern], words: Words, spans: dict[Phrase, list[Span]], masked: frozenset[int], limit: int
) -> str:
    for pattern in patterns:
        for match in matches(pattern, words, spans, masked):
            if max(end for _, end in match) <= limit and not negated(words, match):
                return pattern.source
    return ""
