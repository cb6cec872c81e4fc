"""Synthetic speakers: espeak-ng and, where installed, flite, both through ctypes.

espeak-ng comes from the wheel ``espeakng-loader``; flite is Debian's package
``flite`` and optional.  Both run inside the process, without files.  On the same
engine version flite gives the same samples for the same arguments.  espeak-ng does
so for the same sequence of calls in a fresh process, because it keeps the phase of
its waves from one utterance to the next; now and then a change of voice in between
makes a few samples differ even so.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from voicebot.tts.espeak import open_library

Samples = npt.NDArray[np.int16]

ACCENTS: dict[str, float] = {
    "en": 0.52,
    "en-gb-scotland": 0.1,
    "en-gb-x-rp": 0.1,
    "en-gb-x-gbcwmd": 0.08,
    "en-gb-x-gbclan": 0.08,
    "en-us": 0.07,
    "en-029": 0.05,
}
"""espeak-ng accents and their shares; ``en`` is its British voice."""

CORE_VARIANTS: tuple[str, ...] = ("", "", "f1", "f2", "f3", "f5", "m1", "m2", "m3", "m4", "m6", "m8")
"""Variants that the training hears most; the empty one is the plain voice."""

MORE_VARIANTS: tuple[str, ...] = (
    "m5",
    "Alicia",
    "Andrea",
    "Andy",
    "Annie",
    "Gene",
    "Hugo",
    "Jacky",
    "Lee",
    "Marco",
    "Michael",
    "Mike",
    "Reed",
    "Nguyen",
    "adam",
    "anika",
    "aunty",
    "belinda",
    "benjamin",
    "david",
    "ed",
    "edward",
    "iven",
    "john",
    "linda",
    "max",
    "norbert",
    "paul",
    "quincy",
    "rob",
    "robert",
    "shelby",
    "steph",
    "travis",
    "victor",
)
"""Variants that the training hears now and then."""

UNSEEN_VARIANTS: tuple[str, ...] = ("f4", "m7", "Alex", "Diogo", "caleb", "zac")
"""Variants kept out of training for tests."""

FLITE_SEEN: tuple[str, ...] = ("slt", "awb", "kal16")
FLITE_UNSEEN: tuple[str, ...] = ("rms",)
"""flite's speakers, for training and kept out of it."""

_RATE, _PITCH, _RANGE = 1, 3, 4
_UTF8 = 1


_LIBC = ctypes.CDLL(None)
"""The C library: both engines draw the noise of breath from its ``rand``."""


@dataclass(frozen=True)
class Voice:
    """One way of speaking.

    ``engine`` is ``espeak`` or ``flite``; ``rate`` is words a minute for espeak-ng
    and a stretch of time (1 is normal, more is slower) for flite; ``pitch`` is
    espeak-ng's 0–99 and a factor on flite's fundamental frequency; ``span`` is
    espeak-ng's range of intonation, 0–99, unused by flite.
    """

    engine: str
    name: str
    rate: float
    pitch: float
    span: int = 50


class Espeak:
    """espeak-ng in this process; one instance a process, not thread-safe."""

    def __init__(self) -> None:
        self._library, self.rate = open_library()
        self._chunks: list[Samples] = []
        prototype = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
        self._callback = prototype(self._collect)
        self._library.espeak_SetSynthCallback(self._callback)

    def _collect(self, samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int) -> int:
        if samples and count > 0:
            self._chunks.append(np.ctypeslib.as_array(samples, shape=(count,)).astype(np.int16))
        return 0

    def say(self, text: str, voice: Voice) -> Samples:
        """Return ``text`` spoken by ``voice`` at :attr:`rate` samples a second."""
        # The voice is always loaded anew, which also resets the parameters.
        if self._library.espeak_SetVoiceByName(voice.name.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {voice.name}")
        self._library.espeak_SetParameter(_RATE, int(voice.rate), 0)
        self._library.espeak_SetParameter(_PITCH, int(voice.pitch), 0)
        self._library.espeak_SetParameter(_RANGE, voice.span, 0)
        self._library.espeak_SetSynthCallback(self._callback)
        self._chunks = []
        raw = text.encode()
        _LIBC.srand(1)
        self._library.espeak_Synth(raw, len(raw) + 1, 0, 0, 0, _UTF8, None, None)
        return np.concatenate(self._chunks) if self._chunks else np.zeros(0, np.int16)


class _Wave(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    ]


class _FliteVoice(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("features", ctypes.c_void_p)]


class Flite:
    """flite in this process; raises ``OSError`` where it is not installed."""

    def __init__(self) -> None:
        mode = ctypes.RTLD_GLOBAL
        self._library = ctypes.CDLL("libflite.so.1", mode=mode)
        for extra in ("usenglish", "cmulex"):
            ctypes.CDLL(f"libflite_{extra}.so.1", mode=mode)
        self._library.flite_init()
        self._library.flite_text_to_wave.restype = ctypes.POINTER(_Wave)
        self._library.flite_text_to_wave.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
        self._library.flite_feat_set_float.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_float]
        self._library.delete_wave.argtypes = [ctypes.c_void_p]
        self._voices: dict[str, ctypes._Pointer[_FliteVoice]] = {}

    def _load(self, name: str) -> ctypes._Pointer[_FliteVoice]:
        if name not in self._voices:
            library = ctypes.CDLL(f"libflite_cmu_us_{name}.so.1", mode=ctypes.RTLD_GLOBAL)
            register = getattr(library, f"register_cmu_us_{name}")
            register.restype = ctypes.POINTER(_FliteVoice)
            register.argtypes = [ctypes.c_char_p]
            self._voices[name] = register(None)
        return self._voices[name]

    def say(self, text: str, voice: Voice) -> tuple[Samples, int]:
        """Return the samples of ``text`` and their rate a second."""
        loaded = self._load(voice.name)
        features = loaded.contents.features
        self._library.flite_feat_set_float(features, b"duration_stretch", voice.rate)
        self._library.flite_feat_set_float(features, b"f0_shift", voice.pitch)
        _LIBC.srand(1)
        wave = self._library.flite_text_to_wave(text.encode(), ctypes.cast(loaded, ctypes.c_void_p))
        try:
            count = wave.contents.num_samples
            samples = np.ctypeslib.as_array(wave.contents.samples, shape=(count,)).copy()
            return samples.astype(np.int16), int(wave.contents.sample_rate)
        finally:
            self._library.delete_wave(ctypes.cast(wave, ctypes.c_void_p))


@lru_cache(maxsize=1)
def espeak() -> Espeak:
    """Return this process's espeak-ng."""
    return Espeak()


@lru_cache(maxsize=1)
def flite() -> Flite | None:
    """Return this process's flite, or ``None`` where it is not installed."""
    try:
        return Flite()
    except OSError:
        return None


def espeak_voice(rng: random.Random, *, unseen: bool = False, wide: bool = False) -> Voice:
    """Draw a seen espeak-ng voice, or one of those kept for tests; ``wide`` is hastier, slower, higher and lower."""
    accent = rng.choices(list(ACCENTS), weights=list(ACCENTS.values()))[0]
    variants: Sequence[str]
    if unseen:
        variants, accent = UNSEEN_VARIANTS, rng.choice(("en", "en", "en-gb-scotland", "en-gb-x-rp"))
    else:
        variants = CORE_VARIANTS if rng.random() < 0.7 else MORE_VARIANTS
    variant = rng.choice(variants)
    name = f"{accent}+{variant}" if variant else accent
    if wide:
        return Voice("espeak", name, rng.uniform(115, 240), rng.uniform(20, 85), rng.randint(10, 90))
    return Voice(
        engine="espeak",
        name=name,
        rate=rng.choice((130, 150, 160, 170, 175, 180, 190, 210)),
        pitch=rng.choice((35, 42, 50, 50, 50, 58, 65)),
        span=rng.choice((30, 50, 50, 50, 70)),
    )


def flite_voice(rng: random.Random, *, unseen: bool = False) -> Voice:
    """Draw a seen flite voice, or the one kept for tests."""
    return Voice(
        engine="flite",
        name=rng.choice(FLITE_UNSEEN if unseen else FLITE_SEEN),
        rate=rng.uniform(0.85, 1.3),
        pitch=rng.uniform(0.9, 1.12),
    )


def say(text: str, voice: Voice) -> tuple[Samples, int]:
    """Return ``text`` spoken by ``voice``: samples and their rate a second."""
    if voice.engine == "espeak":
        engine = espeak()
        return engine.say(text, voice), engine.rate
    other = flite()
    if other is None:
        raise RuntimeError("flite is not installed")
    return other.say(text, voice)
