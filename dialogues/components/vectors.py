"""Vectors of training examples, kept from one training to the next: an edit then encodes only what it adds."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from components.encoder import SHA256, WEIGHTS, WIDTH, encoder

KEPT_IN = "VOICEBOT_SENTENCE_VECTORS"
"""Environment variable: the file that they are kept in; without it nothing is kept."""

KNOWN_FROM = "VOICEBOT_SENTENCE_VECTORS_TOO"
"""Environment variable: a file of vectors that another training keeps, which is read only."""


def _key(sentence: str) -> str:
    return hashlib.sha256(f"{SHA256}\0{WEIGHTS}\0{sentence}".encode()).hexdigest()[:32]


def _read(path: Path) -> dict[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as kept:
            return dict(zip(kept["keys"].tolist(), kept["vectors"], strict=True))
    except (OSError, ValueError, KeyError):
        # No file yet, or a broken one: everything is encoded again.
        return {}


def _write(path: Path, vectors: dict[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as fresh:
            np.savez(fresh, keys=np.array(list(vectors)), vectors=np.stack(list(vectors.values())))
        Path(fresh.name).replace(path)
    except OSError:
        # A full or read-only disk costs the next training some seconds, and this one nothing.
        return


def training_vectors(sentences: Sequence[str]) -> Any:
    """Vectors of length one, (sentences, 384), float16 as they are kept."""
    place = os.environ.get(KEPT_IN, "")
    kept = _read(Path(place)) if place else {}
    there = set(kept)
    keys = [_key(sentence) for sentence in sentences]
    missing = {key: sentence for key, sentence in zip(keys, sentences, strict=True) if key not in kept}
    if missing and (elsewhere := os.environ.get(KNOWN_FROM, "")):
        known = _read(Path(elsewhere))
        kept.update((key, known[key]) for key in missing if key in known)
        missing = {key: sentence for key, sentence in missing.items() if key not in kept}
    if missing:
        fresh = encoder().encode(list(missing.values())).astype(np.float16)
        kept.update(zip(missing, fresh, strict=True))
    if place and there != set(keys):
        _write(Path(place), {key: kept[key] for key in dict.fromkeys(keys)})
    return np.stack([kept[key] for key in keys]) if keys else np.zeros((0, WIDTH), np.float16)
