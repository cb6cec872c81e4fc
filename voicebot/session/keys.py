"""Keys pressed in a call, gathered into answers. Time is counted in samples of received audio."""

from dataclasses import dataclass
from enum import StrEnum

from voicebot.dialogue.acts import Ask


class KeyMeaning(StrEnum):
    """What a finished key entry is."""

    PERSON = "person"
    REPEAT = "repeat"
    ANSWER = "answer"
    DIGITS = "digits"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A finished entry: for ``ANSWER`` the text that the key stands for, for ``DIGITS`` the digits."""

    meaning: KeyMeaning
    text: str = ""
    keys: str = ""


class KeyCollector:
    """0 is a person, * repeats, # ends a number, mapped keys answer.

    While a number is being asked for, 0 may be its first digit, so 0 means a person only when no other
    key follows it within ``gap_ms`` (or # does). A # right after a number that was whole without it means nothing.
    """

    def __init__(self, rate: int, *, person_key: str = "0", gap_ms: int = 3000) -> None:
        self._gap = gap_ms * rate // 1000
        self._person = person_key
        self._asked: Ask | None = None
        self._keys = ""
        self._last = 0
        self._ended_itself = False

    @property
    def pending(self) -> bool:
        """Whether a number is being keyed."""
        return bool(self._keys)

    def expect(self, asked: Ask | None) -> None:
        """What the keys mean from now on."""
        self._asked = asked
        self._keys = ""

    def means_something(self, key: str) -> bool:
        """Whether a key is the one for a person, or belongs to an answer to what was asked."""
        asked = self._asked
        return key == self._person or (asked is not None and (key in asked.keypad or bool(asked.digits)))

    def press(self, key: str, position: int) -> KeyEntry | None:
        """Take a key at ``position`` (samples); gives the entry that it finishes."""
        asked = self._asked
        out_of_habit = key == "#" and self._ended_itself and position - self._last < self._gap
        self._last, self._ended_itself = position, False
        if out_of_habit:
            return None
        if key == "*":
            self._keys = ""
            return KeyEntry(KeyMeaning.REPEAT, keys=key)
        if asked is not None and key in asked.keypad and not self._keys:
            return KeyEntry(KeyMeaning.ANSWER, asked.keypad[key], key)
        if asked is not None and asked.digits:
            return self._digit(key, asked.digits)
        if key == self._person:
            return KeyEntry(KeyMeaning.PERSON, keys=key)
        return KeyEntry(KeyMeaning.NOTHING, keys=key)

    def _digit(self, key: str, wanted: int) -> KeyEntry | None:
        if key == "#":
            return self._finish()
        self._keys += key
        self._ended_itself = len(self._keys) >= wanted
        return self._finish() if self._ended_itself else None

    def tick(self, position: int) -> KeyEntry | None:
        """Time has passed to ``position``; gives the entry that a long enough gap finishes."""
        if self._keys and position - self._last >= self._gap:
            return self._finish()
        return None

    def _finish(self) -> KeyEntry:
        keys, self._keys = self._keys, ""
        if keys == self._person:
            return KeyEntry(KeyMeaning.PERSON, keys=keys)
        if not keys:
            return KeyEntry(KeyMeaning.NOTHING)
        return KeyEntry(KeyMeaning.DIGITS, keys, keys)
