"""Writes recordings to disk on a thread of its own: the media loop only hands audio over, and never waits."""

import asyncio
import os
import queue
import threading
import wave
from concurrent.futures import Future
from pathlib import Path
from typing import IO

import numpy as np
import structlog
from numpy.typing import NDArray

_WAITING = 512
"""Pieces of a second that may wait for a slow disk, of all calls together; what is beyond is lost and counted."""
_CLOSE_S = 5.0

log = structlog.get_logger(__name__)


class _File:
    """One WAV file, complete after every piece, so that a crash leaves what was written."""

    def __init__(self, path: Path, rate: int) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # What callers said is nobody else's business on this machine; a file of that name belongs to another call.
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._file: IO[bytes] = os.fdopen(handle, "wb")
        self._wave = wave.open(self._file, "wb")  # noqa: SIM115 - closed by close()
        self._wave.setnchannels(2)
        self._wave.setsampwidth(2)
        self._wave.setframerate(rate)

    def write(self, audio: bytes) -> None:
        """Interleaved int16, left and right."""
        self._wave.writeframes(audio)

    def close(self) -> None:
        """The file is whole."""
        try:
            self._wave.close()
        finally:
            self._file.close()


class Track:
    """The recording of one call on its way to disk: :meth:`put` pieces, then :meth:`Recorder.finish`.

    ``path`` names nobody: it is made of the call's id. ``lost`` counts pieces that the disk was too slow for; after an
    error of the disk (``failed``) nothing more is written.
    """

    def __init__(self, recorder: "Recorder", path: Path, rate: int) -> None:
        self.path = path
        self.rate = rate
        self.samples = 0
        """Written, or on their way."""
        self.lost = 0
        self.failed = False
        self.done: Future[None] = Future()
        self._recorder = recorder
        self._file: _File | None = None

    @property
    def duration_s(self) -> float:
        """Length so far."""
        return self.samples / self.rate

    def put(self, left: NDArray[np.int16], right: NDArray[np.int16]) -> None:
        """Both sides of the next stretch of the call, equally long. Never blocks."""
        if self.failed:
            return
        both = np.empty((len(left), 2), dtype="<i2")
        both[:, 0], both[:, 1] = left, right
        if self._recorder.hand_over(self, both.tobytes()):
            self.samples += len(left)
        else:
            self.lost += 1

    # on the recorder's thread

    def write(self, audio: bytes) -> None:
        """Append; an error of the disk ends the recording, not the call."""
        if self.failed:
            return
        try:
            if self._file is None:
                self._file = _File(self.path, self.rate)
            self._file.write(audio)
        except OSError as error:
            self._fail(error)

    def close(self) -> None:
        """Nothing more comes."""
        try:
            if self._file is not None:
                self._file.close()
        except OSError as error:
            self._fail(error)
        self.done.set_result(None)

    def _fail(self, error: OSError) -> None:
        self.failed = True
        log.error("recording.not_written", error=error.strerror or type(error).__name__)


class Recorder:
    """All recordings of a process, in ``folder``. :meth:`close` it at the end."""

    def __init__(self, folder: Path, *, waiting: int = _WAITING) -> None:
        self._folder = folder
        self._queue: queue.Queue[tuple[Track, bytes | None] | None] = queue.Queue(waiting)
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def begin(self, call_id: str, rate: int) -> Track:
        """A recording for a call. The file appears with its first second."""
        return Track(self, self._folder / f"{call_id}.wav", rate)

    def hand_over(self, track: Track, audio: bytes | None) -> bool:
        """Let the thread write; False when too much waits already."""
        try:
            self._queue.put_nowait((track, audio))
        except queue.Full:
            return False
        return True

    async def finish(self, track: Track) -> None:
        """Wait until the recording is whole on disk, or a slow disk has had long enough."""
        deadline = asyncio.get_running_loop().time() + _CLOSE_S
        while not self.hand_over(track, None):
            if asyncio.get_running_loop().time() > deadline:
                log.error("recording.not_finished")
                return
            await asyncio.sleep(0.05)
        await asyncio.wait((asyncio.wrap_future(track.done),), timeout=_CLOSE_S)

    def close(self) -> None:
        """Write what waits and end the thread."""
        self._queue.put(None)
        self._thread.join(_CLOSE_S)

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            track, audio = job
            if audio is None:
                track.close()
            else:
                track.write(audio)
