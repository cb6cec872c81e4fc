"""Getting a model: from the hub, from a mirror, or from a folder that somebody carried here."""

import fnmatch
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import httpx

from voicebot.errors import ConfigurationError, ServiceUnavailable
from voicebot.models.catalogue import STT_FILES, STT_OPTIONAL, Entry, find
from voicebot.models.store import CHECKSUMS, kind_of, models_folder, read_checksums, record_checksums

Progress = Callable[[str, int, int], None]
"""Called with a file's name, the bytes of it that are here, and its size (0 when unknown)."""

_MIRROR_VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
_HUB = "https://huggingface.co"


class HubUnreachable(ServiceUnavailable):
    """The hub or mirror can't be reached from this machine."""


def _quiet(_name: str, _done: int, _size: int) -> None:
    return


def _offline(what: str, name: str, error: Exception) -> HubUnreachable:
    return HubUnreachable(
        f"cannot reach {what} ({type(error).__name__}). On a machine that can, run: voicebot models pull {name}; "
        f"then copy the folder that 'voicebot models path {name}' prints to this machine and run here: "
        f"voicebot models pull {name} --from FOLDER"
    )


@contextmanager
def _staging(root: Path, name: str) -> Iterator[Path]:
    """A folder that becomes ``root/name`` when all went well, and vanishes otherwise."""
    if not name or name.startswith(".") or "/" in name or "\\" in name:
        raise ConfigurationError(f"{name!r} is not a name for a model")
    root.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=root, prefix=f".{name}-"))
    try:
        yield temporary
        temporary.chmod(0o755)
        target = root / name
        old = root / f".{name}-old"
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
            target.rename(old)
        temporary.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _require(folder: Path, source: str) -> None:
    """Raise :class:`ConfigurationError` unless ``folder`` is a whole recogniser or voice."""
    if (folder / "model.bin").is_file():
        missing = [pattern for pattern in STT_FILES if not any(folder.glob(pattern))]
    else:
        voices = list(folder.glob("*.onnx"))
        if len(voices) != 1:
            raise ConfigurationError(f"{source} holds neither a recogniser (model.bin) nor one voice (.onnx)")
        missing = [] if voices[0].with_suffix(".onnx.json").is_file() else [f"{voices[0].name}.json"]
    if missing:
        raise ConfigurationError(f"{source} lacks {', '.join(missing)}")


def pull(
    name: str, *, source: str = "", root: Path | None = None, revision: str = "main", progress: Progress = _quiet
) -> Path:
    """Install the model ``name`` and give its folder.

    ``source`` is a folder, the URL of a mirror that serves the files by name, or empty for the hub. What the source
    states of its files' checksums is checked; then ``checksums.json`` records them all. Raises
    :class:`HubUnreachable`, or :class:`ConfigurationError` when the name is unknown or a file is missing or damaged.
    """
    root = root or models_folder()
    entry = find(name)
    if source.startswith(("http://", "https://")):
        with _staging(root, name) as folder:
            _from_mirror(name, entry, source.rstrip("/"), folder, progress)
            _require(folder, source)
    elif source:
        with _staging(root, name) as folder:
            _from_folder(Path(source), folder)
    else:
        if entry is None:
            raise ConfigurationError(f"the catalogue has no model {name}; voicebot models list shows what there is")
        with _staging(root, name) as folder:
            _from_hub(entry, revision, folder, progress)
            _require(folder, entry.repository)
    return root / name


def _from_folder(source: Path, folder: Path) -> None:
    if not source.is_dir() or kind_of(source) is None:
        raise ConfigurationError(f"{source} is not a folder with a model")
    _require(source, str(source))
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        if path.is_file() and not any(part.startswith(".") for part in relative.parts):
            target = folder / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    known = read_checksums(source) if (source / CHECKSUMS).is_file() else {}
    record_checksums(folder, str(source), known)


def _download(client: httpx.Client, url: str, target: Path, progress: Progress) -> bool:
    """Fetch one file; False when the mirror doesn't have it."""
    with client.stream("GET", url) as response:
        if response.status_code == 404:
            return False
        response.raise_for_status()
        size, done = int(response.headers.get("content-length", 0)), 0
        with target.open("wb") as file:
            for chunk in response.iter_bytes(1 << 20):
                file.write(chunk)
                done += len(chunk)
                progress(target.name, done, size)
    return True


def _from_mirror(name: str, entry: Entry | None, url: str, folder: Path, progress: Progress) -> None:
    if entry is not None and entry.kind == "voice":
        wanted = [PurePosixPath(file).name for file in (*entry.files, *entry.optional)]
    else:
        wanted = [file for file in STT_FILES if "*" not in file]
        wanted += [*_MIRROR_VOCABULARIES, *STT_OPTIONAL, "model.json"]
    try:
        with httpx.Client(follow_redirects=True, timeout=30) as client:
            stated = _download(client, f"{url}/{CHECKSUMS}", folder / CHECKSUMS, progress)
            for file in wanted:
                _download(client, f"{url}/{file}", folder / file, progress)
    except httpx.HTTPError as error:
        raise _offline(url, name, error) from error
    known = read_checksums(folder) if stated else {}
    # The mirror may state more files than a model needs.
    record_checksums(folder, url, {file: digest for file, digest in known.items() if (folder / file).is_file()})


@dataclass(frozen=True, slots=True)
class _HubFile:
    path: str
    size: int
    sha256: str
    git_id: str


def _hub_files(client: httpx.Client, hub: str, entry: Entry, revision: str) -> tuple[str, list[_HubFile]]:
    """The commit and the files of ``entry`` on the hub, with the checksums that the hub records."""
    response = client.get(f"{hub}/api/models/{entry.repository}/revision/{revision}", params={"blobs": "true"})
    response.raise_for_status()
    document = response.json()
    patterns = (*entry.files, *entry.optional)
    chosen = [
        _HubFile(
            sibling["rfilename"],
            int(sibling.get("size") or 0),
            str((sibling.get("lfs") or {}).get("sha256", "")),
            str(sibling.get("blobId") or ""),
        )
        for sibling in document["siblings"]
        if any(fnmatch.fnmatchcase(sibling["rfilename"], pattern) for pattern in patterns)
    ]
    return str(document["sha"]), chosen


def git_blob_id(data: bytes) -> str:
    """The id that git gives to a file of ``data``: what the hub records of small files."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _from_hub(entry: Entry, revision: str, folder: Path, progress: Progress) -> None:
    hub = os.environ.get("HF_ENDPOINT", _HUB).rstrip("/")
    known: dict[str, str] = {}
    try:
        with httpx.Client(follow_redirects=True, timeout=30) as client:
            commit, files = _hub_files(client, hub, entry, revision)
            for file in files:
                target = folder / PurePosixPath(file.path).name
                if not _download(client, f"{hub}/{entry.repository}/resolve/{commit}/{file.path}", target, progress):
                    raise ConfigurationError(f"the hub lists {file.path} and doesn't have it")
                # Large files are recorded by their SHA-256, small ones by git's own id.
                if file.sha256:
                    known[target.name] = file.sha256
                elif file.git_id and git_blob_id(target.read_bytes()) != file.git_id:
                    raise ConfigurationError(f"{target.name} is damaged: it is not the file that the hub records")
    except httpx.HTTPError as error:
        raise _offline(f"the hub at {hub}", entry.name, error) from error
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"the hub at {hub} gave an answer that isn't understood") from error
    record_checksums(folder, f"{entry.repository}@{commit}", known)
