"""``voicebot dialogue measure``: how much of the held-out set is understood, in figures and confusions."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from voicebot.app.dialogue_session import dialogue_client
from voicebot.council.postcodes import postcodes
from voicebot.errors import ConfigurationError
from voicebot.measure import run, score
from voicebot.measure.held_out import load_utterances
from voicebot.measure.score import Judged, Share, percent
from voicebot.rehearsal.script import find_scripts, load_script
from voicebot.rehearsal.verdict import Verdict
from voicebot.safety.training import safety_net
from voicebot.settings import Settings, load

_MOST_CONFUSIONS = 20
_SHORT = ("service", "need", "queue")


async def measured(settings: Settings, folder: Path, noise: float) -> tuple[list[Judged], float]:
    """The utterances under ``folder``, understood; and the share of word errors that they had."""
    spoken = load_utterances(folder / "utterances.yml")
    async with dialogue_client(settings) as client:
        known = postcodes(settings.council_database)
        return await run.utterances(client, safety_net(settings), spoken, noise, known)


async def held(settings: Settings, folder: Path, only: str = "") -> list[Verdict]:
    """The calls under ``folder`` whose name holds ``only``, held in text. Raises ConfigurationError for none."""
    every = [load_script(path) for path in find_scripts(folder / "calls")]
    scripts = [script for script in every if only.casefold() in script.name.casefold()]
    if not scripts:
        raise ConfigurationError(f"no call under {folder} has {only!r} in its name")
    async with dialogue_client(settings) as client:
        return await run.calls(client, safety_net(settings), scripts, settings)


def report(judged: Sequence[Judged], word_errors: float, seconds: float) -> dict[str, Any]:
    """Everything that is printed about the utterances, as JSON holds it."""
    return {
        "utterances": len(judged),
        "word_error_rate": round(word_errors, 3),
        "per_minute": round(60 * len(judged) / seconds),
        "figures": _percents(score.figures(judged)),
        "slices": {name: _percents(found) for name, found in score.by_group(judged, score.slices).items()},
        "services": {name: _percents(found) for name, found in score.by_group(judged, score.services).items()},
        "recall_by_rule": _percents(score.recall_by_rule(judged)),
        "false_alarms_by_rule": dict(score.false_by_rule(judged).most_common()),
        "confusions": {
            what: [[*pair, times] for pair, times in found.most_common(_MOST_CONFUSIONS)]
            for what, found in _confusions(judged).items()
        },
    }


def _confusions(judged: Sequence[Judged]) -> dict[str, Counter[tuple[str, str]]]:
    return {what: score.confusions(judged, what) for what in _SHORT} | {"rule": score.rule_confusions(judged)}


def _percents(shares: Mapping[str, Share]) -> dict[str, Any]:
    return {name: {"percent": percent(share), "right": share[0], "of": share[1]} for name, share in shares.items()}


def show(console: Console, found: Mapping[str, Any], *, with_slices: bool) -> None:
    """The report as tables."""
    console.print(
        f"{found['utterances']} utterances, {100 * found['word_error_rate']:.1f} % word errors, "
        f"{found['per_minute']} a minute",
        highlight=False,
    )
    table = Table("", "%", "right", "of")
    for name, one in found["figures"].items():
        table.add_row(name.replace("_", " "), *(str(one[key]) for key in ("percent", "right", "of")))
    console.print(table)
    for title in ("services", "slices") if with_slices else ():
        table = Table(title[:-1], "lines", *(f"{name} %" for name in _SHORT), "recall %", "false alarms")
        for name, one in found[title].items():
            table.add_row(
                name.replace("_", " "),
                str(max(one[what]["of"] for what in one)),
                *(str(one[what]["percent"]) for what in (*_SHORT, "emergency_recall")),
                f"{one['false_alarms']['right']}/{one['false_alarms']['of']}",
            )
        console.print(table)
    table = Table("safety rule", "caught", "of", "false alarms of it")
    for rule, one in found["recall_by_rule"].items():
        times = found["false_alarms_by_rule"].get(rule, 0)
        table.add_row(rule, str(one["right"]), str(one["of"]), str(times))
    console.print(table)
    for what, pairs in found["confusions"].items():
        table = Table(f"{what}: wanted", "got", "times")
        for wanted, got, times in pairs:
            table.add_row(wanted, got, str(times))
        console.print(table)


def check_floors(floors: Sequence[str], figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What is under its floor (``service=93``; ``false_alarms=2`` is a ceiling). Raises ConfigurationError."""
    under = []
    for floor in floors:
        name, _, least = floor.partition("=")
        if name not in figures or not least.replace(".", "", 1).isdigit():
            raise ConfigurationError(f"--floor {floor}: write one of {', '.join(figures)} as in {name or 'service'}=90")
        got = figures[name]["percent"] or 0.0
        ceiling = name.startswith("false_alarms")
        if got > float(least) if ceiling else got < float(least):
            under.append(f"{name} is {got} %, {'over' if ceiling else 'under'} {least} %")
    return under


def measure_command(
    folder: Path,
    noise: float,
    slices: bool,
    calls: bool,
    only: str,
    show_wrong: bool,
    floors: Sequence[str],
    as_json: bool,
    config: Path | None,
) -> None:
    """Measure; exit status 1 only for a floor that isn't reached."""
    settings = load(config)
    console = Console()
    if calls:
        figures = _calls(settings, folder, only, show_wrong, console, as_json=as_json)
    else:
        began = time.monotonic()
        judged, word_errors = asyncio.run(measured(settings, folder, noise))
        found = report(judged, word_errors, time.monotonic() - began)
        figures = found["figures"]
        wrong = [_wrong(one) for one in judged if _is_wrong(one)] if show_wrong else []
        if as_json:
            print(json.dumps({**found, **({"wrong": wrong} if show_wrong else {})}, ensure_ascii=False))
        else:
            show(console, found, with_slices=slices)
            for one in wrong:
                console.print(json.dumps(one, ensure_ascii=False), highlight=False, markup=False)
    under = check_floors(floors, figures)
    for problem in under:
        Console(stderr=True).print(problem, highlight=False)
    if under:
        raise typer.Exit(1)


def _is_wrong(one: Judged) -> bool:
    missed = one.utterance.is_emergency and not one.caught
    false = one.utterance.is_harmless and one.alarmed
    return missed or false or any(one.right(what) is False for what in _SHORT) or one.facts_right is False


def _wrong(one: Judged) -> dict[str, Any]:
    wanted = {what: "/".join(getattr(one.utterance, what)) for what in (*_SHORT, "emergency")}
    got = {what: one.got[what] for what in (*_SHORT, "emergency", "emergency_ask")}
    return {"text": one.utterance.text, "asked": one.utterance.asked, "wanted": wanted, "got": got}


def _calls(
    settings: Settings, folder: Path, only: str, show_wrong: bool, console: Console, *, as_json: bool
) -> dict[str, Any]:
    verdicts = asyncio.run(held(settings, folder, only))
    passed = sum(one.passed for one in verdicts)
    figures = _percents({"calls": (passed, len(verdicts))})
    if as_json:
        print(
            json.dumps({"figures": figures, "calls": [run.verdict_line(one) for one in verdicts]}, ensure_ascii=False)
        )
        return figures
    for one in verdicts:
        console.print(
            f"{'[green]pass[/green]' if one.passed else '[red]FAIL[/red]'}  {one.script.name}", highlight=False
        )
        for problem in one.problems:
            console.print(f"      {problem}", highlight=False, markup=False)
        for who, text in one.end.transcript if show_wrong and not one.passed else ():
            console.print(f"      {who}: {text}", style="dim", highlight=False, markup=False)
    console.print(f"{passed} of {len(verdicts)} calls reach the right end with every fact", highlight=False)
    return figures
