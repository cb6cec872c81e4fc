"""PocketSphinx in a process of its own: it holds the interpreter while it decodes, and the speech process serves all
calls meanwhile.
"""

import multiprocessing
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicebot.errors import SpeechUnavailable, VoicebotError
from voicebot.stt.sphinx.decoder import SphinxReading
from voicebot.stt.transcript import Hints

_START_S = 60.0
_ANSWER_S = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """An utterance (−1…1 at ``rate`` Hz) to be read."""

    samples: NDArray[np.float32]
    rate: int
    hints: Hints
    alternatives: int


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a task, and the confidence in it (0–1)."""

    reading: SphinxReading
    confidence: float


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a task, or the start, came to nothing."""

    reason: str


def _serve(connection: Connection, project: Path, words: Path | None) -> None:
    """In the child: load, say so, then answer until the parent closes its end or is gone."""
    from voicebot.stt.sphinx.reader import SphinxReader

    try:
        reader = SphinxReader(project, words)
    except VoicebotError as error:
        connection.send(Failed(str(error)))
        return
    with reader:
        connection.send(None)
        while True:
            try:
                task: Task = connection.recv()
            except EOFError:
                return
            try:
                connection.send(Read(*reader.read(task.samples, task.rate, task.hints, task.alternatives)))
            except SpeechUnavailable as error:
                connection.send(Failed(str(error)))


class SphinxChild:
    """The process and the way to it; started at once, loaded a second later, started again when it has died.

    One task at a time: further threads wait for their turn. While it loads nobody waits for it.
    """

    def __init__(self, project: Path, words: Path | None) -> None:
        self._project, self._words = project, words
        self._lock = threading.Lock()
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._loaded = False
        self._start()

    @property
    def pid(self) -> int | None:
        """The process's number; None when there is none."""
        return self._process.pid if self._process is not None else None

    def read(self, task: Task) -> Read:
        """Have ``task`` read; blocks. Raises :class:`~voicebot.errors.SpeechUnavailable`, also while it loads."""
        with self._lock:
            if self._connection is None:
                self._start()
            assert self._connection is not None
            try:
                if not self._loaded and not self._connection.poll():
                    raise SpeechUnavailable("PocketSphinx is still loading")
                self._wait_loaded(self._connection)
                self._connection.send(task)
                answer = self._receive(self._connection, _ANSWER_S)
            except (EOFError, OSError) as error:
                self._stop()
                raise SpeechUnavailable("PocketSphinx's process died") from error
        if isinstance(answer, Read):
            return answer
        raise SpeechUnavailable(answer.reason if isinstance(answer, Failed) else "PocketSphinx gave no reading")

    def wait_loaded(self) -> None:
        """Return once it can read. Raises :class:`~voicebot.errors.SpeechUnavailable` when it can't."""
        with self._lock:
            if self._connection is None:
                self._start()
            assert self._connection is not None
            try:
                self._wait_loaded(self._connection)
            except (EOFError, OSError) as error:
                self._stop()
                raise SpeechUnavailable("PocketSphinx's process died") from error

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._stop()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._project, self._words), name="sphinx", daemon=True)
        process.start()
        # With no copy of its end left here, a child that dies is noticed at once.
        theirs.close()
        self._process, self._connection, self._loaded = process, ours, False

    def _wait_loaded(self, connection: Connection) -> None:
        if self._loaded:
            return
        answer = self._receive(connection, _START_S)
        if isinstance(answer, Failed):
            self._stop()
            raise SpeechUnavailable(answer.reason)
        self._loaded = True

    def _receive(self, connection: Connection, timeout_s: float) -> object:
        if not connection.poll(timeout_s):
            self._stop()
            raise SpeechUnavailable(f"PocketSphinx didn't answer within {timeout_s:.0f} s")
        return connection.recv()

    def _stop(self) -> None:
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None:
            connection.close()
        if process is not None:
            process.terminate()
            process.join()
