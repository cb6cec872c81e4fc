"""The dialogues of the service: the live one, and those beside it, each Rasa with its own actions.

A new version is started on free ports; once calls are led to it, the one before stays until nobody talks to it, and for
some time after, so that going back takes no longer than saying so.
"""

import asyncio
import json
import shutil
import tarfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from voicebot.app.dialogue_session import free_port
from voicebot.app.parts import Part
from voicebot.app.supervisor import Supervisor
from voicebot.dialogue.client import DialogueClient
from voicebot.dialogue.processes import action_server_command, rasa_command
from voicebot.errors import ConfigurationError, DialogueUnavailable
from voicebot.flows.hosting import CandidateFailed
from voicebot.flows.running import Dialogue, Running, tell
from voicebot.safety.rules import RULES_FILE, RuleWords, load_rules
from voicebot.settings import Settings
from voicebot.web.media_status import MediaStatusSource

_START_S = 180.0
_TRAIN_S = 900.0
_PROBE_S = 2.0
_TIDY_EVERY_S = 5.0

Ready = Callable[[str], Callable[[], Awaitable[bool]]]


@dataclass(frozen=True, slots=True)
class _Standing:
    """A running dialogue. ``apart``: not on the council's records; ``since``: when it was last in use."""

    dialogue: Dialogue
    parts: tuple[str, ...]
    apart: bool
    since: float


class Dialogues:
    """A :class:`~voicebot.flows.hosting.Host` on a supervisor. ``first`` is the one that the service began with."""

    def __init__(
        self,
        settings: Settings,
        supervisor: Supervisor,
        token: str,
        first: Dialogue,
        first_parts: tuple[str, ...],
        media: MediaStatusSource,
        http_ready: Ready,
    ) -> None:
        self._settings = settings
        self._supervisor = supervisor
        self._token = token
        self._media = media
        self._http_ready = http_ready
        self._live = _Standing(first, first_parts, apart=False, since=time.monotonic())
        self._beside: list[_Standing] = []
        self._number = 0
        self._tell()

    @property
    def live(self) -> Dialogue:
        """The dialogue of new calls."""
        return self._live.dialogue

    def running(self, version: str) -> Dialogue | None:
        """The running dialogue of a version, if it is on the council's own records."""
        standing = [one for one in (self._live, *self._beside) if not one.apart]
        return next((one.dialogue for one in standing if one.dialogue.version == version), None)

    async def start(
        self, version: str, folder: Path, model: Path, *, made: Callable[[], Awaitable[Path]], apart: bool = False
    ) -> Dialogue:
        """Start Rasa and its actions beside the live ones. Raises :class:`CandidateFailed`, and what ``made`` does."""
        self._number += 1
        ports = {"port": self._port(), "action_port": free_port(), "project": folder.absolute()}
        own = self._settings.model_copy(update={"dialogue": self._settings.dialogue.model_copy(update=ports)})
        names = (f"dialogue-{self._number}", f"actions-{self._number}")
        url = address_of(self._settings, own.dialogue.port)
        argv, env = action_server_command(own)
        if apart:
            copy = await asyncio.to_thread(self._copy_of_records, names[1])
            env = {**env, "VOICEBOT_COUNCIL_DATABASE": str(copy.absolute())}
        actions = Part(names[1], argv, self._http_ready(f"http://127.0.0.1:{own.dialogue.action_port}/health"), env)
        rasa_argv, rasa_env = rasa_command(own, model, self._token, waits=True)
        rasa = Part(names[0], rasa_argv, self._serves(url, model), rasa_env)
        try:
            await self._up((actions, rasa), made)
            await self._must_serve(url, model)
        except ConfigurationError as error:
            await self._remove(names)
            raise CandidateFailed(f"The new version does not start: {error}") from error
        except BaseException:
            await self._remove(names)
            raise
        safety = await asyncio.to_thread(safety_words, folder)
        dialogue = Dialogue(version=version, url=url, model=model.name, safety=safety)
        self._beside.append(_Standing(dialogue, names, apart, time.monotonic()))
        self._tell()
        return dialogue

    async def _up(self, parts: tuple[Part, ...], made: Callable[[], Awaitable[Path]]) -> None:
        """Start ``parts`` and wait until they serve what is ``made`` meanwhile."""
        starting = [asyncio.create_task(self._supervisor.add(part, _START_S + _TRAIN_S)) for part in parts]
        try:
            await made()
            async with asyncio.timeout(_START_S):
                await asyncio.gather(*starting)
        except TimeoutError as error:
            raise CandidateFailed(f"The new version was not ready {_START_S:.0f} s after its training.") from error
        finally:
            for task in starting:
                task.cancel()
            await asyncio.gather(*starting, return_exceptions=True)

    def _port(self) -> int:
        """A free one; of those that are passed on, where not every port is. Raises :class:`CandidateFailed`."""
        doors = self._settings.flows.doors
        if not doors:
            return free_port()
        taken = {one.dialogue.url for one in (self._live, *self._beside)}
        port = next((port for port, address in doors.items() if address not in taken), None)
        if port is None:
            raise CandidateFailed("Too many versions run beside each other: wait until one of them has ended.")
        return port

    def _copy_of_records(self, name: str) -> Path:
        copy = self._settings.data / "dialogue" / f"{name}.sqlite"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._settings.council_database, copy)
        return copy

    def _serves(self, url: str, model: Path) -> Callable[[], Awaitable[bool]]:
        async def ready() -> bool:
            async with DialogueClient(url, self._token, timeout_s=_PROBE_S) as client:
                try:
                    return Path((await client.health()).file).name == model.name
                except DialogueUnavailable:
                    return False

        return ready

    async def _must_serve(self, url: str, model: Path) -> None:
        """A missing path makes Rasa load another model without a word: both file and id must be those meant."""
        async with DialogueClient(url, self._token, timeout_s=_PROBE_S) as client:
            try:
                health = await client.health()
            except DialogueUnavailable as error:
                raise CandidateFailed("The new version does not answer.") from error
        if Path(health.file).name != model.name or health.model_id != await asyncio.to_thread(model_id, model):
            raise CandidateFailed("The new version serves another model than the one that was trained for it.")

    async def switch(self, dialogue: Dialogue) -> None:
        """Lead new calls to it. Calls in progress stay where they are."""
        chosen = next(one for one in self._beside if one.dialogue == dialogue)
        now = time.monotonic()
        self._beside = [one for one in self._beside if one is not chosen]
        self._beside.append(replace(self._live, since=now))
        self._live = replace(chosen, since=now)
        self._tell()

    async def stop(self, dialogue: Dialogue) -> None:
        """Stop one that stands beside the live one."""
        for one in [one for one in self._beside if one.dialogue == dialogue]:
            self._beside.remove(one)
            self._tell()
            await self._remove(one.parts)

    async def _remove(self, names: tuple[str, ...]) -> None:
        for name in names:
            await self._supervisor.remove(name)
        (self._settings.data / "dialogue" / f"{names[-1]}.sqlite").unlink(missing_ok=True)

    def _tell(self) -> None:
        tell(self._settings, Running(live=self.live, beside=tuple(one.dialogue for one in self._beside)))

    async def tidy(self) -> None:
        """Stop what nobody talks to any more, once it has stood long enough; until cancelled."""
        while True:
            await asyncio.sleep(_TIDY_EVERY_S)
            if not self._beside:
                continue
            status = await self._media.status()
            if status is None:
                continue
            now, flows = time.monotonic(), self._settings.flows
            for one in tuple(self._beside):
                if status.dialogues.get(one.dialogue.url):
                    self._beside[self._beside.index(one)] = replace(one, since=now)
                    continue
                keep = flows.trial_minutes if one.apart else flows.keep_previous_minutes
                if now - one.since > keep * 60:
                    await self.stop(one.dialogue)


def address_of(settings: Settings, port: int) -> str:
    """Where calls reach the dialogue that listens on ``port`` of this machine's loopback."""
    return settings.flows.doors.get(port, f"http://127.0.0.1:{port}")


def safety_words(project: Path) -> dict[str, RuleWords]:
    """What the safety rules of a version say. Raises :class:`CandidateFailed` when they can't be read."""
    try:
        return load_rules(project / RULES_FILE).words()
    except ConfigurationError as error:
        raise CandidateFailed(str(error)) from error


def model_id(model: Path) -> str:
    """The id in a model's archive."""
    with tarfile.open(model, "r:gz") as archive:
        for member in archive:
            if member.name.removeprefix("./") == "metadata.json":
                content = archive.extractfile(member)
                assert content is not None
                return str(json.loads(content.read())["model_id"])
    raise CandidateFailed("The new version's model is broken.")
