"""A caller's measure of the answers, and the parts of which the service says that they consist."""

import pytest

from voicebot.caller.answers import Answer, Line, answers
from voicebot.caller.breakdown import PARTS, shares, take_apart
from voicebot.records.view import STAGES
from voicebot.telephony.rtp.wire import WirePacket, WireWatch

BEGAN = 100.0


def packets(*times: float) -> list[WirePacket]:
    return [WirePacket(at, 0.0, 0.02, 0.02) for at in times]


def told(at_ms: float, **stages: float) -> dict[str, float]:
    """A row of the record."""
    return dict.fromkeys(STAGES, 0.0) | stages | {"total": sum(stages.values()), "at_ms": at_ms}


def answered(at_ms: float, wire_ms: float | None = 400.0, packets_ms: float = 0.0, text: str = "") -> Answer:
    at = BEGAN + at_ms / 1000
    return Answer(text, wire_ms, False, at - 2, at - 0.4, None if wire_ms is None else at, packets_ms)


def test_an_answer_is_timed_from_the_last_voice_to_the_first() -> None:
    watch = WireWatch(packets(10.0, 10.02, 10.04), packets(9.0, 10.44, 10.46))
    (one,) = answers(watch, [Line("x", 9.9, 10.1)])
    assert one.wire_ms == pytest.approx(400 - 20)
    assert not one.cut_off


def test_speech_before_the_last_word_is_a_cut_off_and_no_answer() -> None:
    watch = WireWatch(packets(10.0, 10.02, 10.5), packets(10.3, 10.8))
    (one,) = answers(watch, [Line("x", 9.9, 10.6)])
    assert one.cut_off
    assert one.wire_ms is None


def test_an_answer_belongs_to_the_line_before_it() -> None:
    watch = WireWatch(packets(10.0, 20.0), packets(20.5))
    first, second = answers(watch, [Line("x", 9.9, 10.1), Line("y", 19.9, 20.1)])
    assert first.wire_ms is None
    assert second.wire_ms == pytest.approx(480)


def test_a_packet_s_length_and_the_places_of_the_samples_in_it_are_told_apart() -> None:
    sent, received = WirePacket(10.0, 0.0, 0.005, 0.02), WirePacket(10.4, 0.01, 0.03, 0.03)
    (one,) = answers(WireWatch([sent], [received]), [Line("x", 9.9, 10.1)])
    assert one.answered_s == 10.4
    assert one.packets_ms == pytest.approx(15 - 20)
    assert one.wire_ms == pytest.approx(400 - 5)


def test_the_parts_of_each_answer_sum_to_what_the_caller_measured() -> None:
    rows = [told(2000, jitter_buffer=15, end_of_turn=320, transport=20), told(9000, end_of_turn=500, dialogue=80)]
    found = take_apart([answered(2003, 371.5, -7.5), answered(9001, 583.0, 2.0)], rows, BEGAN)
    assert [sum(one.parts.values()) for one in found] == pytest.approx([371.5, 583.0])
    assert [one.parts["line"] for one in found] == pytest.approx([24.0, 1.0])
    assert all(set(one.parts) == set(PARTS) for one in found)


def test_answers_to_keys_and_to_nobody_do_not_shift_the_others() -> None:
    keyed, spoken = told(3000, dialogue=50), told(7000, end_of_turn=320)
    (one,) = take_apart([answered(1000, None), answered(7010, text="yes")], [keyed, spoken], BEGAN)
    assert (one.text, one.parts["end_of_turn"]) == ("yes", 320)


def test_an_answer_that_only_one_side_knows_is_left_out() -> None:
    rows = [told(2000, end_of_turn=300), told(9000, end_of_turn=400)]
    found = take_apart([answered(2000), answered(5000), answered(9000)], rows, BEGAN)
    assert [one.parts["end_of_turn"] for one in found] == [300, 400]
    assert take_apart([answered(5000)], rows, BEGAN) == []
    assert take_apart([answered(5000)], [], BEGAN) == []


def test_an_answer_to_the_beginning_of_a_line_is_not_taken_for_one_to_the_whole() -> None:
    rows = [told(2000, end_of_turn=700, stt=500), told(9000, end_of_turn=400)]
    (one,) = take_apart([answered(2000, 300.0), answered(9000)], rows, BEGAN)
    assert one.parts["end_of_turn"] == 400


def test_no_row_explains_two_answers() -> None:
    found = take_apart([answered(2000), answered(2100)], [told(2050, end_of_turn=300)], BEGAN)
    assert len(found) == 1


def test_rows_that_come_in_another_order_are_found() -> None:
    rows = [told(9000, end_of_turn=400), told(2000, end_of_turn=300)]
    found = take_apart([answered(2000), answered(9000)], rows, BEGAN)
    assert [one.parts["end_of_turn"] for one in found] == [300, 400]


def test_shares_add_up() -> None:
    rows = [told(2000, jitter_buffer=15, end_of_turn=320), told(9000, end_of_turn=500, dialogue=80)]
    found = take_apart([answered(2003, 371.5, -7.5), answered(9001, 583.0, 2.0)], rows, BEGAN)
    *parts, whole = shares(found)
    assert (whole.name, whole.share) == ("wire", 1.0)
    assert whole.mean == pytest.approx(954.5 / 2)
    assert sum(part.share for part in parts) == pytest.approx(1.0)
    assert sum(part.mean for part in parts) == pytest.approx(whole.mean)
    assert shares([]) == []
