"""Words: there in every language, easy to follow, short enough to be listened to, and only of what is known."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from voicebot.flows.checks.base import Checked, error, warning
from voicebot.flows.content import Content, Item
from voicebot.flows.languages import languages_of, name_of, words_in
from voicebot.flows.model import DEFAULT_LANGUAGE, Finding, Place
from voicebot.flows.wording import placeholders, seconds, sentences, words

LONGEST_ANSWER_S = 18.0
LONGEST_QUESTION_S = 13.0
LONGEST_SCRIPT_S = 25.0
_KEPT = 10_000
MOST_WORDS = 25
"""In a sentence, as GOV.UK's style has it."""
_ADDRESS = re.compile(r"\b(https?://|www\.)\S+|\b\w+\.(gov|co|org|com)\b", re.IGNORECASE)
_SIGNS = re.compile(r"[<>|*_#\[\]]|\.\.\.|&|/")
_HARD = {
    "utilise": "use",
    "prior to": "before",
    "in respect of": "about",
    "pursuant": "under",
    "commence": "start",
    "terminate": "end",
    "endeavour": "try",
    "in the event of": "if",
    "notwithstanding": "despite",
    "hereby": "(leave it out)",
    "aforementioned": "this",
    "remittance": "payment",
    "ascertain": "find out",
    "facilitate": "help",
}


def _texts(item: Item) -> Iterator[tuple[str, str, str]]:
    """(part, language, text) of all that a response says."""
    for index, variant in enumerate(item.data or []):
        for language in languages_of(variant):
            said = words_in(variant, language)
            if said.get("text"):
                yield f"text.{index}.{language}", language, str(said["text"])
            for number, text in enumerate(said.get("retries") or ()):
                yield f"retries.{number}.{language}", language, str(text)


def _kind(name: str) -> Any:
    return "question" if name.startswith("utter_ask_") else "response"


def _lacked(base: Content | None, name: str, language: str) -> bool:
    """Whether the version before said it without that language too: what is live already stops no other change."""
    item = base.responses.get(name) if base is not None else None
    return item is not None and any(not words_in(variant, language).get("text") for variant in item.data or [])


def missing_language(checked: Checked) -> Iterator[Finding]:
    """Said in one language and not in another; what is live without it is told once for each service."""
    lacking: Counter[tuple[str, str]] = Counter()
    wanted = [language for language in checked.languages if language != DEFAULT_LANGUAGE]
    for name, item in checked.content.responses.items():
        for index, variant in enumerate(item.data or []):
            if "act" in (variant.get("custom") or {}):
                continue
            there = languages_of(variant)
            for language in {*wanted, *there} - {DEFAULT_LANGUAGE}:
                said = words_in(variant, language)
                retries = words_in(variant, DEFAULT_LANGUAGE)["retries"]
                place = item.place(_kind(name), name, f"text.{index}.{language}")
                lacked = _lacked(checked.base, name, language)
                told = warning if lacked else error
                if lacked and not said:
                    lacking[item.service, language] += 1
                elif not said.get("text"):
                    yield told("missing-language", place, f"This is not written in {name_of(language)}.")
                elif retries and not said.get("retries"):
                    yield told("missing-language", place, f"What is said again is not written in {name_of(language)}.")
    for (service, language), times in sorted(lacking.items()):
        place = Place(service=service, kind="service", name=service, field=language)
        about = "greeting and small talk" if service == "none" else service.replace("_", " ")
        what = "thing that is said about {} is" if times == 1 else "things that are said about {} are"
        yield warning("missing-language", place, f"{times} {what.format(about)} not written in {name_of(language)}.")


def long_prompt(checked: Checked) -> Iterator[Finding]:
    """So long that callers lose the beginning."""
    for name, item in checked.content.responses.items():
        limit = LONGEST_QUESTION_S if _kind(name) == "question" else LONGEST_ANSWER_S
        for part, _, text in _texts(item):
            if seconds(text) > limit:
                yield warning(
                    "long-prompt",
                    item.place(_kind(name), name, part),
                    f"It takes {seconds(text):.0f} seconds to say: {limit:.0f} is as much as people can follow.",
                )
    for rule, item in checked.content.safety.items():
        script = " ".join(str(item.data.get("script") or "").split())
        if seconds(script) > LONGEST_SCRIPT_S:
            yield warning(
                "long-prompt", item.place("safety", rule, "script"), f"It takes {seconds(script):.0f} seconds to say."
            )


@lru_cache(maxsize=_KEPT)
def _longest(text: str) -> int:
    return max((len(words(sentence)) for sentence in sentences(text)), default=0)


@lru_cache(maxsize=_KEPT)
def _hard_words(text: str) -> tuple[str, ...]:
    return tuple(hard for hard in _HARD if re.search(rf"\b{hard}\w*\b", text, re.IGNORECASE))


@lru_cache(maxsize=_KEPT)
def _given_in(source: str) -> frozenset[str]:
    return frozenset(re.findall(r"\b(\w+)=", source))


def hard_to_follow(checked: Checked) -> Iterator[Finding]:
    """Sentences that are too long for the ear, and words of the office."""
    for name, item in checked.content.responses.items():
        for part, language, text in _texts(item):
            place = item.place(_kind(name), name, part)
            longest = _longest(text)
            if longest > MOST_WORDS:
                yield warning("long-sentence", place, f"A sentence has {longest} words: make two of it.")
            for hard in _hard_words(text) if language == DEFAULT_LANGUAGE else ():
                yield warning("hard-word", place, f"“{hard}” is hard to follow: say “{_HARD[hard]}”.")


def not_for_the_ear(checked: Checked) -> Iterator[Finding]:
    """What can be read but not heard: web addresses, signs, capitals."""
    for name, item in checked.content.responses.items():
        for part, _, text in _texts(item):
            place = item.place(_kind(name), name, part)
            plain = re.sub(r"\{\w+\}", "", text)
            if _ADDRESS.search(plain):
                yield error("web-address", place, "Nobody can write down a web address: say “our website”.")
            elif sign := _SIGNS.search(plain):
                yield warning("sign", place, f"“{sign.group()}” can't be heard: write it in words.")
            if re.search(r"\b[A-Z]{6,}\b", plain):
                yield warning("capitals", place, "Capitals are read out letter by letter: write small letters.")


def unknown_placeholder(checked: Checked) -> Iterator[Finding]:
    """Braces that nothing fills: the caller would hear nothing, or the name of it."""
    content = checked.content
    given = {"reference", "spoken"}
    for source in content.code.values():
        given |= _given_in(source)
    for name, item in content.responses.items():
        for part, _, text in _texts(item):
            for wanted in placeholders(text):
                if wanted not in content.slots and wanted not in given:
                    yield error(
                        "unknown-placeholder",
                        item.place(_kind(name), name, part),
                        f"Nothing is known as {{{wanted}}}: it would not be said.",
                    )
            if text.count("{") != text.count("}"):
                yield error(
                    "unknown-placeholder", item.place(_kind(name), name, part), "A brace is opened and not closed."
                )


def asked_too_late(checked: Checked) -> Iterator[Finding]:
    """A form made in the editor that tells an answer before it has asked for it."""
    content = checked.content
    for intent, made in content.made_forms.items():
        form = f"{intent}_form"
        order = content.required(form)
        own = {slot for slot in order if slot in content.made_questions}
        known: set[str] = set()
        for slot in order:
            name = content.question(form, slot)
            for variant in content.responses[name].data if name else ():
                for wanted in placeholders(str(variant.get("text") or "")):
                    if wanted in content.made_questions and wanted not in known:
                        why = "asked later" if wanted in own else "not asked in this form"
                        place = made.place("form", form, slot)
                        yield error("asked-too-late", place, f"It tells {{{wanted}}}, which is {why}.")
            known.add(slot)


def languages_apart(checked: Checked) -> Iterator[Finding]:
    """A translation that tells other things than the English."""
    for name, item in checked.content.responses.items():
        for index, variant in enumerate(item.data or []):
            english = set(placeholders(str(variant.get("text") or "")))
            for language in languages_of(variant)[1:]:
                other = set(placeholders(str(words_in(variant, language).get("text") or "")))
                if english != other:
                    apart = ", ".join(f"{{{wanted}}}" for wanted in sorted(english ^ other))
                    place = item.place(_kind(name), name, f"text.{index}.{language}")
                    yield error("languages-apart", place, f"English and {name_of(language)} do not both say {apart}.")
