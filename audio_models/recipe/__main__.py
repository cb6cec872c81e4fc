"""Command line of the recipe: ``python -m audio_models.recipe train --minutes 80``."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Any

MODEL_FOLDER = Path(__file__).parents[1] / "voicebot-tiny-en"
SEED = 31


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m audio_models.recipe",
        description="Make the offline recogniser of synthetic voices.  Training needs the dependency "
        "group 'training' (torch); Debian's flite adds speakers where it is installed.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    data = commands.add_parser("data", help="print sentences of the grammar, or make the pool of flite clips")
    data.add_argument("--count", type=int, default=40, help="how many sentences or clips (default 40)")
    data.add_argument("--clips", action="store_true", help="synthesise flite clips into the cache folder")
    train = commands.add_parser("train", help="train (or go on), then convert and evaluate")
    train.add_argument("--minutes", type=float, default=80.0, help="learning time in all (default 80)")
    train.add_argument("--threads", type=int, default=1, help="cores for learning (default 1)")
    train.add_argument("--only", action="store_true", help="do not convert and evaluate afterwards")
    convert = commands.add_parser("convert", help="convert the kept training state to a model folder")
    evaluate = commands.add_parser("evaluate", help="measure a model folder; prints JSON")
    for command in (train, evaluate):
        command.add_argument("--clips", type=int, default=300, help="test clips a set (default 300)")
        command.add_argument("--beam", type=int, default=5, help="beam size (default 5)")
        command.add_argument("--floor", type=int, default=200, help="shortest window, frames of 10 ms")
    for command in (train, convert):
        command.add_argument("--start", type=Path, help="model folder whose weights are refined")
        command.add_argument("--share", type=float, default=0.6, help="share of the refined weights, with --start")
    for command in (train, convert, evaluate):
        command.add_argument("--model", type=Path, default=MODEL_FOLDER, help="model folder")
    for command in (data, train, convert):
        command.add_argument("--seed", type=int, default=SEED, help=f"seed of the corpus (default {SEED})")
        command.add_argument("--cache", type=Path, help="folder of the training state")
    evaluate.add_argument("--card", action="store_true", help="also write the figures into model.json")
    return parser


def _figures(options: argparse.Namespace) -> dict[str, Any]:
    from audio_models.recipe.evaluate import evaluate

    return evaluate(options.model, count=options.clips, beam=options.beam, floor_frames=options.floor)


def _card(folder: Path, **facts: Any) -> None:
    """Write ``model.json`` anew, keeping the facts that are not given."""
    from audio_models.recipe.convert import write_card

    path = folder / "model.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known = {key: kept[key] for key in ("training", "ctranslate2", "measured") if key in kept}
    write_card(folder, {**known, **{key: value for key, value in facts.items() if value is not None}})


def _cache(options: argparse.Namespace) -> Path:
    from audio_models.recipe.data import cache_folder

    return Path(options.cache) if options.cache else cache_folder()


def _data(options: argparse.Namespace) -> None:
    from audio_models.recipe import grammar

    if options.clips:
        from audio_models.recipe.data import Clips

        print(f"{Clips(_cache(options), options.seed).make(options.count)} clips")
        return
    for index in range(options.count):
        said = grammar.sentence(options.seed, index)
        print(f"{said.kind}\t{said.section}\t{said.text}")


def _convert(options: argparse.Namespace) -> None:
    from audio_models.recipe.convert import convert_state

    facts = convert_state(_cache(options) / "state.pt", options.model, start=options.start, share=options.share)
    _card(options.model, **facts)
    print(json.dumps(facts))


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    if options.command in ("train", "convert"):
        try:
            importlib.import_module("torch")
        except ImportError:
            print("torch is missing: install the dependency group 'training'", file=sys.stderr)
            return 2
    if options.command == "data":
        _data(options)
    elif options.command == "convert":
        _convert(options)
    elif options.command == "train":
        from audio_models.recipe.train import train

        train(_cache(options), minutes=options.minutes, threads=options.threads, seed=options.seed, start=options.start)
        if not options.only:
            _convert(options)
            _card(options.model, measured=_figures(options))
    else:
        figures = _figures(options)
        if options.card:
            _card(options.model, measured=figures)
        print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
