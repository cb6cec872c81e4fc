"""The safety net: finds in a caller's words what a person, or 999, must deal with before anything else.

It is pure, quick (a few milliseconds) and independent of the dialogue engine. Where it errs it errs
towards asking: a missed emergency is the worst thing that can happen, a false alarm costs one question.
"""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from voicebot.errors import ConfigurationError
from voicebot.safety.borrowed import lowered, opener
from voicebot.safety.denial import negated, taken_back
from voicebot.safety.learned import Examples, SecondOpinion, load_examples
from voicebot.safety.meaning import Meaning, Reading
from voicebot.safety.patterns import Pattern, Phrase, PhraseIndex, Span, matches
from voicebot.safety.rules import RULES_FILE, Rule, Rules, RuleWords, load_rules
from voicebot.safety.words import Words, split

_UNSETTLED_WORDS = 2

BY_MEANING, BY_NEARNESS, BY_RULE, BY_WORDS, CERTAIN, ASKED, NEITHER = 3.3, 10.7, 2.8, 0.36, 2.1, 0.4, -3.3
"""What the meaning, how much nearer emergencies are than the harmless, the likeliest rule's odds, the words and a
pattern's match add up to: above 0 an emergency is likelier than not. Fitted to sentences that none of them had seen."""

_ASK, _ASK_OF_THINGS, _RAISE = 0.8, 1.5, 2.0
"""Above the first it is worth the question, above the second if it is about a building or a road and no pattern is
certain; above the third a certain match raises the alarm at once."""

_THINGS = frozenset({"dangerous_structure", "repairs_emergency", "highways_emergency", "damp_mould_hazard"})
"""What is reported every day without danger: asking less readily about these misses none of 292 dangers that others
wrote, and of twenty needless questions in 707 everyday sentences four are not asked."""

_DENIED = 3.5
"""What is worth the question where the likeliest rule was denied and has no match left: what was denied ("no smell of
gas") means nearly what would have been meant."""

_SURELY, _MAYBE, _SURELY_LIFE = 0.35, 0.2, 0.2
"""What speaks for a rule beside its odds by the meaning: a certain match, a doubtful one, and if the first is about
lives."""

_PLAINLY_HARMLESS = -4.5
_FEWEST_WORDS = 3


class Certainty(StrEnum):
    """Whether the script is spoken at once, or the rule's question comes first."""

    CERTAIN = "certain"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that an utterance touched. ``pattern`` is the pattern as written, for the editor and for tests.

    It is empty when no pattern matched and the examples suggested the rule (``learned``). It was ``denied_for_now``
    when it stands in what is denied and then taken back: "he isn't hitting me today but he does".
    """

    rule: Rule
    certainty: Certainty
    pattern: str
    denied_for_now: bool = False

    @property
    def learned(self) -> bool:
        """A second opinion, not a pattern: worth a question, but not two."""
        return not self.pattern


class SafetyNet:
    """Checks utterances against the council's rules. Keeps no state; share one for all calls.

    ``opened`` reads the words of dialects as those of the standard language.
    """

    def __init__(
        self,
        rules: Rules,
        examples: Examples | None = None,
        meaning: Meaning | None = None,
        opened: Callable[[str], str] = lowered,
    ) -> None:
        self.rules = rules
        self._meaning = meaning
        self._opened = opened
        every: list[Pattern] = [*rules.exclude, *rules.past, *rules.hypothetical]
        for rule in rules.rules:
            every += [*rule.certain, *rule.ask, *rule.exclude]
        self._index = PhraseIndex(every)
        self._opinion: SecondOpinion | None = None
        if examples is not None and meaning is None:
            known = {rule.id for rule in rules.rules}
            if strange := sorted(set(examples.caught) - known):
                raise ConfigurationError(f"the safety examples name a rule that there isn't: {', '.join(strange)}")
            # What a rule catches among the dialogue's own sentences is no example of the harmless.
            harmless = tuple(said for said in examples.harmless if not self.findings(said))
            self._opinion = SecondOpinion(Examples(examples.caught, harmless))

    @classmethod
    def load(cls, project: Path, meaning: Meaning | None = None) -> "SafetyNet":
        """The net of a dialogue project (the folder ``dialogues``). Raises :class:`ConfigurationError`.

        Without ``meaning`` the examples' words have to do for what the patterns did not foresee.
        """
        rules, opened = load_rules(project / RULES_FILE), opener(project)
        return cls(rules, None if meaning is not None else load_examples(project), meaning, opened)

    def saying(self, words: Mapping[str, RuleWords]) -> "SafetyNet":
        """The same net, which listens for the same, with other scripts and questions."""
        net = copy.copy(self)
        net.rules = self.rules.saying(words)
        return net

    @property
    def ponders(self) -> bool:
        """Whether it weighs what is meant, which takes some milliseconds the first time that a text is seen."""
        return self._meaning is not None

    def check(self, text: str, *, partial: bool = False) -> Finding | None:
        """The gravest finding in ``text``, or None.

        In a ``partial`` transcript only certain findings count, and only when the caller has gone on for two words
        after them: what follows may turn "there is a fire" into "fire station".
        """
        found = self.findings(text, partial=partial)
        return found[0] if found else None

    def findings(self, text: str, *, partial: bool = False) -> tuple[Finding, ...]:
        """All findings, certain ones first, then in the order of the rules; one for each rule."""
        text = self._opened(text)
        found, denied = self._by_patterns(text, partial=partial)
        if self._meaning is not None and (found or not partial):
            weighed = self._weighed(text, found, denied)
            return tuple(one for one in weighed if one.certainty is Certainty.CERTAIN) if partial else weighed
        return found if partial or found or denied else self._learned(text)

    def by_patterns(self, text: str, *, partial: bool = False) -> tuple[tuple[Finding, ...], frozenset[str]]:
        """What the patterns find, and the rules of which one was denied ("there is no smell of gas")."""
        return self._by_patterns(self._opened(text), partial=partial)

    def _by_patterns(self, text: str, *, partial: bool) -> tuple[tuple[Finding, ...], frozenset[str]]:
        words = split(text)
        spans = self._index.spans(words)
        if not spans:
            return (), frozenset()
        possible = self._index.possible(spans)

        def those(patterns: Sequence[Pattern]) -> list[Pattern]:
            return [pattern for pattern in patterns if pattern.source in possible]

        doubtful = any(
            next(matches(pattern, words, spans), None) is not None
            for pattern in (*those(self.rules.past), *those(self.rules.hypothetical))
        )
        common = _mask(those(self.rules.exclude), words, spans)
        limit = len(words.tokens) - _UNSETTLED_WORDS if partial else len(words.tokens)
        certain, ask = [], []
        denied: set[str] = set()
        for rule in self.rules.rules:
            listened, asking = those(rule.certain), [] if partial else those(rule.ask)
            if not listened and not asking:
                continue
            masked = common | _mask(those(rule.exclude), words, spans)
            heard = _first(listened, words, spans, masked, limit)
            sure = bool(heard.pattern) and not heard.for_now and not doubtful
            if not heard.pattern:
                also = _first(asking, words, spans, masked, limit)
                heard = replace(also, denied=heard.denied or also.denied)
            if heard.denied:
                denied.add(rule.id)
            if sure:
                certain.append(Finding(rule, Certainty.CERTAIN, heard.pattern))
            elif heard.pattern and not partial:
                ask.append(Finding(rule, Certainty.ASK, heard.pattern, heard.for_now))
        return (*certain, *ask), frozenset(denied)

    def _weighed(self, text: str, found: tuple[Finding, ...], denied: frozenset[str]) -> tuple[Finding, ...]:
        """What is left of the patterns' findings, or added to them, in the light of what the sentence means."""
        meaning = self._meaning
        if meaning is None or (not found and len(split(text).tokens) < _FEWEST_WORDS):
            return found
        if not found and meaning.by_words(text) < _PLAINLY_HARMLESS:
            return ()
        reading = meaning.read(text)
        likely = BY_MEANING * reading.danger + BY_NEARNESS * reading.nearer + BY_WORDS * reading.by_words
        likely += BY_RULE * max(reading.odds.values()) + NEITHER
        certain = any(one.certainty is Certainty.CERTAIN for one in found)
        # What was denied and taken back makes a sentence mean less than it says.
        likely += CERTAIN if certain or any(one.denied_for_now for one in found) else ASKED if found else 0
        only_denied = reading.rule in denied.difference(one.rule.id for one in found) and not certain
        worth_asking = _ASK_OF_THINGS if reading.rule in _THINGS and not certain else _ASK
        if likely <= (_DENIED if only_denied else worth_asking):
            return ()
        if not found:
            return (Finding(self.rules.by_id(reading.rule), Certainty.ASK, ""),)
        return self._likeliest_first(found, reading, sure=certain and likely > _RAISE)

    def _likeliest_first(self, found: Sequence[Finding], reading: Reading, *, sure: bool) -> tuple[Finding, ...]:
        """The rule that the meaning and the patterns together speak for, then the others that patterns found.

        That it is an emergency is no less certain where its rule is not the one that a pattern found. A rule without
        examples is known by its patterns only, and stays in front.
        """
        matched = {one.rule.id: one for one in found}

        def speaks_for(rule: str) -> float:
            one = matched.get(rule)
            match = 0.0
            if one is not None and one.certainty is Certainty.CERTAIN:
                match = _SURELY + _SURELY_LIFE * (one.rule.severity == "life")
            elif one is not None:
                match = _MAYBE
            return reading.odds.get(rule, math.inf) + match

        first = max({**reading.odds, **matched}, key=speaks_for)
        pattern = matched[first].pattern if first in matched else found[0].pattern
        others = [one for one in found if one.rule.id != first]
        others.sort(key=lambda one: (one.certainty is Certainty.CERTAIN, speaks_for(one.rule.id)), reverse=True)
        if not sure:
            others = [replace(one, certainty=Certainty.ASK) for one in others]
        certainty = Certainty.CERTAIN if sure else Certainty.ASK
        return (Finding(self.rules.by_id(first), certainty, pattern), *others)

    def _learned(self, text: str) -> tuple[Finding, ...]:
        suggested = self._opinion.rule(text) if self._opinion is not None else None
        return (Finding(self.rules.by_id(suggested), Certainty.ASK, ""),) if suggested else ()


def _mask(patterns: Sequence[Pattern], words: Words, spans: dict[Phrase, list[Span]]) -> frozenset[int]:
    """Positions blanked out by exclusions: the words matched, not those in the gaps between them."""
    hidden: set[int] = set()
    for pattern in patterns:
        for match in matches(pattern, words, spans):
            for start, end in match:
                hidden.update(range(start, end))
    return frozenset(hidden)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a rule's patterns made of an utterance: the one that matched, whether that was denied ``for_now`` only, and
    whether one was ``denied`` for good."""

    pattern: str = ""
    for_now: bool = False
    denied: bool = False


def _first(
    patterns: Sequence[Pattern], words: Words, spans: dict[Phrase, list[Span]], masked: frozenset[int], limit: int
) -> _Heard:
    """The first pattern that matches and is not denied, or that is denied only for now."""
    denied, later = False, ""
    for pattern in patterns:
        for match in matches(pattern, words, spans, masked):
            end = max(end for _, end in match)
            if end > limit:
                continue
            if not negated(words, match):
                return _Heard(pattern.source, denied=denied)
            if taken_back(words, end):
                later = later or pattern.source
            else:
                denied = True
    return _Heard(later, bool(later), denied)
