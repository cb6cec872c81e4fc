"""Voices for synthetic callers: espeak-ng in this process, and Debian's flite when it is installed."""

import re
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.resample import resample
from voicebot.audio.wav import read_wav
from voicebot.errors import ConfigurationError, SpeechUnavailable
from voicebot.tts.espeak import EspeakVoice
from voicebot.tts.level import finish
from voicebot.tts.spoken import SpokenText

DEFAULT_VOICE = "en+f2"
ESPEAK_VOICES = ("en+f2", "en+m3", "en-gb-x-rp+f4", "en-gb-scotland+m1", "en-gb-x-gbclan+f3", "en-gb-x-gbcwmd+m7")
FLITE_VOICES = ("flite:slt", "flite:rms", "flite:awb", "flite:kal")
_SPEED = re.compile(r"^(?P<voice>.+?)(@(?P<speed>\d+))?$")
_USUAL_SPEED = 160
_FLITE_S = 30.0


def voices() -> tuple[str, ...]:
    """Names of voices that work here, for callers who sound different from each other."""
    return ESPEAK_VOICES + (FLITE_VOICES if shutil.which("flite") else ())


def render(text: str, rate: int = 8000, voice: str = DEFAULT_VOICE) -> NDArray[np.int16]:
    """``text`` spoken by ``voice`` at ``rate`` Hz, at about -20 dBFS.

    A voice is an espeak-ng name (``en+f2``; British English is ``en``) or ``flite:slt|rms|awb|kal``, either
    with a speed in words a minute (``en+m3@120``). Raises ConfigurationError for a voice that isn't there and
    SpeechUnavailable when the engine fails.
    """
    match = _SPEED.match(voice)
    if match is None:
        raise ConfigurationError("a voice needs a name")
    name, speed = match["voice"], int(match["speed"] or _USUAL_SPEED)
    if name.startswith("flite:"):
        return _flite(text, name.removeprefix("flite:"), speed, rate)
    return _espeak(name, speed).render(SpokenText(text), rate).samples


@lru_cache(maxsize=32)
def _espeak(voice: str, speed: int) -> EspeakVoice:
    return EspeakVoice(voice, words_per_minute=speed)


def _flite(text: str, voice: str, speed: int, rate: int) -> NDArray[np.int16]:
    program = shutil.which("flite")
    if program is None:
        raise ConfigurationError(
            "flite is not installed (Debian: apt install flite); use an espeak-ng voice like en+f2"
        )
    if f"flite:{voice}" not in FLITE_VOICES:
        raise ConfigurationError(f"flite has no voice {voice}; it has {', '.join(FLITE_VOICES)}")
    with tempfile.TemporaryDirectory() as folder:
        line, sound = Path(folder) / "line.txt", Path(folder) / "line.wav"
        line.write_text(text, encoding="utf-8")
        stretch = f"duration_stretch={_USUAL_SPEED / speed:.2f}"
        command = [program, "-voice", voice, "--setf", stretch, "-f", str(line), "-o", str(sound)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_FLITE_S)  # noqa: S603
        except (subprocess.SubprocessError, OSError) as error:
            raise SpeechUnavailable(f"flite failed: {error}") from error
        samples, native = read_wav(sound)
    return finish(samples.astype(np.float32) / 32768.0, native, rate, 1.0)


def from_file(path: Path, rate: int) -> NDArray[np.int16]:
    """A recorded line at ``rate`` Hz. Raises :class:`~voicebot.audio.wav.AudioFileError`."""
    samples, native = read_wav(path)
    return resample(samples, native, rate)
