"""A caller's script from a command line: what is said and done, in the order in which it was typed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicebot.caller.citizen import HangUp, Press, Say, Silent, Step
from voicebot.errors import ConfigurationError
from voicebot.telephony.rtp.events import KEYS

Samples = NDArray[np.int16]

ACTIONS = ("say", "wav", "keys", "silent", "hang-up")
MODIFIERS = ("barge-in", "after")
_FLAGS = ("silent", "hang-up")


@dataclass(frozen=True, slots=True)
class Word:
    """One option of a script: its name without dashes, and its value (empty for a flag)."""

    option: str
    value: str = ""


def typed_order(arguments: Sequence[str], given: Sequence[Word]) -> list[Word]:
    """``given`` in the order in which its options appear in ``arguments``.

    Option parsers keep the order of each option's values but not the order between options; the raw command line
    knows it. When the two do not hold the same words, ``given`` is kept as it is.
    """
    names = ACTIONS + MODIFIERS
    found: list[Word] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            break
        if not argument.startswith("--"):
            continue
        name, equals, value = argument[2:].partition("=")
        if name not in names:
            continue
        if name in _FLAGS:
            found.append(Word(name))
        else:
            found.append(Word(name, value if equals else next(rest, "")))
    same = sorted((word.option, word.value) for word in found) == sorted((word.option, word.value) for word in given)
    return found if same else list(given)


def build(words: Sequence[Word], *, speak: Callable[[str], Samples], load: Callable[[Path], Samples]) -> list[Step]:
    """The steps of a script. ``barge-in`` and ``after`` (ms) hold for the next action.

    ``speak`` renders a text, ``load`` reads a sound file. Raises ConfigurationError naming the wrong word.
    """
    steps: list[Step] = []
    barge_in: int | None = None
    after = 0
    waiting = ""
    for word in words:
        if word.option in MODIFIERS:
            if not word.value.isdecimal():
                raise ConfigurationError(f"--{word.option} takes milliseconds, not {word.value!r}")
            waiting = word.option
            if word.option == "barge-in":
                barge_in = int(word.value)
            else:
                after = int(word.value)
            continue
        match word.option:
            case "say":
                steps.append(Say(after, barge_in, speak(word.value), word.value))
            case "wav":
                path = Path(word.value)
                steps.append(Say(after, barge_in, load(path), path.name))
            case "keys":
                if not word.value or any(key.upper() not in KEYS for key in word.value):
                    raise ConfigurationError(f"--keys takes keys of 0-9 * # A-D, not {word.value!r}")
                steps.append(Press(after, barge_in, word.value))
            case "silent":
                steps.append(Silent(after, barge_in))
            case "hang-up":
                steps.append(HangUp(after, barge_in))
            case _:
                raise ConfigurationError(f"a script has no --{word.option}")
        barge_in, after, waiting = None, 0, ""
    if waiting:
        raise ConfigurationError(f"--{waiting} stands before what it holds for; nothing follows it")
    return steps
