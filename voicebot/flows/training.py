"""The model of a version: kept, made from another's whose words alone differ, or trained in a process of its own."""

import asyncio
import hashlib
import io
import json
import os
import signal
import sys
import tarfile
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from voicebot.dialogue.training import model_file
from voicebot.flows.content import content_of
from voicebot.flows.errors import FlowError
from voicebot.flows.models import model_of, trained_paths
from voicebot.flows.project import Project
from voicebot.safety.training import safety_file
from voicebot.settings import Settings

_DOMAIN = "components/domain_provider/domain.yml"
_METADATA = "metadata.json"
_NICE, _IN_NO_HURRY = 10, 19
_LAST_WORDS = 1500


class TrainingFailed(FlowError):
    """There is no model: the message holds the last words of the training."""


def learned_from(project: Project) -> str:
    """The hash of all that is learned from: everything trained but the words of responses, whose names remain.

    Two projects that agree in it have the same model but for what is said.
    """
    content = content_of(project)
    digest = hashlib.sha256()
    for path in trained_paths(project):
        text = project.files[path]
        if path.endswith("domain.yml"):
            document = project.at(path)
            rest = "".join(section.text for section in document.sections if section.name != "responses")
            names = ",".join(sorted(entry.key for entry in document.entries("responses")))
            text = f"{rest}\0{names}"
        digest.update(f"\0{path}\0{text}".encode())
    digest.update(str(len(content.responses)).encode())
    digest.update(project.files.get("environment/requirements.lock", "").encode())
    return digest.hexdigest()


def _index(settings: Settings, project: Project) -> Path:
    return model_of(settings, project).parent / f"learned-{learned_from(project)[:20]}.txt"


def remember(settings: Settings, project: Project) -> None:
    """Note that the version's model is there, for others that differ in words alone."""
    _index(settings, project).write_text(model_of(settings, project).name, "utf-8")


def reworded(settings: Settings, project: Project) -> Path | None:
    """The version's model made from a kept one by putting its words in; None when none is near enough."""
    try:
        kept = model_of(settings, project).parent / _index(settings, project).read_text("utf-8").strip()
    except OSError:
        return None
    if not kept.is_file():
        return None
    responses = {name: _plain(item.data) for name, item in content_of(project).responses.items()}
    target = model_of(settings, project)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    with tarfile.open(kept, "r:gz") as source:
        new = _with_words(_read(source, _METADATA), responses)
    # Most of an archive is compressed already: pressing it harder would take seconds and save nothing.
    with tarfile.open(kept, "r:gz") as source, tarfile.open(fresh, "w:gz", compresslevel=1) as made:
        for member in source:
            data = new.get(member.name.removeprefix("./"))
            if data is not None:
                member.size = len(data)
            made.addfile(member, io.BytesIO(data) if data is not None else source.extractfile(member))
    fresh.replace(target)
    return target


def _read(archive: tarfile.TarFile, name: str) -> Any:
    for member in archive:
        if member.name.removeprefix("./") == name and (content := archive.extractfile(member)) is not None:
            return json.loads(content.read())
    raise TrainingFailed("The kept model is broken.")


def _plain(data: Any) -> Any:
    """Data of ruamel.yaml as plain lists, dictionaries and scalars."""
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(value) for value in data]
    return str(data) if isinstance(data, str) else data


def _with_words(metadata: dict[str, Any], responses: dict[str, Any]) -> dict[str, bytes]:
    """The two files of a model in which the words stand, with new ones. What is written as JSON is YAML too."""
    domain = {**metadata["domain"], "responses": responses}
    changed = {**metadata, "domain": domain, "model_id": uuid.uuid4().hex}
    return {name: json.dumps(data, indent=1).encode() for name, data in ((_DOMAIN, domain), (_METADATA, changed))}


async def model_for(settings: Settings, project: Project, folder: Path, tell: Callable[[str], None]) -> Path:
    """The model of ``project``, which lies in ``folder``. ``tell`` hears what is done.

    Raises :class:`TrainingFailed`.
    """
    target = model_of(settings, project)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.is_file():
        tell("Putting the new words in")
        if await asyncio.to_thread(reworded, settings, project) is None:
            tell("Training, in the background: about a minute")
            await _train(settings, folder, _NICE, "--only-dialogue")
    if not target.is_file():
        raise TrainingFailed("The training gave no model.")
    await asyncio.to_thread(remember, settings, project)
    return target


async def learn_safety(settings: Settings) -> None:
    """Let the safety net learn the examples of the live version too, for when it is loaded next. Takes its time.

    Raises :class:`TrainingFailed`.
    """
    if not safety_file(settings, model_file(settings).parent).is_file():
        await _train(settings, settings.dialogue.project, _IN_NO_HURRY)


async def _train(settings: Settings, folder: Path, nice: int, *options: str) -> None:
    """Train in a process of its own that yields to calls."""
    program = (sys.executable, "-m", "voicebot", "dialogue", "train", *options)
    process = await asyncio.create_subprocess_exec(
        "nice",
        "-n",
        str(nice),
        *program,
        start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={
            **os.environ,
            "VOICEBOT_DATA": str(settings.data),
            "VOICEBOT_DIALOGUE__PROJECT": str(folder.absolute()),
            "VOICEBOT_DIALOGUE__ENVIRONMENT": str(settings.dialogue.environment.absolute()),
        },
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        # The training itself is a child of this child.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        await process.wait()
        raise
    if process.returncode:
        raise TrainingFailed(f"The training failed: {output.decode(errors='replace').strip()[-_LAST_WORDS:]}")
