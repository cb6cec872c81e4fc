"""An untrained Whisper model of any size, in the published format.

It hears nothing sensible, but takes as long as the real one of its size: for measuring a machine before anything is
downloaded, and for tests.
"""

import json
from pathlib import Path

import numpy as np
from ctranslate2.specs import WhisperSpec
from ctranslate2.specs.whisper_spec import WhisperEncoderSpec
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

_SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
_FRAMES = 1500
_TEXT_POSITIONS = 448


def _tokenizer() -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    # faster-whisper suppresses the first token of " -" and " '": were the space a token of its own there, no text
    # could hold one.
    merges = [("Ġ", letter) for letter in "-'abcdefghijklmnopqrstuvwxyz"]
    tokens = [*alphabet, *("".join(merge) for merge in merges)]
    tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in _SPECIAL])
    return tokenizer


class _Weights:
    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def normal(self, *shape: int, scale: float = 0.05) -> NDArray[np.float32]:
        return self._random.normal(0, scale, shape).astype(np.float32)

    def linear(self, spec: object, outputs: int, inputs: int) -> None:
        spec.weight = self.normal(outputs, inputs)  # type: ignore[attr-defined]
        spec.bias = np.zeros(outputs, np.float32)  # type: ignore[attr-defined]

    def norm(self, spec: object, width: int) -> None:
        spec.gamma = np.ones(width, np.float32)  # type: ignore[attr-defined]
        spec.beta = np.zeros(width, np.float32)  # type: ignore[attr-defined]


def _fill_layer(weights: _Weights, layer: object, width: int) -> None:
    own = layer.self_attention  # type: ignore[attr-defined]
    weights.norm(own.layer_norm, width)
    weights.linear(own.linear[0], 3 * width, width)
    weights.linear(own.linear[1], width, width)
    if hasattr(layer, "attention"):
        weights.norm(layer.attention.layer_norm, width)
        for linear, outputs in zip(layer.attention.linear, (width, 2 * width, width), strict=True):
            weights.linear(linear, outputs, width)
    feed = layer.ffn  # type: ignore[attr-defined]
    weights.norm(feed.layer_norm, width)
    weights.linear(feed.linear_0, 4 * width, width)
    weights.linear(feed.linear_1, width, 4 * width)


def _fill_encoder(weights: _Weights, encoder: WhisperEncoderSpec, width: int, mels: int) -> None:
    encoder.conv1.weight, encoder.conv1.bias = weights.normal(width, mels, 3), np.zeros(width, np.float32)
    encoder.conv2.weight, encoder.conv2.bias = weights.normal(width, width, 3), np.zeros(width, np.float32)
    encoder.position_encodings.encodings = weights.normal(_FRAMES, width)
    weights.norm(encoder.layer_norm, width)
    for layer in encoder.layer:
        _fill_layer(weights, layer, width)


def build_blank_whisper(
    folder: Path, *, width: int = 64, heads: int = 2, encoder_layers: int = 1, decoder_layers: int = 1, seed: int = 1
) -> Path:
    """Write an untrained model of that size to ``folder`` (made if need be) and give it back.

    tiny is 384 wide with 6 heads and 4 + 4 layers, base 512 with 8 and 6 + 6, small 768 with 12 and 12 + 12. The
    vocabulary is small, so that the last matrix is cheaper than the published one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer()
    size = tokenizer.get_vocab_size()
    weights = _Weights(seed)
    spec = WhisperSpec(encoder_layers, heads, decoder_layers, heads)
    _fill_encoder(weights, spec.encoder, width, 80)
    spec.decoder.embeddings.weight = weights.normal(size, width)
    spec.decoder.position_encodings.encodings = weights.normal(_TEXT_POSITIONS, width)
    weights.norm(spec.decoder.layer_norm, width)
    weights.linear(spec.decoder.projection, size, width)
    for layer in spec.decoder.layer:
        _fill_layer(weights, layer, width)
    end = tokenizer.token_to_id("<|endoftext|>")
    spec.config.suppress_ids = []
    # Without this list CTranslate2 crashes instead of complaining.
    spec.config.suppress_ids_begin = [end]
    spec.config.lang_ids = [tokenizer.token_to_id("<|en|>")]
    spec.config.alignment_heads = [[decoder_layers - 1, 0]]
    spec.register_vocabulary([tokenizer.id_to_token(i) for i in range(size)])
    spec.validate()
    spec.optimize("int8")
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))
    traits = {
        "name": folder.name,
        "prompting": True,
        "no_speech": False,
        "floor_s": 1.0,
        "retry_low_scores": False,
        "retry_loops": False,
        "people": False,
        "note": "untrained",
    }
    (folder / "model.json").write_text(json.dumps(traits, indent=2), encoding="utf-8")
    return folder
