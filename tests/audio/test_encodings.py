"""G.722 against another library's, and what all encodings have in common."""

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from voicebot.audio import tones
from voicebot.audio.encodings import ENCODINGS, G722_64, encoding
from voicebot.errors import ProtocolError


class OtherG722:
    """FFmpeg's G.722, an implementation with another history."""

    def __init__(self) -> None:
        self._encoder = av.CodecContext.create("g722", "w")
        self._decoder = av.CodecContext.create("g722", "r")
        for context in (self._encoder, self._decoder):
            context.sample_rate, context.layout = 16000, "mono"
        self._encoder.format = "s16"
        self._encoder.open()
        self._decoder.open()

    def encode(self, samples: NDArray[np.int16]) -> bytes:
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="s16", layout="mono")
        frame.sample_rate = 16000
        return b"".join(bytes(packet) for packet in self._encoder.encode(frame))

    def decode(self, octets: bytes) -> NDArray[np.int16]:
        frames = self._decoder.decode(av.Packet(octets))
        return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def speechlike(seed: int, frames: int) -> NDArray[np.int16]:
    """Harmonics that come and go, with noise and clipped peaks: everything that moves the codec's predictors."""
    random = np.random.default_rng(seed)
    time = np.arange(frames * 320) / 16000
    pitch = random.uniform(80, 300)
    wave = np.zeros(len(time))
    for n in range(1, 20):
        wave += random.uniform(0, 1) / n * np.sin(2 * np.pi * n * pitch * time + random.uniform(0, 6))
    envelope = np.abs(np.sin(2 * np.pi * random.uniform(1, 5) * time)) ** 2
    noise = random.normal(0, random.uniform(0, 0.3), len(time))
    loud = random.choice([200.0, 5000.0, 20000.0, 60000.0])
    sound: NDArray[np.int16] = np.clip((wave * envelope + noise) * loud, -32768, 32767).astype(np.int16)
    return sound


@given(st.integers(0, 10_000), st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_g722_is_to_the_bit_what_another_library_makes(seed: int, frames: int) -> None:
    sound = speechlike(seed, frames)
    encode, decode, other = G722_64.encoder(), G722_64.decoder(), OtherG722()
    for start in range(0, len(sound), 320):
        octets = encode(sound[start : start + 320])
        assert octets == other.encode(sound[start : start + 320])
        assert np.array_equal(decode(octets), other.decode(octets))


@given(st.binary(min_size=80, max_size=480).filter(lambda octets: len(octets) % 2 == 0))
@settings(max_examples=40, deadline=None)
def test_any_octets_decode_as_the_other_library_decodes_them(octets: bytes) -> None:
    assert np.array_equal(G722_64.decoder()(octets), OtherG722().decode(octets))


@pytest.mark.parametrize("name", ENCODINGS)
def test_an_octet_a_tick_and_the_sound_survives(name: str) -> None:
    codec = encoding(name.lower())
    sound = tones.sine(700, 1000, codec.rate, -12)
    encode, decode = codec.encoder(), codec.decoder()
    step = codec.rate // 50
    payloads = [encode(sound[at : at + step]) for at in range(0, len(sound), step)]
    assert {len(payload) for payload in payloads} == {160}
    heard = np.concatenate([decode(payload) for payload in payloads]).astype(float)
    assert len(heard) == len(sound)
    delay = 22 if name == "G722" else 0  # of its filters, in samples
    error = heard[delay:] - sound[: len(sound) - delay]
    assert 10 * np.log10(np.mean(sound.astype(float) ** 2) / np.mean(error**2)) > 20


def test_two_streams_do_not_share_a_state() -> None:
    one, two = G722_64.encoder(), G722_64.encoder()
    sound = speechlike(3, 4)
    assert one(sound[:640]) + one(sound[640:]) == two(sound[:640]) + two(sound[640:])
    assert len(G722_64.decoder()(b"")) == 0


def test_others_are_not_spoken() -> None:
    with pytest.raises(ProtocolError, match="G729"):
        encoding("G729")
