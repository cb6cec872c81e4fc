"""What callers may say, read from a dialogue project: how needs are put, and how each question is answered."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from voicebot.errors import ConfigurationError

_EXAMPLE = re.compile(r"^\s+- (?!intent:|synonym:|regex:|lookup:)(.+)$", re.MULTILINE)
_MARKED = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")
_LETTERS = re.compile(r"\b[A-Z]{2,4}\b")
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)*|\d+")
_ASKING = "utter_ask_"
_OPTION_WORDS = 5
_LEADS = re.compile(r"^(?:or|and|just|say|such as|is it|was it|will it be|(?:press )?\d for)\s+")
_NO_ANSWER = re.compile(r"\b(?:press|please|key|tell|you|your|we|i|i'll|it's|0)\b")
"""Words of a question that no answer repeats as they stand."""

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def number_in_words(figures: str) -> str:
    """A number of one or two figures as a number, a longer one figure by figure."""
    if len(figures) > 2 or (len(figures) == 2 and figures[0] == "0"):
        return " ".join(_ONES[int(figure)] for figure in figures)
    number = int(figures)
    if number < len(_ONES):
        return _ONES[number]
    return _TENS[number // 10] + (f" {_ONES[number % 10]}" if number % 10 else "")


def in_words(text: str) -> str:
    """``text`` as it sounds: lower-case words alone, figures as words, codes (``ZB3``, ``PCN``) letter by letter."""
    unmarked = _MARKED.sub(r"\1", text).replace("’", "'")
    lower = _LETTERS.sub(lambda letters: " ".join(letters[0]), unmarked).lower()
    words: list[str] = []
    for chunk in re.split(r"[^a-z0-9']+", lower):
        code = bool(re.search(r"\d", chunk)) and bool(re.search(r"[a-z]", chunk))
        for token in _TOKEN.findall(chunk):
            if token.isdigit():
                words.append(" ".join(_ONES[int(figure)] for figure in token) if code else number_in_words(token))
            else:
                words.append(" ".join(token) if code else token)
    return " ".join(words)


@dataclass(frozen=True, slots=True)
class Sayings:
    """``needs`` are how callers say what they ring about, ``any_time`` what may be said at every moment (yes, no, a
    person, say it again), ``answers`` what is answered to the question for each slot. All as they sound.
    """

    needs: tuple[str, ...] = ()
    any_time: tuple[str, ...] = ()
    answers: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_sayings(project: Path) -> Sayings:
    """The sayings of ``project``, a folder laid out as ``docs/dialogue-contract.md`` says; none without the folder.

    Raises :class:`ConfigurationError` for a file that can't be read.
    """
    needs: dict[str, None] = {}
    any_time: dict[str, None] = {}
    for path in sorted(project.rglob("nlu.yml")):
        into = any_time if path.parent.name == "shared" else needs
        into.update(dict.fromkeys(filter(None, map(in_words, _EXAMPLE.findall(_text(path))))))
    answers: dict[str, dict[str, None]] = {}
    for slot, answer in _answers(project):
        if said := in_words(answer):
            answers.setdefault(slot, {})[said] = None
    return Sayings(tuple(needs), tuple(any_time), {slot: tuple(said) for slot, said in answers.items()})


def _answers(project: Path) -> Iterator[tuple[str, str]]:
    """Slots, and what is answered to their questions: options, keys' meanings, what scripted callers say."""
    for path in sorted(project.rglob("domain.yml")):
        for name, variants in (_document(path).get("responses") or {}).items():
            for variant in variants if str(name).startswith(_ASKING) else ():
                yield from _asked(variant)
    for path in sorted(project.rglob("forms.yml")):
        for slot, question in (_document(path).get("made_questions") or {}).items():
            for said in ((question or {}).get("choices") or {}).values():
                yield from ((str(slot), str(one)) for one in said)
    for path in sorted(project.rglob("calls/*.yml")):
        for slot, value in (_document(path).get("answers") or {}).items():
            for one in value if isinstance(value, list) else [value]:
                said = (one.get("say"), one.get("else_say")) if isinstance(one, dict) else (one,)
                yield from ((str(slot), str(text)) for text in said if isinstance(text, str | int))


def _asked(variant: dict[str, Any]) -> Iterator[tuple[str, str]]:
    ask = (variant.get("custom") or {}).get("ask") or {}
    slot = str(ask.get("slot", ""))
    if not slot:
        return
    for said in (*(ask.get("hints") or ()), *(ask.get("keypad") or {}).values()):
        if not str(said).startswith("list:"):
            yield slot, str(said)
    for question in (variant.get("text", ""), *(ask.get("retries") or ())):
        for option in options(str(question)):
            yield slot, option


def options(question: str) -> list[str]:
    """What a question offers: "Is it broken, missing, or too small?" offers three things."""
    if "{" in question:
        return []
    found = []
    for sentence in re.split(r"(?<=[.!?])\s+", question.lower()):
        bare = sentence.strip(" .!?")
        # A sentence without a choice in it offers nothing.
        for part in re.split(r",\s*(?:or\s+)?|\s+or\s+", bare) if " or " in bare else ():
            option = _LEADS.sub("", _LEADS.sub("", part.strip()))
            if 0 < len(option.split()) <= _OPTION_WORDS and not _NO_ANSWER.search(option):
                found.append(option)
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} can't be read: {error}") from error


def _document(path: Path) -> dict[str, Any]:
    try:
        document = YAML(typ="safe").load(_text(path))
    except YAMLError as error:
        raise ConfigurationError(f"{path} can't be read: {error}") from error
    return document if isinstance(document, dict) else {}
