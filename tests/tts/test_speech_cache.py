"""Speech rendered before: memory, disk, bounds, damage, a disk that refuses."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from voicebot.errors import SpeechUnavailable
from voicebot.tts.cache import CachedVoice, SpeechCache, cache_key, pack, unpack
from voicebot.tts.espeak import EspeakVoice
from voicebot.tts.fixed import FixedPrompts
from voicebot.tts.spoken import SpokenAudio, SpokenText


def ramp(count: int) -> NDArray[np.int16]:
    return (np.arange(count) % 3000).astype(np.int16)


def test_disk_survives_the_process(tmp_path: Path) -> None:
    SpeechCache(tmp_path).put("abcd", ramp(800), 8000)
    found = SpeechCache(tmp_path).get("abcd")
    assert found is not None
    assert found[1] == 8000
    assert np.array_equal(found[0], ramp(800))
    assert SpeechCache(tmp_path).peek("abcd") is None
    assert SpeechCache(tmp_path).get("ffff") is None


@given(st.binary(max_size=80))
def test_rubbish_is_not_speech(data: bytes) -> None:
    assert unpack(data) is None


@given(st.integers(0, 400), st.integers(1, 2**31), st.data())
def test_a_changed_file_is_not_speech(count: int, rate: int, data: st.DataObject) -> None:
    whole = pack(ramp(count), rate)
    found = unpack(whole)
    assert found is not None
    assert np.array_equal(found[0], ramp(count))
    assert found[1] == rate
    at = data.draw(st.integers(0, len(whole) - 1))
    assert unpack(whole[:at]) is None
    assert unpack(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]) is None


def test_a_damaged_file_is_removed_and_rendered_again(tmp_path: Path) -> None:
    SpeechCache(tmp_path).put("abcd", ramp(800), 8000)
    path = tmp_path / "ab" / "abcd.speech"
    path.write_bytes(path.read_bytes()[:-100])
    assert SpeechCache(tmp_path).get("abcd") is None
    assert not path.exists()


def test_the_disk_is_bounded_and_the_oldest_go(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path, max_disk=20_000)
    for number in range(30):
        cache.put(f"{number:04d}", ramp(1000), 8000)
        path = tmp_path / "00" / f"{number:04d}.speech"
        if path.exists():
            os.utime(path, (number, number))
    left = sorted(path.stem for path in tmp_path.glob("*/*.speech"))
    assert sum(path.stat().st_size for path in tmp_path.glob("*/*.speech")) <= 20_000
    assert "0029" in left
    assert "0000" not in left


def test_memory_is_bounded() -> None:
    cache = SpeechCache(None, max_memory=10_000)
    for number in range(10):
        cache.put(str(number), ramp(1000), 8000)
    assert [str(n) for n in range(10) if cache.peek(str(n)) is not None] == ["5", "6", "7", "8", "9"]
    assert cache.get("0") is None


def test_a_disk_that_refuses_is_no_harm(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    cache = SpeechCache(blocked)
    cache.put("abcd", ramp(100), 8000)
    found = cache.get("abcd")
    assert found is not None
    assert SpeechCache(blocked).get("abcd") is None


def test_a_full_disk_is_no_harm() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    cache = SpeechCache(full / "cache")
    cache.put("abcd", ramp(100), 8000)
    assert cache.get("abcd") is not None


def test_only_fixed_prompts_go_to_disk(tmp_path: Path) -> None:
    voice = CachedVoice(EspeakVoice(), SpeechCache(tmp_path))
    name = SpokenText("Thank you, Mrs Patel of 12 Mill Lane.")
    first = voice.render(name, 8000)
    assert not first.cached
    assert not list(tmp_path.rglob("*.speech"))
    again = voice.ready(name, 8000)
    assert again is not None
    assert again.cached
    assert again.compute_ms == 0
    assert np.array_equal(again.samples, first.samples)
    voice.render(SpokenText("Goodbye."), 8000, fixed=True)
    assert len(list(tmp_path.rglob("*.speech"))) == 1


def test_keys_hold_everything_that_changes_the_sound() -> None:
    spoken = SpokenText("a")
    keys = {
        cache_key("v", spoken, 8000),
        cache_key("w", spoken, 8000),
        cache_key("v", spoken, 16000),
        cache_key("v", SpokenText("b"), 8000),
        cache_key("v", SpokenText("a", rate=0.9), 8000),
        cache_key("v", SpokenText("a", volume=0.9), 8000),
    }
    assert len(keys) == 6


class Switch:
    """A voice that can be switched off, as a speech process that dies is."""

    def __init__(self) -> None:
        self.alive = True
        self._engine = EspeakVoice()

    async def speak(self, spoken: SpokenText, rate: int) -> SpokenAudio:
        if not self.alive:
            raise SpeechUnavailable("dead")
        return self._engine.render(spoken, rate)


TEXTS = {"wait": "One moment please.", "bye": "Goodbye."}


async def test_fixed_prompts_outlive_the_speech_process(tmp_path: Path) -> None:
    voice = Switch()
    prompts = FixedPrompts(TEXTS, tmp_path)
    assert await prompts.load(voice, (8000, 16000)) == ()
    voice.alive = False
    assert 500 < len(prompts.get("wait", 8000)) / 8 < 3000
    assert len(prompts.get("bye", 48000)) == pytest.approx(3 * len(prompts.get("bye", 16000)), rel=0.01)

    reborn = FixedPrompts(TEXTS, tmp_path)
    assert await reborn.load(voice) == ()
    assert np.array_equal(reborn.get("wait", 8000), prompts.get("wait", 8000))


async def test_fixed_prompts_without_speech_or_disk(tmp_path: Path) -> None:
    voice = Switch()
    voice.alive = False
    silent = FixedPrompts(TEXTS)
    assert await silent.load(voice) == ("wait", "bye")
    assert len(silent.get("wait", 8000)) == 0
    with pytest.raises(KeyError):
        silent.get("other", 8000)
    assert await silent.load(voice, last_resort=EspeakVoice()) == ()
    assert len(silent.get("wait", 8000)) > 4000
