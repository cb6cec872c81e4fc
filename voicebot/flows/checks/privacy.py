"""Personal data in what is written for everybody."""

import re
from collections.abc import Iterator
from functools import lru_cache

from voicebot.flows.checks.base import Checked, error, warning
from voicebot.flows.languages import languages_of, words_in
from voicebot.flows.model import Finding

_FICTIONAL = re.compile(r"^(07700900\d{3}|016329600\d{2}|01632\d+|0808157\d+)$")
"""Numbers set aside by Ofcom for examples and drama."""
_SERVICE = re.compile(r"^(0800|0808|0300|0303|0344|0345|116\d{3}|101|105|111|119|999)")
"""Freephone and public bodies' numbers belong to nobody."""
_PHONE = re.compile(r"(?<![\d-])(?:\+44\s?|0)(?:\d[\s-]?){9,10}(?!\d)")
_NI = re.compile(r"\b[A-CEGHJ-PR-TW-Z]{2}\s?(\d{2}\s?){3}[A-D]\b", re.IGNORECASE)
_EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+(\.[\w-]+)+\b")
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){15}\d(?!\d)")
_LANDLINE = "a phone number of some place"
_EXAMPLE_NI = frozenset({"qq123456c", "ab123456c"})


_OFFICE = re.compile(r"^0[12]")
"""Numbers of places: the council's own offices have such too."""


@lru_cache(maxsize=20_000)
def _found(text: str) -> str:
    for match in _PHONE.finditer(text):
        number = re.sub(r"[\s-]", "", match.group()).replace("+44", "0")
        if not _FICTIONAL.match(number) and not _SERVICE.match(number):
            return _LANDLINE if _OFFICE.match(number) else "a phone number"
    if _CARD.search(text):
        return "a card number"
    if (found := _NI.search(text)) and re.sub(r"\s", "", found.group()).lower() not in _EXAMPLE_NI:
        return "a National Insurance number"
    if (found := _EMAIL.search(text)) and "example" not in found.group():
        return "an email address"
    return ""


def personal_data(checked: Checked) -> Iterator[Finding]:
    """Somebody's number or address in an answer or an example."""
    for name, item in checked.content.responses.items():
        for index, variant in enumerate(item.data or []):
            for language in languages_of(variant):
                said = words_in(variant, language)
                for part, text in [("text", said.get("text")), *(("retries", t) for t in said.get("retries") or ())]:
                    if what := _found(str(text or "")):
                        place = item.place("response", name, f"{part}.{index}.{language}")
                        if what == _LANDLINE:
                            yield warning("personal-data", place, f"It holds {what}: is it one of the council's?")
                        else:
                            yield error("personal-data", place, f"It holds {what}: is it somebody's own? Take it out.")
    for intent, item in checked.content.examples.items():
        for index, example in enumerate(item.data):
            if what := _found(example):
                place = item.place("examples", intent, str(index))
                yield error("personal-data", place, f"This example holds {what} of somebody: put other words for it.")
