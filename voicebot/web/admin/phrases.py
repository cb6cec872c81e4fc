"""What callers said that was not understood, with a suggestion of what they meant."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field
from rapidfuzz import fuzz, process, utils
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from voicebot.records import dismissed
from voicebot.records.unclear import UnclearPhrase, unclear_phrases
from voicebot.web.admin.bodies import AUTHORS, Body, actor, answer, body, explained, person
from voicebot.web.state import services, studio

_LIKE = 55.0
"""Likeness, of 100, from which an example says what a phrase may mean."""


DISMISS, BRING_BACK = "phrases.dismiss", "phrases.bring_back"
"""The audit's names for what is done to a phrase."""


class Dismissal(Body):
    """A phrase that nothing is to be learned from; ``back``: it is to be shown again."""

    text: str = Field(min_length=1, max_length=2000)
    back: bool = False


@explained
async def phrases(request: Request) -> Response:
    """The phrases, the most frequent first."""
    await person(request, *AUTHORS)
    known, of = studio(request), request.query_params.get("of", "")
    flows = [flow for service in await known.services(of) for flow in service.flows]
    examples: dict[str, Sequence[str]] = {flow.intent: (await known.flow(flow.intent, of)).examples for flow in flows}
    said = [text for texts in examples.values() for text in texts]
    found = await unclear_phrases(services(request).store.database, known=said)
    titles = {flow.intent: flow.title for flow in flows}
    return answer({"phrases": [_with_suggestion(phrase, examples, titles) for phrase in found]})


def _with_suggestion(
    phrase: UnclearPhrase, examples: Mapping[str, Sequence[str]], titles: Mapping[str, str]
) -> dict[str, Any]:
    suggestion = phrase.intent if phrase.intent in titles else nearest(phrase.text, examples)
    return {
        "text": phrase.text,
        "times": phrase.times,
        "confidence": round(phrase.confidence, 2),
        "suggestion": suggestion,
        "suggestion_title": titles.get(suggestion, ""),
    }


def nearest(text: str, examples: Mapping[str, Sequence[str]]) -> str:
    """The intent whose example is most like ``text``; empty when none is much like it."""
    flat = [(intent, example) for intent, texts in examples.items() for example in texts]
    best = process.extractOne(
        text,
        [example for _, example in flat],
        scorer=fuzz.token_set_ratio,
        processor=utils.default_process,
        score_cutoff=_LIKE,
    )
    return flat[best[2]][0] if best is not None else ""


@explained
async def dismiss(request: Request) -> Response:
    """Show a phrase no more, or again."""
    who = await actor(request, *AUTHORS)
    wanted, known = await body(request, Dismissal), services(request)
    async with known.store.database.session(alone=True) as session:
        if wanted.back:
            await dismissed.bring_back(session, wanted.text)
        else:
            await dismissed.dismiss(session, wanted.text, by_name=who.name, at=known.accounts.now())
        action = BRING_BACK if wanted.back else DISMISS
        known.accounts.audit.put(session, who, action, dismissed.digest_of(wanted.text)[:12])
    return answer({"text": wanted.text})


def routes() -> list[Route]:
    """Their routes."""
    return [
        Route("/admin/api/phrases", phrases),
        Route("/admin/api/phrases/dismiss", dismiss, methods=["POST"]),
    ]
