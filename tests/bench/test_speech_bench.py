"""The measure of hearing: what it measures on, and that both sides work alike."""

from pathlib import Path

from bench.speech import COLUMNS, LONGEST_S, RATE, SHORTEST_S, Measured, Size, measure, row, utterances
from voicebot.models.blank import build_blank_whisper
from voicebot.stt import decoder


def test_utterances_are_of_the_length_asked_for_and_say_something() -> None:
    said = utterances(6)
    assert len(said) == 6
    assert all(SHORTEST_S <= len(one.samples) / RATE <= LONGEST_S and one.text for one in said)
    assert len({one.text for one in said}) == 6


def test_both_sides_are_measured_and_the_limit_is_put_back(tmp_path: Path) -> None:
    before = decoder.MAX_NEW_TOKENS
    folder = build_blank_whisper(tmp_path / "blank", width=64, heads=2, encoder_layers=1, decoder_layers=1)
    found = measure(Size("blank", 64, 2, 1, 4), folder, utterances(4))
    assert before == decoder.MAX_NEW_TOKENS
    assert found.stock_wer is None
    assert found.ours_ms > 0
    assert found.stock_rate > 0
    assert found.stock_ms > found.ours_ms, "thirty seconds take longer than five"


def test_a_row_has_every_column() -> None:
    cells = row(Measured("m", 4, 100.0, 10.0, 1.0, 8.0, 0.02, 0.015))
    assert len(cells) == len(COLUMNS)
    assert cells[4] == 10.0
    assert cells[7] == 8.0
    assert cells[-2:] == ["2.0", "1.5"]
