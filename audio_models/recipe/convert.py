"""Conversion of a trained state to a CTranslate2 folder that faster-whisper loads."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ctranslate2
import numpy as np
from ctranslate2.specs import whisper_spec
from tokenizers import Tokenizer

from audio_models.recipe import restore, tokens

if TYPE_CHECKING:
    from torch import Tensor

    from audio_models.recipe.model import Shape

NAME = "voicebot-tiny-en"
"""Name of the model and of its folder."""

DECODING: dict[str, Any] = {
    "people": False,
    "prompting": False,
    "no_speech": True,
    "retry_low_scores": False,
    "floor_s": 2.0,
    "lead_s": 0.2,
    "tail_s": 0.3,
    "beam_size": 5,
    "confidence": {"reject": -0.25, "sure": -0.05},
}
"""How the model wants to be used, as the recogniser reads it from ``model.json``.

``lead_s`` and ``tail_s`` are seconds of silence kept around the words, ``floor_s``
the shortest window; ``confidence`` holds mean log-probabilities a token.
"""

Weights = dict[str, "Tensor"]


def _array(value: Tensor) -> Any:
    return value.detach().float().contiguous().numpy().copy()


def _norm(spec: Any, weights: Weights, name: str) -> None:
    spec.gamma, spec.beta = _array(weights[f"{name}.weight"]), _array(weights[f"{name}.bias"])


def _linear(spec: Any, weights: Weights, *names: str) -> None:
    """Fill one linear layer from one or several that share their input."""
    parts, biases = [], []
    for name in names:
        weight = _array(weights[f"{name}.weight"])
        bias = weights.get(f"{name}.bias")
        parts.append(weight)
        biases.append(np.zeros(len(weight), np.float32) if bias is None else _array(bias))
    spec.weight, spec.bias = np.concatenate(parts), np.concatenate(biases)


def _layer(spec: Any, weights: Weights, name: str, *, decoder: bool) -> None:
    own = f"{name}.attention"
    _norm(spec.self_attention.layer_norm, weights, f"{own}.norm")
    _linear(spec.self_attention.linear[0], weights, f"{own}.query", f"{own}.key", f"{own}.value")
    _linear(spec.self_attention.linear[1], weights, f"{own}.out")
    if decoder:
        other = f"{name}.cross"
        _norm(spec.attention.layer_norm, weights, f"{other}.norm")
        _linear(spec.attention.linear[0], weights, f"{other}.query")
        _linear(spec.attention.linear[1], weights, f"{other}.key", f"{other}.value")
        _linear(spec.attention.linear[2], weights, f"{other}.out")
    _norm(spec.ffn.layer_norm, weights, f"{name}.norm")
    _linear(spec.ffn.linear_0, weights, f"{name}.inner")
    _linear(spec.ffn.linear_1, weights, f"{name}.outer")


def convert(weights: Weights, shape: Shape, tokenizer: Tokenizer, folder: Path) -> None:
    """Write the model's files into ``folder``, weights as 8-bit integers.

    ``weights`` are named as in :class:`audio_models.recipe.model.Recogniser`.
    """
    spec = whisper_spec.WhisperSpec(shape.encoder_layers, shape.heads, shape.decoder_layers, shape.heads)
    for number in (1, 2):
        conv = getattr(spec.encoder, f"conv{number}")
        conv.weight = _array(weights[f"conv{number}.weight"])
        conv.bias = _array(weights[f"conv{number}.bias"])
    spec.encoder.position_encodings.encodings = _array(weights["positions"])
    _norm(spec.encoder.layer_norm, weights, "encoder_norm")
    for number, layer in enumerate(spec.encoder.layer):
        _layer(layer, weights, f"encoder.{number}", decoder=False)
    spec.decoder.embeddings.weight = _array(weights["embedding.weight"])
    spec.decoder.position_encodings.encodings = _array(weights["places"])
    spec.decoder.projection.weight = _array(weights["embedding.weight"])
    _norm(spec.decoder.layer_norm, weights, "decoder_norm")
    for number, layer in enumerate(spec.decoder.layer):
        _layer(layer, weights, f"decoder.{number}", decoder=True)

    spec.register_vocabulary(tokens.vocabulary(tokenizer))
    spec.config.suppress_ids = []
    # The bare space never starts a text; the list may not be missing.
    spec.config.suppress_ids_begin = [tokens.number(tokenizer, "Ġ")]
    spec.config.lang_ids = []
    last = shape.decoder_layers - 1
    spec.config.alignment_heads = [(last, head) for head in range(shape.heads)]
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))
    front = {"feature_size": 80, "sampling_rate": 16000, "hop_length": 160, "chunk_length": 30, "n_fft": 400}
    (folder / "preprocessor_config.json").write_text(json.dumps(front, indent=2) + "\n")


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a model folder but ``model.json``."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != "model.json"
    }


def write_card(folder: Path, facts: dict[str, Any]) -> None:
    """Write ``model.json``: what the model is, what it is good for, its checksums."""
    card: dict[str, Any] = {
        "name": NAME,
        "kind": "whisper-architecture",
        "language": "en",
        "license": "GPL-3.0-or-later",
        "good_for": ["tests", "rehearsals", "demonstrations with synthetic callers"],
        "not_for": ["people"],
        **DECODING,
        **facts,
        "files": checksums(folder),
    }
    (folder / "model.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def convert_state(state_file: Path, folder: Path, *, start: Path | None = None, share: float = 1.0) -> dict[str, Any]:
    """Convert a training state's averaged weights; returns facts about the training.

    A run that refined the model ``start`` is mixed with it: ``share`` of the new weights and the rest of the old.
    What a refinement gains and what it forgets lie on one line between the two, and the best of both inside it.
    """
    import torch

    from audio_models.recipe.model import Shape

    state = torch.load(state_file, weights_only=True, map_location="cpu")  # it may have been learnt on a GPU
    shape = Shape(**state["shape"])
    weights = state["average"]
    if start is not None:
        old = restore.restore(start, shape.encoder_layers, shape.decoder_layers)
        weights = {name: torch.lerp(old[name], new, share) if name in old else new for name, new in weights.items()}
    convert(weights, shape, Tokenizer.from_str(state["tokenizer"]), folder)
    training = {
        "steps": state["step"],
        "minutes": round(state["seconds"] / 60, 1),
        "audio_hours": round(state["audio_seconds"] / 3600, 1),
        "seed": state["seed"],
    }
    if state.get("first"):
        # The minutes are those since then; steps and hours are of the whole life of the weights.
        training["refined_from_step"] = state["first"]
        training["share_of_refined_weights"] = share
    return {
        "training": training,
        "ctranslate2": ctranslate2.__version__,
    }
