"""Speech from the settings, in this process: for tests, ``chat``, rehearsals, and inside the speech process itself."""

from pathlib import Path

import structlog

from voicebot.models.store import ESPEAK, resolve_stt, resolve_voice
from voicebot.settings import Settings
from voicebot.speech.service import SpeechService
from voicebot.stt.hotwords import WordLists
from voicebot.stt.whisper import WhisperRecogniser
from voicebot.tts.cache import SpeechCache
from voicebot.tts.engine import FallbackVoice, Tongues, VoiceEngine, open_voice
from voicebot.tts.spoken import SpokenText

_log = structlog.get_logger(__name__)

CACHE_FOLDER = "speech-cache"
_CACHE_BYTES = 64 << 20
"""Room for an hour of telephone speech: all fixed sentences, and what is being said."""


class LocalSpeech(SpeechService):
    """The same interface as :class:`~voicebot.speech.client.SpeechClient`, with its engines in this process."""

    quick_voice = True
    """Whether the voice renders a sentence in a few milliseconds, so that nothing is gained by doing it beforehand."""

    @classmethod
    def open(cls, settings: Settings, *, warm: bool = True) -> "LocalSpeech":
        """Load the recogniser and the voice that the settings name; blocks for a second or more.

        Raises :class:`~voicebot.errors.ConfigurationError` when one of them isn't there or is broken.
        """
        chosen = resolve_stt(settings.speech.model)
        assert chosen.folder is not None
        speech = settings.speech
        recogniser = WhisperRecogniser(
            chosen.folder,
            device=speech.device,
            compute_type=speech.compute_type,
            threads=speech.threads,
            workers=speech.workers,
            floor_s=speech.floor_s,
            batch=speech.batch,
            words=WordLists.load(speech.words),
        )
        voice = voice_from(speech.voice)
        if warm:
            recogniser.warm_up()
            voice.render(SpokenText("Hello."), 8000)
        people = chosen.people and recogniser.traits.people
        log = _log.info if people else _log.warning
        log("recogniser_loaded", model=recogniser.name, device=recogniser.device, people=people, note=chosen.note)
        service = cls(
            recogniser,
            voice,
            cache=SpeechCache(settings.data / CACHE_FOLDER, max_memory=_CACHE_BYTES),
            workers=recogniser.workers,
            max_queue=speech.max_queue,
            max_lag_ms=speech.max_lag_ms,
            people=people,
            note=chosen.note,
        )
        service.quick_voice = voice.name.startswith(ESPEAK)
        return service


def voice_from(name: str, models: Path | None = None) -> VoiceEngine:
    """The voice called ``name`` (as in the settings); espeak-ng stands in for a Piper voice that fails.

    Raises :class:`~voicebot.errors.ConfigurationError`.
    """
    chosen = resolve_voice(name, models)
    voice = open_voice(chosen.name, chosen.folder)
    _log.info("voice_loaded", voice=voice.name)
    whole = voice if chosen.folder is None else FallbackVoice(voice, open_voice(ESPEAK))
    # Until a Welsh voice of Piper's is installed under the name that the settings could choose, espeak-ng speaks it.
    return Tongues(whole, {"cy": open_voice(f"{ESPEAK}:cy")})
