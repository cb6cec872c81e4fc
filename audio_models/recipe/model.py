"""The Whisper architecture in torch, small, with a character head for training.

Layer names follow what :mod:`audio_models.recipe.convert` needs.  The encoder
sees padding unmasked, as it does in CTranslate2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

MELS = 80
"""Mel bands of the input."""

FRAMES = 3000
"""Frames of 10 ms of the longest input."""

MAX_TOKENS = 448
"""Positions of the decoder."""


@dataclass(frozen=True)
class Shape:
    """Size of a model: width, heads, encoder and decoder layers, tokens, characters."""

    width: int = 256
    heads: int = 4
    encoder_layers: int = 6
    decoder_layers: int = 2
    tokens: int = 2300
    characters: int = 29


def sinusoids(length: int, width: int) -> Tensor:
    """Return Whisper's fixed encoder positions, ``length`` × ``width``."""
    step = math.log(10000) / (width // 2 - 1)
    inverse = torch.exp(-step * torch.arange(width // 2, dtype=torch.float32))
    scaled = torch.arange(length, dtype=torch.float32)[:, None] * inverse[None, :]
    return torch.cat([scaled.sin(), scaled.cos()], dim=1)


class Attention(nn.Module):  # type: ignore[misc, unused-ignore]
    """Multi-head attention on itself, or on the encoder's output if ``cross``."""

    def __init__(self, width: int, heads: int, *, cross: bool = False) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)
        self.cross = cross

    def forward(self, x: Tensor, memory: Tensor | None = None, causal: bool = False) -> Tensor:
        """Return the residual update of ``x``."""
        x = self.norm(x)
        source = memory if memory is not None else x
        batch, length, width = x.shape

        def split(y: Tensor) -> Tensor:
            return y.view(batch, -1, self.heads, width // self.heads).transpose(1, 2)

        # Plain products: at these lengths they are quicker on a CPU than the fused kernel.
        scores = split(self.query(x)) @ split(self.key(source)).transpose(2, 3)
        scores = scores * (width // self.heads) ** -0.5
        if causal:
            hidden = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
            scores = scores.masked_fill(hidden, float("-inf"))
        y = scores.softmax(dim=-1, dtype=scores.dtype) @ split(self.value(source))
        return self.out(y.transpose(1, 2).reshape(batch, length, width))  # type: ignore[no-any-return, unused-ignore]


class Layer(nn.Module):  # type: ignore[misc, unused-ignore]
    """A layer before-normalised; with ``cross`` it also attends to the encoder."""

    def __init__(self, width: int, heads: int, *, cross: bool) -> None:
        super().__init__()
        self.attention = Attention(width, heads)
        self.cross = Attention(width, heads, cross=True) if cross else None
        self.norm = nn.LayerNorm(width)
        self.inner = nn.Linear(width, 4 * width)
        self.outer = nn.Linear(4 * width, width)

    def forward(self, x: Tensor, memory: Tensor | None = None) -> Tensor:
        """Return the layer's output for ``x``."""
        x = x + self.attention(x, causal=self.cross is not None)
        if self.cross is not None:
            x = x + self.cross(x, memory)
        return x + self.outer(functional.gelu(self.inner(self.norm(x))))


class Recogniser(nn.Module):  # type: ignore[misc, unused-ignore]
    """Encoder and decoder of Whisper's architecture."""

    positions: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.conv1 = nn.Conv1d(MELS, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.register_buffer("positions", sinusoids(FRAMES // 2, width))
        self.encoder = nn.ModuleList(Layer(width, shape.heads, cross=False) for _ in range(shape.encoder_layers))
        self.encoder_norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, shape.characters)
        self.embedding = nn.Embedding(shape.tokens, width)
        self.places = nn.Parameter(torch.randn(MAX_TOKENS, width) * 0.01)
        self.decoder = nn.ModuleList(Layer(width, shape.heads, cross=True) for _ in range(shape.decoder_layers))
        self.decoder_norm = nn.LayerNorm(width)
        nn.init.normal_(self.embedding.weight, std=0.05)

    def encode(self, mel: Tensor) -> Tensor:
        """Return the encoder's output, one step for two frames, of ``batch × 80 × frames``."""
        x = functional.gelu(self.conv1(mel))
        x = functional.gelu(self.conv2(x)).transpose(1, 2)
        x = x + self.positions[: x.shape[1]]
        for layer in self.encoder:
            x = layer(x)
        return self.encoder_norm(x)  # type: ignore[no-any-return, unused-ignore]

    def decode(self, ids: Tensor, memory: Tensor) -> Tensor:
        """Return the logits after each of ``ids``, given the encoder's output."""
        x = self.embedding(ids) + self.places[: ids.shape[1]]
        for layer in self.decoder:
            x = layer(x, memory)
        return functional.linear(self.decoder_norm(x), self.embedding.weight)

    def forward(self, mel: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Return the decoder's logits and the character head's logits."""
        memory = self.encode(mel)
        return self.decode(ids, memory), self.head(memory)
