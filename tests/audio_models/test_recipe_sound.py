"""Synthetic voices, the telephone line and training batches."""

from __future__ import annotations

import multiprocessing
import random

import numpy as np
import pytest

from audio_models.recipe import channel, data, speech, tokens
from audio_models.recipe.speech import Voice

PLAIN = Voice("espeak", "en", 170, 50)


def _samples(name: str) -> bytes:
    """Say a sentence by a voice; runs in a process of its own."""
    return speech.say("i want to report a pothole", Voice("espeak", name, 170, 50))[0].tobytes()


def test_fresh_processes_make_the_same_samples() -> None:
    context = multiprocessing.get_context("spawn")
    made = []
    for _ in range(2):
        with context.Pool(1) as pool:
            made.append(pool.apply(_samples, ("en",)))
    assert len(made[0]) > 50_000
    assert made[0] == made[1]


def test_words_take_the_time_that_words_take() -> None:
    samples, rate = speech.say("i want to report a pothole", PLAIN)
    assert rate > 8000
    assert 1.0 < len(samples) / rate < 3.0


def test_a_sample_of_the_line_is_made_again_exactly() -> None:
    line = channel.to_line(*speech.say("yes please", PLAIN))
    assert channel.transmit(line, 7).tobytes() == channel.transmit(line, 7).tobytes()
    assert channel.transmit(line, 7).tobytes() != channel.transmit(line, 8).tobytes()


def test_flite_is_deterministic_where_installed() -> None:
    if speech.flite() is None:
        pytest.skip("flite is not installed (Debian package flite)")
    voice = Voice("flite", "slt", 1.0, 1.0)
    assert speech.say("hello there", voice)[0].tobytes() == speech.say("hello there", voice)[0].tobytes()


def test_an_unknown_voice_is_an_error() -> None:
    with pytest.raises(ValueError, match="no voice"):
        speech.say("hello", Voice("espeak", "no-such-voice", 170, 50))


def test_voices_kept_for_tests_are_never_drawn_for_training() -> None:
    rng = random.Random(1)
    seen = {speech.espeak_voice(rng).name.partition("+")[2] for _ in range(3000)}
    assert not seen & set(speech.UNSEEN_VARIANTS)
    assert {speech.flite_voice(rng).name for _ in range(50)} == set(speech.FLITE_SEEN)
    assert {"f4", "m7"} <= set(speech.UNSEEN_VARIANTS)


@pytest.mark.parametrize("law", ["alaw", "ulaw"])
def test_g711_is_idempotent_and_close(law: str) -> None:
    audio = np.asarray(0.5 * np.sin(np.arange(8000) / 7), dtype=np.float32)
    once = channel.g711(audio, law)
    assert np.array_equal(channel.g711(once, law), once)
    assert float(np.abs(once - audio).max()) < 0.03
    assert len(np.unique(once)) <= 256


def test_g711_keeps_known_levels() -> None:
    levels = np.asarray([v / 32768 for v in (8, -8, 32256, 5000)], dtype=np.float32)
    assert [round(float(v) * 32768) for v in channel.g711(levels, "alaw")] == [8, -8, 32256, 4992]


def test_the_band_drops_what_a_telephone_drops() -> None:
    time = np.arange(8000) / 8000
    for frequency, kept in ((60, False), (1000, True), (3900, False)):
        tone = np.sin(2 * np.pi * frequency * time).astype(np.float32)
        level = float(np.sqrt(np.mean(channel.band(tone) ** 2)))
        assert (level > 0.6) is kept


def test_lost_packets_are_concealed() -> None:
    audio = np.ones(1600, np.float32)
    lost = channel.lose_packets(audio, np.random.default_rng(1), 0.5)
    assert len(lost) == 1600
    assert float(lost.min()) < 1.0


def test_the_curriculum_goes_from_short_and_clean_to_all() -> None:
    start, end = data.Stage.at(0), data.Stage.at(5000)
    assert start.seconds < 2 < 10 < end.seconds
    assert (start.strength, start.flite) == (0, 0)
    assert end.strength == 1


def test_tokens_force_what_decoders_suppress() -> None:
    tokenizer = tokens.build(["what day is my bin collected", "yes please", "z b three eight l p"] * 5)
    for text in (" -", " '", " a", " z"):
        assert len(tokenizer.encode(text, add_special_tokens=False).ids) == 1
    names = tokens.vocabulary(tokenizer)
    end = names.index("<|endoftext|>")
    assert names[end : end + len(tokens.SPECIALS)] == list(tokens.SPECIALS)
    assert names[-1] == "<|30.00|>"
    ids = tokens.encode(tokenizer, "it's z b three")
    assert max(ids) < end
    assert tokenizer.decode(ids) == " it's z b three"


def test_batches_are_made_again_exactly_and_hold_their_targets() -> None:
    tokenizer = tokens.build(["what day is my bin collected", "yes please"] * 5)
    rng = random.Random(1)
    mel = np.random.default_rng(1).random((80, 120)).astype(np.float32)
    batch = data.collate([(mel, "yes please"), (mel[:, :60], "")], 140, tokenizer, rng)
    assert batch.mel.shape == (2, 80, 140)
    end = tokenizer.token_to_id("<|endoftext|>")
    start = tokenizer.token_to_id("<|startoftranscript|>")
    assert batch.ids[0, 0] == start
    assert batch.targets[:, 0].tolist() == [
        tokenizer.token_to_id("<|notimestamps|>"),
        tokenizer.token_to_id("<|nospeech|>"),
    ]
    said = [int(i) for i in batch.targets[0][1:] if i not in (data.IGNORE, end)]
    assert tokenizer.decode(said).strip() == "yes please"
    assert batch.targets[1, 1] == end
    assert batch.counts.tolist() == [len("yes please"), 0]
