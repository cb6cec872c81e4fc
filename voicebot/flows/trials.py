"""What a candidate is asked before callers hear it: to understand, and to hold the scripted calls."""

import asyncio
import random
from collections.abc import Callable, Collection, Sequence

from voicebot.dialogue.acts import Turn, TurnEvent
from voicebot.dialogue.client import DialogueClient
from voicebot.errors import DialogueUnavailable
from voicebot.flows.content import Content, content_of
from voicebot.flows.drafts import CallResult, TestReport
from voicebot.flows.hosting import CandidateFailed
from voicebot.flows.project import Project
from voicebot.flows.reading import safety_of
from voicebot.flows.yaml_style import reading
from voicebot.measure.calls import hold
from voicebot.rehearsal.script import CallScript
from voicebot.rehearsal.verdict import judge
from voicebot.safety.rules import RuleWords
from voicebot.safety.training import safety_net
from voicebot.settings import Settings

_PROBES = 24
_FIRST = 6
_ENOUGH = 0.85
"""Of the probes, which are examples that it was trained with: fewer right means that something is broken."""


async def probe(client: DialogueClient, project: Project) -> None:
    """Ask for the greeting and some examples. Raises :class:`CandidateFailed` when the answers are not sane."""
    content = content_of(project)
    chooser = random.Random(project.name)
    known = [(e, intent) for intent, item in content.examples.items() for e in item.data if intent != "start_call"]
    asked = chooser.sample(known, min(_PROBES, len(known)))
    try:
        reply = await client.turn(Turn(sender=f"probe-{project.name}", event=TurnEvent.START, channel="text"))
        right = sum([(await client.parse(text)).intent == intent for text, intent in asked])
    except DialogueUnavailable as error:
        raise CandidateFailed(f"The new version does not answer: {error}.") from error
    if not any(act.act == "ask" for act in reply.acts):
        raise CandidateFailed("The new version does not greet and ask what the caller wants.")
    if right < _ENOUGH * len(asked):
        raise CandidateFailed(f"The new version understands only {right} of {len(asked)} of its own examples.")


def scripts_of(project: Project) -> list[CallScript]:
    """The scripted calls of a version, those of the flows; persons of their own folder are not among them."""
    return list(scripts_by_path(project).values())


def scripts_by_path(project: Project) -> dict[str, CallScript]:
    """The same by the path of each, without ``.yml``."""
    found = {}
    for path, item in sorted(content_of(project).calls.items()):
        data = dict(item.data)
        if isinstance(data.get("person"), str):
            folder = path.rsplit("/", 1)[0]
            person = project.files.get(_join(folder, data["person"]))
            if person is None:
                continue
            data["person"] = reading(person)
        found[path] = CallScript.model_validate(data)
    return found


def _safety_words(project: Project) -> dict[str, RuleWords]:
    return {one.rule: RuleWords(script=one.script, question=one.question) for one in safety_of(content_of(project))}


def _join(folder: str, name: str) -> str:
    parts = folder.split("/")
    for part in name.split("/"):
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


async def rehearse(
    client: DialogueClient,
    settings: Settings,
    project: Project,
    tell: Callable[[float, str], None],
    *,
    only: Collection[str] = (),
) -> TestReport:
    """Hold every scripted call in text, or ``only`` those of these names."""
    net = (await asyncio.to_thread(safety_net, settings)).saying(_safety_words(project))
    scripts = [script for script in scripts_of(project) if not only or script.name in only]
    results = []
    for number, script in enumerate(scripts, 1):
        tell(number / len(scripts), f"Scripted call {number} of {len(scripts)}: {script.name}")
        problems = judge(script, "text", await hold(script, client, net, settings)).problems
        results.append(CallResult(name=script.name, passed=not problems, problems=problems))
    understood, asked, confused = await openings(client, content_of(project), scripts)
    return TestReport(calls=tuple(results), understood=understood, asked=asked, confused=confused)


def compared(report: TestReport, known: Collection[str], live: Sequence[CallResult]) -> TestReport:
    """The report beside the live version, which has the calls ``known``; some were held on it too (``live``)."""
    failed = {(call.name, call.aloud) for call in live if not call.passed}
    calls = tuple(
        call.model_copy(update={"passed_live": (call.name, call.aloud) not in failed if call.name in known else None})
        for call in report.calls
    )
    return report.model_copy(update={"calls": calls, "summary": summary_of(calls)})


def summary_of(results: Sequence[CallResult]) -> str:
    """In a sentence."""
    broken = [result.name for result in results if not result.passed and result.passed_live]
    failed = [result.name for result in results if not result.passed and not result.passed_live]
    told = [f"{len(results) - len(broken) - len(failed)} of {len(results)} calls pass"]
    aloud = [result for result in results if result.aloud]
    if aloud:
        told[0] += f" ({sum(result.passed for result in aloud)} of {len(aloud)} held aloud)"
    if broken:
        told.append(f"{len(broken)} {'call' if len(broken) == 1 else 'calls'} that passed now fail")
    if failed:
        told.append(f"{len(failed)} fail that did not pass before either")
    return "; ".join(told)


async def openings(
    candidate: DialogueClient, content: Content, scripts: Sequence[CallScript]
) -> tuple[int, int, tuple[str, ...]]:
    """How many first sentences of scripted calls, which are no examples, are taken for the right service."""
    examples = {example.casefold() for item in content.examples.values() for example in item.data}
    right, confused = 0, []
    asked = [
        script
        for script in scripts
        if script.opening.say and script.expect.service and script.opening.say.casefold() not in examples
    ]
    for script in asked:
        parsed = await candidate.parse(script.opening.say)
        if parsed.service in (script.expect.service or ()):
            right += 1
        else:
            confused.append(f"{script.name}: taken for {parsed.service}")
    return right, len(asked), tuple(confused)
