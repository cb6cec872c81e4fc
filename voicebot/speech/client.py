"""The speech process as a media process sees it: it hears and speaks, or says quickly that it can't."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from voicebot.errors import Overloaded, SpeechUnavailable
from voicebot.speech.address import Address, TcpAddress, parse_address
from voicebot.speech.health import Health
from voicebot.speech.lane import Superseded
from voicebot.speech.protocol import Decoder, Failure, Message, WireError, encode
from voicebot.stt.recogniser import NO_HINTS
from voicebot.stt.transcript import Hints, Transcript, Word
from voicebot.tts.spoken import SpokenAudio, SpokenText

_READ = 256 * 1024
_CONNECT_S = 0.25
_RETRY_S = 0.2
"""A host that didn't answer is not asked again for this long: each call would wait for the connection otherwise."""


class _Link:
    """One connection and the requests that wait on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self.alive = True
        self._task = asyncio.get_running_loop().create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        decoder = Decoder()
        reason = "the speech process closed the connection"
        try:
            while data := await reader.read(_READ):
                for message in decoder.feed(data):
                    waiting = self._waiting.get(message.header.get("id", -1))
                    if waiting is not None and not waiting.done():
                        waiting.set_result(message)
        except (OSError, WireError) as error:
            reason = f"the speech process was lost: {error}"
        finally:
            self.alive = False
            self._writer.close()
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(SpeechUnavailable(reason))

    def send(self, data: bytes) -> None:
        if self.alive and not self._writer.is_closing():
            self._writer.write(data)

    def expect(self, number: int) -> "asyncio.Future[Message]":
        if not self.alive:
            raise SpeechUnavailable("the speech process closed the connection")
        future = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        return future

    def forget(self, number: int) -> None:
        future = self._waiting.pop(number, None)
        if future is not None and future.done() and not future.cancelled():
            future.exception()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


def _error(header: Mapping[str, Any]) -> SpeechUnavailable:
    detail = str(header.get("detail") or header.get("error"))
    kinds: dict[str, type[SpeechUnavailable]] = {Failure.OVERLOADED: Overloaded, Failure.SUPERSEDED: Superseded}
    return kinds.get(str(header.get("error")), SpeechUnavailable)(detail)


def _transcript(fields: Mapping[str, Any]) -> Transcript:
    words = tuple(Word(**word) for word in fields["words"])
    tuples = {name: tuple(fields[name]) for name in ("alternatives", "alternative_confidences")}
    return Transcript(**{**fields, **tuples, "words": words})


class SpeechClient:
    """A :class:`~voicebot.stt.transcript.Transcriber` and :class:`~voicebot.tts.spoken.Voice` over a socket.

    ``address`` is the path of a Unix socket or ``tcp://host:port``. It connects when first needed and again after a
    loss. Every method raises :class:`~voicebot.errors.SpeechUnavailable`: at once when nobody listens, after
    ``timeout_s`` when nobody answers; or its subclass :class:`~voicebot.errors.Overloaded`. Cancelling the awaiting
    task takes the request back. Belongs to one event loop.
    """

    def __init__(self, address: Path | str, timeout_s: float = 4.0) -> None:
        self._address: Address = parse_address(address)
        self._timeout_s = timeout_s
        self._numbers = itertools.count(1)
        self._link: _Link | None = None
        self._connecting = asyncio.Lock()
        self._dead_until = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Drop the connection; what is awaited fails. The client may be used again."""
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def _connect(self) -> _Link:
        link = self._link
        if link is not None and link.alive:
            return link
        async with self._connecting:
            if self._link is not None and self._link.alive:
                return self._link
            if time.monotonic() < self._dead_until:
                raise SpeechUnavailable("the speech process is not there")
            try:
                async with asyncio.timeout(_CONNECT_S):
                    if isinstance(self._address, TcpAddress):
                        streams = await asyncio.open_connection(self._address.host, self._address.port)
                    else:
                        streams = await asyncio.open_unix_connection(self._address)
            except (OSError, TimeoutError) as error:
                # A missing Unix socket is found out for nothing; only a host costs a wait.
                if isinstance(self._address, TcpAddress):
                    self._dead_until = time.monotonic() + _RETRY_S
                raise SpeechUnavailable(f"the speech process is not there: {error}") from error
            self._link = _Link(*streams)
            return self._link

    async def _ask(
        self, header: Mapping[str, Any], samples: NDArray[np.int16] | None = None, timeout_s: float | None = None
    ) -> Message:
        limit = self._timeout_s if timeout_s is None else timeout_s
        number = next(self._numbers)
        link: _Link | None = None
        answered = False
        try:
            async with asyncio.timeout(limit):
                link = await self._connect()
                answer = link.expect(number)
                link.send(encode({**header, "id": number}, samples))
                message = await answer
                answered = True
        except TimeoutError as error:
            raise SpeechUnavailable(f"the speech process didn't answer within {limit} s") from error
        except ValueError as error:
            raise SpeechUnavailable(str(error)) from error
        finally:
            if link is not None:
                link.forget(number)
                if not answered:
                    link.send(encode({"op": "cancel", "target": number}))
        if message.header.get("ok") is not True:
            raise _error(message.header)
        return message

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

        A ``speculative`` request gives way to a newer one of its call, and then raises
        :class:`~voicebot.speech.lane.Superseded`.
        """
        header = {
            "op": "transcribe",
            "rate": rate,
            "call": call_id,
            "hints": {**asdict(hints), "hotwords": list(hints.hotwords)},
            "speculative": speculative,
        }
        message = await self._ask(header, samples)
        try:
            return _transcript(message.header["transcript"])
        except (KeyError, TypeError) as error:
            raise SpeechUnavailable("the speech process gave no transcript") from error

    async def speak(
        self, spoken: SpokenText, rate: int, *, call_id: str = "", speculative: bool = False
    ) -> SpokenAudio:
        """Render ``spoken`` at ``rate`` Hz."""
        header = {
            "op": "speak",
            "text": spoken.text,
            "speed": spoken.rate,
            "volume": spoken.volume,
            "language": spoken.language,
            "rate": rate,
            "call": call_id,
            "speculative": speculative,
        }
        message = await self._ask(header)
        try:
            return SpokenAudio(
                samples=message.samples(),
                rate=int(message.header["rate"]),
                voice=str(message.header["voice"]),
                compute_ms=float(message.header["compute_ms"]),
                cached=bool(message.header["cached"]),
                text=spoken.text,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise SpeechUnavailable("the speech process gave no speech") from error

    async def prerender(self, texts: Sequence[str], rate: int, *, speed: float = 1.0, timeout_s: float = 60.0) -> int:
        """Have fixed prompts rendered into the speech process's cache; gives how many are there."""
        header = {"op": "prerender", "texts": list(texts), "rate": rate, "speed": speed}
        message = await self._ask(header, timeout_s=timeout_s)
        return int(message.header.get("count", 0))

    async def health(self, timeout_s: float = 1.0) -> Health:
        """How the speech process is doing."""
        message = await self._ask({"op": "health"}, timeout_s=timeout_s)
        try:
            fields = message.header["health"]
            times = {name: tuple(fields[name]) for name in ("transcribe_ms", "speak_ms")}
            return Health(**{**fields, **times})
        except (KeyError, TypeError) as error:
            raise SpeechUnavailable("the speech process gave no health") from error
