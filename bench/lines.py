"""How many two-way G.711 calls does one core carry? ``python -m bench.lines --help``.

Each server runs on one core, its load on another. A number of calls is carried when at most one packet in a hundred
is more than 5 ms off its time and no audio is missing, in either direction.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import sound
from bench.subject import ROOT, Subject, start_load

MOST_DEVIATION_MS = 5.0
MOST_UNHEARD = 0.002
"""Share of the caller's frames that may be made up on arrival: an adapting jitter buffer makes up one now and then."""

PIPECAT = ROOT / "bench" / ".venv" / "bin" / "python"


@dataclass(frozen=True, slots=True)
class Kind:
    """A server with its load. ``levels`` are the numbers of calls tried, in order, until one is too many."""

    name: str
    server: str
    load: str
    vad: bool
    levels: tuple[int, ...]
    python: Path | None = None
    load_flags: tuple[str, ...] = ()


OURS = (50, 100, 200, 300, 400, 500, 600)
LISTENING = (50, 100, 150, 200, 300)
THEIRS = (10, 20, 40, 60, 80, 100, 120, 140, 160, 200)
UNSIGNED = ("--path", "/ws", "--unsigned")
KINDS = (
    Kind("RTP", "bench.serve_sip", "bench.load_sip", False, OURS),
    Kind("RTP, VAD", "bench.serve_sip", "bench.load_sip", True, LISTENING),
    Kind("Twilio", "bench.serve_twilio", "bench.load_twilio", False, OURS),
    Kind("Twilio, VAD", "bench.serve_twilio", "bench.load_twilio", True, LISTENING),
    Kind("Pipecat, Twilio", "bench.serve_pipecat", "bench.load_twilio", False, THEIRS, PIPECAT, UNSIGNED),
    Kind("Pipecat, Twilio, VAD", "bench.serve_pipecat", "bench.load_twilio", True, THEIRS, PIPECAT, UNSIGNED),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: so many calls of a kind."""

    kind: str
    calls: int
    cpu_percent: float
    memory_mib: float
    """For each call, beyond what the server needs without any."""
    p50_ms: float
    p99_ms: float
    missing_s: float
    """Audio of all calls together that did not come back in its time."""
    lost: int
    """Packets of the callers that never reached the server."""
    unheard: float
    """Share of the caller's frames that the server had to make up."""
    load_late_ms: float
    fault: str = ""

    @property
    def carried(self) -> bool:
        """Whether these calls were carried well."""
        punctual = self.p99_ms <= MOST_DEVIATION_MS
        return not self.fault and punctual and self.missing_s == 0 and self.lost == 0 and self.unheard <= MOST_UNHEARD


def measure(kind: Kind, calls: int, speech: Path, seconds: float) -> Measured:
    """One run."""
    flags = ["--vad"] if kind.vad else []
    with Subject(kind.server, str(speech), *flags, python=kind.python) as server:
        idle = server.usage()
        load = start_load(
            kind.load, [str(server.ready["port"]), str(speech), str(calls), str(seconds), *kind.load_flags]
        )
        busy = _watch(server, calls, load, seconds)
        output, _ = load.communicate()
        received = server.counts()["received"] if not load.returncode else 0
    if load.returncode or busy is None:
        return Measured(kind.name, calls, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0.0, 0.0, "the calls could not be set up")
    cpu, memory, unheard = busy
    result = json.loads(output.splitlines()[-1])
    carried = result["punctuality"]
    return Measured(
        kind.name,
        calls,
        round(cpu * 100, 1),
        round((memory - idle.memory_mib) / calls, 2),
        round(carried["p50_ms"], 2),
        round(carried["p99_ms"], 2),
        round(carried["missing_s"], 2),
        max(0, result["sent"] - received),
        unheard,
        round(result["load_late_ms"], 1),
    )


def _watch(server: Subject, calls: int, load: Any, seconds: float) -> tuple[float, float, float] | None:
    """CPU share, memory in MiB and the share of frames made up, while all calls are up; None when they never are."""
    while server.counts()["calls"] < calls:
        if load.poll() is not None:
            return None
        time.sleep(0.2)
    time.sleep(1.0)
    before, counted, began = server.usage(), server.counts(), time.monotonic()
    time.sleep(max(1.0, seconds - 1.0))
    after, now, took = server.usage(), server.counts(), time.monotonic() - began
    frames = max(1, now["frames"] - counted["frames"])
    unheard = (now["concealed"] - counted["concealed"]) / frames
    return (after.cpu_s - before.cpu_s) / took, after.memory_mib, round(unheard, 5)


def climb(kind: Kind, speech: Path, seconds: float) -> Iterator[Measured]:
    """Every level until one is too many, then once in the middle between the best and that one."""
    best, too_many = 0, 0
    for calls in kind.levels:
        one = measure(kind, calls, speech, seconds)
        yield one
        if not one.carried:
            too_many = calls
            break
        best = calls
    if too_many - best > 10:
        yield measure(kind, (best + too_many) // 20 * 10, speech, seconds)


@contextmanager
def speech_file() -> Iterator[Path]:
    """The talk, for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.npz"
        sound.make(path)
        yield path


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m bench.lines", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kind", action="append", choices=[kind.name for kind in KINDS], help="only this one")
    parser.add_argument("--calls", type=int, action="append", help="only so many calls at a time; may be repeated")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each number of calls is measured")
    options = parser.parse_args()
    with speech_file() as speech:
        for kind in KINDS:
            if options.kind and kind.name not in options.kind:
                continue
            runs = (
                (measure(kind, calls, speech, options.seconds) for calls in options.calls)
                if options.calls
                else climb(kind, speech, options.seconds)
            )
            for one in runs:
                print(json.dumps({**asdict(one), "carried": one.carried}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
