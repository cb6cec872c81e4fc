"""The dialogue project as a set of files in memory: read from disk or a version, edited, written back.

Never changed: an edit gives a new project that shares all other files.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from voicebot.flows.document import Document, parse
from voicebot.flows.errors import EditRefused, NotThere

SHARED = "none"
"""The service that is none: what belongs to all of them, in the folder ``shared``."""

_KINDS = frozenset({".yml", ".py", ".txt", ".toml", ".in", ".lock"})
"""A project is text; whatever else lies in the folder (caches, models) is no part of it."""


@dataclass(frozen=True)
class Project:
    """Files by their paths in ``dialogues/``, with ``/`` between folders."""

    files: Mapping[str, str]

    @classmethod
    def read(cls, folder: Path) -> "Project":
        """Everything that makes the dialogue what it is: flows, actions, components, channel, locked requirements.

        Raises :class:`NotThere` when the folder holds no dialogue project.
        """
        if not (folder / "config.yml").is_file():
            raise NotThere(f"{folder} is no dialogue project: config.yml is missing")
        found = {}
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.suffix in _KINDS and path.is_file() and not any(part.startswith(".") for part in inside.parts):
                found[inside.as_posix()] = path.read_bytes().decode("utf-8")
        return cls(found)

    def write(self, folder: Path) -> list[str]:
        """Make ``folder`` hold these files: what differs is written, what is not among them removed; gives their paths.

        Each file is replaced in one step, so that nobody reads half of one.
        """
        there = Project.read(folder).files if (folder / "config.yml").is_file() else {}
        changed = sorted(path for path in {*there, *self.files} if there.get(path) != self.files.get(path))
        for path in changed:
            target = folder / path
            text = self.files.get(path)
            if text is None:
                target.unlink()
                if not any(target.parent.iterdir()):
                    target.parent.rmdir()
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            fresh = target.with_name(f".{target.name}.new")
            fresh.write_bytes(text.encode())
            fresh.replace(target)
        return changed

    @property
    def name(self) -> str:
        """The name that this content has, and no other: 12 hex digits."""
        digest = hashlib.sha256()
        for path, text in sorted(self.files.items()):
            digest.update(f"{path}\0{len(text)}\0".encode())
            digest.update(text.encode())
        return digest.hexdigest()[:12]

    def services(self) -> list[str]:
        """Names of the services, the shared one first."""
        names = {PurePosixPath(path).parts[1] for path in self.files if path.startswith("services/")}
        return [SHARED, *sorted(names)]

    @staticmethod
    def folder(service: str) -> str:
        """Where a service's files are."""
        return "shared" if service == SHARED else f"services/{service}"

    def document(self, service: str, file: str) -> Document:
        """A service's file by its name; an empty document when there is none."""
        path = f"{self.folder(service)}/{file}"
        return parse(path, self.files.get(path, ""))

    def at(self, path: str) -> Document:
        """A file by its path."""
        return parse(path, self.files.get(path, ""))

    def with_document(self, document: Document) -> "Project":
        """The project with a file changed."""
        return self.with_file(document.path, document.text)

    def with_file(self, path: str, text: str | None) -> "Project":
        """The project with a file changed, added, or (None) removed."""
        if ".." in PurePosixPath(path).parts or path.startswith("/"):
            raise EditRefused(f"{path} is outside the dialogue project")
        files = dict(self.files)
        if text is None:
            files.pop(path, None)
        else:
            files[path] = text
        return Project(files)

    def yaml_files(self) -> Iterator[str]:
        """Paths of the files that flows are written in."""
        for path in self.files:
            if path.endswith(".yml") and path.split("/")[0] in ("shared", "services", "safety"):
                yield path
