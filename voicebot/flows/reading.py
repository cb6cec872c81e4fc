"""Services, flows and responses as pages show them, from what a project says."""

import ast
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from voicebot.dialogue.acts import Profile
from voicebot.flows.content import Content, Item
from voicebot.flows.errors import NotThere
from voicebot.flows.graph import graph_of
from voicebot.flows.languages import languages_of, words_in
from voicebot.flows.model import (
    Finding,
    Finish,
    Flow,
    FlowKind,
    FlowSummary,
    Found,
    Question,
    QuestionKind,
    Response,
    SafetyScript,
    ServiceSummary,
    Severity,
    Wording,
)
from voicebot.flows.project import SHARED
from voicebot.flows.wording import placeholders, seconds

CONFIRM = "confirm"


def kind_of(content: Content, intent: str) -> FlowKind:
    """What a need's flow does, told by its rules and names."""
    if f"{intent}_form" in content.forms:
        return FlowKind.FORM
    steps = actions_after(content, intent)
    if steps == [f"utter_{intent}", "action_anything_else"]:
        return FlowKind.ANSWER
    if steps == ["action_service_person"]:
        return FlowKind.PERSON
    return FlowKind.OTHER


def actions_after(content: Content, intent: str) -> list[str]:
    """The actions of the rule that an intent starts; empty when there is none."""
    for _, item in content.rules:
        steps = item.data.get("steps") or []
        if steps and steps[0].get("intent") == intent and not item.data.get("condition"):
            return [str(step["action"]) for step in steps if "action" in step]
    return []


def response_of(content: Content, name: str) -> Response:
    """One response. Raises :class:`NotThere`."""
    item = content.responses.get(name)
    if item is None:
        raise NotThere(f"there is no response {name}")
    variants = wordings(item.data or [])
    first: Mapping[str, Any] = (item.data or [{}])[0]
    say = (first.get("custom") or {}).get("say") or {}
    used = [intent for intent in content.intents if name in (f"utter_{intent}", f"utter_{intent}_intro")]
    used += [
        form.removesuffix("_form")
        for form in content.forms
        if any(content.question(form, slot) == name for slot in content.required(form))
    ]
    return Response(
        name=name,
        service=item.service,
        variants=variants,
        interruptible=bool(say.get("interruptible", True)),
        placeholders=tuple(dict.fromkeys(p for wording in variants for p in placeholders(wording.text))),
        used_by=tuple(dict.fromkeys(used)),
    )


def wordings(variants: Iterable[Mapping[str, Any]]) -> tuple[Wording, ...]:
    """What is said, variant after variant, each in all its languages."""
    found = []
    for variant in variants:
        for language in languages_of(variant):
            words = words_in(variant, language)
            text = str(words.get("text") or "")
            if text:
                spoken = words.get("spoken")
                found.append(Wording(language=language, text=text, spoken=spoken, seconds=seconds(text)))
    return tuple(found)


def question_of(content: Content, form: str, slot: str) -> Question | None:
    """One question of a form; None for a slot that the form fills without asking."""
    name = content.question(form, slot)
    if not name:
        return None
    item = content.responses[name]
    first: Mapping[str, Any] = (item.data or [{}])[0]
    ask = (first.get("custom") or {}).get("ask") or {}
    made = content.made_questions.get(slot)
    about: Mapping[str, Any] = made.data if made else {}
    retries = [
        Wording(language=language, text=str(text), seconds=seconds(str(text)))
        for language in languages_of(first)
        for text in words_in(first, language).get("retries") or ()
    ]
    label = content.facts.get(slot)
    return Question(
        slot=slot,
        response=name,
        label=str(label.data) if label else "",
        variants=wordings(item.data or []),
        retries=tuple(retries),
        profile=Profile(ask.get("profile") or "normal"),
        keypad={str(key): str(value) for key, value in (ask.get("keypad") or {}).items()},
        digits=int(ask.get("digits") or 0),
        hints=tuple(map(str, ask.get("hints") or ())),
        kind=QuestionKind(about["kind"]) if about.get("kind") else None,
        choices={str(k): tuple(map(str, v or ())) for k, v in (about.get("choices") or {}).items()},
        least=about.get("least"),
        most=about.get("most"),
        shared=item.service == SHARED,
    )


def flow_of(content: Content, intent: str, findings: Iterable[Finding] = ()) -> Flow:
    """One flow, whole. Raises :class:`NotThere`."""
    if intent not in content.intents:
        raise NotThere(f"there is no flow {intent}")
    service = content.intents[intent].service
    need = content.needs.get(intent)
    about: Mapping[str, Any] = need.data if need else {}
    head = content.services.get(service)
    of_service: Mapping[str, Any] = head.data if head else {}
    kind = kind_of(content, intent)
    form = f"{intent}_form"
    questions = [question_of(content, form, slot) for slot in content.required(form)]
    asked = tuple(question for question in questions if question is not None)
    examples = content.examples.get(intent)
    finish = _finish(content, intent)
    also = [name for name in said_by_code(content, intent) if name in content.responses]
    queue = content.queue(intent)
    return Flow(
        intent=intent,
        service=service,
        title=str(about.get("title") or (service != "none" and of_service.get("title")) or intent.replace("_", " ")),
        need=str(about.get("need") or "none"),
        queue=queue,
        kind=kind,
        examples=examples.data if examples else (),
        answer=response_of(content, f"utter_{intent}") if f"utter_{intent}" in content.responses else None,
        intro=response_of(content, f"utter_{intent}_intro") if f"utter_{intent}_intro" in content.responses else None,
        questions=asked,
        finish=finish,
        also_says=tuple(response_of(content, name) for name in also),
        graph=graph_of(content, intent, kind, asked, queue, finish),
        calls=tuple(calls_through(content, intent)),
        owner=str(about.get("owner") or of_service.get("owner") or ""),
        reviewed=_day(about.get("reviewed") or of_service.get("reviewed")),
        source=str(about.get("source") or of_service.get("source") or ""),
        problems=len(of_flow(findings, content, intent)),
    )


def _finish(content: Content, intent: str) -> Finish | None:
    made = content.made_forms.get(intent)
    if made is None:
        return None
    done = content.responses.get(f"utter_{intent}_done")
    text = str((done.data or [{}])[0].get("text") or "") if done else ""
    return Finish(action=made.data.get("finish", "report"), text=text)


def _day(value: Any) -> date | None:
    return value if isinstance(value, date) else None


@lru_cache(maxsize=256)
def _said_in(source: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """(intent, responses named) of each form class of a module; the module's own names go with every one of them."""
    tree = ast.parse(source)
    found = []
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        intent = next(
            (
                part.value.value
                for part in node.body
                if isinstance(part, ast.Assign)
                and isinstance(part.targets[0], ast.Name)
                and part.targets[0].id == "intent"
                and isinstance(part.value, ast.Constant)
            ),
            "",
        )
        names = {
            leaf.value
            for leaf in ast.walk(node)
            if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and leaf.value.startswith("utter_")
        }
        if intent:
            found.append((str(intent), frozenset(names)))
    return tuple(found)


def said_by_code(content: Content, intent: str) -> list[str]:
    """The responses that a form's action names, in order of their names."""
    names: set[str] = set()
    for source in content.code.values():
        for known, said in _said_in(source):
            if known == intent:
                names |= said
    if intent in content.made_forms:
        names.add(f"utter_{intent}_done")
    return sorted(names - {f"utter_{intent}", f"utter_{intent}_intro"})


def calls_through(content: Content, intent: str) -> list[str]:
    """Names of the scripted calls of an intent's service that open with one of its examples or are named after it."""
    item = content.intents[intent]
    topic = intent.removeprefix(f"{item.service}_")
    examples = set(content.examples[intent].data) if intent in content.examples else set()
    found = []
    for path, call in content.calls.items():
        if call.service != item.service:
            continue
        opening = call.data.get("opening")
        said = str(opening.get("say") if isinstance(opening, Mapping) else opening).lower().strip(" .?!")
        if path.rsplit("/", 1)[-1].startswith(topic) or said in examples:
            found.append(str(call.data.get("name") or path))
    return found


def of_flow(findings: Iterable[Finding], content: Content, intent: str) -> list[Finding]:
    """The findings that are about one flow."""
    form = f"{intent}_form"
    names = {intent, form, f"utter_{intent}", f"utter_{intent}_intro", *said_by_code(content, intent)}
    names |= {content.question(form, slot) for slot in content.required(form)} | set(content.required(form))
    return [finding for finding in findings if finding.place.name in names]


def services_of(content: Content, findings: list[Finding]) -> list[ServiceSummary]:
    """All services with their flows, the shared one first."""
    by_service: dict[str, list[FlowSummary]] = {}
    for intent, item in content.intents.items():
        about = flow_of(content, intent)
        own = of_flow(findings, content, intent)
        by_service.setdefault(item.service, []).append(
            FlowSummary(
                intent=intent,
                service=item.service,
                title=about.title,
                need=about.need,
                kind=about.kind,
                examples=len(about.examples),
                owner=about.owner,
                reviewed=about.reviewed,
                problems=sum(finding.severity is Severity.ERROR for finding in own),
                warnings=sum(finding.severity is Severity.WARNING for finding in own),
            )
        )
    counts = Counter((finding.place.service, finding.severity) for finding in findings)
    names = sorted(content.services, key=lambda name: (name != SHARED, name))
    return [
        ServiceSummary(
            name=name,
            title=str(content.services[name].data.get("title") or name),
            queue=str(content.services[name].data.get("queue") or "none"),
            owner=str(content.services[name].data.get("owner") or ""),
            reviewed=_day(content.services[name].data.get("reviewed")),
            source=str(content.services[name].data.get("source") or ""),
            flows=tuple(by_service.get(name, ())),
            problems=counts[(name, Severity.ERROR)],
            warnings=counts[(name, Severity.WARNING)],
        )
        for name in names
    ]


def safety_of(content: Content) -> list[SafetyScript]:
    """The locked scripts."""
    return [
        SafetyScript(
            rule=rule,
            title=str(item.data.get("title") or rule),
            queue=str(item.data.get("queue") or ""),
            severity=str(item.data.get("severity") or ""),
            script=" ".join(str(item.data.get("script") or "").split()),
            question=" ".join(str(item.data.get("question") or "").split()),
        )
        for rule, item in content.safety.items()
    ]


def search(content: Content, text: str, limit: int) -> list[Found]:
    """Where a text is said, asked or given as an example, whatever its case."""
    wanted = " ".join(text.split()).casefold()
    if not wanted:
        return []
    found: list[Found] = []
    for name, item in content.responses.items():
        kind = "question" if name.startswith("utter_ask_") else "response"
        for index, variant in enumerate(item.data or []):
            for language in languages_of(variant):
                words = words_in(variant, language)
                parts = [(f"text.{index}.{language}", str(words.get("text") or ""))]
                parts += [(f"retries.{n}.{language}", str(t)) for n, t in enumerate(words.get("retries") or ())]
                found += [
                    Found(place=item.place(kind, name, part), text=said)
                    for part, said in parts
                    if wanted in said.casefold()
                ]
    found += [
        Found(place=item.place("examples", intent, str(index)), text=example)
        for intent, item in content.examples.items()
        for index, example in enumerate(item.data)
        if wanted in example.casefold()
    ]
    found += _in_titles(content.needs, "need", wanted)
    found += [
        Found(place=content.safety[script.rule].place("safety", script.rule, part), text=said)
        for script in safety_of(content)
        for part, said in (("script", script.script), ("question", script.question))
        if wanted in said.casefold()
    ]
    return found[:limit]


def _in_titles(items: Mapping[str, Item], kind: str, wanted: str) -> list[Found]:
    return [
        Found(place=item.place(kind, name, "title"), text=str(item.data.get("title")))
        for name, item in items.items()
        if wanted in str(item.data.get("title") or "").casefold()
    ]
