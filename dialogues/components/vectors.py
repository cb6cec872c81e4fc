"""Vectors of training examples, kept from one training to the next: an edit then encodes only what it adds."""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from components.encoder import SHA256, WEIGHTS, WIDTH, encoder

KEPT_IN = "VOICEBOT_SENTENCE_VECTORS"
"""Environment variable: the file that they are kept in; without it nothing is kept."""

KNOWN_FROM = "VOICEBOT_SENTENCE_VECTORS_TOO"
"""Environment variable: a file of vectors that another training keeps, which is read only. Two trainings that name each
other's encode one after the other, so that neither does again what the other is at."""

_LOCK = ".sentence-vectors.lock"


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


@contextmanager
def _in_turn(place: Path) -> Iterator[None]:
    """One encoding at a time for a folder: it keeps every core busy. Where nothing can be written, none waits."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock = (place.parent / _LOCK).open("w")
    except OSError:
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _completed(kept: dict[str, Any], wanted: dict[str, str]) -> dict[str, Any]:
    """``kept`` with all that is wanted: from the other training's file where it is there, else encoded now."""
    elsewhere = os.environ.get(KNOWN_FROM, "")
    there = (_read(Path(elsewhere)) if elsewhere else {}) | kept
    missing = {key: sentence for key, sentence in wanted.items() if key not in there}
    if missing:
        fresh = encoder().encode(list(missing.values())).astype(np.float16)
        there.update(zip(missing, fresh, strict=True))
    return {key: there[key] for key in wanted}


def training_vectors(sentences: Sequence[str]) -> Any:
    """Vectors of length one, (sentences, 384), float16 as they are kept."""
    if not sentences:
        return np.zeros((0, WIDTH), np.float16)
    keys = [_key(sentence) for sentence in sentences]
    wanted = dict(zip(keys, sentences, strict=True))
    place = os.environ.get(KEPT_IN, "")
    kept = _read(Path(place)) if place else {}
    if not place:
        kept = _completed(kept, wanted)
    elif kept.keys() != wanted.keys():
        with _in_turn(Path(place)):
            kept = _completed(kept, wanted)
            _write(Path(place), kept)
    return np.stack([kept[key] for key in keys])
