"""Training of the recogniser: attention and character losses, Muon and AdamW.

One process makes the samples, another learns.  The state is kept in the cache
folder every few minutes, so that a run which was stopped goes on from there.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from queue import Full, Queue
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from audio_models.recipe import data, grammar, restore, tokens
from audio_models.recipe.model import Recogniser, Shape

PEAK_RATE = 1.2e-3
"""Highest learning rate, of both optimisers."""

REFINING_RATE = 4e-4
"""Highest learning rate of a run that begins with the weights of a model folder."""

REFINING_FLITE = 0.5
"""Share of flite clips in such a run: what the model that it begins with knows least."""

WARM_UP = 200
"""Steps until the highest learning rate."""

AVERAGE = 0.999
"""Memory of the running average of the weights, per step."""

CHECKPOINT_SECONDS = 300.0
CLIPS = 6000
"""Clips of flite that the pool grows to while the training runs."""


def make_tokenizer(seed: int) -> Tokenizer:
    """Return the tokenizer that belongs to the corpus of ``seed``."""
    return tokens.build(grammar.sentence(seed, index).text for index in range(20_000))


def _produce(queue: Any, seed: int, step: int, tokenizer: str, folder: str, flite: float | None) -> None:
    """Fill the queue with batches; runs in a process of its own, at low priority."""
    os.nice(10)
    torch.set_num_threads(1)
    parent = multiprocessing.parent_process()
    assert parent is not None
    clips = data.Clips(Path(folder), seed)
    for batch in data.batches(seed, step, Tokenizer.from_str(tokenizer), clips, flite):
        while parent.is_alive():
            try:
                queue.put(batch, timeout=5)
                break
            except Full:
                continue
        else:
            queue.cancel_join_thread()
            return


def _make_clips(seed: int, folder: str) -> None:
    os.nice(15)
    data.Clips(Path(folder), seed).make(CLIPS)


def _split(model: Recogniser) -> tuple[list[Tensor], list[Tensor]]:
    """Return the hidden matrices, for Muon, and all other parameters, for AdamW."""
    hidden: list[Tensor] = []
    rest: list[Tensor] = []
    for name, parameter in model.named_parameters():
        inside = name.startswith(("encoder.", "decoder.")) and parameter.ndim == 2
        (hidden if inside else rest).append(parameter)
    return hidden, rest


def _losses(model: Recogniser, batch: data.Batch) -> tuple[Tensor, Tensor]:
    """Return the attention loss and the character loss of a batch."""
    mel = torch.from_numpy(batch.mel).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits, letters = model(mel, torch.from_numpy(batch.ids))
    said = torch.from_numpy(batch.targets)
    attention = functional.cross_entropy(logits.float().flatten(0, 1), said.flatten(), ignore_index=data.IGNORE)
    steps = torch.from_numpy(np.minimum((batch.frames + 1) // 2 + 2, letters.shape[1]))
    ctc = functional.ctc_loss(
        functional.log_softmax(letters.float(), dim=-1).transpose(0, 1),
        torch.from_numpy(batch.letters),
        steps,
        torch.from_numpy(batch.counts),
        zero_infinity=True,
        reduction="sum",
    ) / max(1, int(batch.counts.sum()))
    return attention, ctc


class Run:
    """One training run: model, optimisers, running average, time spent."""

    def __init__(self, folder: Path, seed: int, shape: Shape, tokenizer: Tokenizer) -> None:
        torch.manual_seed(seed)
        self.folder, self.seed, self.tokenizer = folder, seed, tokenizer
        self.model = Recogniser(shape)
        self.average = {name: value.clone() for name, value in self.model.state_dict().items()}
        hidden, rest = _split(self.model)
        self.optimisers: list[torch.optim.Optimizer] = [
            torch.optim.Muon(hidden, lr=PEAK_RATE, weight_decay=0.02, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.01),
        ]
        self.step, self.seconds, self.audio_seconds = 0, 0.0, 0.0
        self.first = 0
        """The step at which this run began; above 0 when it refines a model."""

    def begin_with(self, folder: Path, training: dict[str, Any]) -> None:
        """Take the weights of a model folder; ``training`` is what its card says of how it was made."""
        weights = restore.restore(folder, self.model.shape.encoder_layers, self.model.shape.decoder_layers)
        self.model.load_state_dict(weights, strict=False)
        self.average = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.first = self.step = int(training["steps"])
        self.audio_seconds = float(training["audio_hours"]) * 3600

    @property
    def state_file(self) -> Path:
        """Where the state is kept."""
        return self.folder / "state.pt"

    def save(self) -> None:
        """Write the state, replacing the one before it at once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        state: dict[str, Any] = {
            "shape": asdict(self.model.shape),
            "tokenizer": self.tokenizer.to_str(),
            "model": self.model.state_dict(),
            "average": self.average,
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "seconds": self.seconds,
            "audio_seconds": self.audio_seconds,
            "seed": self.seed,
            "first": self.first,
        }
        partial = self.state_file.with_suffix(".part")
        torch.save(state, partial)
        partial.replace(self.state_file)

    def load(self) -> None:
        """Take up the kept state."""
        state = torch.load(self.state_file, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average = state["average"]
        self.tokenizer = Tokenizer.from_str(state["tokenizer"])
        for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        self.step, self.seconds = state["step"], state["seconds"]
        self.first = state.get("first", 0)
        self.audio_seconds = state["audio_seconds"]

    def update(self, batch: data.Batch, rate: float, share: float) -> tuple[float, float]:
        """Learn from one batch; ``share`` weighs the character loss.  Returns both losses."""
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
        attention, ctc = _losses(self.model, batch)
        loss = (1 - share) * attention + share * ctc if share else attention
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
        done = self.step - self.first
        memory = min(AVERAGE, (1 + done) / (10 + done))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                self.average[name].lerp_(value, 1 - memory)
        self.step += 1
        self.audio_seconds += float(batch.frames.sum()) / 100
        return float(attention.detach()), float(ctc.detach())


def learning_rate(step: int, done: float, peak: float = PEAK_RATE) -> float:
    """Return the rate for a step; ``done`` from 0 to 1 is the share of the time spent."""
    warm = min(1.0, (step + 1) / WARM_UP)
    return peak * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


def _feed(run: Run, context: Any) -> tuple[Iterator[data.Batch], list[Any]]:
    queue: Queue[data.Batch] = context.Queue(maxsize=24)
    processes = [
        context.Process(
            target=_produce,
            args=(
                queue,
                run.seed,
                run.step,
                run.tokenizer.to_str(),
                str(run.folder),
                REFINING_FLITE if run.first else None,
            ),
            daemon=True,
        ),
        context.Process(target=_make_clips, args=(run.seed, str(run.folder)), daemon=True),
    ]
    for process in processes:
        process.start()

    def stream() -> Iterator[data.Batch]:
        while True:
            yield queue.get()

    return stream(), processes


def train(
    folder: Path, *, minutes: float, threads: int, seed: int, shape: Shape | None = None, start: Path | None = None
) -> Path:
    """Train for ``minutes`` of learning in all, over all runs; returns the state's file.

    The learning rate falls over that budget.  ``threads`` is the number of cores
    that learning may use; making samples takes about half of another one.
    ``start`` is a model folder to begin with: its weights, its tokens, a lower rate,
    and no character loss, because a model folder keeps nothing of the character head.
    """
    torch.set_num_threads(threads)
    tokenizer = Tokenizer.from_file(str(start / "tokenizer.json")) if start else make_tokenizer(seed)
    run = Run(folder, seed, shape or Shape(tokens=tokenizer.get_vocab_size()), tokenizer)
    if run.state_file.exists():
        run.load()
        print(f"going on from step {run.step}, {run.seconds / 60:.1f} minutes", flush=True)
    elif start is not None:
        run.begin_with(start, json.loads((start / "model.json").read_text(encoding="utf-8"))["training"])
    total = minutes * 60
    stream, processes = _feed(run, multiprocessing.get_context("spawn"))
    started = time.monotonic() - run.seconds
    kept = shown = time.monotonic()
    sums = np.zeros(3)
    waited = 0.0
    try:
        while run.seconds < total:
            asked = time.monotonic()
            batch = next(stream)
            waited += time.monotonic() - asked
            done = run.seconds / total
            share = 0.0 if run.first else 0.4 if done < 0.35 else 0.2
            peak = REFINING_RATE if run.first else PEAK_RATE
            sums += (*run.update(batch, learning_rate(run.step - run.first, done, peak), share), 1)
            now = time.monotonic()
            run.seconds = now - started
            if now - shown > 15:
                print(
                    json.dumps(
                        {
                            "step": run.step,
                            "minutes": round(run.seconds / 60, 2),
                            "attention": round(sums[0] / sums[2], 4),
                            "ctc": round(sums[1] / sums[2], 4),
                            "hours": round(run.audio_seconds / 3600, 2),
                            "waited": round(waited, 1),
                        }
                    ),
                    flush=True,
                )
                sums[:], waited, shown = 0, 0.0, now
            if now - kept > CHECKPOINT_SECONDS:
                run.save()
                kept = now
        run.save()
    finally:
        for process in processes:
            process.terminate()
    return run.state_file
