"""Speech that was rendered before, in memory and on disk.

The disk is a help, never a need: when it is full, read-only or holds rubbish, speech is rendered anew. Only what a
caller of :meth:`CachedVoice.render` marks as a fixed prompt goes to disk: other speech may hold somebody's name and
address, and stays in memory for as long as there is room.
"""

import hashlib
import os
import tempfile
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from voicebot.tts.engine import VoiceEngine
from voicebot.tts.spoken import SpokenAudio, SpokenText

_log = structlog.get_logger(__name__)

_MAGIC = b"VBS1"
"""First bytes of a cached file; then the rate (4 bytes, big endian), then int16 little endian samples, then their
BLAKE2 digest, so that a file cut short by a crash is not spoken."""

_DIGEST = 16
_PRUNE_TO = 0.8


def cache_key(voice: str, spoken: SpokenText, rate: int) -> str:
    """Hex key of everything that decides how ``spoken`` sounds."""
    parts = "\0".join((voice, str(rate), f"{spoken.rate:.3f}", f"{spoken.volume:.3f}", spoken.language, spoken.text))
    return hashlib.blake2b(parts.encode(), digest_size=20).hexdigest()


def pack(samples: NDArray[np.int16], rate: int) -> bytes:
    """Samples as the bytes of a cached file."""
    body = _MAGIC + rate.to_bytes(4, "big") + samples.astype("<i2").tobytes()
    return body + hashlib.blake2b(body, digest_size=_DIGEST).digest()


def unpack(data: bytes) -> tuple[NDArray[np.int16], int] | None:
    """What :func:`pack` wrote, or None when the bytes are not whole."""
    body, digest = data[:-_DIGEST], data[-_DIGEST:]
    if len(data) < len(_MAGIC) + 4 + _DIGEST or not body.startswith(_MAGIC):
        return None
    if hashlib.blake2b(body, digest_size=_DIGEST).digest() != digest:
        return None
    rate = int.from_bytes(body[4:8], "big")
    return np.frombuffer(body[8:], "<i2").astype(np.int16), rate


def write_atomically(path: Path, data: bytes) -> None:
    """Write ``data`` so that ``path`` is either old or whole. Raises :class:`OSError`."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


class SpeechCache:
    """Keyed audio: an LRU of ``max_memory`` bytes over a folder of ``max_disk`` bytes. Safe in several threads.

    ``folder`` None keeps it in memory only.
    """

    def __init__(self, folder: Path | None, *, max_memory: int = 32 << 20, max_disk: int = 256 << 20) -> None:
        self._folder = folder
        self._max_memory = max_memory
        self._max_disk = max_disk
        self._lock = threading.Lock()
        self._memory: OrderedDict[str, tuple[NDArray[np.int16], int]] = OrderedDict()
        self._memory_bytes = 0
        self._disk_bytes: int | None = None

    def _path(self, key: str) -> Path | None:
        return None if self._folder is None else self._folder / key[:2] / f"{key}.speech"

    def _remember(self, key: str, entry: tuple[NDArray[np.int16], int]) -> None:
        with self._lock:
            old = self._memory.pop(key, None)
            if old is not None:
                self._memory_bytes -= old[0].nbytes
            self._memory[key] = entry
            self._memory_bytes += entry[0].nbytes
            while self._memory_bytes > self._max_memory and self._memory:
                _, (samples, _) = self._memory.popitem(last=False)
                self._memory_bytes -= samples.nbytes

    def peek(self, key: str) -> tuple[NDArray[np.int16], int] | None:
        """Samples and rate if they are in memory; never touches the disk."""
        with self._lock:
            entry = self._memory.get(key)
            if entry is not None:
                self._memory.move_to_end(key)
            return entry

    def get(self, key: str) -> tuple[NDArray[np.int16], int] | None:
        """Samples and rate, or None. A damaged file counts as absent and is removed."""
        entry = self.peek(key)
        path = self._path(key)
        if entry is not None or path is None:
            return entry
        try:
            data = path.read_bytes()
            found = unpack(data)
            if found is None:
                path.unlink(missing_ok=True)
                return None
            os.utime(path)
        except OSError:
            return None
        found[0].setflags(write=False)
        self._remember(key, found)
        return found

    def put(self, key: str, samples: NDArray[np.int16], rate: int, *, on_disk: bool = True) -> None:
        """Keep ``samples``, in memory and ``on_disk``. A disk that refuses is logged and forgotten."""
        kept = samples.copy()
        kept.setflags(write=False)
        self._remember(key, (kept, rate))
        path = self._path(key)
        if path is None or not on_disk:
            return
        data = pack(kept, rate)
        try:
            write_atomically(path, data)
        except OSError as error:
            _log.warning("speech_cache_not_written", error=error.strerror or type(error).__name__)
            return
        self._grow(len(data))

    def _grow(self, added: int) -> None:
        with self._lock:
            if self._disk_bytes is not None:
                self._disk_bytes += added
                if self._disk_bytes <= self._max_disk:
                    return
            # Counted once at the first write, and again whenever the bound is passed: other processes write here too.
            self._disk_bytes = self._prune()

    def _prune(self) -> int:
        assert self._folder is not None
        files: list[tuple[float, int, Path]] = []
        for path in self._folder.glob("*/*.speech"):
            try:
                status = path.stat()
            except OSError:
                continue
            files.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in files)
        if total <= self._max_disk:
            return total
        for _, size, path in sorted(files, key=lambda entry: entry[0]):
            if total <= self._max_disk * _PRUNE_TO:
                break
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                _log.warning("speech_cache_not_pruned", error=error.strerror or type(error).__name__)
                break
            total -= size
        return total


class CachedVoice:
    """A voice engine behind a cache."""

    def __init__(self, engine: VoiceEngine, cache: SpeechCache) -> None:
        self._engine = engine
        self._cache = cache

    @property
    def name(self) -> str:
        """The engine's."""
        return self._engine.name

    def _cached(self, spoken: SpokenText, rate: int, found: tuple[NDArray[np.int16], int] | None) -> SpokenAudio | None:
        if found is None or found[1] != rate:
            return None
        return SpokenAudio(samples=found[0], rate=rate, voice=self.name, cached=True, text=spoken.text)

    def ready(self, spoken: SpokenText, rate: int) -> SpokenAudio | None:
        """The speech if it is in memory: no disk, no rendering, so safe in an event loop."""
        return self._cached(spoken, rate, self._cache.peek(cache_key(self.name, spoken, rate)))

    def render(self, spoken: SpokenText, rate: int, *, fixed: bool = False) -> SpokenAudio:
        """From memory, disk or the engine; a ``fixed`` prompt is kept on disk.

        Raises :class:`~voicebot.errors.SpeechUnavailable`.
        """
        key = cache_key(self.name, spoken, rate)
        found = self._cached(spoken, rate, self._cache.get(key))
        if found is not None:
            return found
        audio = self._engine.render(spoken, rate)
        if audio.voice == self.name:
            self._cache.put(key, audio.samples, rate, on_disk=fixed)
        return audio
