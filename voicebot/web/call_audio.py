"""What was recorded, for those who may hear it: a call or some seconds of it, and messages that callers left.

An agent hears the calls that they were offered and those that the caller whom they have in hand made before; a
supervisor hears all. To anybody else a call that is there is like one that is not. The audit shows who listened.
"""

import asyncio
import io
import wave
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from voicebot.accounts.account import Account
from voicebot.accounts.audit import Actor
from voicebot.accounts.roles import Role
from voicebot.handoff.seen_calls import was_offered
from voicebot.records.search import goes_on, recording_of, same_caller
from voicebot.web.access import address_of, require
from voicebot.web.state import Services, services

RECORDING_PLAY = "recording.play"
MESSAGE_PLAY = "message.play"
"""What the audit calls them."""
_CLIP_MS = 10_000
_LONGEST_CLIP_MS = 120_000
_BEFORE_MS = 700
"""A clip begins a little before the moment asked for, since the moment is when words were understood."""


async def may_see(known: Services, person: Account, call_id: str) -> bool:
    """Whether somebody may know of a call."""
    if Role.SUPERVISOR in person.roles:
        return True
    if await was_offered(known.store.database, person.name, call_id):
        return True
    in_hand = await known.desk.in_hand(person.name)
    return in_hand is not None and await same_caller(known.store.database, in_hand.call_id, call_id)


async def call_audio(request: Request) -> Response:
    """The recording: whole, with ranges of bytes, or ``for_ms`` of it from ``at_ms`` of the call on."""
    person = await require(request, Role.AGENT, Role.SUPERVISOR)
    known, call_id = services(request), request.path_params["id"]
    at_ms, for_ms = _number(request, "at_ms"), _number(request, "for_ms")
    found = await _recording(known, call_id)
    if found is None or not await may_see(known, person, call_id):
        raise HTTPException(404, "There is no recording of this call.")
    path, began_ms = found
    await known.accounts.audit.add_read(Actor.of(person, address_of(request)), RECORDING_PLAY, call_id)
    if at_ms is None:
        return FileResponse(path, media_type="audio/wav")
    length = min(for_ms or _CLIP_MS, _LONGEST_CLIP_MS)
    clip = await asyncio.to_thread(cut, path, at_ms - began_ms - _BEFORE_MS, length)
    return Response(clip, media_type="audio/wav")


async def _recording(known: Services, call_id: str) -> tuple[Path, float] | None:
    """The file and the moment of the call at which it begins. While the call goes on, it is already being written."""
    kept = await recording_of(known.store.database, call_id)
    if kept is None and not await goes_on(known.store.database, call_id):
        return None
    path, began_ms = kept or (str(known.settings.recordings / f"{call_id}.wav"), 0.0)
    return (Path(path), began_ms) if await asyncio.to_thread(Path(path).is_file) else None


async def message_audio(request: Request) -> Response:
    """A message that a caller left, for whoever works through messages."""
    person = await require(request, Role.AGENT, Role.SUPERVISOR)
    known, item_id = services(request), request.path_params["id"]
    path = await known.desk.work.audio(item_id)
    if path is None or not await asyncio.to_thread(path.is_file):
        raise HTTPException(404, "There is no such message.")
    await known.accounts.audit.add_read(Actor.of(person, address_of(request)), MESSAGE_PLAY, item_id)
    return FileResponse(path, media_type="audio/wav")


def cut(path: Path, at_ms: float, for_ms: float) -> bytes:
    """A stretch of a WAV file as a WAV file; what lies outside of it is left out."""
    with wave.open(str(path), "rb") as whole:
        rate, frames = whole.getframerate(), whole.getnframes()
        first = min(max(0, int(at_ms * rate / 1000)), frames)
        whole.setpos(first)
        part = whole.readframes(min(int(for_ms * rate / 1000), frames - first))
        out = io.BytesIO()
        with wave.open(out, "wb") as clip:
            clip.setnchannels(whole.getnchannels())
            clip.setsampwidth(whole.getsampwidth())
            clip.setframerate(rate)
            clip.writeframes(part)
    return out.getvalue()


def _number(request: Request, name: str) -> float | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise HTTPException(400, f"{name} is how many thousandths of a second, in digits.")
    return float(text)


def routes() -> list[Route]:
    """Their routes."""
    return [Route("/calls/{id}/audio", call_audio), Route("/work/{id}/audio", message_audio)]
