"""Server and client over a real socket, with real engines."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.errors import ConfigurationError, Overloaded, SpeechUnavailable
from voicebot.speech.address import TcpAddress
from voicebot.speech.client import SpeechClient
from voicebot.speech.lane import Superseded
from voicebot.speech.protocol import Decoder, Message, encode
from voicebot.speech.server import SpeechServer
from voicebot.speech.service import SpeechService
from voicebot.stt.recogniser import NO_HINTS, Recogniser, Request
from voicebot.stt.transcript import Hints, Transcriber, Transcript
from voicebot.stt.whisper import WhisperRecogniser
from voicebot.tts.cache import SpeechCache
from voicebot.tts.espeak import EspeakVoice
from voicebot.tts.spoken import SpokenText, Voice

Samples = NDArray[np.int16]


class Gated:
    """The real recogniser behind a gate, so that a test decides when a decoding goes on."""

    name = "gated"
    batch = 1

    def __init__(self, engine: WhisperRecogniser) -> None:
        self._engine = engine
        self.gate = Event()
        self.begun = 0

    def recognise(self, samples: Samples, rate: int, hints: Hints = NO_HINTS) -> Transcript:
        self.begun += 1
        assert self.gate.wait(20)
        return self._engine.recognise(samples, rate, hints)

    def recognise_all(self, requests: Sequence[Request]) -> list[Transcript]:
        return [self.recognise(one.samples, one.rate, one.hints) for one in requests]


class Broken:
    """An engine with a defect."""

    name = "broken"
    batch = 1

    def recognise(self, samples: Samples, rate: int, hints: Hints = NO_HINTS) -> Transcript:
        raise ZeroDivisionError("Mrs Patel of 12 Mill Lane")

    def recognise_all(self, requests: Sequence[Request]) -> list[Transcript]:
        return [self.recognise(one.samples, one.rate, one.hints) for one in requests]


@pytest.fixture
def gated(recogniser: WhisperRecogniser) -> Iterator[Gated]:
    engine = Gated(recogniser)
    yield engine
    engine.gate.set()


@asynccontextmanager
async def serving(engine: Recogniser, path: Path, *, max_queue: int = 32) -> AsyncIterator[SpeechService]:
    service = SpeechService(engine, EspeakVoice(), workers=1, max_queue=max_queue)
    server = SpeechServer(service, path)
    await server.start()
    try:
        yield service
    finally:
        await server.stop()
        await service.close()


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop and the threads go on until ``condition`` holds."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


def test_client_and_service_keep_the_contracts(recogniser: WhisperRecogniser, tmp_path: Path) -> None:
    service = SpeechService(recogniser, EspeakVoice())
    hearing: list[Transcriber] = [service, SpeechClient(tmp_path)]
    speaking: list[Voice] = [service, SpeechClient(tmp_path)]
    assert len(hearing) == len(speaking)


def test_a_media_process_loads_no_engine() -> None:
    code = "import sys, voicebot.speech.client, voicebot.tts.engine, voicebot.models.store; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"faster_whisper", "ctranslate2", "onnxruntime", "piper"} & set(loaded)


async def test_hearing_and_speaking(recogniser: WhisperRecogniser, utterance: Samples, tmp_path: Path) -> None:
    async with serving(recogniser, tmp_path / "s"), SpeechClient(tmp_path / "s") as client:
        here = recogniser.recognise(utterance, 8000)
        there = await client.transcribe(utterance, 8000, hints=Hints("yes_no", "hello", ("bin",)), call_id="a")
        plain = await client.transcribe(utterance, 8000)
        assert plain.text == here.text
        assert plain.confidence == here.confidence
        assert plain.alternatives == here.alternatives
        assert plain.engine == "blank"
        assert there.audio_ms == plain.audio_ms == len(utterance) / 8
        assert plain.compute_ms > 0
        assert plain.queue_ms >= 0
        spoken = await client.speak(SpokenText("Thank you.", rate=0.9, volume=0.8), 16000)
        assert spoken.rate == 16000
        assert spoken.text == "Thank you."
        assert 300 < spoken.duration_ms < 2000
        again = await client.speak(SpokenText("Thank you.", rate=0.9, volume=0.8), 16000)
        assert again.cached
        assert np.array_equal(again.samples, spoken.samples)
        health = await client.health()
        assert (health.model, health.transcribed, health.spoken, health.queued) == ("blank", 2, 1, 0)
        assert health.transcribe_ms[1] >= health.transcribe_ms[0] > 0


async def test_a_turn_that_goes_on_is_heard_only_while_nothing_else_is(
    gated: Gated, utterance: Samples, tmp_path: Path
) -> None:
    goes_on = Hints(goes_on=True)
    async with serving(gated, tmp_path / "s") as service, SpeechClient(tmp_path / "s") as client:
        over = asyncio.ensure_future(client.transcribe(utterance, 8000, call_id="a"))
        await until(lambda: gated.begun == 1)
        with pytest.raises(Overloaded):
            await client.transcribe(utterance, 8000, hints=goes_on, call_id="b", speculative=True)
        gated.gate.set()
        await over
        await client.transcribe(utterance, 8000, hints=goes_on, call_id="b", speculative=True)
        assert (await service.health()).refused == 0, "nobody was refused anything that they waited for"


async def test_prompts_are_rendered_in_advance(recogniser: WhisperRecogniser, tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path / "cache")
    async with SpeechService(recogniser, EspeakVoice(), cache=cache) as service:
        assert await service.prerender(["One moment please.", "Goodbye."], 8000) == 2
        assert (await service.speak(SpokenText("Goodbye."), 8000)).cached
    assert len(list((tmp_path / "cache").rglob("*.speech"))) == 2
    async with serving(recogniser, tmp_path / "s"), SpeechClient(tmp_path / "s") as client:
        assert await client.prerender(["Hello.", "Hello again."], 8000) == 2
        assert (await client.speak(SpokenText("Hello."), 8000)).cached


async def test_many_calls_at_once(recogniser: WhisperRecogniser, utterance: Samples, tmp_path: Path) -> None:
    async with serving(recogniser, tmp_path / "s"), SpeechClient(tmp_path / "s", timeout_s=20) as client:
        heard = asyncio.gather(*(client.transcribe(utterance, 8000, call_id=str(n)) for n in range(12)))
        spoken = asyncio.gather(*(client.speak(SpokenText(f"Number {n}."), 8000, call_id=str(n)) for n in range(12)))
        assert len({transcript.text for transcript in await heard}) == 1
        assert len({len(audio.samples) for audio in await spoken}) > 1


async def test_speaking_never_waits_for_hearing(gated: Gated, utterance: Samples, tmp_path: Path) -> None:
    async with serving(gated, tmp_path / "s"), SpeechClient(tmp_path / "s") as client:
        hearing = asyncio.create_task(client.transcribe(utterance, 8000, call_id="a"))
        await until(lambda: gated.begun == 1)
        assert (await client.speak(SpokenText("Hello."), 8000)).duration_ms > 200
        assert not hearing.done()
        gated.gate.set()
        assert (await hearing).engine == "blank"


async def test_overload_is_answered_at_once(gated: Gated, utterance: Samples, tmp_path: Path) -> None:
    async with serving(gated, tmp_path / "s", max_queue=2) as service, SpeechClient(tmp_path / "s") as client:
        tasks = [asyncio.create_task(client.transcribe(utterance, 8000, call_id=str(n))) for n in range(3)]
        await until(lambda: gated.begun == 1)
        health = await service.health()
        assert (health.running, health.queued) == (1, 2)
        started = time.perf_counter()
        with pytest.raises(Overloaded):
            await client.transcribe(utterance, 8000, call_id="late")
        assert time.perf_counter() - started < 0.5
        gated.gate.set()
        assert len(await asyncio.gather(*tasks)) == 3


async def test_a_guess_gives_way_to_what_was_really_said(gated: Gated, utterance: Samples, tmp_path: Path) -> None:
    async with serving(gated, tmp_path / "s") as service, SpeechClient(tmp_path / "s") as client:
        first = asyncio.create_task(client.transcribe(utterance, 8000, call_id="other"))
        await until(lambda: gated.begun == 1)
        guess = asyncio.create_task(client.transcribe(utterance, 8000, call_id="a", speculative=True))
        real = asyncio.create_task(client.transcribe(utterance, 8000, call_id="a"))
        with pytest.raises(Superseded):
            await guess
        gated.gate.set()
        assert (await first).engine == (await real).engine == "blank"
        assert gated.begun == 2
        assert (await service.health()).queued == 0


async def test_cancelling_takes_the_request_back(gated: Gated, utterance: Samples, tmp_path: Path) -> None:
    async with serving(gated, tmp_path / "s"), SpeechClient(tmp_path / "s") as client:
        first = asyncio.create_task(client.transcribe(utterance, 8000, call_id="a"))
        await until(lambda: gated.begun == 1)
        unwanted = asyncio.create_task(client.transcribe(utterance, 8000, call_id="b"))
        while (await client.health()).queued == 0:
            await asyncio.sleep(0)
        unwanted.cancel()
        with pytest.raises(asyncio.CancelledError):
            await unwanted
        while (await client.health()).queued:
            await asyncio.sleep(0)
        gated.gate.set()
        await first
        assert gated.begun == 1


async def test_a_lost_client_leaves_nothing_behind(gated: Gated, utterance: Samples, tmp_path: Path) -> None:
    async with serving(gated, tmp_path / "s") as service:
        client = SpeechClient(tmp_path / "s")
        tasks = [asyncio.create_task(client.transcribe(utterance, 8000, call_id=str(n))) for n in range(3)]
        await until(lambda: gated.begun == 1)
        await client.close()
        for task in tasks:
            with pytest.raises(SpeechUnavailable):
                await task
        while (await service.health()).queued:
            await asyncio.sleep(0)
        gated.gate.set()


async def test_no_answer_is_a_timeout(gated: Gated, utterance: Samples, tmp_path: Path) -> None:
    async with serving(gated, tmp_path / "s"), SpeechClient(tmp_path / "s", timeout_s=0.1) as client:
        with pytest.raises(SpeechUnavailable, match="within"):
            await client.transcribe(utterance, 8000)
        gated.gate.set()


async def test_death_is_noticed_quickly_and_a_restart_is_found(
    gated: Gated, recogniser: WhisperRecogniser, utterance: Samples, tmp_path: Path
) -> None:
    path = tmp_path / "s"
    async with SpeechClient(path) as client:
        for _ in range(2):
            started = time.perf_counter()
            with pytest.raises(SpeechUnavailable):
                await client.speak(SpokenText("Hello."), 8000)
            assert time.perf_counter() - started < 0.05
        async with serving(gated, path):
            waiting = asyncio.create_task(client.transcribe(utterance, 8000))
            await until(lambda: gated.begun == 1)
            gated.gate.set()
            await waiting
            gated.gate.clear()
            waiting = asyncio.create_task(client.transcribe(utterance, 8000))
            await until(lambda: gated.begun == 2)
            gated.gate.set()
        with pytest.raises(SpeechUnavailable):
            await waiting
        started = time.perf_counter()
        with pytest.raises(SpeechUnavailable):
            await client.speak(SpokenText("Hello."), 8000)
        assert time.perf_counter() - started < 0.05
        async with serving(recogniser, path):
            assert (await client.speak(SpokenText("Hello."), 8000)).duration_ms > 200


async def test_a_dead_process_leaves_a_socket_that_is_taken_over(recogniser: WhisperRecogniser, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with serving(recogniser, path), SpeechClient(path) as client:
        assert (await client.health()).ready
        assert path.stat().st_mode & 0o777 == 0o600
        second = SpeechServer(SpeechService(recogniser, EspeakVoice()), path)
        with pytest.raises(ConfigurationError, match="another"):
            await second.start()
        assert (await client.health()).ready
    assert not path.exists()


async def test_over_tcp(recogniser: WhisperRecogniser) -> None:
    async with SpeechService(recogniser, EspeakVoice()) as service:
        server = SpeechServer(service, "tcp://127.0.0.1:0")
        await server.start()
        assert isinstance(server.address, TcpAddress)
        async with SpeechClient(str(server.address)) as client:
            assert (await client.speak(SpokenText("Hello."), 8000)).duration_ms > 200
        await server.stop()
        async with SpeechClient(str(server.address)) as client:
            for _ in range(2):
                with pytest.raises(SpeechUnavailable):
                    await client.health()


async def raw(path: Path, wire: bytes, answers: int) -> list[Message]:
    """Send bytes; read ``answers`` messages, or to the end of the connection when None come."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(wire)
    decoder, got = Decoder(), list[Message]()
    async with asyncio.timeout(10):
        while not answers or len(got) < answers:
            data = await reader.read(65536)
            if not data:
                break
            got += decoder.feed(data)
    writer.close()
    await writer.wait_closed()
    return got


@pytest.mark.parametrize(
    "header",
    [
        {"op": "sing"},
        {"op": 7},
        {},
        {"op": "speak"},
        {"op": "speak", "text": ["a"]},
        {"op": "speak", "text": "a", "rate": "8000"},
        {"op": "speak", "text": "a", "rate": 0},
        {"op": "speak", "text": "a", "speed": True},
        {"op": "transcribe", "hints": []},
        {"op": "transcribe", "hints": {"hotwords": [1]}},
        {"op": "transcribe", "call": None},
        {"op": "prerender", "texts": "abc"},
    ],
)
async def test_a_wrong_request_is_answered_so(
    header: dict[str, object], recogniser: WhisperRecogniser, tmp_path: Path
) -> None:
    async with serving(recogniser, tmp_path / "s"):
        good = encode({"op": "health", "id": 2})
        answers = await raw(tmp_path / "s", encode({**header, "id": 1}) + good, 2)
        by_id = {message.header["id"]: message.header for message in answers}
        assert by_id[1]["error"] == "bad_request"
        assert by_id[2]["ok"] is True


@pytest.mark.parametrize("wire", [b"GET / HTTP/1.1\r\n\r\n", encode({"op": "health"}), encode({"id": "x"})])
async def test_garbage_ends_that_connection_only(wire: bytes, recogniser: WhisperRecogniser, tmp_path: Path) -> None:
    async with serving(recogniser, tmp_path / "s"), SpeechClient(tmp_path / "s") as client:
        await client.health()
        assert await raw(tmp_path / "s", wire, 0) == []
        assert (await client.health()).ready


async def test_a_defect_is_an_answer_and_its_text_is_not_logged(
    utterance: Samples, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(Broken(), tmp_path / "s"), SpeechClient(tmp_path / "s") as client:
        with pytest.raises(SpeechUnavailable, match="ZeroDivisionError"):
            await client.transcribe(utterance, 8000)
    printed = capsys.readouterr()
    assert "Patel" not in printed.out + printed.err
    assert "speech_request_broke" in printed.out + printed.err


async def test_too_long_an_utterance_is_refused(recogniser: WhisperRecogniser, tmp_path: Path) -> None:
    async with serving(recogniser, tmp_path / "s"), SpeechClient(tmp_path / "s") as client:
        with pytest.raises(SpeechUnavailable, match="too large"):
            await client.transcribe(np.zeros(9 << 20, np.int16), 8000)
        assert (await client.health()).ready
