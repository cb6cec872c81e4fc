"""Model, conversion and training, which need torch (dependency group 'training')."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is missing: dependency group 'training' not installed")

import ctranslate2  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402

from audio_models.recipe import __main__ as command  # noqa: E402
from audio_models.recipe import channel, convert, data, tokens, train  # noqa: E402
from audio_models.recipe.evaluate import Ear  # noqa: E402
from audio_models.recipe.model import Recogniser, Shape, sinusoids  # noqa: E402

TEXTS = ["what day is my bin collected", "yes please", "no thanks"] * 3


def _tiny() -> tuple[Shape, Tokenizer]:
    tokenizer = tokens.build(TEXTS)
    shape = Shape(width=32, heads=2, encoder_layers=1, decoder_layers=1, tokens=tokenizer.get_vocab_size())
    return shape, tokenizer


def test_a_random_model_converts_loads_and_encodes_alike(tmp_path: Path) -> None:
    torch.manual_seed(1)
    shape, tokenizer = _tiny()
    model = Recogniser(shape)
    convert.convert(model.state_dict(), shape, tokenizer, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["suppress_ids_begin"] == [tokenizer.token_to_id("Ġ")]
    ear = Ear(tmp_path)
    ear.hear(channel.to_model(channel.nothing(1)))
    mel = np.random.default_rng(1).standard_normal((1, 80, 200)).astype(np.float32)
    converted = np.array(ear._model.model.encode(ctranslate2.StorageView.from_array(mel)))
    with torch.no_grad():
        wanted = model.encode(torch.from_numpy(mel)).numpy()
    assert float(np.abs(converted - wanted).max()) < 0.15


def test_learning_lowers_the_loss_and_goes_on_after_a_stop(tmp_path: Path) -> None:
    shape, tokenizer = _tiny()
    run = train.Run(tmp_path, 1, shape, tokenizer)
    mel = np.random.default_rng(1).random((80, 120)).astype(np.float32)
    import random

    batch = data.collate([(mel, "yes please"), (mel * 0.5, "no thanks")], 120, tokenizer, random.Random(1))
    losses = [float(run.update(batch, 3e-3, 0.4)[0]) for _ in range(40)]
    assert losses[-1] < 0.5 * losses[0]
    run.save()
    again = train.Run(tmp_path, 1, shape, tokenizer)
    again.load()
    assert again.step == 40
    for left, right in zip(run.model.parameters(), again.model.parameters(), strict=True):
        assert torch.equal(left, right)
    facts = convert.convert_state(run.state_file, tmp_path / "model")
    assert facts["training"]["steps"] == 40
    convert.write_card(tmp_path / "model", facts)
    card = json.loads((tmp_path / "model" / "model.json").read_text())
    assert card["files"] == convert.checksums(tmp_path / "model")


def test_the_learning_rate_rises_then_falls() -> None:
    rates = [train.learning_rate(step, step / 1000) for step in (0, 199, 500, 1000)]
    assert rates[0] < rates[1] > rates[2] > rates[3] > 0


def test_positions_are_those_of_whisper() -> None:
    table = sinusoids(10, 8)
    assert table.shape == (10, 8)
    assert table[0].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_the_command_prints_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["data", "--count", "5"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5
