"""Talking to a draft or a version in text, and hearing a sentence in the bot's voice."""

import io
import wave

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from voicebot.accounts.roles import Role
from voicebot.errors import SpeechUnavailable
from voicebot.flows.commands import Language
from voicebot.flows.languages import other_language
from voicebot.flows.model import DEFAULT_LANGUAGE
from voicebot.flows.trial_talk import talk as talk_to
from voicebot.speech.client import SpeechClient
from voicebot.tts.spoken import SpokenText
from voicebot.web.admin.bodies import READERS, Body, answer, body, explained, person
from voicebot.web.admin.flows import Seen
from voicebot.web.failures import error
from voicebot.web.state import services, studio

_RATE = 16_000
_RENDER_S = 20.0
"""A long text in a busy speech process takes its time, and nobody waits on the phone for it."""


class Sentence(Body):
    """What is to be heard, and in which language; ``rate`` below 1 is slower."""

    text: str = Field(min_length=1, max_length=2000)
    rate: float = Field(1.0, ge=0.5, le=1.5)
    language: Language = DEFAULT_LANGUAGE


class Said(Body):
    """A turn of a typed conversation, which goes on in a language."""

    version: str = Field(max_length=100)
    conversation: str = Field(pattern=r"^[a-z0-9-]{8,64}$")
    text: str = Field("", max_length=2000)
    keys: str = Field("", pattern=r"^[0-9*#]{0,20}$")
    start: bool = False
    language: Language = DEFAULT_LANGUAGE


async def hear(request: Request) -> Response:
    """A sentence as WAV, rendered by the speech process as a caller would hear it."""
    await person(request, *READERS)
    wanted = await body(request, Sentence)
    try:
        async with SpeechClient(services(request).settings.speech_socket, timeout_s=_RENDER_S) as speech:
            spoken = await speech.speak(
                SpokenText(wanted.text, wanted.rate, language=other_language(wanted.language)), _RATE
            )
    except SpeechUnavailable:
        return error(503, "no_speech", "The bot’s voice is not there now. Try again soon.", {"Retry-After": "5"})
    wav = io.BytesIO()
    with wave.open(wav, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(spoken.rate)
        file.writeframes(spoken.samples.astype("<i2").tobytes())
    return Response(wav.getvalue(), media_type="audio/wav", headers={"x-voice": spoken.voice})


@explained
async def try_out(request: Request) -> Response:
    """Train the draft and start it beside the live one."""
    who = await person(request, Role.AUTHOR, Role.PUBLISHER)
    seen = await body(request, Seen)
    return answer(await studio(request).releases.try_out(who, request.path_params["id"], seen.revision), 202)


@explained
async def talk(request: Request) -> Response:
    """One turn with a version that runs."""
    who = await person(request, Role.AUTHOR, Role.REVIEWER, Role.PUBLISHER)
    said = await body(request, Said)
    return answer(
        await talk_to(
            services(request).settings,
            who,
            said.version,
            said.conversation,
            text=said.text,
            keys=said.keys,
            start=said.start,
            language=other_language(said.language),
        )
    )


def routes() -> list[Route]:
    """Their routes."""
    return [
        Route("/admin/api/hear", hear, methods=["POST"]),
        Route("/admin/api/talk", talk, methods=["POST"]),
        Route("/admin/api/drafts/{id}/try", try_out, methods=["POST"]),
    ]
