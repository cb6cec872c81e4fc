"""Questions: that they can be answered, repeated and left."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from voicebot.dialogue.acts import Ask, BotAct, Say
from voicebot.flows.checks.base import Checked, error
from voicebot.flows.content import Item
from voicebot.flows.model import Finding

_ACT: TypeAdapter[Any] = TypeAdapter(BotAct)
_PERSON = re.compile(r"\b(0|person|agent|somebody|someone)\b", re.IGNORECASE)
_REFUSAL = re.compile(r"\b(say (no|i don't)|don't know|no (number|email))\b", re.IGNORECASE)
_OTHER_KEYS = re.compile(r"\b[Pp]ress (\d)\b")
PERSON_KEY = "0"


def _asks(checked: Checked) -> Iterator[tuple[str, Item, Mapping[str, Any], Mapping[str, Any]]]:
    for name, item in checked.content.responses.items():
        for variant in item.data or []:
            ask = (variant.get("custom") or {}).get("ask")
            if ask is not None:
                yield name, item, variant, ask


def no_retry(checked: Checked) -> Iterator[Finding]:
    """A question with no words for when the answer isn't understood."""
    for name, item, _, ask in _asks(checked):
        if not ask.get("retries"):
            yield error(
                "no-retry", item.place("question", name, "retries"), "Nothing is said when the answer isn't understood."
            )


def no_person_exit(checked: Checked) -> Iterator[Finding]:
    """A question at whose repetition the caller isn't told how to get a person."""
    for name, item, _, ask in _asks(checked):
        retries = [str(text) for text in ask.get("retries") or ()]
        if retries and not any(_PERSON.search(text) for text in retries):
            yield error(
                "no-person-exit",
                item.place("question", name, "retries"),
                "A caller who is not understood must hear how to get a person, such as: or press 0 for a person.",
            )


def no_question(checked: Checked) -> Iterator[Finding]:
    """A form that wants something and has no words to ask for it."""
    content = checked.content
    for form, item in content.forms.items():
        for slot in content.required(form):
            if slot in content.slots and not content.question(form, slot):
                yield error("no-question", item.place("form", form, slot), f"There are no words to ask for “{slot}”.")


def not_a_question(checked: Checked) -> Iterator[Finding]:
    """Words that ask for something without waiting for it, or waiting for something else."""
    content = checked.content
    asked = {content.question(form, slot): slot for form in content.forms for slot in content.required(form)}
    for name, slot in asked.items():
        if not name:
            continue
        item = content.responses[name]
        for variant in item.data or []:
            ask = (variant.get("custom") or {}).get("ask")
            if ask is None:
                yield error("not-a-question", item.place("question", name), "No answer is waited for after it.")
            elif ask.get("slot") != slot:
                yield error(
                    "wrong-slot", item.place("question", name), f"It asks for “{slot}”, but takes “{ask.get('slot')}”."
                )


def invalid_act(checked: Checked) -> Iterator[Finding]:
    """What the phone could not carry out."""
    for name, item in checked.content.responses.items():
        if not item.data:
            yield error("no-text", item.place("response", name), "It says nothing.")
        for index, variant in enumerate(item.data or []):
            text, custom = str(variant.get("text") or ""), variant.get("custom") or {}
            if "act" not in custom and (odd := set(custom) - {"ask", "say"}):
                told = ", ".join(sorted(odd))
                yield error("invalid-act", item.place("response", name), f"The phone knows no “{told}” here.")
                continue
            try:
                if "act" in custom:
                    _ACT.validate_python(dict(custom))
                    continue
                if "ask" in custom:
                    Ask.model_validate({"act": "ask", "text": text, **custom["ask"]})
                else:
                    Say.model_validate({"act": "say", "text": text, **(custom.get("say") or {})})
            except ValidationError as problem:
                wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in problem.errors())
                yield error("invalid-act", item.place("response", name), f"The phone can't carry this out: {wrong}.")
            if not text.strip() and "act" not in custom:
                yield error("no-text", item.place("response", name, f"text.{index}.en"), "It says nothing.")


def keys(checked: Checked) -> Iterator[Finding]:
    """Keys that mean two things, the key for a person taken by something else, or keys told that do nothing."""
    for name, item, variant, ask in _asks(checked):
        keypad = {str(key): str(value) for key, value in (ask.get("keypad") or {}).items()}
        place = item.place("question", name, "keypad")
        if PERSON_KEY in keypad:
            yield error("person-key", place, "Key 0 is always for a person: use another one.")
        values = list(keypad.values())
        for value in dict.fromkeys(values):
            if values.count(value) > 1:
                pressed = " and ".join(key for key, other in keypad.items() if other == value)
                yield error("duplicate-key", place, f"Keys {pressed} mean the same: “{value}”.")
        if any(not re.fullmatch(r"\d", key) for key in keypad):
            yield error("wrong-key", place, "A key is one digit.")
        if keypad and ask.get("digits"):
            yield error("keys-and-digits", place, "Either single keys or a number can be keyed, not both.")
        said = " ".join(map(str, (variant.get("text"), *(ask.get("retries") or ()))))
        told = set(_OTHER_KEYS.findall(said))
        for key in sorted(told - set(keypad) - {PERSON_KEY}):
            yield error("key-not-there", place, f"Callers are told to press {key}, but that key does nothing.")


def yes_no_keys(checked: Checked) -> Iterator[Finding]:
    """A question for yes or no that can't be answered by key."""
    for name, item, _, ask in _asks(checked):
        if ask.get("profile") == "yes_no" and not ask.get("keypad"):
            yield error("yes-no-keys", item.place("question", name, "keypad"), "Yes and no have no keys here: 1 and 2.")


def made_questions(checked: Checked) -> Iterator[Finding]:
    """A choice whose keys stand for none of its choices, or that has fewer than two."""
    content = checked.content
    for slot, item in content.made_questions.items():
        if item.data.get("kind") != "choice":
            continue
        choices = {str(value) for value in item.data.get("choices") or {}}
        if len(choices) < 2:
            place = item.place("form", slot, "choices")
            yield error("few-choices", place, "A question with choices needs two at least.")
        response = content.responses.get(f"utter_ask_{slot}")
        variants = response.data if response else []
        keypad = ((variants[0].get("custom") or {}).get("ask") or {}).get("keypad") or {} if variants else {}
        for key, value in keypad.items():
            if str(value) not in choices and response is not None:
                place = response.place("question", f"utter_ask_{slot}", "keypad")
                yield error("key-without-choice", place, f"Key {key} stands for “{value}”, which is no choice.")
