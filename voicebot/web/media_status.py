"""What the media process says of itself, asked over its Unix socket; and the small app with which it answers."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import httpx
from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from voicebot.telephony.sip.trunk import TrunkStatus


@dataclass(frozen=True, slots=True)
class MediaStatus:
    """``ready``: a call can be taken now; ``calls`` in progress; whether ``speech`` and ``dialogue`` answer.

    ``recogniser`` is what hears, ``recogniser_note`` what that is good for; ``understands_people`` is false for those
    that come with the code.
    ``trunks``: how the ways to the phone network are; ``certificate_ends``: when the SIP line's certificate does, in
    Unix time (None without one).
    """

    ready: bool
    calls: int
    speech: bool
    dialogue: bool
    trunks: tuple[TrunkStatus, ...] = ()
    certificate_ends: float | None = None
    dialogues: dict[str, int] = field(default_factory=dict)
    """Calls in progress by the address of the dialogue that they talk to."""
    recogniser: str = ""
    understands_people: bool = True
    example_left: int = 0
    """Places in which a council of its own still speaks as the example: until there is none, no call is taken."""
    recogniser_note: str = ""


_STATUS: TypeAdapter[MediaStatus] = TypeAdapter(MediaStatus)


class MediaStatusSource(Protocol):
    """Anything that knows how media is."""

    async def status(self) -> MediaStatus | None:
        """The state of media, or None when it doesn't answer."""
        ...


class MediaStatusClient:
    """Asks ``GET /status`` on the media process's socket. Holds no connection, so it need not be closed."""

    def __init__(self, socket: Path, *, timeout_s: float = 2.0) -> None:
        self._socket = socket
        self._timeout_s = timeout_s

    async def status(self) -> MediaStatus | None:
        """The state of media, or None when the process isn't there, is late, or answers something else."""
        transport = httpx.AsyncHTTPTransport(uds=str(self._socket))
        try:
            async with httpx.AsyncClient(transport=transport, timeout=self._timeout_s) as client:
                response = await client.get("http://media/status")
            return _STATUS.validate_json(response.content)
        except (httpx.HTTPError, ValidationError):
            return None


def status_app(get_status: Callable[[], Awaitable[MediaStatus]]) -> Starlette:
    """The app that the media process serves on ``settings.media_socket``: 200 when ready, else 503, always JSON."""

    async def status(_: Request) -> JSONResponse:
        state = await get_status()
        return JSONResponse(asdict(state), 200 if state.ready else 503)

    return Starlette(routes=[Route("/status", status)])
