"""G.711 against the Recommendation's decision and output values, worked out another way than by bit shifts."""

import numpy as np
import pytest

from voicebot.audio import g711
from voicebot.errors import ProtocolError

EVERY_SAMPLE = np.arange(-32768, 32768).astype(np.int16)


def alaw_outputs() -> list[float]:
    """Positive output values of table 1a, scaled to 16 bits: 16 steps in each of 8 segments, two of them alike."""
    values: list[float] = []
    edge, step = 0.0, 16.0
    for segment in range(8):
        values += [edge + step * (n + 0.5) for n in range(16)]
        edge += 16 * step
        if segment:
            step *= 2
    return values


def ulaw_outputs() -> list[float]:
    """Positive output values of table 2a, scaled to 16 bits."""
    values = [0.0]
    edge, step = 4.0, 8.0
    for segment in range(8):
        count = 15 if segment == 0 else 16
        values += [edge + step * (n + 0.5) for n in range(count)]
        edge += count * step
        step *= 2
    return values


def test_alaw_decodes_to_the_recommendations_output_values() -> None:
    positive = g711.decode_alaw(bytes((0x80 | n) ^ 0x55 for n in range(128)))
    negative = g711.decode_alaw(bytes(n ^ 0x55 for n in range(128)))
    assert positive.tolist() == alaw_outputs()
    assert negative.tolist() == [-value for value in alaw_outputs()]


def test_ulaw_decodes_to_the_recommendations_output_values() -> None:
    positive = g711.decode_ulaw(bytes(0xFF - n for n in range(128)))
    negative = g711.decode_ulaw(bytes(0x7F - n for n in range(128)))
    assert positive.tolist() == ulaw_outputs()
    assert negative.tolist() == [-value for value in ulaw_outputs()]


@pytest.mark.parametrize(
    ("codec", "outputs", "limit"), [(g711.PCMA, alaw_outputs(), 32256), (g711.PCMU, ulaw_outputs(), 32124)]
)
def test_every_sample_is_coded_as_a_nearest_output_value(codec: g711.Codec, outputs: list[float], limit: int) -> None:
    assert outputs[-1] == limit
    coded = codec.decode(codec.encode(EVERY_SAMPLE)).astype(int)
    grid = np.array(sorted([-value for value in outputs] + outputs))
    below = np.clip(np.searchsorted(grid, EVERY_SAMPLE) - 1, 0, len(grid) - 2)
    nearest = np.minimum(np.abs(EVERY_SAMPLE - grid[below]), np.abs(EVERY_SAMPLE - grid[below + 1]))
    error = np.abs(coded - EVERY_SAMPLE.astype(int))
    # A decision value lies halfway or, where segments meet, within half the finer step of halfway.
    step = np.diff(grid)[below]
    assert bool(np.all(error <= np.maximum(nearest, step * 2 / 3 + 1)))
    assert np.mean(error == nearest) > 0.97


@pytest.mark.parametrize("codec", [g711.PCMA, g711.PCMU])
def test_coding_is_monotonic_and_stable(codec: g711.Codec) -> None:
    once = codec.decode(codec.encode(EVERY_SAMPLE))
    assert bool(np.all(np.diff(once.astype(int)) >= 0))
    assert np.array_equal(codec.decode(codec.encode(once)), once)
    assert codec.encode(np.zeros(3, dtype=np.int16)) == bytes([codec.silence]) * 3


@pytest.mark.parametrize("codec", [g711.PCMA, g711.PCMU])
def test_codes_survive_a_round_trip(codec: g711.Codec) -> None:
    codes = bytes(range(256))
    again = codec.encode(codec.decode(codes))
    differing = [n for n in range(256) if codes[n] != again[n]]
    # μ-law has a second zero, which the encoder never gives.
    assert differing == ([0x7F] if codec is g711.PCMU else [])


def test_codec_is_found_by_name() -> None:
    assert g711.codec("pcma") is g711.PCMA
    assert g711.codec("PCMU") is g711.PCMU
    with pytest.raises(ProtocolError, match="opus"):
        g711.codec("opus")


def test_a_strided_view_is_encoded_like_its_copy() -> None:
    every_other = EVERY_SAMPLE[::2]
    assert g711.encode_alaw(every_other) == g711.encode_alaw(every_other.copy())
