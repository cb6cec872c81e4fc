"""The sentence encoder: the published model and no other, and the same vectors however sentences are batched."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytestmark = pytest.mark.rasa

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-rasa" / "bin" / "python"


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


def test_two_trainings_at_once_encode_each_sentence_once(tmp_path: Path) -> None:
    code = """
import os, sys, time
from pathlib import Path
own, other = map(Path, sys.argv[1:])
os.environ["VOICEBOT_SENTENCE_VECTORS"] = str(own)
os.environ["VOICEBOT_SENTENCE_VECTORS_TOO"] = str(other)
import numpy as np
from components import vectors

class Counting:
    count = 0
    def encode(self, sentences):
        # The first is not done before the second has come.
        while not other.with_suffix(".came").exists():
            time.sleep(0.01)
        time.sleep(0.3)
        self.count += len(sentences)
        return np.ones((len(sentences), vectors.WIDTH), np.float32)

counting = Counting()
vectors.encoder = lambda: counting
own.with_suffix(".came").touch()
vectors.training_vectors(["one bin", "two bins", "three bins"])
print(counting.count)
"""
    files = [str(tmp_path / "one.npz"), str(tmp_path / "other.npz")]
    with ThreadPoolExecutor() as both:
        done = list(both.map(lambda arguments: _run(code, *arguments), (files, files[::-1])))
    assert sorted(one.stdout.split() for one in done) == [["0"], ["3"]], [one.stderr for one in done]
