"""All files of a project in a ZIP archive, and back."""

import io
import zipfile

from voicebot.flows.content import SAFETY_FILE
from voicebot.flows.errors import EditRefused
from voicebot.flows.project import Project

_MOST_FILES = 5_000
_MOST_BYTES = 50_000_000
_TIME = (1980, 1, 1, 0, 0, 0)
"""Of every file, so that the same content is the same archive."""


def pack(project: Project) -> bytes:
    """The archive of a project."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in sorted(project.files.items()):
            info = zipfile.ZipInfo(f"dialogues/{path}", _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode())
    return out.getvalue()


def unpack(data: bytes, live: Project) -> Project:
    """The flows of an archive on top of what is live: code and locked safety scripts are never brought in by it.

    Raises :class:`EditRefused` for what is no such archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            if len(infos) > _MOST_FILES or sum(info.file_size for info in infos) > _MOST_BYTES:
                raise EditRefused("The archive is too big to be one of flows.")
            texts = {_path(info.filename): archive.read(info).decode("utf-8") for info in infos}
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError, RuntimeError) as error:
        raise EditRefused("This is no archive of flows.") from error
    flows = {path: text for path, text in texts.items() if _is_flow(path)}
    if not any(path.startswith("shared/") for path in flows):
        raise EditRefused("This is no archive of flows: it lacks what is shared by all of them.")
    if texts.get(SAFETY_FILE, live.files.get(SAFETY_FILE)) != live.files.get(SAFETY_FILE):
        raise EditRefused(
            "The archive holds other safety scripts: a publisher changes those one by one, with a reason."
        )
    kept = {path: text for path, text in live.files.items() if not _is_flow(path)}
    return Project(dict(sorted({**kept, **flows}.items())))


def _path(name: str) -> str:
    path = name.removeprefix("dialogues/")
    if path.startswith("/") or ".." in path.split("/") or "\\" in path:
        raise EditRefused("The archive holds a path that leads out of it.")
    return path


def _is_flow(path: str) -> bool:
    return path.split("/")[0] in ("shared", "services") and path.endswith(".yml")
