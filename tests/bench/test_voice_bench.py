"""The measure of voice to voice: what the caller says, what the wire tells, and that times add up."""

from pathlib import Path

import numpy as np
import pytest

from bench.conversation import CALLS, RATE, speak
from bench.detector import measure as measure_detectors
from bench.scripted_speech import words_said
from bench.voice import COLUMNS, KINDS, SPENT, Measured, row, spent, worth
from voicebot.audio.levels import voiced_slices
from voicebot.caller.answers import Line, answers
from voicebot.records.view import STAGES
from voicebot.telephony.rtp.wire import WirePacket, WireWatch


def packets(*times: float) -> list[WirePacket]:
    return [WirePacket(at, 0.0, 0.02, 0.02) for at in times]


def test_a_line_has_a_pause_at_its_mark_and_is_the_same_every_time() -> None:
    line = speak("outside the | shop", "en+f2")
    assert line is speak("outside the | shop", "en+f2")
    assert line.text == "outside the shop"
    ends = [end for end, _ in line.words]
    assert ends == sorted(ends)
    assert ends[-1] == pytest.approx(len(line.samples) / RATE)
    voiced = voiced_slices(line.samples, RATE)
    before = int(ends[1] / 0.005)
    assert ends[2] - ends[1] > 0.3
    assert not voiced[before + 5 : before + 50].any()


def test_every_call_has_lines_and_some_of_them_a_mark() -> None:
    lines = [line.say for call in CALLS for said in ((call.opening,), *call.answers.values()) for line in said]
    assert all(lines)
    assert 0.1 < sum("|" in line for line in lines) / len(lines) < 0.5


def test_cut_offs_are_counted_by_what_is_heard_by_turns_taken_early_and_by_turns_too_many() -> None:
    heard = answers(WireWatch(packets(10.0, 10.5), packets(10.3)), [Line("x", 9.9, 10.6)])
    quiet = answers(WireWatch(packets(10.0, 10.5), packets(10.9)), [Line("x", 9.9, 10.6)])
    counted = []
    for found, taken, turns in ((heard, (), 1), (quiet, (10.2,), None), (quiet, (), 2), (quiet, (10.7,), 1)):
        one = Measured("x")
        one.take(found, taken=taken, turns=turns)
        counted.append((one.cut_off, len(one.wire_ms)))
    assert counted == [(1, 0), (1, 1), (1, 1), (0, 1)]


def test_what_was_spent_adds_up_to_the_wire() -> None:
    said = answers(WireWatch(packets(10.0, 20.0), packets(10.5, 20.7)), [Line("x", 9.9, 10.1), Line("y", 19.9, 20.1)])
    nothing = dict.fromkeys(STAGES, 0.0)
    first = nothing | {"end_of_turn": 300.0, "dialogue": 120.0, "total": 420.0, "at_ms": 2490.0}
    second = nothing | {"end_of_turn": 460.0, "stt": 10.0, "dialogue": 150.0, "total": 620.0, "at_ms": 12_700.0}
    one = Measured("ours")
    record = {"latency_ms": [first, second], "steps": [{"kind": "guessed_ahead", "data": {"turns": 2}}]}
    one.explain(said, record, 8.0)
    rows = spent(one)
    assert all(len(cells) == len(SPENT) for cells in rows)
    assert rows[-1][-2] == pytest.approx(580)
    assert sum(cells[-2] for cells in rows[:-1]) == pytest.approx(580, abs=4)
    assert one.guessed == {"turns": 2}


def test_a_row_has_every_column() -> None:
    one = Measured("x", lines=10, cut_off=1, unanswered=2, wire_ms=[100.0, 200.0], guessed={"turns": 3, "heard": 5})
    cells = row(one)
    assert len(cells) == len(COLUMNS)
    assert cells[2:5] == [2, 150, 195]
    assert cells[5] == "1 (10.0 %)"
    assert "of 3 turns" in worth(one)
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def test_words_are_heard_once_they_are_said(tmp_path: Path) -> None:
    path = tmp_path / "call.json"
    assert words_said(path, 0.0, 9.0) == ""
    path.write_text('[[1.0, "my"], [2.0, "bin"], [3.0, "is"]]')
    assert words_said(path, 1.0, 2.5) == "bin"
    assert words_said(path, 0.0, 9.0) == "my bin is"


def test_the_detectors_of_some_calls_cost_something_and_hear_voice() -> None:
    cost = measure_detectors(3, 1.0)
    assert cost.core > 0
    assert 0.2 < cost.voiced < 1.0
    assert np.isfinite(cost.calls_a_core)
