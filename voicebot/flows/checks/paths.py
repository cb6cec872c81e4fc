"""Ways through a call that lead nowhere, or are never gone."""

import re
from collections.abc import Iterator

from voicebot.flows.checks.base import Checked, error, warning
from voicebot.flows.model import Finding

_NEVER_SAID = frozenset({"start_call"})


def unanswered(checked: Checked) -> Iterator[Finding]:
    """Something that callers ask for and nothing follows."""
    content = checked.content
    begun = {step.get("intent") for _, item in content.rules for step in item.data.get("steps") or []}
    for intent, item in content.intents.items():
        if intent not in begun:
            yield error("unanswered", item.place("need", intent), "Callers may ask for this, but nothing follows.")
        if intent not in content.needs:
            yield error("no-need", item.place("need", intent), "It is not said what this flow is about (title, kind).")


def unfinished_form(checked: Checked) -> Iterator[Finding]:
    """A form that begins and never does anything, or never begins."""
    content = checked.content
    started = {step.get("active_loop") for _, item in content.rules for step in item.data.get("steps") or []}
    ended = {
        condition.get("active_loop")
        for _, item in content.rules
        for condition in item.data.get("condition") or []
        if any("active_loop" in step and step["active_loop"] is None for step in item.data.get("steps") or [])
    }
    for form, item in content.forms.items():
        if form not in ended:
            yield error("unfinished-form", item.place("form", form), "Once all is known, nothing is done with it.")
        if form not in started:
            yield error("unreachable-form", item.place("form", form), "Nothing that a caller says begins this form.")
        if not content.required(form):
            yield error("empty-form", item.place("form", form), "This form asks nothing.")
        intent = form.removesuffix("_form")
        for action in (f"validate_{form}", f"action_{intent}"):
            if action not in content.actions:
                yield error("unfinished-form", item.place("form", form), f"Its step “{action}” is missing.")


def unprogrammed(checked: Checked) -> Iterator[Finding]:
    """An action that is named and neither programmed nor made in the editor."""
    content = checked.content
    made = {f"action_{intent}" for intent in content.made_forms}
    for source in content.code.values():
        made |= set(re.findall(r"[\"'](action_\w+)[\"']", source))
        made |= {f"action_{intent}" for intent in re.findall(r'^    intent = "(\w+)"', source, re.MULTILINE)}
    for action, item in content.actions.items():
        name = action.removeprefix("validate_").removesuffix("_form")
        if action not in made and f"action_{name}" not in made:
            yield error("unprogrammed", item.place("file", action), f"Nobody has said what “{action}” does.")


def ends_in_silence(checked: Checked) -> Iterator[Finding]:
    """A rule after whose last words the caller would hear nothing more."""
    content = checked.content
    for rule, item in content.rules:
        actions = [str(step["action"]) for step in item.data.get("steps") or [] if "action" in step]
        last = actions[-1] if actions else ""
        asks = (
            any("ask" in (v.get("custom") or {}) for v in (content.responses[last].data or []))
            if (last in content.responses)
            else False
        )
        if last.startswith("utter_") and last in content.responses and not asks:
            yield error(
                "ends-in-silence",
                item.place("rule", rule),
                f"After “{rule}” the caller is asked nothing: it should end with “anything else?” or a question.",
            )


def never_said(checked: Checked) -> Iterator[Finding]:
    """An answer that no call reaches."""
    content = checked.content
    said = {step.get("action") for _, item in content.rules for step in item.data.get("steps") or []}
    for source in content.code.values():
        said |= set(re.findall(r"[\"'](utter_\w+)[\"']", source))
    for form in content.forms:
        said |= {content.question(form, slot) for slot in content.required(form)}
    for name, item in content.responses.items():
        bare = name.removeprefix("utter_").removesuffix("_intro")
        made = bare.removesuffix("_done") in content.made_forms
        stock = item.service == "none" and name.removeprefix("utter_ask_") in content.slots
        if not (name in said or bare in content.intents or made or stock):
            yield warning("never-said", item.place("response", name), "No call ever gets here: this is never said.")


def contradicting_rules(checked: Checked) -> Iterator[Finding]:
    """Two rules that begin alike and go on differently: the training would refuse both."""
    following: dict[str, tuple[str, str]] = {}
    for rule, item in checked.content.rules:
        so_far = [repr(item.data.get("condition") or [])]
        for step in item.data.get("steps") or []:
            told = repr(dict(step))
            if "action" in step:
                before = "|".join(so_far)
                known = following.setdefault(before, (rule, told))
                if known[1] != told:
                    yield error(
                        "contradiction",
                        item.place("rule", rule),
                        f"“{rule}” and “{known[0]}” begin in the same way and go on differently: only one can hold.",
                    )
                    break
            so_far.append(told)
