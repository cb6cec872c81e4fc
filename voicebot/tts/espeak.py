"""espeak-ng in this process: the voice that is always there.

It is robotic, but renders a sentence in a few milliseconds, needs no download, and speaks every accent that the
citizen simulator wants. The library comes in the ``espeakng-loader`` wheel and is called through ctypes, which
releases the GIL; its state is global, so one lock serialises every use of it in the process.

Not bit-exact: the library carries noise and timing state from one utterance to the next, so that a text rendered
twice differs by some milliseconds and in its hiss. What has to be the same every time goes through the cache.
"""

import ctypes
import threading
import time
from collections.abc import Iterator
from functools import cache

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

from voicebot.errors import ConfigurationError, SpeechUnavailable
from voicebot.tts.level import finish
from voicebot.tts.spoken import SpokenAudio, SpokenText

DEFAULT_VOICE = "en+f3"
"""British English, a female variant. ``en`` is the British voice (``en-gb`` is refused); others that work are
``en-gb-x-rp``, ``en-gb-scotland``, ``en-gb-x-gbclan``, ``en-gb-x-gbcwmd`` and ``en-us``, each with ``+m1…+m8``,
``+f1…+f5`` and the named variants of the library's data."""

DEFAULT_WORDS_PER_MINUTE = 160
"""A shade below the library's 175: a telephone takes away what makes quick speech clear."""

_SYNCHRONOUS = 2
_BUFFER_MS = 60_000
"""Longer than any text: of one that just outgrows the buffer the library drops the end, 0.2 s of a last word."""

_PARAMETER_RATE = 1
_PARAMETER_PITCH = 3
_UTF8 = 1
_POSITION_CHARACTER = 1
_IPA = 2
_SLOWEST, _FASTEST = 80, 450

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@cache
def open_library() -> tuple[ctypes.CDLL, int]:
    """espeak-ng, opened once for the whole process, and its samples a second.

    It is full of global state: opened a second time it frees what the voice in use still points to. Raises
    :class:`SpeechUnavailable`.
    """
    try:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
    except (OSError, RuntimeError) as error:
        raise SpeechUnavailable(f"espeak-ng can't be loaded: {error}") from error
    rate = int(library.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, data, 0))
    if rate <= 0:
        raise SpeechUnavailable("espeak-ng found no voice data")
    return library, rate


class _Library:
    """espeak-ng as the voices here use it, one call at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._chunks: list[bytes] = []
        # ctypes drops a callback that nothing refers to, and the library would then jump into freed memory.
        self._callback = _Callback(self._receive)

    def _receive(self, wave: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int) -> int:
        if wave and count > 0:
            self._chunks.append(ctypes.string_at(wave, count * 2))
        return 0

    def _select(self, library: ctypes.CDLL, voice: str) -> bool:
        # Always anew (0.2 ms): other code of this process may have chosen another voice.
        return int(library.espeak_SetVoiceByName(voice.encode())) == 0

    def knows(self, voice: str) -> bool:
        """Whether ``voice`` exists."""
        with self._lock:
            return self._select(open_library()[0], voice)

    def synthesise(self, text: str, voice: str, words_per_minute: int, pitch: int) -> tuple[NDArray[np.float32], int]:
        """Samples (−1…1) of ``text`` and their rate in Hz. Raises :class:`SpeechUnavailable`."""
        encoded = text.replace("\0", " ").encode()
        with self._lock:
            library, rate = open_library()
            if not self._select(library, voice):
                raise SpeechUnavailable(f"espeak-ng has no voice {voice}")
            library.espeak_SetParameter(_PARAMETER_RATE, words_per_minute, 0)
            library.espeak_SetParameter(_PARAMETER_PITCH, pitch, 0)
            # The library is global: other code of this process may have taken the samples for itself.
            library.espeak_SetSynthCallback(self._callback)
            self._chunks.clear()
            status = library.espeak_Synth(
                encoded, ctypes.c_size_t(len(encoded) + 1), 0, _POSITION_CHARACTER, 0, _UTF8, None, None
            )
            data, self._chunks = b"".join(self._chunks), []
            if status != 0:
                raise SpeechUnavailable(f"espeak-ng failed with status {status}")
            return np.frombuffer(data, np.int16).astype(np.float32) / 32768.0, rate

    def phonemes(self, text: str, voice: str) -> str:
        """The sounds of ``text`` in the phonetic alphabet. Raises :class:`SpeechUnavailable`."""
        with self._lock:
            library, _ = open_library()
            if not self._select(library, voice):
                raise SpeechUnavailable(f"espeak-ng has no voice {voice}")
            convert = library.espeak_TextToPhonemes
            convert.restype = ctypes.c_char_p
            rest, found = ctypes.c_char_p(text.replace("\0", " ").encode()), []
            # One clause a call, until nothing is left.
            while rest.value:
                found.append((convert(ctypes.byref(rest), _UTF8, _IPA) or b"").decode())
            return " ".join(found)


_library = _Library()


def phonemes(text: str, voice: str) -> str:
    """How ``voice`` would say ``text``, in the phonetic alphabet. Raises :class:`SpeechUnavailable`."""
    return _library.phonemes(text, voice)


class EspeakVoice:
    """One espeak-ng voice. Cheap to make, safe in any thread; voices may be mixed call by call.

    ``voice`` is a name such as ``en+f3``; ``pitch`` is 0–99 (50 is the voice's own). Raises
    :class:`ConfigurationError` for a name that the library doesn't know.
    """

    def __init__(
        self, voice: str = DEFAULT_VOICE, *, words_per_minute: int = DEFAULT_WORDS_PER_MINUTE, pitch: int = 50
    ) -> None:
        if not _library.knows(voice):
            raise ConfigurationError(
                f"espeak-ng has no voice {voice!r}; British English is 'en', with variants 'en+f2'"
            )
        self._voice = voice
        self._words_per_minute = words_per_minute
        self._pitch = max(0, min(99, pitch))

    @property
    def name(self) -> str:
        """``espeak:VOICE`` with its speed, and pitch where it isn't the voice's own."""
        pitch = "" if self._pitch == 50 else f"^{self._pitch}"
        return f"espeak:{self._voice}@{self._words_per_minute}{pitch}"

    def render(self, spoken: SpokenText, rate: int) -> SpokenAudio:
        """Render at ``rate`` Hz; the first voiced sample comes within 20 ms, the level is −20 dBFS.

        An empty text gives no samples. Raises :class:`SpeechUnavailable`.
        """
        started = time.perf_counter()
        speed = max(_SLOWEST, min(_FASTEST, round(self._words_per_minute * spoken.rate)))
        if spoken.text.strip():
            raw, native = _library.synthesise(spoken.text, self._voice, speed, self._pitch)
            samples = finish(raw, native, rate, spoken.volume)
        else:
            samples = np.zeros(0, dtype=np.int16)
        return SpokenAudio(
            samples=samples,
            rate=rate,
            voice=self.name,
            compute_ms=(time.perf_counter() - started) * 1000,
            text=spoken.text,
        )

    def stream(self, spoken: SpokenText, rate: int) -> Iterator[NDArray[np.int16]]:
        """The whole in one piece: rendering takes a few milliseconds."""
        yield self.render(spoken, rate).samples
