"""The sentence encoder: the published model and no other, and the same vectors however sentences are batched."""

import fcntl
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.rasa

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-rasa" / "bin" / "python"


ENCODED = """
import os, sys
os.environ["VOICEBOT_SENTENCE_VECTORS"] = sys.argv[1]
from contextlib import nullcontext
from components import vectors
vectors._in_turn = lambda place: nullcontext()  # its turn it is: the test holds the lock
vectors.training_vectors(["two bins", "one bin"])
"""


def _run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code as a component of the dialogue would run."""
    return subprocess.run(
        [str(PYTHON), "-W", "ignore", "-c", code, *arguments],
        cwd=ROOT / "dialogues",
        env={"PYTHONPATH": str(ROOT / "dialogues")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_published_figures_come_out() -> None:
    # The similarities that the model's authors print for these three sentences; weights of eight bits take a hundredth.
    code = """
from components.encoder import encoder
vectors = encoder().encode(["That is a happy person", "That is a happy dog", "That is a very happy person"])
print(*(round(float(vectors[0] @ vector), 3) for vector in vectors))
"""
    done = _run(code)
    assert [float(one) for one in done.stdout.split()] == pytest.approx([1.0, 0.695, 0.943], abs=0.015), done.stderr


def test_a_sentence_has_one_vector_in_any_company() -> None:
    code = """
import numpy as np
from components.encoder import encoder
texts = ["no", "my bin was not emptied this week and it is full", "", "i can smell gas " * 60]
together = encoder().encode(texts)
alone = np.stack([encoder().encode([text])[0] for text in texts])
print(float(np.abs(together - alone).max()) < 1e-5, bool(np.isfinite(together).all()))
"""
    done = _run(code)
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_other_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 64)
    code = """
import sys
from pathlib import Path
from components.encoder import Encoder, WrongWeights
for folder in sys.argv[1:]:
    try:
        Encoder(Path(folder))
    except WrongWeights as error:
        print(str(error).split(" ", 1)[1])
"""
    done = _run(code, str(tmp_path), str(tmp_path / "nowhere"))
    assert done.stdout.splitlines() == [
        "is not the published model",
        "is missing: make the dialogue's environment again",
    ], done.stderr


def test_a_broken_store_of_vectors_costs_nothing_but_time(tmp_path: Path) -> None:
    store = tmp_path / "vectors.npz"
    store.write_bytes(b"not a zip file")
    code = """
import os, sys
os.environ["VOICEBOT_SENTENCE_VECTORS"] = sys.argv[1]
import numpy as np
from components import vectors
first = vectors.training_vectors(["one bin", "two bins"])
vectors.encoder = None  # what is kept must not be encoded again
again = vectors.training_vectors(["two bins", "one bin"])
print(bool((first[::-1] == again).all()))
"""
    done = _run(code, str(store))
    assert done.stdout.split() == ["True"], done.stderr


def test_a_training_waits_for_what_another_encodes(tmp_path: Path) -> None:
    code = """
import fcntl, os, sys
os.environ["VOICEBOT_SENTENCE_VECTORS"], os.environ["VOICEBOT_SENTENCE_VECTORS_TOO"] = sys.argv[1:]
from components import vectors

wait = fcntl.flock

def told(lock, operation):
    print("waiting", flush=True)
    wait(lock, operation)

fcntl.flock = told
vectors.encoder = None  # what the other has encoded must not be encoded again
print(len(vectors.training_vectors(["one bin", "two bins"])))
"""
    own, other = tmp_path / "own.npz", tmp_path / "other.npz"
    environment = {"PYTHONPATH": str(ROOT / "dialogues")}
    with (tmp_path / ".sentence-vectors.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        argv = [str(PYTHON), "-W", "ignore", "-c", code, str(own), str(other)]
        with subprocess.Popen(
            argv, cwd=ROOT / "dialogues", env=environment, stdout=subprocess.PIPE, text=True
        ) as waiting:
            assert waiting.stdout is not None
            assert waiting.stdout.readline() == "waiting\n"
            encoded = _run(ENCODED, str(other))
            assert encoded.returncode == 0, encoded.stderr
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert waiting.stdout.read() == "2\n"
    assert own.is_file()
