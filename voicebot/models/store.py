"""Installed models: one folder each, with the checksums of their files."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from voicebot.errors import ConfigurationError
from voicebot.models.catalogue import Kind, find

CHECKSUMS = "checksums.json"
ESPEAK = "espeak"
SHIPPED_STT = "voicebot-tiny-en"
SPHINX = "pocketsphinx"

_SHIPPED = Path(__file__).resolve().parents[2] / "audio_models"
_SHIPPED_NOTE = (
    "the small model that comes with voicebot: for tests, rehearsals and demonstrations with synthetic voices; it does "
    "not understand people. Install one that does with: voicebot models pull base.en"
)

_SPHINX_NOTE = (
    "hears people who say what the dialogue expects: it knows the words of the dialogue, spoken as "
    "Americans do, and little else. For trying the service by voice without Whisper's weights, not for the public; "
    "better: voicebot models pull base.en"
)


def models_folder() -> Path:
    """Where models are installed: ``$VOICEBOT_MODELS``, or ``voicebot/models`` in the user's data folder."""
    named = os.environ.get("VOICEBOT_MODELS")
    if named:
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "voicebot" / "models"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A model to be used. ``folder`` is None for espeak-ng and PocketSphinx. ``people`` says whether it understands
    real people well enough to serve them.
    """

    name: str
    kind: Kind
    folder: Path | None
    note: str
    people: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the files of an installed model compare with their recorded checksums."""

    name: str
    good: tuple[str, ...]
    changed: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Every file is there and unchanged."""
        return bool(self.good) and not self.changed and not self.missing


def sha256(path: Path) -> str:
    """Hex digest of a file. Raises :class:`OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def kind_of(folder: Path) -> Kind | None:
    """What ``folder`` holds, by its files; None when it is no model."""
    if (folder / "model.bin").is_file():
        return Kind.STT
    if any(folder.glob("*.onnx")):
        return Kind.VOICE
    return None


def installed(root: Path | None = None) -> dict[str, Path]:
    """Names and folders of what is installed."""
    root = root or models_folder()
    if not root.is_dir():
        return {}
    return {
        path.name: path
        for path in sorted(root.iterdir())
        if path.is_dir() and not path.name.startswith(".") and kind_of(path) is not None
    }


def shipped_stt() -> Path | None:
    """The recogniser that comes with the code, if this copy has it."""
    folder = _SHIPPED / SHIPPED_STT
    return folder if (folder / "model.bin").is_file() else None


def record_checksums(folder: Path, source: str, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Hash the files of ``folder`` and write ``checksums.json``.

    ``known`` are digests that the source states; ``source`` says where the files came from. Raises
    :class:`ConfigurationError` when a file differs from what is known of it.
    """
    digests = {
        path.relative_to(folder).as_posix(): sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != CHECKSUMS
    }
    for name, digest in (known or {}).items():
        if digests.get(name) != digest:
            raise ConfigurationError(f"{name} is damaged: its checksum is not the one that {source} states")
    document = {"source": source, "stated_by_source": sorted(known or {}), "sha256": digests}
    (folder / CHECKSUMS).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return digests


def read_checksums(folder: Path) -> dict[str, str]:
    """Recorded digests by file name. Raises :class:`ConfigurationError` when there are none."""
    path = folder / CHECKSUMS
    try:
        digests = json.loads(path.read_text(encoding="utf-8"))["sha256"]
        return {str(name): str(digest) for name, digest in digests.items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ConfigurationError(f"{path} can't be read, so {folder.name} can't be verified") from error


def verify(name: str, root: Path | None = None) -> Verdict:
    """Hash an installed model again. Raises :class:`ConfigurationError` when it isn't installed."""
    folder = path_of(name, root)
    good: list[str] = []
    changed: list[str] = []
    missing: list[str] = []
    for file, digest in read_checksums(folder).items():
        path = folder / file
        if not path.is_file():
            missing.append(file)
        else:
            (good if sha256(path) == digest else changed).append(file)
    return Verdict(name, tuple(good), tuple(changed), tuple(missing))


def remove(name: str, root: Path | None = None) -> None:
    """Delete an installed model. Raises :class:`ConfigurationError` when it isn't installed."""
    folder = installed(root).get(name)
    if folder is None:
        raise ConfigurationError(f"{name} is not installed")
    shutil.rmtree(folder)


def path_of(name: str, root: Path | None = None) -> Path:
    """Folder of an installed or shipped model. Raises :class:`ConfigurationError` with what to do."""
    folder = installed(root).get(name)
    if folder is None and name == SHIPPED_STT:
        folder = shipped_stt()
    if folder is None:
        hint = f": voicebot models pull {name}" if find(name) else "; voicebot models list shows what there is"
        raise ConfigurationError(f"the model {name} is not installed{hint}")
    return folder


def has_gpu() -> bool:
    """Whether CTranslate2 finds a CUDA device."""
    import ctranslate2

    return bool(ctranslate2.get_cuda_device_count() > 0)


def _best(kind: Kind, root: Path | None, *, gpu: bool) -> str | None:
    """The best installed model of ``kind``; ones that the catalogue doesn't know come last."""
    candidates = []
    for name, folder in installed(root).items():
        if kind_of(folder) is not kind:
            continue
        entry = find(name)
        if entry is not None and kind is Kind.VOICE and not entry.languages[0].startswith("en"):
            # What the dialogues say is English: another voice has to be named.
            continue
        suits = entry is None or entry.needs == "cpu" or gpu
        candidates.append((suits, entry is not None, entry.rank if entry else 0, name))
    return max(candidates)[3] if candidates else None


def resolve_stt(name: str = "auto", root: Path | None = None, *, gpu: bool | None = None) -> Resolved:
    """The recogniser to use: a folder, an installed name, ``pocketsphinx``, or with ``auto`` the best there is.

    Raises :class:`ConfigurationError` when there is none.
    """
    if name == SPHINX:
        return Resolved(SPHINX, Kind.STT, None, _SPHINX_NOTE, people=False)
    if name == "auto":
        best = _best(Kind.STT, root, gpu=has_gpu() if gpu is None else gpu)
        if best is None:
            folder = shipped_stt()
            if folder is None:
                raise ConfigurationError("no recogniser is installed: voicebot models pull base.en")
            return Resolved(SHIPPED_STT, Kind.STT, folder, _SHIPPED_NOTE, people=False)
        name = best
    folder = Path(name) if Path(name).is_dir() else path_of(name, root)
    if kind_of(folder) is not Kind.STT:
        raise ConfigurationError(f"{name} is not a recogniser")
    if folder == shipped_stt():
        return Resolved(SHIPPED_STT, Kind.STT, folder, _SHIPPED_NOTE, people=False)
    entry = find(name)
    return Resolved(folder.name, Kind.STT, folder, entry.note if entry else "not in the catalogue")


def resolve_second(setting: str, first: Resolved) -> Resolved | None:
    """The recogniser that hears too where ``first`` is unsure: by ``setting`` pocketsphinx, none, or with ``auto``
    pocketsphinx beside one that doesn't understand people.
    """
    wanted = setting == SPHINX or (setting == "auto" and not first.people)
    return resolve_stt(SPHINX) if wanted and first.name != SPHINX else None


def hearing_note(first: Resolved, second: Resolved | None) -> str:
    """What the recognisers at work are good for, in a sentence or two."""
    if second is None:
        return first.note
    return f"{first.name}: {first.note}. Where that is unsure, {second.name}: {second.note}"


def resolve_voice(name: str = "auto", root: Path | None = None) -> Resolved:
    """The voice to use: ``espeak``, ``espeak:VARIANT``, a folder, an installed name, or with ``auto`` the best.

    Without an installed voice ``auto`` is espeak-ng. Raises :class:`ConfigurationError`.
    """
    if name == "auto":
        name = _best(Kind.VOICE, root, gpu=False) or ESPEAK
    if name.partition(":")[0] == ESPEAK:
        note = "espeak-ng: clear but robotic; voicebot models pull en_GB-alba-medium sounds like a person"
        return Resolved(name, Kind.VOICE, None, note)
    folder = Path(name) if Path(name).is_dir() else path_of(name, root)
    if kind_of(folder) is not Kind.VOICE:
        raise ConfigurationError(f"{name} is not a voice")
    entry = find(name)
    return Resolved(folder.name, Kind.VOICE, folder, entry.note if entry else "not in the catalogue")
