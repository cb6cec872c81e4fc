"""Whether callers can be understood: enough examples, and none that could mean two things."""

import re
from collections.abc import Iterator
from functools import lru_cache

from voicebot.flows.checks.base import Checked, error, warning
from voicebot.flows.model import Finding

FEW = 20
LONG_WORDS = 60
_WRITTEN_ONLY = re.compile(r"[{}<>\[\]|*_#]|https?:")
_FILLERS = frozenset(
    (
        *("a", "an", "the", "er", "erm", "um", "uh", "please", "i'm", "im", "i", "am", "is", "it", "it's", "its", "to"),
        *("of", "and", "oh", "hello", "hi", "thanks", "my", "me", "just", "so", "well"),
    )
)


def too_few_examples(checked: Checked) -> Iterator[Finding]:
    """Too few ways of saying it: it would often not be understood."""
    content = checked.content
    for intent, item in content.intents.items():
        given = len(content.examples[intent].data) if intent in content.examples else 0
        if intent == "start_call" or given >= FEW:
            continue
        if not given:
            yield error("no-examples", item.place("examples", intent), "There is no example of how callers say this.")
        else:
            yield warning(
                "few-examples",
                content.examples[intent].place("examples", intent),
                f"There are only {given} examples of how callers say this: {FEW} or more make it reliable.",
            )


@lru_cache(maxsize=20_000)
def _bag(example: str) -> str:
    words = re.findall(r"[\w']+", example.lower())
    told = sorted(word for word in words if word not in _FILLERS)
    return " ".join(told if len(told) > 1 else sorted(words))


def overlapping_examples(checked: Checked) -> Iterator[Finding]:
    """The same words as an example of two flows."""
    exact: dict[str, str] = {}
    alike: dict[str, tuple[str, str]] = {}
    for intent, item in checked.content.examples.items():
        for index, example in enumerate(item.data):
            place = item.place("examples", intent, str(index))
            known = exact.setdefault(example.casefold(), intent)
            if known != intent:
                other = _title(checked, known)
                yield error("overlap", place, f"“{example}” is also an example of “{other}”: it can mean only one.")
                continue
            bag = _bag(example)
            first, words = alike.setdefault(bag, (intent, example))
            if bag and first != intent:
                yield warning(
                    "near-overlap", place, f"“{example}” is nearly “{words}”, an example of “{_title(checked, first)}”."
                )


def _title(checked: Checked, intent: str) -> str:
    need = checked.content.needs.get(intent)
    return str((need.data.get("title") if need else "") or intent)


def repeated_examples(checked: Checked) -> Iterator[Finding]:
    """The same example twice in one flow."""
    for intent, item in checked.content.examples.items():
        seen: set[str] = set()
        for index, example in enumerate(item.data):
            if example.casefold() in seen:
                place = item.place("examples", intent, str(index))
                yield warning("repeated-example", place, f"“{example}” stands twice.")
            seen.add(example.casefold())


@lru_cache(maxsize=20_000)
def _is_odd(example: str) -> bool:
    return not example or bool(_WRITTEN_ONLY.search(example)) or len(example.split()) > LONG_WORDS


def odd_examples(checked: Checked) -> Iterator[Finding]:
    """An example that nobody says on the phone: signs, web addresses, whole letters."""
    for intent, item in checked.content.examples.items():
        for index, example in enumerate(item.data):
            if _is_odd(example):
                place = item.place("examples", intent, str(index))
                yield error("odd-example", place, f"“{example[:60]}” is not how callers speak: write it as it is said.")
