"""Training of the recogniser: attention and character losses, Muon and AdamW.

Some processes make the samples, this one learns, on a GPU where there is one.  The
state is kept in the cache folder every few minutes, so that a run which was stopped
goes on from there.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import threading
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

from audio_models.recipe import corpus, data, restore, tokens
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
"""Clips of flite that each maker's pool grows to while the training runs."""

MAKERS = 6
"""Makers of flite clips where there are many cores; one where there are few."""

AHEAD = 8
"""Batches that lie ready for a GPU."""


def make_tokenizer(seed: int) -> Tokenizer:
    """Return the tokenizer that belongs to the corpus of ``seed``."""
    return tokens.build(corpus.training_sentence(seed, index).text for index in range(20_000))


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def _produce(
    queue: Any, seed: int, step: int, tokenizer: str, pools: list[data.Clips], flite: float | None, share: data.Share
) -> None:
    """Fill the queue with batches; runs in a process of its own, at low priority."""
    os.nice(10)
    torch.set_num_threads(1)
    parent = multiprocessing.parent_process()
    assert parent is not None
    for batch in data.batches(seed, step, Tokenizer.from_str(tokenizer), pools, flite, share):
        while parent.is_alive():
            try:
                queue.put(batch, timeout=5)
                break
            except Full:
                continue
        else:
            queue.cancel_join_thread()
            return


def _make_clips(pool: data.Clips) -> None:
    os.nice(15)
    pool.make(CLIPS)


def _split(model: Recogniser) -> tuple[list[Tensor], list[Tensor]]:
    """Return the hidden matrices, for Muon, and all other parameters, for AdamW."""
    hidden: list[Tensor] = []
    rest: list[Tensor] = []
    for name, parameter in model.named_parameters():
        inside = name.startswith(("encoder.", "decoder.")) and parameter.ndim == 2
        (hidden if inside else rest).append(parameter)
    return hidden, rest


def _losses(model: Recogniser, batch: data.Batch, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the attention loss and the character loss of a batch."""

    def there(array: Any) -> Tensor:
        return torch.from_numpy(array).to(device, non_blocking=True)

    with torch.autocast(device.type, dtype=torch.bfloat16):
        logits, letters = model(there(batch.mel).float(), there(batch.ids))
    attention = functional.cross_entropy(
        logits.float().flatten(0, 1), there(batch.targets).flatten(), ignore_index=data.IGNORE
    )
    steps = np.minimum((batch.frames + 1) // 2 + 2, letters.shape[1])
    ctc = functional.ctc_loss(
        functional.log_softmax(letters.float(), dim=-1).transpose(0, 1),
        there(batch.letters),
        there(steps),
        there(batch.counts),
        zero_infinity=True,
        reduction="sum",
    ) / max(1, int(batch.counts.sum()))
    return attention, ctc


class Run:
    """One training run: model, optimisers, running average, time spent."""

    def __init__(self, folder: Path, seed: int, shape: Shape, tokenizer: Tokenizer) -> None:
        torch.manual_seed(seed)
        self.folder, self.seed, self.tokenizer = folder, seed, tokenizer
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = Recogniser(shape).to(self.device)
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
        state = torch.load(self.state_file, weights_only=True, map_location=self.device)
        self.model.load_state_dict(state["model"])
        self.average = state["average"]
        self.tokenizer = Tokenizer.from_str(state["tokenizer"])
        for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        self.step, self.seconds = state["step"], state["seconds"]
        self.first = state.get("first", 0)
        self.audio_seconds = state["audio_seconds"]

    def update(self, batch: data.Batch, rate: float, share: float) -> Tensor:
        """Learn from one batch; ``share`` weighs the character loss.  Returns both losses, where the model lies."""
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
        attention, ctc = _losses(self.model, batch, self.device)
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
            now = self.model.state_dict()
            torch._foreach_lerp_([self.average[name] for name in now], list(now.values()), 1 - memory)
        self.step += 1
        self.audio_seconds += float(batch.frames.sum()) / 100
        return torch.stack((attention.detach(), ctc.detach()))


def learning_rate(step: int, done: float, peak: float = PEAK_RATE) -> float:
    """Return the rate for a step; ``done`` from 0 to 1 is the share of the time spent."""
    warm = min(1.0, (step + 1) / WARM_UP)
    return peak * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


def _feed(run: Run, context: Any) -> tuple[Iterator[data.Batch], list[Any]]:
    """Start the makers of samples; returns their batches, and the processes."""
    gpu = run.device.type == "cuda"
    makers = MAKERS if gpu else 1
    producers = max(1, cores() - 1) if gpu else 1
    pools = [data.Clips(run.folder, run.seed, maker) for maker in range(makers)]
    queue: Queue[data.Batch] = context.Queue(maxsize=24 if producers == 1 else 2 * producers)
    processes = [context.Process(target=_make_clips, args=(pool,), daemon=True) for pool in pools]
    for number in range(producers):
        share = data.Share(number, producers, data.GPU_BATCH_FRAMES if gpu else data.BATCH_FRAMES)
        flite = REFINING_FLITE if run.first else None
        given = (queue, run.seed, run.step + number, run.tokenizer.to_str(), pools, flite, share)
        processes.append(context.Process(target=_produce, args=given, daemon=True))
    for process in processes:
        process.start()
    ready: Queue[data.Batch] = Queue(AHEAD)

    def fetch() -> None:
        while True:
            ready.put(queue.get())

    # Taking a batch out of the pipe costs as long as learning from it costs a GPU.
    threading.Thread(target=fetch, daemon=True).start()

    def stream() -> Iterator[data.Batch]:
        while True:
            yield ready.get()

    return stream(), processes


def train(
    folder: Path, *, minutes: float, threads: int, seed: int, shape: Shape | None = None, start: Path | None = None
) -> Path:
    """Train for ``minutes`` of learning in all, over all runs; returns the state's file.

    The learning rate falls over that budget.  ``threads`` is the number of cores
    that learning may use without a GPU; making samples takes about half of another
    one.  With a GPU all cores make samples.
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
    sums, updates = torch.zeros(2, device=run.device), 0
    waited = 0.0
    try:
        while run.seconds < total:
            asked = time.monotonic()
            batch = next(stream)
            waited += time.monotonic() - asked
            done = run.seconds / total
            share = 0.0 if run.first else 0.4 if done < 0.35 else 0.2
            peak = REFINING_RATE if run.first else PEAK_RATE
            sums += run.update(batch, learning_rate(run.step - run.first, done, peak), share)
            updates += 1
            now = time.monotonic()
            run.seconds = now - started
            if now - shown > 15:
                print(
                    json.dumps(
                        {
                            "step": run.step,
                            "minutes": round(run.seconds / 60, 2),
                            "attention": round(float(sums[0]) / updates, 4),
                            "ctc": round(float(sums[1]) / updates, 4),
                            "hours": round(run.audio_seconds / 3600, 2),
                            "waited": round(waited, 1),
                        }
                    ),
                    flush=True,
                )
                sums, updates, waited, shown = torch.zeros_like(sums), 0, 0.0, now
            if now - kept > CHECKPOINT_SECONDS:
                run.save()
                kept = now
        run.save()
    finally:
        for process in processes:
            process.terminate()
    return run.state_file
