"""The weights of a converted model, read back."""

from pathlib import Path

import numpy as np
import pytest

from audio_models.recipe import restore
from voicebot.models.blank import build_blank_whisper
from voicebot.models.store import shipped_stt


def test_arrays_of_a_converted_model_are_floats_again(tmp_path: Path) -> None:
    arrays = restore.read_arrays(build_blank_whisper(tmp_path / "m", width=64, heads=2) / "model.bin")
    matrix = arrays["encoder/layer_0/ffn/linear_0/weight"]
    assert matrix.shape == (256, 64)
    assert matrix.dtype == np.float32
    # The blank model's matrices are drawn with a spread of 0.05; eight bits lose little of it.
    assert float(matrix.std()) == pytest.approx(0.05, rel=0.05)


def test_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"\x01\x00\x00\x00")
    with pytest.raises(ValueError, match="version"):
        restore.read_arrays(tmp_path / "model.bin")


@pytest.mark.skipif(shipped_stt() is None, reason="this copy has no shipped model")
def test_the_shipped_model_fills_the_recipes_network() -> None:
    torch = pytest.importorskip("torch", reason="torch is missing: dependency group 'training' not installed")
    from audio_models.recipe.model import Recogniser, Shape

    folder = shipped_stt()
    assert folder is not None
    shape = Shape()
    weights = restore.restore(folder, shape.encoder_layers, shape.decoder_layers)
    model = Recogniser(Shape(tokens=len(weights["embedding.weight"])))
    lacking, odd = model.load_state_dict(weights, strict=False)
    assert (set(lacking), list(odd)) == ({"head.weight", "head.bias"}, [])
    assert torch.isfinite(weights["places"]).all()
