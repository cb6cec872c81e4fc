"""What was understood, compared with what had to be."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from voicebot.measure.held_out import ANY, NONE, Utterance

Share = tuple[int, int]
"""(how many are right, of how many)."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One utterance and the line that ``voicebot understand`` gives for it."""

    utterance: Utterance
    got: dict[str, Any]

    @property
    def caught(self) -> bool:
        """Whether a right safety rule was raised or asked about."""
        return bool({self.got["emergency"], self.got["emergency_ask"]} & set(self.utterance.emergency))

    @property
    def asked_rightly(self) -> bool:
        """Whether the caller's answer to a safety question decides what comes next, and the question is right."""
        return self.caught and self.got["emergency"] is None

    @property
    def alarmed(self) -> bool:
        """Whether a rule was raised, or asked about where not even a question was called for."""
        return bool(self.got["emergency"]) or (bool(self.got["emergency_ask"]) and not self.utterance.may_ask)

    def right(self, what: str) -> bool | None:
        """Whether ``service``, ``need`` or ``queue`` is right; None where it isn't judged."""
        accepted: tuple[str, ...] = getattr(self.utterance, what)
        if ANY in accepted:
            return None
        return self.got[what] in accepted or (what != "service" and self.asked_rightly)

    @property
    def facts_right(self) -> bool | None:
        """Whether every fact was understood; None where none is expected."""
        wanted = self.utterance.facts
        if not wanted:
            return None
        return all(_plain(str(self.got["facts"].get(name, ""))) == _plain(value) for name, value in wanted.items())


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _share(verdicts: Iterable[bool | None]) -> Share:
    judged = [verdict for verdict in verdicts if verdict is not None]
    return sum(judged), len(judged)


def figures(judged: Sequence[Judged]) -> dict[str, Share]:
    """The headline figures. Those of false alarms count what is wrong, all others what is right.

    ``emergency_noticed`` is the recall if any rule will do; ``false_alarms`` counts needless questions too,
    ``false_alarms_raised`` only what was acted on at once.
    """
    return {
        "service": _share(one.right("service") for one in judged),
        "need": _share(one.right("need") for one in judged),
        "queue": _share(one.right("queue") for one in judged),
        "emergency_recall": _share(one.caught for one in judged if one.utterance.is_emergency),
        "emergency_noticed": _share(
            bool(one.got["emergency"] or one.got["emergency_ask"]) for one in judged if one.utterance.is_emergency
        ),
        "false_alarms": _share(one.alarmed for one in judged if one.utterance.is_harmless),
        "false_alarms_raised": _share(bool(one.got["emergency"]) for one in judged if one.utterance.is_harmless),
        "out_of_scope_rejected": _share(
            one.got["need"] == "out_of_scope" for one in judged if one.utterance.is_out_of_scope
        ),
        "facts": _share(one.facts_right for one in judged),
    }


def by_group(judged: Sequence[Judged], groups: Callable[[Utterance], Iterable[str]]) -> dict[str, dict[str, Share]]:
    """The figures for each group that an utterance may be in several of."""
    names = sorted({name for one in judged for name in groups(one.utterance)})
    return {name: figures([one for one in judged if name in groups(one.utterance)]) for name in names}


def slices(utterance: Utterance) -> Iterable[str]:
    """How it was said."""
    return utterance.slices or ("plain",)


def services(utterance: Utterance) -> Iterable[str]:
    """The service it is about; the first where several are right."""
    return () if ANY in utterance.service else (utterance.service[0],)


def recall_by_rule(judged: Sequence[Judged]) -> dict[str, Share]:
    """How many emergencies of each rule were caught."""
    emergencies = [one for one in judged if one.utterance.is_emergency]
    rules = sorted({one.utterance.emergency[0] for one in emergencies})
    return {rule: _share(one.caught for one in emergencies if one.utterance.emergency[0] == rule) for rule in rules}


def false_by_rule(judged: Sequence[Judged]) -> Counter[str]:
    """Which rules the false alarms were of."""
    return Counter(
        str(one.got["emergency"] or one.got["emergency_ask"])
        for one in judged
        if one.utterance.is_harmless and one.alarmed
    )


def rule_confusions(judged: Sequence[Judged]) -> Counter[tuple[str, str]]:
    """(wanted, got) of emergencies that no right rule was raised or asked about for, counted."""
    return Counter(
        ("/".join(one.utterance.emergency), str(one.got["emergency"] or one.got["emergency_ask"] or NONE))
        for one in judged
        if one.utterance.is_emergency and not one.caught
    )


def confusions(judged: Sequence[Judged], what: str) -> Counter[tuple[str, str]]:
    """(wanted, got) of what is wrong, counted."""
    return Counter(
        ("/".join(getattr(one.utterance, what)), str(one.got[what] or NONE))
        for one in judged
        if one.right(what) is False
    )


def percent(share: Share) -> float | None:
    """A share in percent with one decimal; None of nothing."""
    right, of = share
    return round(100 * right / of, 1) if of else None
