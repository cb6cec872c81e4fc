"""What changed between two projects, in plain words: not lines of files but answers, questions and examples."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from voicebot.flows.content import Content, Item, content_of
from voicebot.flows.languages import languages_of, name_of, words_in
from voicebot.flows.model import Change, Place
from voicebot.flows.project import Project

_FEW = 3


def changes_between(before: Project, after: Project) -> list[Change]:
    """Every difference, service by service, what is whole before its parts."""
    if before.files == after.files:
        return []
    old, new = content_of(before), content_of(after)
    changes = [
        *_services(old, new),
        *_flows(old, new),
        *_responses(old, new),
        *_examples(old, new),
        *_forms(old, new),
        *_rules(old, new),
        *_items(old.made_questions, new.made_questions, "form", "What is a valid answer to “{}”"),
        *_items(old.made_forms, new.made_forms, "form", "What “{}” does at its end", only_changed=True),
        *_safety(old, new),
        *_items(old.calls, new.calls, "call", "The scripted call “{}”", title=lambda item: str(item.data.get("name"))),
        *_files(before, after, old, new),
    ]
    return sorted(changes, key=lambda change: change.place.service)


def _services(old: Content, new: Content) -> Iterator[Change]:
    for name in sorted({*old.services, *new.services}):
        was, now = old.services.get(name), new.services.get(name)
        either = now or was
        assert either is not None
        title = str(either.data.get("title") or name)
        if was is None and now is not None:
            yield Change(place=now.place("service", name), kind="added", summary=f"New service: “{title}”")
        elif now is None and was is not None:
            yield Change(place=was.place("service", name), kind="removed", summary=f"Service “{title}” removed")
        elif was is not None and now is not None:
            for key in sorted({*was.data, *now.data}):
                one, other = str(was.data.get(key, "")), str(now.data.get(key, ""))
                if one != other:
                    yield Change(
                        place=now.place("service", name, key),
                        kind="changed",
                        summary=f"{_WHAT.get(key, key)} of the service “{title}” changed",
                        before=one,
                        after=other,
                    )


_WHAT = {
    "title": "The name",
    "queue": "The queue",
    "owner": "The owner",
    "reviewed": "The day of the last review",
    "source": "The source",
    "need": "The kind",
}


def _title(content: Content, intent: str) -> str:
    need = content.needs.get(intent)
    return str((need.data.get("title") if need else "") or intent)


def _flows(old: Content, new: Content) -> Iterator[Change]:
    for intent in sorted({*old.needs, *new.needs}):
        was, now = old.needs.get(intent), new.needs.get(intent)
        if was is None and now is not None:
            summary = f"New flow: “{_title(new, intent)}”"
            yield Change(place=now.place("need", intent), kind="added", summary=summary)
        elif now is None and was is not None:
            summary = f"Flow “{_title(old, intent)}” removed"
            yield Change(place=was.place("need", intent), kind="removed", summary=summary)
        elif was is not None and now is not None:
            for key in sorted({*was.data, *now.data}):
                one, other = str(was.data.get(key, "")), str(now.data.get(key, ""))
                if one != other:
                    summary = f"{_WHAT.get(key, key)} of “{_title(new, intent)}” changed"
                    yield Change(
                        place=now.place("need", intent, key), kind="changed", summary=summary, before=one, after=other
                    )
    order = [intent for intent in new.intents if intent in old.intents]
    if order != [intent for intent in old.intents if intent in new.intents]:
        moved = next(a for a, b in zip(order, [i for i in old.intents if i in new.intents], strict=True) if a != b)
        summary = f"The order of the flows changed, from “{_title(new, moved)}” on"
        yield Change(place=new.intents[moved].place("need", moved), kind="moved", summary=summary)


def name_of_response(content: Content, name: str) -> str:
    """What people call a response: the answer to something, the question for something."""
    bare = name.removeprefix("utter_")
    if bare in content.needs:
        return f"the answer to “{_title(content, bare)}”"
    for part, words in (("_intro", "the first words of"), ("_done", "the last words of")):
        if bare.endswith(part) and bare.removesuffix(part) in content.needs:
            return f"{words} “{_title(content, bare.removesuffix(part))}”"
    if bare.startswith("ask_"):
        asked = bare.removeprefix("ask_")
        for intent in content.needs:
            if asked == f"{intent}_form_confirm":
                return f"the confirmation of “{_title(content, intent)}”"
            if asked.startswith(f"{intent}_form_"):
                return f"the question “{asked.removeprefix(f'{intent}_form_')}” of “{_title(content, intent)}”"
        return f"the question “{asked.replace('_', ' ')}”"
    return f"“{bare.replace('_', ' ')}”"


def _responses(old: Content, new: Content) -> Iterator[Change]:
    for name in sorted({*old.responses, *new.responses}):
        was, now = old.responses.get(name), new.responses.get(name)
        if was is not None and now is not None:
            if was.data != now.data:
                yield from _reworded(new, name, was, now)
            continue
        kind, item = ("added", now) if now is not None else ("removed", was)
        assert item is not None
        what = name_of_response(new if now is not None else old, name)
        text = _texts(item.data)
        yield Change(
            place=item.place("question" if "_ask_" in name else "response", name),
            kind="added" if kind == "added" else "removed",
            summary=f"{what[0].upper()}{what[1:]} {'is new' if kind == 'added' else 'was removed'}",
            before="" if kind == "added" else text,
            after=text if kind == "added" else "",
        )


def _texts(variants: Any) -> str:
    return " / ".join(str(variant.get("text") or "") for variant in variants or [])


def _reworded(content: Content, name: str, was: Item, now: Item) -> Iterator[Change]:
    what = name_of_response(content, name)
    what = what[0].upper() + what[1:]
    place: Callable[[str], Place] = lambda part: now.place(  # noqa: E731
        "question" if "_ask_" in name else "response", name, part
    )
    told = False
    for index in range(max(len(was.data), len(now.data))):
        one: Mapping[str, Any] = was.data[index] if index < len(was.data) else {}
        other: Mapping[str, Any] = now.data[index] if index < len(now.data) else {}
        for language in dict.fromkeys([*languages_of(one), *languages_of(other)]):
            in_language = "" if language == "en" else f" in {name_of(language)}"
            before, after = words_in(one, language), words_in(other, language)
            for part, verb in (("text", "changed"), ("spoken", "is pronounced otherwise"), ("retries", "changed")):
                a, b = _plain(before.get(part)), _plain(after.get(part))
                if a != b:
                    told = True
                    of = "What is said again for " + what[0].lower() + what[1:] if part == "retries" else what
                    yield Change(
                        place=place(f"{part}.{index}.{language}"),
                        kind="changed",
                        summary=f"{of}{in_language} {verb}",
                        before=a,
                        after=b,
                    )
    keys = ("profile", "keypad", "digits", "hints")
    old_ask = ((was.data[0].get("custom") or {}).get("ask") or {}) if was.data else {}
    new_ask = ((now.data[0].get("custom") or {}).get("ask") or {}) if now.data else {}
    for key in keys:
        if old_ask.get(key) != new_ask.get(key):
            told = True
            yield Change(
                place=place(key),
                kind="changed",
                summary=f"{_ASKED[key]} of {what[0].lower()}{what[1:]} changed",
                before=_plain(old_ask.get(key)),
                after=_plain(new_ask.get(key)),
            )
    if not told:
        yield Change(place=place(""), kind="changed", summary=f"How {what[0].lower()}{what[1:]} is said changed")


_ASKED = {"profile": "How long it waits for the answer", "keypad": "The keys", "digits": "The digits", "hints": "Hints"}


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    if isinstance(value, str | int):
        return str(value)
    return " / ".join(map(str, value))


def _examples(old: Content, new: Content) -> Iterator[Change]:
    for intent in sorted({*old.examples, *new.examples}):
        was, now = old.examples.get(intent), new.examples.get(intent)
        if was is None or now is None:
            continue  # the whole flow came or went
        gone = [example for example in was.data if example not in set(now.data)]
        fresh = [example for example in now.data if example not in set(was.data)]
        parts = [f"{len(some)} {verb}" for some, verb in ((fresh, "added"), (gone, "removed")) if some]
        if parts:
            yield Change(
                place=now.place("examples", intent),
                kind="changed",
                summary=f"Examples of “{_title(new, intent)}”: {', '.join(parts)}",
                before=_some(gone),
                after=_some(fresh),
            )
        elif was.data != now.data:
            summary = f"The order of the examples of “{_title(new, intent)}” changed"
            yield Change(place=now.place("examples", intent), kind="moved", summary=summary)


def _some(examples: list[str]) -> str:
    more = f" and {len(examples) - _FEW} more" if len(examples) > _FEW else ""
    return "; ".join(examples[:_FEW]) + more


def _forms(old: Content, new: Content) -> Iterator[Change]:
    for form in sorted({*old.forms} & {*new.forms}):
        was, now = old.required(form), new.required(form)
        if was == now:
            continue
        intent = form.removesuffix("_form")
        gone, fresh = [s for s in was if s not in now], [s for s in now if s not in was]
        parts = [
            f"asks for {', '.join(fresh)}" if fresh else "",
            f"no longer asks for {', '.join(gone)}" if gone else "",
        ]
        summary = " and ".join(filter(None, parts)) or "asks in another order"
        yield Change(
            place=new.forms[form].place("form", form),
            kind="changed" if gone or fresh else "moved",
            summary=f"“{_title(new, intent)}” {summary}",
            before=", ".join(was),
            after=", ".join(now),
        )


def _rules(old: Content, new: Content) -> Iterator[Change]:
    was, now = dict(old.rules), dict(new.rules)
    for name in sorted({*was} & {*now}):
        if was[name].data != now[name].data:
            yield Change(place=now[name].place("rule", name), kind="changed", summary=f"What follows “{name}” changed")


def _items(
    old: Mapping[str, Item],
    new: Mapping[str, Item],
    kind: str,
    words: str,
    *,
    only_changed: bool = False,
    title: Callable[[Item], str] | None = None,
) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        was, now = old.get(name), new.get(name)
        item = now or was
        assert item is not None
        what = words.format(title(item) if title else name.replace("_", " "))
        if was is not None and now is not None:
            if was.data != now.data:
                yield Change(place=now.place(kind, name), kind="changed", summary=f"{what} changed")
        elif not only_changed:
            added = now is not None
            verb = "is new" if added else "was removed"
            yield Change(place=item.place(kind, name), kind="added" if added else "removed", summary=f"{what} {verb}")


def _safety(old: Content, new: Content) -> Iterator[Change]:
    for rule in sorted({*old.safety} & {*new.safety}):
        was, now = old.safety[rule].data, new.safety[rule].data
        for key in dict.fromkeys([*was, *now]):
            if was.get(key) != now.get(key):
                yield Change(
                    place=new.safety[rule].place("safety", rule, str(key)),
                    kind="changed",
                    summary=f"Safety rule “{now.get('title') or rule}”: {key} changed",
                    before=_plain(was.get(key)),
                    after=_plain(now.get(key)),
                )


def _files(before: Project, after: Project, old: Content, new: Content) -> Iterator[Change]:
    """What stands outside the flows: code, settings of the training, files that can't be read."""
    told = {item.file for content in (old, new) for items in _all(content) for item in items}
    for path in sorted({*before.files, *after.files}):
        if before.files.get(path) == after.files.get(path) or path in told:
            continue
        kind: Literal["added", "removed", "changed"] = (
            "added" if path not in before.files else "removed" if path not in after.files else "changed"
        )
        yield Change(
            place=Place(kind="file", name=path, file=path),
            kind=kind,
            summary=f"The file {path} {'is new' if kind == 'added' else 'was ' + kind}",
        )


def _all(content: Content) -> Iterator[Any]:
    yield from (
        items.values()
        for items in (
            content.intents,
            content.responses,
            content.examples,
            content.needs,
            content.services,
            content.made_forms,
            content.made_questions,
            content.safety,
            content.calls,
        )
    )
    yield [item for _, item in content.rules]
