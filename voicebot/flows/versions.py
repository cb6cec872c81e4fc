"""Versions in the database: contents by hash, manifests by the version's name."""

import hashlib
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.flows.errors import NotThere
from voicebot.flows.project import Project
from voicebot.flows.tables import BlobRow, LiveRow, VersionRow

_KEPT = 8
_AT_ONCE = 200
"""Hashes asked for in one statement: SQLite takes at most 999 values."""

Overlay = Mapping[str, str | None]
"""The hash of each file that differs from a version; None: removed."""


def hash_of(text: str) -> str:
    """The name of a content."""
    return hashlib.sha256(text.encode()).hexdigest()


class Versions:
    """Reads and adds versions. Contents are kept in memory as long as they are in use."""

    def __init__(self) -> None:
        self._projects: OrderedDict[str, Project] = OrderedDict()
        self._texts: dict[str, str] = {}

    async def project(self, session: AsyncSession, name: str) -> Project:
        """A version's files. Raises :class:`NotThere`."""
        if name in self._projects:
            self._projects.move_to_end(name)
            return self._projects[name]
        row = await session.get(VersionRow, name)
        if row is None:
            raise NotThere(f"There is no version {name}.")
        texts = await self._contents(session, row.manifest.values())
        return self._keep(name, Project({path: texts[digest] for path, digest in sorted(row.manifest.items())}))

    def _keep(self, name: str, project: Project) -> Project:
        self._projects[name] = project
        while len(self._projects) > _KEPT:
            self._projects.popitem(last=False)
        return project

    async def _contents(self, session: AsyncSession, hashes: Iterable[str]) -> dict[str, str]:
        wanted = list(dict.fromkeys(hashes))
        missing = [digest for digest in wanted if digest not in self._texts]
        for start in range(0, len(missing), _AT_ONCE):
            some = missing[start : start + _AT_ONCE]
            for row in (await session.execute(select(BlobRow).where(BlobRow.hash.in_(some)))).scalars():
                self._texts[row.hash] = zlib.decompress(row.content).decode()
        return {digest: self._texts[digest] for digest in wanted}

    async def keep_contents(self, session: AsyncSession, texts: Iterable[str]) -> None:
        """Add contents that are not there yet."""
        by_hash = {hash_of(text): text for text in texts}
        known: set[str] = set()
        names = list(by_hash)
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]
            known |= set((await session.execute(select(BlobRow.hash).where(BlobRow.hash.in_(some)))).scalars())
        for digest, text in by_hash.items():
            self._texts[digest] = text
            if digest not in known:
                session.add(BlobRow(hash=digest, content=zlib.compress(text.encode())))

    async def add(
        self,
        session: AsyncSession,
        project: Project,
        *,
        parent: str,
        at: datetime,
        by: tuple[str, str],
        notes: str,
        changes: list[str],
    ) -> str:
        """Keep a version, if it is not there yet; gives its name."""
        name = project.name
        if await session.get(VersionRow, name) is None:
            await self.keep_contents(session, project.files.values())
            manifest = {path: hash_of(text) for path, text in project.files.items()}
            session.add(
                VersionRow(
                    name=name,
                    parent=parent,
                    at=at,
                    by_id=by[0],
                    by_name=by[1],
                    notes=notes,
                    manifest=manifest,
                    changes=changes,
                )
            )
            await session.flush()
        self._keep(name, project)
        return name

    async def overlaid(self, session: AsyncSession, base: str, overlay: Overlay) -> Project:
        """A version's files with those of an overlay."""
        project = await self.project(session, base)
        if not overlay:
            return project
        texts = await self._contents(session, [digest for digest in overlay.values() if digest])
        files = dict(project.files)
        for path, digest in overlay.items():
            if digest is None:
                files.pop(path, None)
            else:
                files[path] = texts[digest]
        return Project(dict(sorted(files.items())))

    @staticmethod
    def overlay_of(base: Project, project: Project) -> dict[str, str | None]:
        """What differs from ``base``, by hash."""
        paths = sorted({*base.files, *project.files})
        return {
            path: hash_of(project.files[path]) if path in project.files else None
            for path in paths
            if base.files.get(path) != project.files.get(path)
        }

    async def live(self, session: AsyncSession) -> str:
        """The name of the version that new calls use; empty before the first."""
        query = select(LiveRow.version).order_by(LiveRow.id.desc()).limit(1)
        return (await session.execute(query)).scalar_one_or_none() or ""
