"""Recordings: both sides in time, paused, on a disk that fails or is slow."""

import asyncio
import threading
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.audio.frames import LEG_RATES, AudioFrame, frame_samples
from voicebot.recording.recorder import Recorder, Track
from voicebot.recording.tap import CallRecording
from voicebot.telephony.leg import CallFacts, Direction, KeyPress, LegEnded
from voicebot.telephony.memory import MemoryLeg


class Says:
    """Says a level."""

    def __init__(self, level: int | None) -> None:
        self.level = level
        self.keys: list[str] = []

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        return None if self.level is None else np.full(len(heard.samples), self.level, np.int16)

    def key(self, press: KeyPress) -> None:
        self.keys.append(press.key)

    def ended(self, end: LegEnded) -> None:
        """Nothing to do."""


def leg(rate: int = 8000) -> MemoryLeg:
    made = MemoryLeg(CallFacts("c0ffee", "memory", Direction.INBOUND, caller="01632960123"), rate)
    made.up = True
    return made


def read(path: Path) -> tuple[NDArray[np.int16], int]:
    """Samples of shape (n, 2), and the rate."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth()) == (2, 2)
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        return data.astype(np.int16), file.getframerate()


@pytest.mark.parametrize("rate", LEG_RATES)
async def test_both_sides_lie_side_by_side_through_every_port(tmp_path: Path, rate: int) -> None:
    recorder = Recorder(tmp_path / "recordings")
    recording = CallRecording(recorder, "c0ffee", rate)
    line = leg(rate)
    size = frame_samples(rate)
    for level in (100, None, 300):
        port = Says(level)
        line.attach(recording.over(port))
        for n in range(60):
            line.tick(np.full(size, n, np.int16) if n % 2 else None)
        line.press("5")
        assert port.keys == ["5"]
    track = await recording.finish()
    recorder.close()
    assert track is not None
    assert track.lost == 0
    assert track.duration_s == pytest.approx(3.6)
    assert track.path.name == "c0ffee.wav", "the name says nothing of anybody"
    assert track.path.stat().st_mode & 0o777 == 0o600
    samples, written = read(track.path)
    assert (len(samples), written) == (180 * size, rate)
    frames = samples.reshape(180, size, 2)
    assert [int(frame[0, 0]) for frame in frames] == [n if n % 2 else 0 for n in range(60)] * 3
    assert [int(frame[0, 1]) for frame in frames] == [100] * 60 + [0] * 60 + [300] * 60


async def test_while_paused_silence_keeps_the_time(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recording = CallRecording(recorder, "a", 8000)
    line = leg()
    line.attach(recording.over(Says(500)))
    for n in range(150):
        if n == 50:
            recording.pause()
        if n == 100:
            recording.resume()
        line.tick(np.full(160, 700, np.int16))
    track = await recording.finish()
    recorder.close()
    assert track is not None
    levels = read(track.path)[0].reshape(150, 160, 2)
    assert (levels[:50] == (700, 500)).all()
    assert not levels[50:100].any()
    assert (levels[100:] == (700, 500)).all()


async def test_what_was_written_before_a_crash_can_be_read(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recording = CallRecording(recorder, "a", 8000)
    line = leg()
    line.attach(recording.over(Says(1)))
    for _ in range(100):
        line.tick()
    async with asyncio.timeout(5):
        while not recording.track.path.is_file() or len(read(recording.track.path)[0]) < 16000:
            await asyncio.sleep(0.01)
    await recording.finish()
    recorder.close()


async def test_a_disk_that_refuses_ends_the_recording_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    recorder = Recorder(tmp_path / "file")
    recording = CallRecording(recorder, "a", 8000)
    line = leg()
    line.attach(recording.over(Says(1)))
    for _ in range(120):
        assert line.tick().any()
    assert await recording.finish() is None
    other = CallRecording(Recorder(tmp_path / "fine"), "b", 8000)
    other.passed(np.ones(160, np.int16), None)
    assert await other.finish() is not None


async def test_a_recording_does_not_overwrite_another(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for _ in range(2):
        recording = CallRecording(recorder, "same", 8000)
        recording.passed(np.ones(160, np.int16), None)
        last = await recording.finish()
    recorder.close()
    assert last is None
    assert len(read(tmp_path / "same.wav")[0]) == 160


class Stuck(Track):
    """A track whose disk does not answer until it is let go."""

    def __init__(self, recorder: Recorder, path: Path) -> None:
        super().__init__(recorder, path, 8000)
        self.let_go = threading.Event()

    def write(self, audio: bytes) -> None:
        self.let_go.wait(5)
        super().write(audio)


async def test_a_slow_disk_costs_audio_of_the_recording_but_no_time(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, waiting=3)
    stuck = Stuck(recorder, tmp_path / "stuck.wav")
    second = np.ones(8000, np.int16)
    began = asyncio.get_running_loop().time()
    for _ in range(20):
        stuck.put(second, second)
    assert asyncio.get_running_loop().time() - began < 1.0
    assert stuck.lost >= 16
    stuck.let_go.set()
    await recorder.finish(stuck)
    recorder.close()
    assert len(read(stuck.path)[0]) == (20 - stuck.lost) * 8000
