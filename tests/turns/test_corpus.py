"""The corpus of scripted timings, through the real ear, mouth and port, with the settings as they are shipped."""

import multiprocessing
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tests.turns.bad_line import LATEST_MS, carried
from tests.turns.corpus import corpus
from tests.turns.listening import Line, Outcome, play
from voicebot.spoken.finished import SentenceEnds

PROJECT = Path(__file__).parents[2] / "dialogues"
Group = Sequence[Outcome]


def share(outcomes: Group, happened: Callable[[Outcome], bool]) -> float:
    """Percent of the cases in which something happened."""
    return 100 * sum(happened(one) for one in outcomes) / len(outcomes)


def at(values: list[float], quantile: float) -> float:
    """A quantile; 0 of none."""
    return sorted(values)[min(len(values) - 1, int(len(values) * quantile))] if values else 0.0


def pauses(outcomes: Group) -> list[float]:
    """How long the bot went on after somebody began to speak, in ms."""
    return [one.pause_ms for one in outcomes if one.pause_ms is not None]


def decisions(outcomes: Group) -> list[float]:
    """How long it took to give way, in ms."""
    return [one.decided_ms for one in outcomes if one.decided_ms is not None]


def answers(outcomes: Group) -> list[float]:
    """From the last sound to the end of the turn, in ms."""
    return [one.answer_ms for one in outcomes if one.answer_ms is not None]


def play_all(
    seed: int = 1, scale: int = 1, line: Callable[[int], Line] | None = None, behind_ms: int = 0
) -> dict[str, list[Outcome]]:
    """Every case, by group; ``line`` makes the line of the case of a number."""
    ends = SentenceEnds.load(PROJECT)
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for index, case in enumerate(corpus(seed, scale)):
        carrying = line(index) if line is not None else None
        groups[case.group].append(play(case, ends, seed=index, line=carrying, behind_ms=behind_ms))
    return groups


def table(groups: dict[str, list[Outcome]]) -> list[list[str]]:
    """A row for each group: cases, cut off, lost, prompts lost, end of turn p50/p95, pause p95, decided p95."""
    rows = []
    for name, group in groups.items():
        speaks, over = group[0].case.speaks, group[0].case.over_bot
        yields = speaks and over and group[0].case.interruptible
        rows.append(
            [
                name,
                str(len(group)),
                f"{share(group, lambda one: one.cut_off):.1f} %" if not over else "",
                f"{share(group, lambda one: one.lost):.1f} %" if speaks else "",
                f"{share(group, lambda one: one.lost_prompt):.1f} %" if over and not yields else "",
                f"{at(answers(group), 0.5):.0f} / {at(answers(group), 0.95):.0f}" if not over else "",
                f"{at(pauses(group), 0.95):.0f}" if yields else "",
                f"{at(decisions(group), 0.95):.0f}" if yields else "",
            ]
        )
    return rows


@pytest.fixture(scope="module")
def played() -> dict[str, list[Outcome]]:
    """The least corpus, once for all tests here; its figures are printed (seen with ``-s``).

    It is spoken in a process of its own: what espeak-ng said before changes how it says a word, and the corpus is to be
    the same every time.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as own:
        groups = own.submit(play_all).result()
    for row in table(groups):
        print(" | ".join(row))
    return groups


def test_it_is_large_enough(played: dict[str, list[Outcome]]) -> None:
    assert sum(len(group) for group in played.values()) >= 300


def test_hardly_anybody_is_cut_off_on_the_whole(played: dict[str, list[Outcome]]) -> None:
    everybody = [one for group in played.values() for one in group]
    assert share(everybody, lambda one: not one.case.over_bot and one.cut_off) <= 2


def test_hardly_anybody_is_cut_off_inside_a_sentence(played: dict[str, list[Outcome]]) -> None:
    assert share(played["inside a sentence"], lambda one: one.cut_off) <= 2


@pytest.mark.parametrize("group", ["spelling", "patient"])
def test_nobody_is_cut_off_who_spells_or_needs_time(played: dict[str, list[Outcome]], group: str) -> None:
    assert not any(one.cut_off or one.lost for one in played[group])


def test_no_answer_of_a_word_is_lost_or_kept_waiting(played: dict[str, list[Outcome]]) -> None:
    group = played["one word"]
    assert not any(one.lost for one in group)
    assert at(answers(group), 0.5) <= 340
    assert at(answers(group), 0.95) <= 520


@pytest.mark.parametrize("group", ["cough or noise", "mhm", "echo", "over a locked prompt"])
def test_prompts_are_not_lost_to_what_is_no_interruption(played: dict[str, list[Outcome]], group: str) -> None:
    assert not any(one.lost_prompt for one in played[group])


@pytest.mark.parametrize("group", ["barge-in", "barge-in over echo"])
def test_who_interrupts_has_the_floor_at_once(played: dict[str, list[Outcome]], group: str) -> None:
    assert all(one.lost_prompt and not one.lost for one in played[group])
    assert at(decisions(played[group]), 0.95) <= 600 + 100


def test_the_bot_falls_silent_within_a_tenth_of_a_second(played: dict[str, list[Outcome]]) -> None:
    assert at(pauses(played["barge-in"]), 0.95) <= 100


def test_a_line_that_loses_packets_costs_no_answer(played: dict[str, list[Outcome]]) -> None:
    ends = SentenceEnds.load(PROJECT)
    for index, one in enumerate(played["one word"][:20]):
        over = play(one.case, ends, seed=index, line=lambda said: carried(said, 0.05, 60, 3), behind_ms=LATEST_MS)
        assert not over.lost
