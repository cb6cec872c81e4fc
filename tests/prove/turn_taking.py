"""The parts of ``make prove`` about turn-taking: the corpus of scripted timings, and what a bad line does to it."""

import asyncio
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tests.turns.bad_line import LATEST_MS, RATE, carried
from tests.turns.corpus import ANSWERS, CLAUSES, LINE_DBFS, SENTENCES, VOICES
from tests.turns.espeak_voice import Samples, noise, over, quiet, speech
from tests.turns.listening import Outcome
from tests.turns.test_corpus import answers, at, decisions, pauses, play_all, share, table
from voicebot.measure.confusions import words_of
from voicebot.measure.noise import word_error_rate
from voicebot.models.store import shipped_stt
from voicebot.stt.whisper import WhisperRecogniser
from voicebot.turns.ear import Ear, TurnEnded

SEEDS = (1, 2, 3)
LINES = ((0.0, 0.0), (0.01, 0.0), (0.03, 0.0), (0.05, 0.0), (0.10, 0.0), (0.0, 60.0), (0.05, 60.0))
"""Share of packets lost, and jitter in ms."""

_GAP_MS = 600

Groups = dict[str, list[Outcome]]


async def turns() -> dict[str, Any]:
    """The corpus, of several seeds, with the settings as they are shipped."""
    groups: Groups = {}
    for seed in SEEDS:
        for name, group in (await asyncio.to_thread(play_all, seed)).items():
            groups.setdefault(name, []).extend(group)
    everybody = [one for group in groups.values() for one in group]
    return {
        "title": "Turn-taking",
        "about": "Scripted timings through the real ear, mouth and port, in the call's own time. The recogniser hears "
        "every word said by a moment and takes 100 ms, the dialogue has an answer to every whole sentence 80 ms later, "
        "which makes turns end sooner. Cut off: a turn taken as over before the caller's last word. Times in ms: from "
        "the last sound to the end of the turn; from the first sound to the bot's silence, and to its giving way.",
        "columns": [
            *("", "cases", "cut off", "words lost", "prompts lost", "end of turn p50 / p95", "pause p95"),
            "decided p95",
        ],
        "rows": table(groups),
        "notes": [
            f"cut off in all: {share(everybody, _cut_off):.1f} % of {len(everybody)} cases",
            "between two whole sentences nobody can know that the second follows: whoever pauses there for longer than "
            "`turns.end_settled_ms` is answered after the first, and what follows is a turn of its own",
        ],
    }


async def bad_lines() -> dict[str, Any]:
    """Lost and late packets: words and turns."""
    return await asyncio.to_thread(_bad_lines)


def _bad_lines() -> dict[str, Any]:
    folder = shipped_stt()
    assert folder is not None
    recogniser = WhisperRecogniser(folder)
    rows: list[list[Any]] = []
    for loss, jitter in LINES:
        wrong, heard = _words(recogniser, loss, jitter)
        groups = play_all(1, 1, _line(loss, jitter), LATEST_MS)
        rows.append([f"{100 * loss:.0f} %", f"{jitter:.0f}", heard, f"{100 * wrong:.1f} %", *_figures(groups)])
        print(rows[-1], flush=True)
    return {
        "title": "Bad lines",
        "about": "Packets of 20 ms, lost one by one and later than each other by up to the jitter, through the real "
        "receiver, jitter buffer and concealment. Words: sentences of callers, cut by the ear, heard by the small "
        "recogniser; turns: the corpus of scripted timings. The pause counts the jitter buffer's delay, too.",
        "columns": [
            *("lost", "jitter ms", "utterances", "word errors", "cut off", "answers of a word lost", "prompts lost"),
            *("interruptions missed", "end of turn p50 ms", "pause p95 ms", "decided p95 ms"),
        ],
        "rows": rows,
        "notes": [],
    }


def _cut_off(one: Outcome) -> bool:
    return not one.case.over_bot and one.cut_off


def _line(loss: float, jitter: float) -> Callable[[int], Any]:
    return lambda number: partial(carried, loss=loss, jitter_ms=jitter, seed=number)


def _figures(groups: Groups) -> list[str]:
    inside, over = groups["inside a sentence"], groups["barge-in"]
    kept = [one for name in ("cough or noise", "mhm", "echo", "over a locked prompt") for one in groups[name]]
    turned = [one for group in groups.values() for one in group]
    return [
        f"{share(turned, _cut_off):.1f} %",
        f"{share(groups['one word'], lambda one: one.lost):.1f} %",
        f"{share(kept, lambda one: one.lost_prompt):.1f} %",
        f"{share(over, lambda one: not one.lost_prompt):.1f} %",
        f"{at(answers(inside), 0.5):.0f}",
        f"{at(pauses(over), 0.95):.0f}",
        f"{at(decisions(over), 0.95):.0f}",
    ]


def _words(recogniser: WhisperRecogniser, loss: float, jitter: float) -> tuple[float, int]:
    """Word error rate, and over how many utterances."""
    chance = random.Random(5)
    texts = [text.replace("| ", "") for _, text in SENTENCES] + [text.replace("| ", "") for text in CLAUSES]
    texts += ANSWERS
    said: list[str] = []
    heard: list[str] = []
    for number, text in enumerate(texts):
        sound = speech(text, RATE, chance.choice(VOICES[:2]), 160)
        whole = _on_the_line(sound, number)
        frames = carried(whole, loss, jitter, number)
        ear = Ear(RATE)
        turned = [event for frame in frames for event in ear.feed(frame) if isinstance(event, TurnEnded)]
        parts = [recogniser.recognise(one.utterance.samples, RATE).text for one in turned]
        said.append(" ".join(words_of(text)))
        heard.append(" ".join(words_of(" ".join(parts))))
    return word_error_rate(said, heard), len(texts)


def _on_the_line(sound: Samples, number: int) -> Samples:
    """A sound with silence before and after, and the noise of its line."""
    whole = np.concatenate([quiet(_GAP_MS), sound, quiet(1600)])
    return over(whole, noise(len(whole) * 1000 / RATE, RATE, LINE_DBFS, number))
