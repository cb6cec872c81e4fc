"""The jitter buffer: what comes out is whole, in order and in time."""

from random import Random

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from voicebot.audio import tones
from voicebot.audio.jitter import JitterBuffer, JitterFrame

TONE = tones.sine(440, 4000, 8000, -12)
RAMP = (np.arange(32000) % 20000 + 1).astype(np.int16)


def play(
    buffer: JitterBuffer,
    arrivals: dict[int, list[int]],
    ticks: int,
    *,
    sound: NDArray[np.int16] = TONE,
    ptime: int = 160,
    first_ts: int = 0,
    first_seq: int = 0,
) -> list[JitterFrame]:
    """``arrivals`` maps a tick to the packets that come before it."""
    frames = []
    for tick in range(ticks):
        for n in arrivals.get(tick, []):
            buffer.put(
                (first_seq + n) & 0xFFFF,
                (first_ts + n * ptime) & 0xFFFFFFFF,
                sound[n * ptime : (n + 1) * ptime],
                tick * 160,
            )
        frames.append(buffer.get())
    return frames


def joined(frames: list[JitterFrame]) -> NDArray[np.int16]:
    return np.concatenate([frame.samples for frame in frames])


def found_at(heard: NDArray[np.int16], piece: NDArray[np.int16]) -> int:
    windows = np.lib.stride_tricks.sliding_window_view(heard, len(piece))
    places = np.flatnonzero((windows == piece).all(axis=1))
    return int(places[0]) if len(places) else -1


def test_an_even_stream_passes_unchanged_over_both_wraps() -> None:
    buffer = JitterBuffer(min_ms=30)
    frames = play(buffer, {n: [n] for n in range(100)}, 100, sound=RAMP, first_ts=0xFFFFFF00, first_seq=0xFFF0)
    heard = joined(frames)
    assert not any(frame.concealed for frame in frames)
    start = 240  # the first guess of 30 ms
    assert np.array_equal(heard[start:], RAMP[: len(heard) - start])
    assert buffer.stats.jitter == 0


def test_every_packet_length_gives_the_same_audio() -> None:
    for ptime in (80, 160, 240, 320, 480):
        buffer = JitterBuffer(min_ms=30)
        arrivals: dict[int, list[int]] = {}
        for n in range(16000 // ptime):
            arrivals.setdefault(-(-(n + 1) * ptime // 160), []).append(n)
        frames = play(buffer, arrivals, 100, sound=RAMP, ptime=ptime)
        heard = joined(frames)
        at = found_at(heard, RAMP[:8000])
        assert at >= 0, ptime
        assert at <= 160 * 6, ptime


def test_reordered_and_doubled_packets_are_put_right() -> None:
    buffer = JitterBuffer(min_ms=50, start_ms=50)
    arrivals = {n: [n] for n in range(60)}
    arrivals[20], arrivals[21] = [21], [20, 21, 20]
    heard = joined(play(buffer, arrivals, 60, sound=RAMP))
    assert np.array_equal(heard[400:], RAMP[: len(heard) - 400])
    assert buffer.stats.duplicate == 2


def test_a_stray_duplicate_of_long_ago_does_not_grow_the_delay() -> None:
    buffer = JitterBuffer()
    arrivals = {n: [n] if n < 10 else [n, n - 9] for n in range(100)}
    play(buffer, arrivals, 100)
    assert buffer.stats.duplicate == 90
    assert buffer.stats.inserted_frames == 0


def test_a_lost_packet_is_concealed_without_a_click_or_a_hole() -> None:
    buffer = JitterBuffer(min_ms=40, start_ms=40)
    frames = play(buffer, {n: [n] for n in range(60) if n != 30}, 60)
    heard = joined(frames)[2000:]
    assert sum(frame.concealed for frame in frames) == 1
    assert int(np.abs(np.diff(heard.astype(int))).max()) < 2.5 * int(np.abs(np.diff(TONE.astype(int))).max())
    level = np.abs(heard.astype(int).reshape(-1, 80)).max(axis=1)
    assert level.min() > 0.4 * level.max()


def test_a_long_loss_fades_to_silence_within_60_ms() -> None:
    buffer = JitterBuffer(min_ms=40, start_ms=40)
    frames = play(buffer, {n: [n] for n in range(30)}, 60)
    first = next(n for n, frame in enumerate(frames) if frame.concealed)
    assert frames[first].samples.any()
    assert not joined(frames[first + 4 :]).any()
    assert all(frame.concealed for frame in frames[first:])


def test_jitter_grows_the_delay_and_calm_shrinks_it() -> None:
    buffer = JitterBuffer()
    arrivals: dict[int, list[int]] = {}
    late = {n: n + (4 if n % 9 == 0 else 0) for n in range(100)}
    for n in range(200):
        arrivals.setdefault(late.get(n, n), []).append(n)
    frames = play(buffer, arrivals, 200)
    rough = [frame.concealed for frame in frames[60:100]]
    assert sum(rough) <= 2, "the delay should have grown past the jitter"
    grown = buffer.stats.inserted_frames
    assert grown + buffer.stats.concealed_frames > 0
    assert buffer.stats.dropped_frames > 0
    assert not any(frame.concealed for frame in frames[110:])


def test_a_burst_after_a_stall_keeps_the_delay_bounded() -> None:
    buffer = JitterBuffer(max_ms=200)
    arrivals = {n: [n] for n in range(20)}
    arrivals[60] = list(range(20, 61))
    arrivals |= {n: [n] for n in range(61, 100)}
    play(buffer, arrivals, 100)
    assert buffer.depth <= 8 * 240


def test_a_new_time_line_starts_afresh() -> None:
    buffer = JitterBuffer()
    play(buffer, {n: [n] for n in range(20)}, 20)
    frames = play(buffer, {n: [n] for n in range(20)}, 20, first_ts=3_000_000_000, first_seq=20, sound=RAMP)
    assert found_at(joined(frames), RAMP[:1600]) >= 0
    assert buffer.stats.resets == 1


def test_silence_suppression_resumes_at_once() -> None:
    buffer = JitterBuffer()
    play(buffer, {n: [n] for n in range(20)}, 20)
    frames = [buffer.get() for _ in range(100)]
    assert frames[-1].concealed
    for n in range(20):
        buffer.put(20 + n, (120 + n) * 160, RAMP[n * 160 : (n + 1) * 160], 0)
        frames.append(buffer.get())
    assert 0 <= found_at(joined(frames[100:]), RAMP[:1600]) <= 400


def test_a_reset_forgets_the_other_source() -> None:
    buffer = JitterBuffer()
    play(buffer, {n: [n] for n in range(20)}, 20)
    buffer.reset()
    assert buffer.depth == 0
    frames = play(buffer, {n: [n] for n in range(10)}, 10, first_ts=77, first_seq=9, sound=RAMP)
    assert found_at(joined(frames), RAMP[:800]) >= 0


def test_a_slower_or_faster_peer_clock_is_followed() -> None:
    for rate in (0.999, 1.001):
        buffer = JitterBuffer()
        arrivals: dict[int, list[int]] = {}
        for n in range(2000):
            arrivals.setdefault(int(n * rate + 0.5), []).append(n)
        sound = np.zeros(2000 * 160, dtype=np.int16)
        frames = play(buffer, arrivals, 1900, sound=sound)
        assert buffer.depth < 8 * 120
        assert sum(frame.concealed for frame in frames[5:]) <= 8


def test_the_line_may_run_at_another_rate_than_the_timestamps() -> None:
    """G.722: 16 kHz audio, 8 kHz timestamps, over both wraps."""
    buffer = JitterBuffer(16000, clock_rate=8000, min_ms=30)
    frames = []
    for n in range(80):
        sequence, timestamp = (0xFFF0 + n) & 0xFFFF, (0xFFFFFF00 + 160 * n) & 0xFFFFFFFF
        buffer.put(sequence, timestamp, RAMP[320 * n : 320 * (n + 1)], 320 * n)
        assert buffer.seen(sequence)
        assert not buffer.seen((sequence + 1) & 0xFFFF)
        frames.append(buffer.get())
    heard = joined(frames)
    assert not any(frame.concealed for frame in frames)
    assert np.array_equal(heard[480:], RAMP[: len(heard) - 480])
    assert buffer.stats.jitter == 0


packets = st.lists(
    st.tuples(
        st.integers(0, 65535) | st.integers(0, 40),
        st.integers(0, 0xFFFFFFFF) | st.integers(0, 8000),
        st.sampled_from([0, 1, 80, 160, 240, 480, 5000, 20000]),
        st.integers(0, 4),
    ),
    max_size=60,
)


@given(packets)
@settings(max_examples=80, deadline=None)
def test_nothing_that_arrives_breaks_it(arrivals: list[tuple[int, int, int, int]]) -> None:
    buffer = JitterBuffer()
    for sequence, timestamp, length, ticks in arrivals:
        buffer.put(sequence, timestamp, np.ones(length, dtype=np.int16), 0)
        for _ in range(ticks):
            frame = buffer.get()
            assert len(frame.samples) == 160
            assert frame.samples.dtype == np.int16


@given(
    st.integers(0, 100_000),
    st.floats(0, 0.3),
    st.floats(0, 0.3),
    st.integers(0, 4),
    st.sampled_from([80, 160, 240, 320, 480]),
    st.sampled_from([(8000, 8000), (16000, 8000), (16000, 48000)]),
)
@example(93, 0.25, 0.0, 4, 480, (8000, 8000))  # waited for 180 ms, and then more at once than the buffer holds
@settings(max_examples=60, deadline=None)
def test_what_comes_in_time_is_heard_once_in_its_place(
    seed: int, loss: float, double: float, spread: int, ticks: int, rates: tuple[int, int]
) -> None:
    """Any reordering within the buffer, any loss, any duplicates: no sample that came is lost, moved or changed."""
    random, (rate, clock) = Random(seed), rates
    scale = rate // 8000
    count = ticks * scale
    sound = (np.arange(40 * 480 * scale) % 30_000 + 1).astype(np.int16)  # each sample tells its place
    buffer = JitterBuffer(rate, clock_rate=clock, min_ms=120, start_ms=120)
    arrivals: dict[int, list[int]] = {}
    number = 40 * 480 // ticks
    present = set[int]()
    for n in range(number):
        due = n * ticks // 160
        if n and random.random() < loss:
            continue
        present.add(n)
        for _ in range(2 if random.random() < double else 1):
            arrivals.setdefault(due + (random.randint(0, spread) if n else 0), []).append(n)
    came = {n: tick for tick in sorted(arrivals, reverse=True) for n in arrivals[tick]}
    ends = ((n + 1) * ticks / 160 + 6 for n in present)  # in ticks, as heard
    empty = (min((tick for m, tick in came.items() if m * ticks / 160 + 6 >= end), default=0) - end for end in ends)
    assume(max(empty) <= 240 / 20)  # what has been still for longer begins afresh
    heard = []
    for tick in range(120 + spread + 8):
        order = arrivals.get(tick, [])
        if tick:
            random.shuffle(order)
        for n in order:
            timestamp = n * ticks * clock // 8000 & 0xFFFFFFFF
            buffer.put(n & 0xFFFF, timestamp, sound[n * count : (n + 1) * count], tick * 160 * scale)
        heard.append(buffer.get().samples)
    lead = 120 * rate // 1000
    line = np.concatenate(heard)[lead:]
    fade = 4 * rate // 1000
    for n in present:
        before = 0 if n - 1 in present or n == 0 else fade  # faded into from what was made up
        got = line[n * count + before : (n + 1) * count]
        assert np.array_equal(got, sound[n * count + before : n * count + before + len(got)])
    assert buffer.stats.late == 0
    assert buffer.stats.received == len(present)


@given(st.randoms(use_true_random=False), st.floats(0, 0.2), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_within_bounds_the_tone_stays_a_tone(random: Random, loss: float, spread: int) -> None:
    buffer = JitterBuffer()
    arrivals: dict[int, list[int]] = {}
    for n in range(120):
        if random.random() >= loss:
            arrivals.setdefault(n + random.randint(0, spread), []).append(n)
    for order in arrivals.values():
        random.shuffle(order)
    frames = play(buffer, arrivals, 120)
    assert all(len(frame.samples) == 160 for frame in frames)
    assert int(np.abs(joined(frames).astype(int)).max()) <= int(np.abs(TONE.astype(int)).max()) + 1
    assert buffer.depth <= 240 * 8 + 480


@pytest.mark.parametrize("ptime", [80, 160, 240])
def test_it_knows_how_long_each_sample_has_lain_here(ptime: int) -> None:
    buffer = JitterBuffer(min_ms=30)
    sent: dict[int, list[int]] = {tick: [] for tick in range(40)}
    for n in range(40 * 160 // ptime):
        sent[n * ptime // 160].append(n)
    assert buffer.transit(0) is None
    for tick in range(40):
        for n in sent[tick]:
            buffer.put(n, n * ptime, RAMP[n * ptime : (n + 1) * ptime], n * ptime)
        heard = buffer.get()
        now = tick * 160 + 40
        transit = buffer.transit(now)
        assert transit is not None
        for back in (1, 60, 160):
            place = int(heard.samples[-back]) - 1  # the ramp says which sample it is
            if place >= 0:
                came = place // ptime * ptime
                assert transit.waited(back / 8) == (now - came) / 8
