"""Speech from the settings, in this process: for tests, ``chat``, rehearsals, and inside the speech process itself."""

import asyncio
from pathlib import Path

import structlog

from voicebot.models.store import ESPEAK, hearing_note, resolve_second, resolve_stt, resolve_voice
from voicebot.settings import Settings
from voicebot.speech.service import SpeechService
from voicebot.stt.either import SurerOfTwo
from voicebot.stt.hotwords import WordLists
from voicebot.stt.recogniser import Recogniser
from voicebot.stt.sphinx.recogniser import SphinxRecogniser
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

    sphinx: SphinxRecogniser | None = None
    """The recogniser that has processes of its own to be ended."""

    @classmethod
    def open(cls, settings: Settings, *, warm: bool = True, second: bool = True) -> "LocalSpeech":
        """Load the recognisers and the voice that the settings name; blocks for a second or more.

        A second recogniser loads in the background: until it is there the first hears alone. Where callers are
        synthetic, as in rehearsals, ``second`` is false: it is there for people. Raises
        :class:`~voicebot.errors.ConfigurationError` when one of them isn't there or is broken.
        """
        speech = settings.speech
        chosen = resolve_stt(speech.model)
        beside = resolve_second(speech.second, chosen) if second else None
        main: WhisperRecogniser | SphinxRecogniser
        recogniser: Recogniser
        sphinx: SphinxRecogniser | None = None
        if chosen.folder is None:
            main = recogniser = sphinx = SphinxRecogniser(
                settings.dialogue.project, speech.words, workers=speech.workers
            )
        else:
            main = recogniser = _whisper(chosen.folder, settings)
            if beside is not None:
                sphinx = SphinxRecogniser(settings.dialogue.project, speech.words)
                recogniser = SurerOfTwo(main, sphinx)
        voice = voice_from(speech.voice)
        if warm:
            main.warm_up()
            voice.render(SpokenText("Hello."), 8000)
        people = chosen.people and main.people
        note = hearing_note(chosen, beside)
        log = _log.info if people else _log.warning
        log("recogniser_loaded", model=recogniser.name, people=people, note=note)
        service = cls(
            recogniser,
            voice,
            cache=SpeechCache(settings.data / CACHE_FOLDER, max_memory=_CACHE_BYTES),
            workers=speech.workers,
            max_queue=speech.max_queue,
            max_lag_ms=speech.max_lag_ms,
            people=people,
            note=note,
        )
        service.quick_voice = voice.name.startswith(ESPEAK)
        service.sphinx = sphinx
        return service

    async def close(self) -> None:
        """Finish what runs, refuse what waits, end what was started."""
        await super().close()
        if self.sphinx is not None:
            await asyncio.to_thread(self.sphinx.close)


def _whisper(folder: Path, settings: Settings) -> WhisperRecogniser:
    speech = settings.speech
    return WhisperRecogniser(
        folder,
        device=speech.device,
        compute_type=speech.compute_type,
        threads=speech.threads,
        workers=speech.workers,
        floor_s=speech.floor_s,
        batch=speech.batch,
        words=WordLists.load(speech.words),
    )


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
