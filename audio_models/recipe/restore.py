"""Weights of a converted model folder as a training state: going on where only the artefact was kept.

Reads CTranslate2's ``model.bin`` (version 6): little-endian counts, names that end in a zero byte, and raw arrays.
8-bit matrices carry a scale a row. What the artefact leaves out (the character head) begins anew.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Tensor

Arrays = dict[str, npt.NDArray[Any]]

_TYPES = ("<f4", "i1", "<i2", "<i4", "<f2")
_VERSION = 6


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self, form: str) -> int:
        (value,) = struct.unpack_from(f"<{form}", self._data, self._at)
        self._at += struct.calcsize(f"<{form}")
        return int(value)

    def raw(self, count: int) -> bytes:
        self._at += count
        return self._data[self._at - count : self._at]

    def text(self) -> str:
        return self.raw(self.number("H"))[:-1].decode()


def read_arrays(path: Path) -> Arrays:
    """Every array of a ``model.bin`` by its name, 8-bit matrices as floats. Raises :class:`ValueError`."""
    reader = _Reader(path.read_bytes())
    if reader.number("I") != _VERSION:
        raise ValueError(f"{path} is not of version {_VERSION}")
    reader.text()
    reader.number("I")
    arrays: Arrays = {}
    for _ in range(reader.number("I")):
        name = reader.text()
        shape = [reader.number("I") for _ in range(reader.number("B"))]
        kind = _TYPES[reader.number("B")]
        arrays[name] = np.frombuffer(reader.raw(reader.number("I")), kind).reshape(shape)
    for _ in range(reader.number("I")):
        alias, name = reader.text(), reader.text()
        arrays[alias] = arrays[name]
    for name in [name for name in arrays if f"{name}_scale" in arrays]:
        scale = arrays[f"{name}_scale"]
        arrays[name] = arrays[name].astype(np.float32) / scale.reshape(-1, *[1] * (arrays[name].ndim - 1))
    return arrays


def _attention(arrays: Arrays, source: str, target: str, *, cross: bool) -> Arrays:
    """Split the joined matrices of an attention layer into those of the recipe."""
    names = (("query",), ("key", "value"), ("out",)) if cross else (("query", "key", "value"), ("out",))
    found = {
        f"{target}.norm.weight": arrays[f"{source}/layer_norm/gamma"],
        f"{target}.norm.bias": arrays[f"{source}/layer_norm/beta"],
    }
    for number, parts in enumerate(names):
        weights = np.split(arrays[f"{source}/linear_{number}/weight"], len(parts))
        biases = np.split(arrays[f"{source}/linear_{number}/bias"], len(parts))
        for part, weight, bias in zip(parts, weights, biases, strict=True):
            found[f"{target}.{part}.weight"] = weight
            if part != "key":
                found[f"{target}.{part}.bias"] = bias
    return found


def _layer(arrays: Arrays, source: str, target: str, *, decoder: bool) -> Arrays:
    found = _attention(arrays, f"{source}/self_attention", f"{target}.attention", cross=False)
    if decoder:
        found |= _attention(arrays, f"{source}/attention", f"{target}.cross", cross=True)
    for name, place in (("norm", "layer_norm"), ("inner", "linear_0"), ("outer", "linear_1")):
        weight, bias = ("gamma", "beta") if name == "norm" else ("weight", "bias")
        found[f"{target}.{name}.weight"] = arrays[f"{source}/ffn/{place}/{weight}"]
        found[f"{target}.{name}.bias"] = arrays[f"{source}/ffn/{place}/{bias}"]
    return found


def restore(folder: Path, encoder_layers: int, decoder_layers: int) -> dict[str, Tensor]:
    """Weights of the model in ``folder``, named as in :class:`audio_models.recipe.model.Recogniser`.

    Raises :class:`KeyError` for a model of another make.
    """
    import torch

    arrays = read_arrays(folder / "model.bin")
    found: Arrays = {
        "positions": arrays["encoder/position_encodings/encodings"],
        "embedding.weight": arrays["decoder/embeddings/weight"],
        "places": arrays["decoder/position_encodings/encodings"],
    }
    for number in (1, 2):
        for part in ("weight", "bias"):
            found[f"conv{number}.{part}"] = arrays[f"encoder/conv{number}/{part}"]
    for side, layers in (("encoder", encoder_layers), ("decoder", decoder_layers)):
        found[f"{side}_norm.weight"] = arrays[f"{side}/layer_norm/gamma"]
        found[f"{side}_norm.bias"] = arrays[f"{side}/layer_norm/beta"]
        for number in range(layers):
            found |= _layer(arrays, f"{side}/layer_{number}", f"{side}.{number}", decoder=side == "decoder")
    return {name: torch.from_numpy(np.array(value, np.float32)) for name, value in found.items()}
