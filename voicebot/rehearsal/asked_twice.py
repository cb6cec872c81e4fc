"""Was a caller asked again for what they had told? Watched over every rehearsed call, whatever its script.

A question is one too many when its fact is known, or was known and got lost without the caller's doing. The caller
takes a fact back by denying what is read to them, correcting it, going back or starting again; an address that changes
takes its house number along; and details that don't fit together are asked for once more, which the bot says. What was
told of one report (which bin, what fault) is not told of the next; who the caller is, and where they live, is told for
the call.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from voicebot.dialogue.acts import Fact
from voicebot.session.ledger import CallSummary, RecordSink, TurnEntry
from voicebot.session.watched import WatchedSink
from voicebot.spoken.control import yes_no
from voicebot.telephony.leg import CallFacts

_READ_BACKS = frozenset({"address_ok", "confirm", "what_to_change"})
_ADDRESS = frozenset({"postcode", "street", "house_number", "uprn", "address"})
_ERRAND_OVER = "anything_else"
_TAKES_BACK = re.compile(
    r"^((er|um|oh|well|ah) )*(no|nope|nah)\b|\b(wrong|mistake|sorry|actually|i meant?|change (it|that|the|my)|go back|"
    r"previous|start (again|over)|from the (start|beginning))\b"
)
_NOT_KNOWN = "not known"
_SHARED = Path("shared")
_AGAIN = "utter_not_proven"

SAME: tuple[frozenset[str], ...] = (
    frozenset({"postcode", "report_postcode"}),
    frozenset({"ni_number", "benefit_claim"}),
)
"""Facts of the same meaning under several names: who told one is not asked for the other, but who does not know it."""


class AskedTwice:
    """One call, as it goes on. ``lasting`` are the facts told for the whole call, ``again`` what is said before details
    that don't fit are asked for once more."""

    def __init__(self, lasting: Iterable[str] = (), again: Sequence[str] = ()) -> None:
        self.repeats: list[str] = []
        self._lasting = frozenset(lasting)
        self._again = tuple(again)
        self._known: dict[str, str] = {}
        self._lost: set[str] = set()
        self._just_lost: set[str] = set()
        self._between = False
        """Whether what was told of one errand is over, and nothing of the next was told yet."""
        self._words, self._asked = "", ""

    def caller(self, text: str, asked: str) -> None:
        """The caller answered the question for ``asked`` (empty: none)."""
        if asked and (self._is_known(asked) or asked in self._lost):
            self.repeats.append(asked)
        if asked == _ERRAND_OVER:
            self._lost &= self._lasting
            self._between = True
        self._words, self._asked = text.lower(), asked
        self._just_lost = set()

    def knows(self, facts: Mapping[str, str]) -> None:
        """What is known after it, by name."""
        gone = {name for name in self._known if name not in facts}
        moved = any(self._known.get(name) != facts.get(name) for name in _ADDRESS if name in facts)
        if not self._taken_back():
            kept = gone - _ADDRESS if moved else gone
            self._just_lost = kept & self._lasting if self._between else kept
            self._lost |= self._just_lost
        if self._asked != _ERRAND_OVER and facts.keys() - self._known.keys() - self._lasting:
            self._between = False
        self._lost -= facts.keys()
        self._known = dict(facts)

    def bot(self, text: str) -> None:
        """The bot said something."""
        if any(words in text for words in self._again):
            self._lost -= self._just_lost

    def _is_known(self, asked: str) -> bool:
        told = {name for name, value in self._known.items() if value != _NOT_KNOWN}
        return asked in self._known or any(asked in names and names & told for names in SAME)

    def _taken_back(self) -> bool:
        denied = self._asked in _READ_BACKS and yes_no(self._words) is not True
        return denied or _TAKES_BACK.search(self._words) is not None


class Remembering(WatchedSink):
    """A sink that watches every call of a rehearsal for it; ``project`` says which facts there are."""

    def __init__(self, sink: RecordSink, project: Path) -> None:
        super().__init__(sink)
        self._lasting = lasting_facts(project)
        self._again = said_before_asking_again(project)
        self._calls: dict[str, AskedTwice] = {}
        self._turns: dict[str, int] = {}

    def begin(self, facts: CallFacts, reference: str, started_at: datetime) -> None:
        """A call was taken."""
        super().begin(facts, reference, started_at)
        self._calls[facts.call_id] = AskedTwice(self._lasting, self._again)
        self._turns[facts.call_id] = 0

    def turn(self, call_id: str, turn: TurnEntry) -> None:
        """Somebody said something; a turn that is told again is the same."""
        super().turn(call_id, turn)
        call = self._calls.get(call_id)
        if call is None or turn.index < self._turns[call_id]:
            return
        self._turns[call_id] = turn.index + 1
        if turn.who == "caller":
            call.caller(turn.text, turn.asked or "")
        elif turn.who == "bot":
            call.bot(turn.text)

    def facts(self, call_id: str, facts: Sequence[Fact]) -> None:
        """All that is known now."""
        super().facts(call_id, facts)
        if call_id in self._calls:
            self._calls[call_id].knows({fact.name: fact.value for fact in facts})

    def finish(self, call_id: str, summary: CallSummary) -> None:
        """The call is over."""
        super().finish(call_id, summary)
        self._turns.pop(call_id, None)

    def asked_twice(self, call_id: str) -> tuple[str, ...]:
        """What the caller was asked for again; the call is forgotten."""
        call = self._calls.pop(call_id, None)
        return tuple(call.repeats) if call is not None else ()


def lasting_facts(project: Path) -> frozenset[str]:
    """The facts that belong to no service: who the caller is and where they live."""
    content: dict[str, Any] = YAML(typ="safe").load(project / _SHARED / "service.yml")
    return frozenset(content["facts"])


def said_before_asking_again(project: Path) -> tuple[str, ...]:
    """What the bot says when details did not fit together."""
    content: dict[str, Any] = YAML(typ="safe").load(project / _SHARED / "domain.yml")
    return tuple(variant["text"] for variant in content["responses"][_AGAIN])
