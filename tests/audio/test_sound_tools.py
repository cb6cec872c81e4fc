"""Resampling, levels, WAV files and tones."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.audio import levels, tones, wav
from voicebot.audio.resample import FrameResampler, StreamResampler, resample


def peak_frequency(samples: NDArray[np.int16], rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


@pytest.mark.parametrize(
    ("source", "target"), [(8000, 16000), (16000, 8000), (24000, 8000), (22050, 8000), (8000, 48000)]
)
def test_frames_keep_pitch_level_and_length(source: int, target: int) -> None:
    tone = tones.sine(1000, 1000, source, -10)
    size = source // 50
    converter = FrameResampler(source, target)
    frames = [converter.process(tone[at : at + size]) for at in range(0, source - size + 1, size)]
    assert {len(frame) for frame in frames} == {target // 50}
    heard = np.concatenate(frames)
    middle = heard[target // 4 : target * 3 // 4]
    assert peak_frequency(middle, target) == pytest.approx(1000, abs=4)
    assert levels.dbfs(middle) == pytest.approx(-13, abs=0.1)
    assert converter.delay_ms < 2


def test_frames_are_filtered_before_they_lose_their_high_notes() -> None:
    tone = tones.sine(5500, 400, 16000, -6)  # would fold to 2500 Hz
    converter = FrameResampler(16000, 8000)
    heard = np.concatenate([converter.process(tone[at : at + 320]) for at in range(0, 6400, 320)])
    assert levels.dbfs(heard[800:2400]) < -60


def test_a_frame_resampler_refuses_rates_without_whole_frames() -> None:
    with pytest.raises(ValueError, match="whole frames"):
        FrameResampler(11025, 8000)


def test_stream_and_whole_agree_in_length() -> None:
    tone = tones.sine(700, 500, 22050)
    stream = StreamResampler(22050, 8000)
    pieces = [stream.process(tone[at : at + 441]) for at in range(0, len(tone), 441)] + [stream.flush()]
    assert abs(sum(map(len, pieces)) - len(resample(tone, 22050, 8000))) <= 1
    assert resample(tone, 8000, 8000) is tone


def test_levels() -> None:
    assert levels.dbfs(np.zeros(160, dtype=np.int16)) == levels.QUIET_DBFS
    assert levels.dbfs(np.full(160, 3277, dtype=np.int16)) == pytest.approx(-20, abs=0.01)
    assert levels.dbfs(np.full(160, -32768, dtype=np.int16)) == pytest.approx(0)
    assert not levels.is_voiced(np.full(160, 8, dtype=np.int16), 8000)


def test_activity_is_dated_to_where_it_really_was() -> None:
    sound = np.concatenate(
        [np.zeros(2400, np.int16), tones.sine(300, 500, 8000), np.zeros(1200, np.int16), tones.sine(300, 500, 8000)]
    )
    sound = np.concatenate([sound, np.zeros(8000, np.int16)])
    meter = levels.ActivityMeter(8000, release_ms=400)
    changes = [c for at in range(0, len(sound), 160) if (c := meter.feed(sound[at : at + 160], at)) is not None]
    assert [change.change for change in changes] == [levels.ActivityChange.STARTED, levels.ActivityChange.ENDED]
    assert changes[0].position == pytest.approx(2400, abs=40)
    assert changes[1].position == pytest.approx(2400 + 4000 + 1200 + 4000, abs=40)


def test_a_click_is_no_speech() -> None:
    meter = levels.ActivityMeter(8000)
    frame = np.zeros(160, dtype=np.int16)
    frame[80:100] = 20000
    assert meter.feed(frame, 0) is None
    assert all(meter.feed(np.zeros(160, np.int16), at) is None for at in range(160, 8000, 160))
    assert meter.began is None


def test_wav_round_trip_and_mixdown(tmp_path: Path) -> None:
    tone = tones.sine(440, 100, 8000)
    wav.write_wav(tmp_path / "new" / "tone.wav", tone, 8000)
    samples, rate = wav.read_wav(tmp_path / "new" / "tone.wav")
    assert rate == 8000
    assert np.array_equal(samples, tone)
    wav.write_wav(tmp_path / "both.wav", wav.stereo(tone, tone[:100]), 16000)
    mixed, rate = wav.read_wav(tmp_path / "both.wav")
    assert rate == 16000
    assert len(mixed) == len(tone)
    assert mixed[200] == pytest.approx(tone[200] / 2, abs=1)


def test_wrong_sound_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(wav.AudioFileError, match=r"there is no sound file .*nothing\.wav"):
        wav.read_wav(tmp_path / "nothing.wav")
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(wav.AudioFileError, match=r"text\.wav is not a WAV file"):
        wav.read_wav(tmp_path / "text.wav")
    with pytest.raises(wav.AudioFileError, match="int16"):
        wav.write_wav(tmp_path / "float.wav", np.zeros(5), 8000)  # type: ignore[arg-type]


def test_keypad_tones_hold_both_frequencies() -> None:
    tone = tones.keypad("5", 200, 8000).astype(np.float64)
    spectrum = np.abs(np.fft.rfft(tone * np.hanning(len(tone))))
    strongest = sorted(float(n * 8000 / len(tone)) for n in np.argsort(spectrum)[-2:])
    assert strongest == pytest.approx([770, 1336], abs=6)
    with pytest.raises(ValueError, match="not a key"):
        tones.keypad("E", 100, 8000)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_loops_run_on_without_a_seam(rate: int) -> None:
    sound = tones.holding(rate)
    assert -40 < levels.dbfs(sound) < -20
    loop = tones.Loop(sound, rate)
    frames = [loop.frame() for _ in range(650)]
    assert {len(frame) for frame in frames} == {rate // 50}
    heard = np.concatenate(frames)
    assert np.array_equal(heard[: len(sound)], sound)
    assert np.array_equal(heard[len(sound) : 2 * len(sound)], sound)
    assert len(tones.ringback(rate)) == 3 * rate
    assert len(tones.beep(rate)) == 3 * rate // 10
