"""Scripted timings of callers, made from a seed: where they pause, what they say over the bot, what their line does.

Every case is audio with the place of each word in it, so that a recogniser can be played that hears exactly the words
said by a moment, and no more.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from tests.turns.espeak_voice import Samples, burst, noise, over, quiet, speech
from voicebot.dialogue.acts import Ask, Profile

RATE, MS = 8000, 8
VOICES = ("en+m3", "en+f2", "en+m1", "en+f4")
LINE_DBFS = -60.0
BEFORE_MS = 500
"""Silence before a caller speaks."""

AFTER_MS = 3200
"""Silence after: longer than any end of turn."""

SENTENCES = (
    ("need", "i'd like to report a | pothole on | mill lane"),
    ("need", "it's about my | council tax"),
    ("need", "i want to | ask about the | bins on our street"),
    ("need", "my | bin was not | collected on | tuesday"),
    ("need", "there's a | street light out near the | church"),
    ("need", "can you tell me | when you | collect the garden waste"),
    ("need", "i've been told that | i have to | pay for a permit"),
    ("need", "hello um | i'm ringing about | housing benefit"),
    ("need", "i need to | speak to somebody about the | damp in my flat"),
    ("need", "i'm | moving house on the | third of march"),
    ("need", "could i | book a | registrar appointment please"),
    ("need", "what do i | do with an | old mattress"),
    ("need", "someone has dumped | a fridge behind the | garages"),
    ("need", "we've got | rats in the | garden"),
    ("need", "i was wondering if | you could | send me a form"),
    ("need", "the heating has | stopped working in my | flat"),
    ("need", "how do i | apply for a | blue badge"),
    ("need", "i wanted to | complain about the | noise next door"),
    ("street", "it's on | mill lane near the | post office"),
    ("street", "just outside the | school on station | road"),
    ("name", "my name is | margaret | thompson"),
    ("address", "my address is | twelve | mill lane"),
    ("road_spot", "it's between the | bus stop and the | library"),
    ("repair_fault", "the tap in the | kitchen won't | turn off"),
    ("what_to_change", "it should be | number | fourteen"),
    ("move_date", "it was the | third of | march"),
    ("need", "i think | there's a problem with my | bill"),
    ("need", "is the | library open on | bank holidays"),
)
"""Things said, with the places where somebody may look for a word. ``|`` marks them."""

CLAUSES = (
    "my bin was not collected | and it is full",
    "i can't pay my council tax | because i lost my job",
    "there is a pothole on mill lane | it's very deep",
    "the street light is out | it has been for weeks",
    "i want to report a missed bin | it's the blue one",
    "i'm moving house | so i need to tell you",
)
"""Two things said one after the other: before the second nobody can know of it."""

SPELLED = (
    ("postcode", "zed bee three | eight ell pea"),
    ("postcode", "zed bee | three | eight | ell pea"),
    ("postcode", "zed | bee | one | four | tee | em"),
    ("postcode", "it's zed bee two | nine are kay"),
    ("phone", "oh seven seven double oh | nine oh oh | one two three"),
    ("phone", "oh one six three two | nine six oh | double one four"),
    ("account_ref", "eight three four | one two | nine seven six"),
    ("account_ref", "two four | six eight | one three | five seven"),
    ("report_ref", "en vee see | four eight two | nine one three"),
    ("ni_number", "queue queue | one two | three four | five six | see"),
)

ANSWERS = ("yes", "no", "yeah", "aye", "nope", "yep", "no thanks", "yes please", "correct", "that's right")

EXPLANATION = (
    "You can pay your council tax by direct debit, online, or at any post office. If you pay by direct debit you can "
    "choose one of four days in the month. You will have a letter from us within ten working days."
)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One caller, for a moment. ``words`` are (end in samples, text); ``asked`` is what the bot asked before.

    ``prompt`` is being said meanwhile if ``over_bot``. ``bounds`` are the first and last sample of speech.
    """

    group: str
    audio: Samples
    asked: Ask | None
    words: tuple[tuple[int, str], ...] = ()
    bounds: tuple[int, int] = (0, 0)
    pauses_ms: tuple[float, ...] = ()
    over_bot: bool = False
    interruptible: bool = True
    echo_db: float | None = None
    echo_delay_ms: int = 120
    speaks: bool = True
    """Whether it is somebody who means to be heard."""


@dataclass(slots=True)
class _Track:
    parts: list[Samples] = field(default_factory=list)
    words: list[tuple[int, str]] = field(default_factory=list)
    at: int = 0

    def add(self, sound: Samples) -> None:
        self.parts.append(sound)
        self.at += len(sound)

    def say(self, text: str, voice: str, words_per_minute: int, peak: float) -> None:
        """Say a phrase; its words are taken to be heard as it goes on, each by its length."""
        sound = speech(text, RATE, voice, words_per_minute, peak)
        said = text.split()
        ends = np.cumsum([len(word) + 1 for word in said])
        self.words += [(self.at + int(len(sound) * end / ends[-1]), word) for end, word in zip(ends, said, strict=True)]
        self.add(sound)


def _spoken(
    chance: random.Random, group: str, asked: Ask | None, text: str, pauses: tuple[float, ...], *, peak: float = 0.3
) -> Case:
    track = _Track()
    voice, speed = chance.choice(VOICES), chance.choice((135, 160, 185))
    track.add(quiet(BEFORE_MS))
    phrases = [phrase.strip() for phrase in text.split("|")]
    for phrase, pause in zip(phrases, (*pauses, 0.0), strict=True):
        track.say(phrase, voice, speed, peak)
        track.add(quiet(pause))
    bounds = BEFORE_MS * MS, track.at
    track.add(quiet(AFTER_MS))
    return Case(group, np.concatenate(track.parts), asked, tuple(track.words), bounds, pauses)


def _with_one_pause(chance: random.Random, text: str) -> str:
    """``text`` with one of its marks left."""
    marks = text.count("|")
    kept = chance.randrange(marks)
    parts = [part.strip() for part in text.split("|")]
    return " ".join(parts[: kept + 1]) + " | " + " ".join(parts[kept + 1 :])


def _pauses(chance: random.Random, text: str) -> tuple[float, ...]:
    return tuple(round(chance.uniform(200, 2500)) for _ in range(text.count("|")))


def _asked(slot: str, profile: Profile) -> Ask:
    return Ask(slot=slot, text="?", profile=profile)


def sentences(chance: random.Random, count: int) -> Iterator[Case]:
    """A pause of 0.2–2.5 s inside a sentence."""
    for index in range(count):
        slot, text = SENTENCES[index % len(SENTENCES)]
        text = _with_one_pause(chance, text)
        yield _spoken(chance, "inside a sentence", _asked(slot, Profile.NORMAL), text, _pauses(chance, text))


def clauses(chance: random.Random, count: int) -> Iterator[Case]:
    """The same between two sentences."""
    for index in range(count):
        text = CLAUSES[index % len(CLAUSES)]
        yield _spoken(chance, "between sentences", _asked("need", Profile.NORMAL), text, _pauses(chance, text))


def spelled(chance: random.Random, count: int) -> Iterator[Case]:
    """Postcodes and numbers, with gaps."""
    for index in range(count):
        slot, text = SPELLED[index % len(SPELLED)]
        yield _spoken(chance, "spelling", _asked(slot, Profile.SPELLING), text, _pauses(chance, text))


def patient(chance: random.Random, count: int) -> Iterator[Case]:
    """Callers who need time, whatever they say."""
    texts = [text for _, text in SENTENCES] + list(CLAUSES)
    for index in range(count):
        text = texts[index * 5 % len(texts)]
        yield _spoken(chance, "patient", _asked("what_happened", Profile.PATIENT), text, _pauses(chance, text))


def answers(chance: random.Random, count: int) -> Iterator[Case]:
    """Answers of a word or two, some of them quiet."""
    for index in range(count):
        asked = _asked("confirm", Profile.YES_NO) if index % 4 else _asked("anything_else", Profile.NORMAL)
        peak = chance.choice((0.3, 0.1, 0.05))
        yield _spoken(chance, "one word", asked, ANSWERS[index % len(ANSWERS)], (), peak=peak)


def _prompt() -> Samples:
    return speech(EXPLANATION, RATE, "en+f2", 170)


def _during(chance: random.Random, group: str, sound: Samples, at_ms: float, **more: object) -> Case:
    """Something on the caller's side at a time of the bot's explanation."""
    length = len(_prompt()) + 3500 * MS
    start = int(at_ms) * MS
    track = np.zeros(max(length, start + len(sound) + 1500 * MS), np.int16)
    track[start : start + len(sound)] = sound
    return Case(group, track, None, bounds=(start, start + len(sound)), over_bot=True, **more)  # type: ignore[arg-type]


def coughs(chance: random.Random, count: int) -> Iterator[Case]:
    """Coughs, clicks and bursts of line noise while the bot explains."""
    for _ in range(count):
        kind = chance.choice(("cough", "click", "double", "hiss"))
        seed = chance.randrange(10**6)
        sound = {
            "cough": burst(chance.uniform(150, 450), dbfs=chance.uniform(-25, -10), seed=seed),
            "click": burst(chance.uniform(20, 80), dbfs=-8, seed=seed),
            "double": np.concatenate(
                [burst(220, dbfs=-14, seed=seed), quiet(180), burst(260, dbfs=-16, seed=seed + 1)]
            ),
            "hiss": noise(chance.uniform(300, 1200), dbfs=chance.uniform(-45, -25), seed=seed),
        }[kind]
        yield _during(chance, "cough or noise", sound, chance.uniform(600, 7000), speaks=False)


def backchannels(chance: random.Random, count: int) -> Iterator[Case]:
    """ "Mhm" while the bot explains."""
    for index in range(count):
        text = ("mhm", "right", "okay", "yeah", "uh huh", "i see")[index % 6]
        sound = speech(text, RATE, chance.choice(VOICES), 230, chance.choice((0.3, 0.12)))
        case = _during(chance, "mhm", sound, chance.uniform(600, 7000), speaks=False)
        words = text.split()
        ends = [case.bounds[0] + len(sound) * (at + 1) // len(words) for at in range(len(words))]
        yield Case(
            case.group,
            case.audio,
            None,
            tuple(zip(ends, words, strict=True)),
            case.bounds,
            over_bot=True,
            speaks=False,
        )


def echoes(chance: random.Random, count: int) -> Iterator[Case]:
    """A line that returns the bot's own voice at −20 to −40 dB."""
    for index in range(count):
        level = -20.0 - 20.0 * index / max(1, count - 1)
        yield _during(
            chance,
            "echo",
            quiet(20),
            0,
            echo_db=level,
            echo_delay_ms=chance.choice((30, 60, 120, 180, 250, 330)),
            speaks=False,
        )


def barge_ins(chance: random.Random, count: int, *, echo: bool = False) -> Iterator[Case]:
    """Speech at every tenth of the explanation, some of it over an echo."""
    said = (
        "no my bin was not collected",
        "can i speak to someone please",
        "wait i've already paid that",
        "stop it please",
    )
    length_ms = len(_prompt()) / MS
    for index in range(count):
        tenth = index % 10
        text = said[(index // 10 + index) % len(said)]
        sound = speech(text, RATE, VOICES[index % len(VOICES)], 165)
        at = max(300.0, length_ms * tenth / 10) + chance.uniform(0, 200)
        case = _during(chance, "barge-in", sound, at)
        ends = np.cumsum([len(word) + 1 for word in text.split()])
        words = tuple(
            (case.bounds[0] + int(len(sound) * end / ends[-1]), word)
            for end, word in zip(ends, text.split(), strict=True)
        )
        yield Case(
            "barge-in over echo" if echo else "barge-in",
            case.audio,
            None,
            words,
            case.bounds,
            over_bot=True,
            echo_db=chance.uniform(-40, -20) if echo else None,
            echo_delay_ms=chance.choice((60, 120, 200)),
        )


def locked(chance: random.Random, count: int) -> Iterator[Case]:
    """Speech over advice that must be heard to its end."""
    for case in barge_ins(chance, count):
        yield Case(
            "over a locked prompt", case.audio, None, case.words, case.bounds, over_bot=True, interruptible=False
        )


def corpus(seed: int = 1, scale: int = 1) -> Iterator[Case]:
    """All cases, ``scale`` times as many as in the least corpus. Over a faint line noise."""
    chance = random.Random(seed)
    for cases in (
        sentences(chance, 112 * scale),
        clauses(chance, 6 * scale),
        spelled(chance, 50 * scale),
        patient(chance, 34 * scale),
        answers(chance, 40 * scale),
        coughs(chance, 20 * scale),
        backchannels(chance, 18 * scale),
        echoes(chance, 20 * scale),
        barge_ins(chance, 40 * scale),
        barge_ins(chance, 20 * scale, echo=True),
        locked(chance, 6 * scale),
    ):
        yield from cases


def prompt() -> Samples:
    """What the bot says in the cases that are ``over_bot``."""
    return _prompt()


def on_the_line(case: Case, seed: int) -> Samples:
    """The case's audio with the noise of its line."""
    return over(case.audio, noise(len(case.audio) / MS, RATE, LINE_DBFS, seed))
