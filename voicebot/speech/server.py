"""Serves a :class:`~voicebot.speech.service.SpeechService` on a socket. Nothing that is heard or said is logged."""

import asyncio
import contextlib
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from voicebot.errors import ConfigurationError, Overloaded, SpeechUnavailable
from voicebot.speech.address import Address, TcpAddress, parse_address
from voicebot.speech.lane import Superseded
from voicebot.speech.protocol import Decoder, Failure, Message, WireError, encode
from voicebot.speech.service import SpeechService
from voicebot.stt.transcript import Hints
from voicebot.tts.spoken import SpokenText

_log = structlog.get_logger(__name__)

_READ = 256 * 1024
_RATES = (4000, 192000)

Answer = tuple[dict[str, Any], NDArray[np.int16] | None]


def operation_name(message: Message) -> str:
    """The request's operation for the log, or ``unknown``: never what else a client may have put there."""
    name = message.header.get("op")
    return name if name in ("transcribe", "speak", "prerender", "health", "cancel") else "unknown"


class _BadRequest(Exception):
    """A request that can't be carried out whatever the state of the service."""


def _number(header: Mapping[str, Any], name: str, default: float, low: float, high: float) -> float:
    value = header.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise _BadRequest(name)
    return float(value)


def _text(header: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = header.get(name, default)
    if not isinstance(value, str):
        raise _BadRequest(name)
    return value


def _texts(header: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = header.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _BadRequest(name)
    return tuple(value)


class _Connection:
    def __init__(self, service: SpeechService, number: int, writer: asyncio.StreamWriter) -> None:
        self._service = service
        self._number = number
        self._writer = writer
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def take(self, message: Message) -> None:
        """Begin a request, or cancel one. Raises :class:`WireError` for one that can't even be answered."""
        number = message.header.get("id")
        if message.header.get("op") == "cancel":
            task = self._tasks.get(message.header.get("target", -1))
            if task is not None:
                task.cancel()
            return
        if not isinstance(number, int) or isinstance(number, bool) or number in self._tasks:
            raise WireError("a request without an id of its own")
        task = asyncio.get_running_loop().create_task(self._serve(number, message))
        self._tasks[number] = task
        task.add_done_callback(lambda _: self._tasks.pop(number, None))

    async def close(self) -> None:
        """Drop what this client still waits for."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _serve(self, number: int, message: Message) -> None:
        try:
            header, samples = await self._answer(message)
            self._send({"id": number, "ok": True, **header}, samples)
        except asyncio.CancelledError:
            self._fail(number, Failure.CANCELLED, "")
            raise
        except _BadRequest as error:
            self._fail(number, Failure.BAD_REQUEST, str(error))
        except Superseded:
            self._fail(number, Failure.SUPERSEDED, "")
        except Overloaded as error:
            self._fail(number, Failure.OVERLOADED, str(error))
        except SpeechUnavailable as error:
            _log.warning("speech_request_failed", error=str(error))
            self._fail(number, Failure.FAILED, str(error))
        except Exception as error:  # noqa: BLE001
            # Whatever it was, the call that waits for an answer must get one. The log gets places, not values.
            where = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
            _log.error("speech_request_broke", op=operation_name(message), error=type(error).__name__, where=where)
            self._fail(number, Failure.FAILED, type(error).__name__)

    def _send(self, header: Mapping[str, Any], samples: NDArray[np.int16] | None = None) -> None:
        if not self._writer.is_closing():
            self._writer.write(encode(header, samples))

    def _fail(self, number: int, failure: Failure, detail: str) -> None:
        self._send({"id": number, "ok": False, "error": failure, "detail": detail})

    async def _answer(self, message: Message) -> Answer:
        header = message.header
        operations: dict[str, Callable[[Message], Awaitable[Answer]]] = {
            "transcribe": self._transcribe,
            "speak": self._speak,
            "prerender": self._prerender,
            "health": self._health,
        }
        operation = operations.get(_text(header, "op", ""))
        if operation is None:
            raise _BadRequest("op")
        return await operation(message)

    def _call(self, header: Mapping[str, Any]) -> str:
        # Requests without a call are fair by connection.
        return _text(header, "call", "") or f"connection-{self._number}"

    async def _transcribe(self, message: Message) -> Answer:
        header = message.header
        hints = header.get("hints", {})
        if not isinstance(hints, dict):
            raise _BadRequest("hints")
        transcript = await self._service.transcribe(
            message.samples(),
            int(_number(header, "rate", 8000, *_RATES)),
            hints=Hints(
                _text(hints, "profile", "normal"),
                _text(hints, "prompt", ""),
                _texts(hints, "hotwords"),
                hints.get("word_times") is True,
                _text(hints, "slot", ""),
                hints.get("goes_on") is True,
            ),
            call_id=self._call(header),
            speculative=header.get("speculative") is True,
        )
        return {"transcript": asdict(transcript)}, None

    async def _speak(self, message: Message) -> Answer:
        header = message.header
        spoken = SpokenText(
            _text(header, "text"),
            _number(header, "speed", 1.0, 0.1, 10),
            _number(header, "volume", 1.0, 0, 10),
            _text(header, "language", ""),
        )
        audio = await self._service.speak(
            spoken,
            int(_number(header, "rate", 8000, *_RATES)),
            call_id=self._call(header),
            speculative=header.get("speculative") is True,
        )
        answer = {"rate": audio.rate, "voice": audio.voice, "compute_ms": audio.compute_ms, "cached": audio.cached}
        return answer, audio.samples

    async def _prerender(self, message: Message) -> Answer:
        header = message.header
        count = await self._service.prerender(
            _texts(header, "texts"),
            int(_number(header, "rate", 8000, *_RATES)),
            speed=_number(header, "speed", 1.0, 0.1, 10),
        )
        return {"count": count}, None

    async def _health(self, _message: Message) -> Answer:
        return {"health": asdict(await self._service.health())}, None


def _remove(socket: Path) -> None:
    socket.unlink(missing_ok=True)


class SpeechServer:
    """Listens at ``address`` for any number of clients. Use as ``start`` … ``stop``."""

    def __init__(self, service: SpeechService, address: Address | str) -> None:
        self._service = service
        self._address = parse_address(address) if isinstance(address, str) else address
        self._server: asyncio.Server | None = None
        self._connections: dict[_Connection, asyncio.Task[None]] = {}
        self._counter = 0

    @property
    def address(self) -> Address:
        """Where it listens, with the real port once started."""
        return self._address

    async def start(self) -> None:
        """Listen. Raises :class:`ConfigurationError` when somebody listens there already."""
        try:
            if isinstance(self._address, TcpAddress):
                host = self._address.host
                self._server = await asyncio.start_server(self._connected, host, self._address.port)
                self._address = TcpAddress(host, self._server.sockets[0].getsockname()[1])
            else:
                await self._claim(self._address)
                self._server = await asyncio.start_unix_server(self._connected, self._address)
                self._address.chmod(0o600)
        except OSError as error:
            raise ConfigurationError(f"can't listen at {self._address}: {error}") from error

    @staticmethod
    async def _claim(path: Path) -> None:
        """Remove the socket of a process that died; refuse to take that of one that lives."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            _, writer = await asyncio.open_unix_connection(path)
        except OSError:
            _remove(path)
            return
        writer.close()
        raise ConfigurationError(f"another speech process listens at {path}")

    async def stop(self) -> None:
        """Close the socket and every connection; requests in work are dropped."""
        if self._server is not None:
            self._server.close()
        for task in list(self._connections.values()):
            task.cancel()
        await asyncio.gather(*self._connections.values(), return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None
        if isinstance(self._address, Path):
            _remove(self._address)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._counter += 1
        connection = _Connection(self._service, self._counter, writer)
        task = asyncio.current_task()
        assert task is not None
        self._connections[connection] = task
        decoder = Decoder()
        try:
            while data := await reader.read(_READ):
                for message in decoder.feed(data):
                    connection.take(message)
        except WireError as error:
            _log.warning("speech_client_broke_protocol", error=str(error))
        except OSError:
            _log.info("speech_client_lost")
        except asyncio.CancelledError:
            # Only stop() cancels this task, and it waits for the clean-up below.
            pass
        finally:
            await connection.close()
            self._connections.pop(connection, None)
