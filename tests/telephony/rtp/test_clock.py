"""The media clock, with time handed in."""

from voicebot.telephony.rtp.clock import ClockCore


class Recorder:
    """Notes when it ticks."""

    def __init__(self) -> None:
        self.now = 0.0
        self.times: list[float] = []

    def tick(self) -> None:
        self.times.append(self.now)


def drive(core: ClockCore, recorders: list[Recorder], start: float, until: float) -> float:
    now = start
    while now < until:
        for recorder in recorders:
            recorder.now = now
        now = core.run(now)
    return now


def test_it_ticks_every_20_ms_without_drift() -> None:
    core, one = ClockCore(10.0), Recorder()
    core.add(one.tick)
    drive(core, [one], 10.0, 20.0)
    assert len(one.times) == 500
    assert all(abs(time - (10.0 + 0.02 * n)) < 0.0001 for n, time in enumerate(one.times))


def test_streams_are_spread_over_the_slots() -> None:
    core = ClockCore(0.0)
    recorders = [Recorder() for _ in range(20)]
    for recorder in recorders:
        core.add(recorder.tick)
    drive(core, recorders, 0.0, 0.0199)
    starts = [round(recorder.times[0] / 0.002) for recorder in recorders]
    assert sorted(starts) == sorted(list(range(10)) * 2)


def test_a_late_loop_is_caught_up_without_bursts() -> None:
    core, one = ClockCore(0.0), Recorder()
    core.add(one.tick)
    drive(core, [one], 0.0, 0.1)
    drive(core, [one], 0.3, 0.6)
    assert len(one.times) == 30, "no frame is lost"
    gaps = [later - earlier for earlier, later in zip(one.times, one.times[1:], strict=False)]
    assert min(gaps) >= 0.0079
    assert abs(one.times[-1] - 0.58) < 0.0001, "it is on time again"


def test_after_a_long_stop_the_missed_frames_are_left_out() -> None:
    core, one = ClockCore(0.0), Recorder()
    core.add(one.tick)
    drive(core, [one], 0.0, 0.1)
    drive(core, [one], 5.0, 5.2)
    assert core.skipped > 200
    assert len(one.times) < 20


def test_a_removed_stream_ticks_no_more() -> None:
    core, one, two = ClockCore(0.0), Recorder(), Recorder()
    core.add(one.tick)
    core.add(two.tick)
    drive(core, [one, two], 0.0, 0.1)
    core.remove(one.tick)
    core.remove(one.tick)
    drive(core, [one, two], 0.1, 0.2)
    assert len(one.times) == 5
    assert len(two.times) == 10
    assert not core.idle
