"""The recipe of ``confusions.json``: what our small recogniser makes of words, counted.

``python -m voicebot.measure.confusions [--sentences N] [--minutes M]`` speaks sentences of the dialogue's examples in
several synthetic voices at telephone bandwidth, recognises them, aligns what was heard with what was said word by word,
and counts. The sentences and voices follow from a seed; the same model gives the same table. The held-out set takes no
part in it. It needs Debian's flite for half of the voices.
"""

import argparse
import json
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from voicebot.caller.voices import render
from voicebot.measure.noise import TABLE
from voicebot.models.store import resolve_stt
from voicebot.settings import load
from voicebot.stt.whisper import WhisperRecogniser

SEED = 20_261_125
RATE = 8000
VOICES = (
    *("flite:rms", "flite:kal", "en-gb-x-gbcwmd+m7@185", "flite:rms@190"),
    *("flite:slt@190", "en+f4@190", "flite:awb@180", "en-gb-scotland+m1@200"),
)
"""Strangers to the recogniser, and hasty speakers: of those that it learned from it hears nearly every word."""

_EXAMPLE = re.compile(r"^\s*- (?!intent:|synonym:|lookup:|regex:)(.+)$", re.MULTILINE)
_ENTITY = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")


def words_of(text: str) -> list[str]:
    """Lower-case words without punctuation; the apostrophe stays."""
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower().replace("’", "'"))


@dataclass(slots=True)
class Counts:
    """Said and misheard words. ``""`` among the heard is a lost word."""

    said: Counter[str] = field(default_factory=Counter)
    heard: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    added: Counter[str] = field(default_factory=Counter)

    def add(self, said: Sequence[str], heard: Sequence[str]) -> None:
        """Align one sentence and count it. A run of misheard words is paired off; the last takes what is over."""
        self.said.update(said)
        for step in Levenshtein.opcodes(said, heard):
            before, after = said[step.src_start : step.src_end], heard[step.dest_start : step.dest_end]
            if step.tag == "insert":
                self.added.update(after)
            elif step.tag in ("replace", "delete"):
                for index, word in enumerate(before):
                    last = index == len(before) - 1
                    got = after[index:] if last else after[index : index + 1]
                    self.heard[word][" ".join(got)] += 1

    def as_json(self, about: dict[str, object]) -> str:
        """The table as text, one word a line."""
        lines = ",\n".join(
            f"  {json.dumps(word)}: {json.dumps([self.said[word], dict(self.heard[word].most_common())])}"
            for word in sorted(self.said)
        )
        added = json.dumps(dict(self.added.most_common(60)))
        return f'{{"about": {json.dumps(about)},\n "added": {added},\n "words": {{\n{lines}\n }}}}\n'


def sentences(project: Path) -> list[str]:
    """Every example of the dialogue that is words alone, in the order of the seed."""
    texts = {
        " ".join(words_of(_ENTITY.sub(r"\1", found)))
        for path in project.glob("**/nlu.yml")
        for found in _EXAMPLE.findall(path.read_text("utf-8"))
    }
    plain = sorted(text for text in texts if len(text.split()) >= 3 and not re.search(r"\d", text))
    random.Random(SEED).shuffle(plain)
    return plain


def measure(recogniser: WhisperRecogniser, texts: Iterable[str], minutes: float) -> tuple[Counts, int]:
    """Speak and recognise each text in the next voice, until the time is up; gives the counts and how many."""
    counts = Counts()
    counted = 0
    until = time.monotonic() + minutes * 60
    for number, text in enumerate(texts):
        if time.monotonic() > until:
            break
        heard = words_of(recogniser.recognise(render(text, RATE, VOICES[number % len(VOICES)]), RATE).text)
        if not any(word.isdigit() for word in heard):  # "12" for "twelve" is spelling, not hearing
            counts.add(text.split(), heard)
            counted += 1
    return counts, counted


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description="Measure what our recogniser makes of words.")
    parser.add_argument("--sentences", type=int, default=3000)
    parser.add_argument("--minutes", type=float, default=20)
    options = parser.parse_args()
    settings = load(None)
    folder = resolve_stt(settings.speech.model).folder
    assert folder is not None
    recogniser = WhisperRecogniser(folder, threads=1)
    counts, number = measure(recogniser, sentences(settings.dialogue.project)[: options.sentences], options.minutes)
    wrong = sum(sum(heard.values()) for heard in counts.heard.values()) + counts.added.total()
    about: dict[str, object] = {
        "model": recogniser.name,
        "voices": VOICES,
        "sentences": number,
        "words": counts.said.total(),
        "word_error_rate": round(wrong / counts.said.total(), 4),
    }
    TABLE.write_text(counts.as_json(about), "utf-8")
    print(json.dumps(about))


if __name__ == "__main__":
    main()
