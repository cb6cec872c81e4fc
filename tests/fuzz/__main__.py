"""``python -m tests.fuzz TARGET --seconds N``: one target for long. What raises is kept in ``var/fuzz`` to be run again
with ``python -m tests.fuzz TARGET --file FILE``.

Where atheris is installed (the dependency group ``fuzz``), coverage guides it; elsewhere the inputs are noise. The
last line on stdout is a JSON object: what was run, for how long, and what was found.
"""

import argparse
import hashlib
import importlib
import importlib.util
import json
import os
import sys
import time
import traceback
from pathlib import Path
from random import Random
from typing import Any

FOUND = Path(__file__).parents[2] / "var" / "fuzz"
LONGEST = 800
"""Octets of one input: some eighty decisions of the longest target."""


class Session:
    """Runs one target on many inputs and keeps what raises, once for each place where it does."""

    def __init__(self, name: str, seconds: float) -> None:
        self._name = name
        self._target = importlib.import_module("tests.fuzz.targets").TARGETS[name]
        self._began = time.monotonic()
        self._until = self._began + seconds
        self.runs = 0
        self.found: dict[str, str] = {}

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._until

    def __call__(self, data: bytes) -> None:
        """Run one input."""
        self.runs += 1
        try:
            self._target(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what we are looking for
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
            if place not in self.found:
                self.found[place] = self._keep(data)

    def _keep(self, data: bytes) -> str:
        FOUND.mkdir(parents=True, exist_ok=True)
        path = FOUND / f"{self._name}-{hashlib.sha256(data).hexdigest()[:12]}"
        path.write_bytes(data)
        return str(path.relative_to(FOUND.parents[1]))

    def summary(self, guided: bool) -> str:
        """What was done, as JSON."""
        seconds = round(time.monotonic() - self._began)
        return json.dumps(
            {"target": self._name, "runs": self.runs, "seconds": seconds, "guided": guided, "found": self.found}
        )


def _noise(session: Session) -> None:
    random = Random(1)
    while not session.over:
        session(random.randbytes(random.randint(1, LONGEST)))
    print(session.summary(guided=False), flush=True)


def _guided(name: str, seconds: float) -> None:
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["voicebot"]):
        session = Session(name, seconds)

    def one(data: bytes) -> None:
        session(data)
        if session.over:
            print(session.summary(guided=True), flush=True)
            os._exit(0)  # the fuzzer has no way to return

    atheris.Setup([sys.argv[0], f"-max_len={LONGEST}", "-len_control=20", "-verbosity=0"], one)
    atheris.Fuzz()


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("target")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--file", type=Path, help="run this input alone, and let it raise")
    options = parser.parse_args()
    if options.file is not None:
        importlib.import_module("tests.fuzz.targets").TARGETS[options.target](options.file.read_bytes())
    elif importlib.util.find_spec("atheris") is not None:
        _guided(options.target, options.seconds)
    else:
        _noise(Session(options.target, options.seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
