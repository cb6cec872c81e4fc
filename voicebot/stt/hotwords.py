"""Words that an answer is likely to hold: given to the decoder beforehand, and preferred among its readings.

A council's lists (its streets, its schools) lie as ``NAME.txt`` in a folder, a phrase a line. The first line of a list
may say ``# asked: street, road``: it belongs to every question that holds one of these words. A question names a list
itself by ``list:NAME`` among its hints.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from voicebot.errors import ConfigurationError
from voicebot.spoken.find import complete
from voicebot.stt.transcript import Hints

if TYPE_CHECKING:
    # Word lists are also read by a process that has no use for Whisper, which takes a second to import.
    from voicebot.stt.decoder import Reading

_ASKED = re.compile(r"#\s*asked:\s*(.+)", re.IGNORECASE)
_NAMED = "list:"
_GAIN = 0.12
"""What a reading made of hotwords alone gains, as mean log-probability a token; less by the share of other words."""

_WHOLE_GAIN = 0.25
"""What a reading gains that is a whole answer: a figure too many or too few costs the decoder less than that."""


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() or c in "' " else " " for c in text.lower()).split())


@dataclass(frozen=True)
class WordList:
    """Phrases, and the words of a question that they answer."""

    phrases: tuple[str, ...]
    asked: tuple[str, ...] = ()

    def answers(self, question: str) -> bool:
        """Whether the list belongs to ``question``."""
        return bool(set(self.asked) & set(_plain(question).split()))


class WordLists:
    """The lists of a council by name."""

    def __init__(self, lists: Mapping[str, WordList]) -> None:
        self._lists = dict(lists)

    @classmethod
    def load(cls, folder: Path | None) -> "WordLists":
        """The lists in ``folder``; none without one. Raises :class:`ConfigurationError` for one that can't be read."""
        if folder is None or not folder.is_dir():
            return cls({})
        return cls({path.stem: _read(path) for path in sorted(folder.glob("*.txt"))})

    def phrases(self, name: str) -> tuple[str, ...]:
        """The phrases of a list; none where there is no such list."""
        found = self._lists.get(name)
        return found.phrases if found else ()

    def expand(self, hints: Hints) -> Hints:
        """``hints`` with the named lists, and those of what was asked, in place of their names."""
        if not self._lists:
            return hints
        words = [word for word in hints.hotwords if not word.startswith(_NAMED)]
        for name, one in self._lists.items():
            if _NAMED + name in hints.hotwords or one.answers(hints.prompt):
                words += one.phrases
        return replace(hints, hotwords=tuple(dict.fromkeys(words)))


def _read(path: Path) -> WordList:
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the word list {path} can't be read: {error}") from error
    asked = _ASKED.fullmatch(lines[0]) if lines else None
    words = tuple(_plain(word) for word in asked[1].split(",")) if asked else ()
    return WordList(tuple(line for line in lines if line and not line.startswith("#")), words)


class Favour:
    """Prefers readings that answer what was asked, where the decoder itself is in doubt.

    Those are readings that hold ``hotwords``, and whole answers to ``slot``: eight figures for an account number, say.
    """

    def __init__(self, hotwords: Collection[str], slot: str = "") -> None:
        self._hotwords = hotwords
        self._slot = slot

    @cached_property
    def _phrases(self) -> set[tuple[str, ...]]:
        return {tuple(_plain(phrase).split()) for phrase in self._hotwords} - {()}

    @cached_property
    def _longest(self) -> int:
        return max((len(phrase) for phrase in self._phrases), default=0)

    def share(self, text: str) -> float:
        """The share of the words of ``text`` that belong to hotwords."""
        words = _plain(text).split()
        covered: set[int] = set()
        for start in range(len(words)):
            for size in range(min(self._longest, len(words) - start), 0, -1):
                if tuple(words[start : start + size]) in self._phrases:
                    covered.update(range(start, start + size))
                    break
        return len(covered) / len(words) if words else 0.0

    def _gain(self, text: str) -> float:
        whole = bool(self._slot) and complete(text, self._slot)
        return _GAIN * self.share(text) + (_WHOLE_GAIN if whole else 0.0)

    def choose(self, reading: "Reading") -> "Reading":
        """``reading``, with another of its texts in front if that one holds more hotwords and is nearly as likely."""
        if not (self._hotwords or self._slot) or not reading.others:
            return reading
        texts: Sequence[tuple[str, float]] = ((reading.text, reading.score), *reading.others)
        ranked = sorted(texts, key=lambda one: one[1] + self._gain(one[0]), reverse=True)
        if ranked[0][0] == reading.text:
            return reading
        # The words' times belong to the text that was first; they are gone with it.
        return replace(reading, text=ranked[0][0], score=ranked[0][1], others=tuple(ranked[1:]), words=())
