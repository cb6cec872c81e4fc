"""The trained model of a version: by which file, and whether it is there."""

import hashlib
from pathlib import Path, PurePosixPath

from voicebot.dialogue.training import NOT_TRAINED, TRAINED, models_folder
from voicebot.flows.project import Project
from voicebot.settings import Settings

_LOCK = "environment/requirements.lock"


def trained_paths(project: Project) -> list[str]:
    """The files that a model is made from, in the order of :func:`voicebot.dialogue.training.trained_files`."""
    folders = {pattern.split("/")[0]: pattern.rsplit(".", 1)[1] for pattern in TRAINED if "/" in pattern}
    found = []
    for path in project.files:
        parts = PurePosixPath(path)
        own = path in TRAINED or parts.suffix == f".{folders.get(parts.parts[0], '-')}"
        if own and parts.name not in NOT_TRAINED and "calls" not in parts.parts:
            found.append(path)
    return [str(path) for path in sorted(map(PurePosixPath, found))]


def model_name(project: Project) -> str:
    """The hash that a version's model is named by."""
    digest = hashlib.sha256(project.files.get(_LOCK, "").encode())
    for path in trained_paths(project):
        digest.update(f"\0{path}\0".encode())
        digest.update(project.files[path].encode())
    return digest.hexdigest()[:20]


def model_of(settings: Settings, project: Project) -> Path:
    """Where a version's model is, or would be."""
    return models_folder(settings) / f"{model_name(project)}.tar.gz"
