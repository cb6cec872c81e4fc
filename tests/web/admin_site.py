"""The site with the example's flows, people who work on them, and a speech process's socket with a real voice."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from tests.accounts_helpers import PASSWORD, ROOT
from tests.web.conftest import Browser
from voicebot.accounts.roles import Role
from voicebot.accounts.service import Accounts
from voicebot.settings import Settings
from voicebot.speech.server import SpeechServer
from voicebot.speech.service import SpeechService
from voicebot.stt.recogniser import NO_HINTS, Request
from voicebot.stt.transcript import Hints, Transcript
from voicebot.tts.engine import Tongues
from voicebot.tts.espeak import EspeakVoice

PEOPLE: Mapping[str, tuple[Role, ...]] = {
    "ann": (Role.AUTHOR,),
    "bea": (Role.AUTHOR, Role.REVIEWER),
    "rob": (Role.REVIEWER,),
    "pat": (Role.PUBLISHER,),
    "vic": (Role.VIEWER,),
}


class Deaf:
    """Hears nothing: these tests only speak."""

    name = "deaf"
    batch = 1

    def recognise(self, samples: NDArray[np.int16], rate: int, hints: Hints = NO_HINTS) -> Transcript:
        """Nothing."""
        return Transcript("", 0.0)

    def recognise_all(self, requests: Sequence[Request]) -> list[Transcript]:
        """Nothing, for each."""
        return [Transcript("", 0.0) for _ in requests]


async def add_people(accounts: Accounts) -> None:
    """All of them."""
    for name, roles in PEOPLE.items():
        await accounts.people.add(ROOT, name, roles, password=PASSWORD)


@asynccontextmanager
async def speaking(settings: Settings) -> AsyncIterator[None]:
    """A voice behind the speech process's socket."""
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    service = SpeechService(Deaf(), Tongues(EspeakVoice("en"), {"cy": EspeakVoice("cy")}))
    server = SpeechServer(service, settings.speech_socket)
    await server.start()
    try:
        yield
    finally:
        await server.stop()
        await service.close()


class Editor:
    """Somebody who edits by the JSON API, as the pages do."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._csrf = ""

    async def sign_in(self, name: str) -> None:
        """As one of the people."""
        assert (await self._browser.sign_in(name)).status_code == 303
        self._csrf = await self._browser.token("/account")

    async def get(self, path: str) -> Any:
        """The answer, which must be one."""
        answer = await self._browser.get(f"/admin/api/{path}", headers={"Accept": "application/json"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, path: str, body: Any) -> httpx.Response:
        """Whatever is answered."""
        headers = {"Accept": "application/json", "X-CSRF-Token": self._csrf}
        if isinstance(body, bytes):
            return await self._browser.post(f"/admin/api/{path}", content=body, headers=headers)
        return await self._browser.post(f"/admin/api/{path}", json=body, headers=headers)

    async def post(self, path: str, body: Any) -> Any:
        """The answer, which must be one."""
        answer = await self.send(path, body)
        assert answer.status_code in (200, 201, 202), answer.text
        return answer.json()
