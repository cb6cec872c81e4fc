"""Hearing and speaking for all calls: the core that the speech process serves and that tests use in-process."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

import numpy as np
import structlog
from numpy.typing import NDArray

from voicebot.errors import Overloaded, SpeechUnavailable
from voicebot.speech.admission import Admission
from voicebot.speech.health import Health
from voicebot.speech.lane import Lane
from voicebot.stt.recogniser import NO_HINTS, Recogniser, Request
from voicebot.stt.transcript import Hints, Transcript
from voicebot.tts.cache import CachedVoice, SpeechCache
from voicebot.tts.engine import VoiceEngine
from voicebot.tts.spoken import SpokenAudio, SpokenText

_log = structlog.get_logger(__name__)

_RECENT = 200
_ANONYMOUS = "-"
_PRERENDER = "prerender"


class _Times:
    def __init__(self) -> None:
        self.count = 0
        self._recent: deque[float] = deque(maxlen=_RECENT)

    def add(self, ms: float) -> None:
        self.count += 1
        self._recent.append(ms)

    def summary(self) -> tuple[float, float]:
        if not self._recent:
            return 0.0, 0.0
        p50, p95 = np.percentile(np.array(self._recent), [50, 95])
        return round(float(p50), 1), round(float(p95), 1)


class SpeechService:
    """Owns one recogniser and one voice; both a :class:`~voicebot.stt.transcript.Transcriber` and a
    :class:`~voicebot.tts.spoken.Voice`.

    ``workers`` decodings run at once, each of as many utterances as the recogniser likes together; speaking has a
    thread of its own and never waits behind hearing. At most ``max_queue`` requests wait for each, and new calls are
    not heard while requests wait longer than ``max_lag_ms``.
    """

    def __init__(
        self,
        recogniser: Recogniser,
        voice: VoiceEngine,
        *,
        cache: SpeechCache | None = None,
        workers: int = 2,
        max_queue: int = 32,
        max_lag_ms: float = 1500.0,
        people: bool = True,
        note: str = "",
    ) -> None:
        self._recogniser = recogniser
        self._voice = CachedVoice(voice, cache or SpeechCache(None))
        self._hearing: Lane[Request, Transcript] = Lane(
            "hear", recogniser.recognise_all, workers=workers, limit=max_queue, batch=recogniser.batch
        )
        self._speaking: Lane[Callable[[], SpokenAudio], SpokenAudio] = Lane(
            "speak", lambda works: [work() for work in works], workers=1, limit=max_queue
        )
        self._admission = Admission(max_lag_ms)
        self._started = time.monotonic()
        self._heard, self._spoke = _Times(), _Times()
        self._people, self._note = people, note
        self._refused = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def transcribe(
        self,
        samples: NDArray[np.int16],
        rate: int,
        *,
        hints: Hints = NO_HINTS,
        call_id: str = "",
        speculative: bool = False,
    ) -> Transcript:
        """Hear mono ``samples`` at ``rate`` Hz.

        A ``speculative`` request that has not begun is dropped for any newer one of its call. When hearing is behind,
        guesses and calls that were not heard before are refused; a turn that goes on is heard only while nothing else
        is. Raises
        :class:`~voicebot.errors.Overloaded`, :class:`~voicebot.speech.lane.Superseded` or
        :class:`~voicebot.errors.SpeechUnavailable`.
        """
        if hints.goes_on and (self._hearing.running or self._hearing.queued):
            raise Overloaded("there are turns to hear that are over")
        call, now, expected_ms = call_id or _ANONYMOUS, time.monotonic(), self._hearing.expected_wait_ms
        if not self._admission.admits(call, expected_ms, now, speculative=speculative):
            self._refused += 1
            raise Overloaded(f"hearing is {max(expected_ms, self._admission.lag_ms(now)):.0f} ms behind")
        done = await self._hearing.submit(call, Request(samples, rate, hints), speculative=speculative)
        if not speculative:
            self._admission.waited(done.queue_ms, time.monotonic())
        self._heard.add(done.result.compute_ms)
        return replace(done.result, queue_ms=done.queue_ms)

    async def speak(
        self, spoken: SpokenText, rate: int, *, call_id: str = "", speculative: bool = False
    ) -> SpokenAudio:
        """Render ``spoken`` at ``rate`` Hz, or take it from the cache. Raises as :meth:`transcribe`."""
        ready = self._voice.ready(spoken, rate)
        if ready is not None:
            return ready
        done = await self._speaking.submit(
            call_id or _ANONYMOUS, lambda: self._voice.render(spoken, rate), speculative=speculative
        )
        self._spoke.add(done.result.compute_ms)
        return done.result

    async def prerender(self, texts: Sequence[str], rate: int, *, speed: float = 1.0) -> int:
        """Render fixed prompts into the cache, on disk too, letting calls go first; gives how many are there.

        One that fails is logged and left out.
        """
        count = 0
        for text in texts:
            spoken = SpokenText(text, rate=speed)
            try:
                await self._speaking.submit(_PRERENDER, lambda s=spoken: self._voice.render(s, rate, fixed=True))  # type: ignore[misc]
            except SpeechUnavailable as error:
                _log.warning("prompt_not_rendered", error=type(error).__name__)
                continue
            count += 1
        return count

    async def health(self) -> Health:
        """How it is doing."""
        now, expected_ms = time.monotonic(), self._hearing.expected_wait_ms
        return Health(
            ready=True,
            model=self._recogniser.name,
            voice=self._voice.name,
            people=self._people,
            note=self._note,
            uptime_s=round(time.monotonic() - self._started, 1),
            queued=self._hearing.queued + self._speaking.queued,
            running=self._hearing.running + self._speaking.running,
            transcribed=self._heard.count,
            spoken=self._spoke.count,
            refused=self._refused,
            lag_ms=round(max(expected_ms, self._admission.lag_ms(now)), 1),
            admitting=not self._admission.behind(expected_ms, now),
            transcribe_ms=self._heard.summary(),
            speak_ms=self._spoke.summary(),
        )

    async def close(self) -> None:
        """Finish what runs, refuse what waits."""
        await self._hearing.close()
        await self._speaking.close()
