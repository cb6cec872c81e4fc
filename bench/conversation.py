"""The caller of the voice-to-voice measure: says its lines as people do, hears the other side out, notes what crossed
the wire and when.

The same lines, voices and hesitations go to every service that is measured. All times are monotonic seconds at the
sockets, which on one machine are the same in every process.
"""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicebot.caller import voices
from voicebot.caller.answers import Answer, Line, answers
from voicebot.rehearsal.script import CallScript, Expectation
from voicebot.rehearsal.sound import Sound
from voicebot.telephony.leg import CallLeg
from voicebot.telephony.rtp.wire import WireWatch
from voicebot.tts.cache import write_atomically

RATE = 8000
VOICES = ("en+f2", "en+m3")
HEARD_OUT_S = 0.5
_PAUSE_S = (0.3, 1.5)
_PACKET_S = 0.06
"""At most so long after the last frame of a line its last packet leaves."""

_STEP_S = 0.02


def _call(name: str, opening: str, **answers: str | list[str]) -> CallScript:
    return CallScript.model_validate(
        {"name": name, "opening": opening, "answers": answers, "expect": Expectation(), "otherwise": "yes"}
    )


CALLS = (
    _call(
        "a missed bin",
        "my recycling bin has not been | emptied",
        postcode="z b three | eight l p",
        house_number="twelve",
        address_ok="yes",
        bin="recycling",
        put_out="yes it was",
        confirm="yes",
        anything_else="no thank you",
    ),
    _call(
        "a pothole",
        "i want to report a | pothole",
        road="station road",
        road_spot="outside the | shop",
        confirm="yes",
        anything_else="no thank you",
    ),
    _call(
        "a corrected number",
        "my rubbish bin was missed",
        postcode="z b three eight l p",
        house_number="seven",
        address_ok=["no eleven", "yes"],
        bin="rubbish",
        put_out="yes",
        confirm="yes",
        anything_else="no",
    ),
    _call(
        "a band",
        "what council tax band am i in",
        postcode="z b one | two q p",
        house_number="seven",
        address_ok="yes",
        anything_else="no thank you",
    ),
    _call("opening hours", "what time does the | town hall open", office="town hall", anything_else="no thank you"),
)
"""What is said; ``|`` is where the caller looks for a word."""


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """A line as it is said: ``samples`` at :data:`RATE`, and where in them each word ends, in seconds."""

    text: str
    samples: NDArray[np.int16]
    words: tuple[tuple[float, str], ...]


@lru_cache(maxsize=256)
def speak(text: str, voice: str) -> Spoken:
    """Say ``text``, with silence of 0.3 to 1.5 s (the same every time) at each of its marks."""
    chance = random.Random(f"{text}/{voice}")
    parts: list[NDArray[np.int16]] = []
    words: list[tuple[float, str]] = []
    at = 0
    for number, phrase in enumerate(phrase.strip() for phrase in text.split("|")):
        if number:
            parts.append(np.zeros(int(chance.uniform(*_PAUSE_S) * RATE), np.int16))
            at += len(parts[-1])
        sound = voices.render(phrase, RATE, voice)
        said = phrase.split()
        ends = np.cumsum([len(word) + 1 for word in said])
        words += [((at + len(sound) * int(end) / int(ends[-1])) / RATE, w) for end, w in zip(ends, said, strict=True)]
        parts.append(sound)
        at += len(sound)
    return Spoken(" ".join(text.replace("|", " ").split()), np.concatenate(parts), tuple(words))


@dataclass(slots=True)
class Conversation:
    """One call of the caller. ``prompter``, if given, is the file that is told what is being said, for a recogniser
    that only takes the time of a real one."""

    leg: CallLeg
    watch: WireWatch
    voice: str
    prompter: Path | None = None
    lines: list[Line] = field(default_factory=list)
    began_s: float = 0.0
    """When the call's audio began, in monotonic seconds."""

    sound: Sound = field(default_factory=lambda: Sound(RATE))
    _told: list[tuple[float, str]] = field(default_factory=list)

    async def hold(self, next_line: Callable[[], Awaitable[str | None]], limit_s: float = 240.0) -> None:
        """Listen, then say what ``next_line`` gives (None: not yet; nothing: hang up), until somebody hangs up."""
        self.began_s = time.monotonic() - self.leg.position / self.leg.rate
        self.leg.attach(self.sound)
        try:
            async with asyncio.timeout(limit_s):
                while self.leg.end is None:
                    await asyncio.sleep(_STEP_S)
                    if self.sound.quiet_s < HEARD_OUT_S or not self.sound.answered:
                        continue
                    text = await next_line()
                    if text == "":
                        break
                    if text is not None:
                        await self._say(text)
        except TimeoutError:
            pass
        finally:
            await self.leg.hangup()

    async def _say(self, text: str) -> None:
        spoken = speak(text, self.voice)
        began = time.monotonic()
        if self.prompter is not None:
            self._told += [(began + end, word) for end, word in spoken.words]
            write_atomically(self.prompter, json.dumps(self._told).encode())
        self.sound.say(spoken.samples)
        while self.sound.speaking and self.leg.end is None:
            await asyncio.sleep(_STEP_S)
        self.lines.append(Line(spoken.text, began, time.monotonic() + _PACKET_S))

    def answers(self) -> list[Answer]:
        """What came of each line."""
        return answers(self.watch, self.lines)
