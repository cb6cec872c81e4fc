"""Forms that were made in the editor, without code: read from the ``forms.yml`` of each service.

.. code-block:: yaml

    made_forms:
      allotments_apply:
        finish: report           # report, person or say
    made_questions:
      allotment_site: {kind: choice, choices: {north: ["north", "north field"], south: ["south"]}}
      allotment_since: {kind: date, least: -3650, most: 0}

What is asked and in which order stands in ``domain.yml``, as for every form.
"""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from . import council, dates, figures, parsing
from .answers import SLOTS, Answer, Parser, SlotKind, Values, free_text
from .forms import ServiceForm, Work, service_form
from .shared_slots import NOT_KNOWN, yes_no_slot
from .topics import PROJECT


def _choice(slot: str, choices: dict[str, list[str]]) -> Parser:
    """The choice of which most letters are said: "north field" is not "north"."""
    ways = [
        (parsing.clean(way), value)
        for value, others in choices.items()
        for way in {str(value), *(str(other) for other in others or [])}
    ]
    ways.sort(key=lambda way: -len(way[0]))

    def parse(answer: Answer) -> "Values | None":
        said = parsing.clean(answer.text)
        for way, value in ways:
            if way and re.search(rf"\b{re.escape(way)}\b", said):
                return {slot: value}
        return None

    return parse


def _number(slot: str, least: "int | None", most: "int | None") -> Parser:
    def parse(answer: Answer) -> "Values | None":
        found = figures.count(answer.text)
        if found is None or (least is not None and found < least) or (most is not None and found > most):
            return None
        return {slot: str(found)}

    return parse


def _date(slot: str, least: "int | None", most: "int | None") -> Parser:
    def parse(answer: Answer) -> "Values | None":
        found: date | None = dates.day(answer.text, answer.today)
        if found is None:
            return None
        if least is not None and found < answer.today + timedelta(days=least):
            return None
        if most is not None and found > answer.today + timedelta(days=most):
            return None
        return {slot: dates.spoken_date(found)}

    return parse


def _code(slot: str, digits: int) -> Parser:
    def parse(answer: Answer) -> "Values | None":
        said = parsing.digits(answer.text) if digits else parsing.characters(answer.text)
        if digits and len(said) == digits:
            return {slot: said}
        if parsing.refusal(answer.text):
            return {slot: NOT_KNOWN}
        return {slot: said} if not digits and any(letter.isdigit() for letter in said) else None

    return parse


def kind_of(slot: str, about: dict[str, Any]) -> SlotKind:
    """How an answer to a question made in the editor is understood."""
    kind = about.get("kind", "text")
    change = slot.replace("_", " ").split()[-1]
    if kind == "yes_no":
        return SlotKind(yes_no_slot(slot).parse, change=change, clears=(slot,))
    if kind == "choice":
        parse = _choice(slot, about.get("choices") or {})
        return SlotKind(parse, parse, change=change, clears=(slot,))
    if kind == "number":
        return SlotKind(_number(slot, about.get("least"), about.get("most")), change=change, clears=(slot,))
    if kind == "date":
        return SlotKind(_date(slot, about.get("least"), about.get("most")), change=change, clears=(slot,))
    if kind == "code":
        return SlotKind(_code(slot, int(about.get("digits") or 0)), change=change, clears=(slot,))
    return SlotKind(free_text(slot), change=change, clears=(slot,), free=True)


class MadeForm(ServiceForm):
    """What every form made in the editor does at its end."""

    how = "report"
    asked: tuple[str, ...] = ()

    def finish(self, work: Work) -> None:
        done = f"utter_{self.intent}_done"
        told = {slot: work.values.get(slot) for slot in self.asked}
        if self.how == "report":
            reference = work.report(self.intent, **{slot: value for slot, value in told.items() if value is not None})
            work.say(done, reference=reference, spoken=council.spoken_reference(reference))
            return
        if self.says_something:
            work.say(done)
        if self.how == "person":
            work.to_person("The details were taken; a person is needed for the rest.")

    says_something = True


def make(folder: Path) -> None:
    """Make the forms and questions of one service."""
    path, domain_path = folder / "forms.yml", folder / "domain.yml"
    if not path.is_file():
        return
    content = yaml.safe_load(path.read_text("utf-8")) or {}
    domain = yaml.safe_load(domain_path.read_text("utf-8")) if domain_path.is_file() else {}
    for slot, about in (content.get("made_questions") or {}).items():
        SLOTS[slot] = kind_of(slot, about or {})
    for intent, about in (content.get("made_forms") or {}).items():
        slots = (domain.get("forms") or {}).get(f"{intent}_form", {}).get("required_slots") or []
        kept = tuple(slot for slot in slots if slot not in ("confirm", "address_ok"))
        names = {
            "intent": intent,
            "how": (about or {}).get("finish", "report"),
            "asked": kept,
            "says_something": f"utter_{intent}_done" in (domain.get("responses") or {}),
            "__module__": __name__,
            "__doc__": f"The form {intent}.",
        }
        service_form(type(f"Made_{intent}", (MadeForm,), names))


for _folder in sorted(PROJECT.glob("services/*")):
    make(_folder)
