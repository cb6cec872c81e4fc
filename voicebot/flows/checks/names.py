"""Names that are used and not defined."""

from collections.abc import Iterator

from voicebot.dialogue.check import NEEDS, QUEUES
from voicebot.flows.checks.base import Checked, error
from voicebot.flows.content import Item
from voicebot.flows.model import Finding
from voicebot.flows.project import SHARED

_ALWAYS = frozenset({"action_listen", "action_restart"})
_BUILT_IN_INTENTS = frozenset({"nlu_fallback"})


def _steps(item: Item) -> list[dict[str, object]]:
    return [*(item.data.get("condition") or []), *(item.data.get("steps") or [])]


def unknown_intent(checked: Checked) -> Iterator[Finding]:
    """A rule, a list of examples or an entry for a flow that does not exist."""
    content = checked.content
    for rule, item in content.rules:
        for step in _steps(item):
            intent = step.get("intent")
            if intent and intent not in content.intents and intent not in _BUILT_IN_INTENTS:
                yield error(
                    "unknown-intent", item.place("rule", rule), f"“{rule}” begins with “{intent}”, which is no flow."
                )
    for intent, item in content.examples.items():
        if intent not in content.intents:
            yield error("unknown-intent", item.place("examples", intent), f"Examples of “{intent}”, which is no flow.")
    for intent, item in content.needs.items():
        if intent not in content.intents:
            yield error("unknown-intent", item.place("need", intent), f"An entry for “{intent}”, which is no flow.")


def unknown_action(checked: Checked) -> Iterator[Finding]:
    """A rule that says or does something that does not exist."""
    content = checked.content
    known = {*content.actions, *content.forms, *content.responses, *_ALWAYS}
    for rule, item in content.rules:
        for step in _steps(item):
            action = step.get("action")
            if action and action not in known:
                what = "says" if str(action).startswith("utter_") else "does"
                yield error(
                    "unknown-action", item.place("rule", rule), f"“{rule}” {what} “{action}”, which does not exist."
                )


def unknown_form(checked: Checked) -> Iterator[Finding]:
    """A rule that goes on with a form that does not exist."""
    for rule, item in checked.content.rules:
        for step in _steps(item):
            form = step.get("active_loop")
            if form and form not in checked.content.forms:
                yield error(
                    "unknown-form", item.place("rule", rule), f"“{rule}” uses the form “{form}”, which does not exist."
                )


def unknown_slot(checked: Checked) -> Iterator[Finding]:
    """A form or a label for a question that does not exist."""
    content = checked.content
    for form, item in content.forms.items():
        for slot in content.required(form):
            if slot not in content.slots:
                yield error(
                    "unknown-slot", item.place("form", form, slot), f"The form asks for “{slot}”, which is not defined."
                )
    for slot, item in content.facts.items():
        if slot not in content.slots:
            yield error(
                "unknown-slot", item.place("service", item.service, slot), f"“{slot}” is shown, but never asked."
            )
    for slot, item in content.made_questions.items():
        if slot not in content.slots:
            yield error(
                "unknown-slot", item.place("form", slot), f"The answer to “{slot}” is set, but it is never asked."
            )


def unknown_queue(checked: Checked) -> Iterator[Finding]:
    """Calls that would go to people who do not exist."""
    content = checked.content
    for name, item in content.services.items():
        queue = item.data.get("queue")
        if queue not in QUEUES:
            yield error("unknown-queue", item.place("service", name, "queue"), f"There is no queue “{queue}”.")
    for intent, item in content.needs.items():
        queue = item.data.get("queue", "none")
        if queue not in QUEUES:
            yield error("unknown-queue", item.place("need", intent, "queue"), f"There is no queue “{queue}”.")
    for name, item in content.responses.items():
        for variant in item.data or []:
            custom = variant.get("custom") or {}
            if custom.get("queue", "none") not in QUEUES:
                yield error(
                    "unknown-queue", item.place("response", name, "queue"), f"There is no queue “{custom['queue']}”."
                )


def unknown_need(checked: Checked) -> Iterator[Finding]:
    """A flow whose kind is none of those that there are."""
    for intent, item in checked.content.needs.items():
        need = item.data.get("need")
        if need not in NEEDS:
            yield error(
                "unknown-need", item.place("need", intent, "need"), f"The kind of this flow, “{need}”, does not exist."
            )


def person_without_queue(checked: Checked) -> Iterator[Finding]:
    """A flow that goes to a person, with nobody to take it."""
    content = checked.content
    for intent, item in content.needs.items():
        if item.service != SHARED and item.data.get("need") == "human" and content.queue(intent) == "none":
            yield error(
                "no-queue", item.place("need", intent, "queue"), "This goes to a person, but no queue takes the call."
            )
