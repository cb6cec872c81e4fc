"""Scripts from the command line, and the voices that speak them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.audio.levels import dbfs
from voicebot.audio.wav import write_wav
from voicebot.caller import voices
from voicebot.caller.citizen import HangUp, Press, Say, Silent, Step
from voicebot.caller.script import Word, build, typed_order
from voicebot.errors import ConfigurationError

SOUND = np.ones(160, dtype=np.int16)


def steps(*words: Word) -> list[Step]:
    def speak(text: str) -> NDArray[np.int16]:
        return np.full(160, len(text), dtype=np.int16)

    return build(words, speak=speak, load=lambda path: SOUND)


def test_the_typed_order_is_kept() -> None:
    given = [Word("say", "a"), Word("say", "b"), Word("keys", "1"), Word("silent"), Word("barge-in", "300")]
    typed = ["call", "sip:x@y", "--say", "a", "--json", "--keys=1", "--silent", "--barge-in", "300", "--say=b"]
    order = ["say", "keys", "silent", "barge-in", "say"]
    assert [word.option for word in typed_order(typed, given)] == order


def test_a_command_line_that_says_something_else_is_not_believed() -> None:
    given = [Word("say", "a"), Word("keys", "1")]
    assert typed_order(["--keys", "2", "--say", "a"], given) == given
    assert typed_order(["--", "--keys", "1", "--say", "a"], given) == given


def test_steps_are_built_with_what_holds_for_them() -> None:
    built = steps(
        Word("say", "hello"),
        Word("barge-in", "500"),
        Word("keys", "12#"),
        Word("after", "1500"),
        Word("silent"),
        Word("wav", "x.wav"),
        Word("hang-up"),
    )
    assert [type(step) for step in built] == [Say, Press, Silent, Say, HangUp]
    assert [(step.barge_in_ms, step.after_ms) for step in built] == [
        (None, 0),
        (500, 0),
        (None, 1500),
        (None, 0),
        (None, 0),
    ]
    said = built[0]
    assert isinstance(said, Say)
    assert said.samples[0] == 5


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([Word("keys", "12x")], "'12x'"),
        ([Word("keys", "")], "takes keys"),
        ([Word("barge-in", "soon"), Word("say", "a")], "milliseconds"),
        ([Word("say", "a"), Word("after", "100")], "nothing follows"),
        ([Word("dance")], "no --dance"),
    ],
)
def test_wrong_words_are_named(words: list[Word], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        steps(*words)


@pytest.mark.parametrize("voice", ["en+f2", "en-gb-scotland+m1", "en+m3@110"])
def test_espeak_speaks_for_citizens(voice: str) -> None:
    sound = voices.render("My bin was not collected.", 8000, voice)
    assert 0.8 < len(sound) / 8000 < 5
    assert -30 < dbfs(sound) < -15


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
def test_flite_speaks_for_citizens_and_can_be_slowed() -> None:
    usual = voices.render("My bin was not collected.", 8000, "flite:slt")
    slow = voices.render("My bin was not collected.", 8000, "flite:slt@80")
    assert -30 < dbfs(usual) < -15
    assert len(slow) > 1.5 * len(usual)
    assert set(voices.FLITE_VOICES) <= set(voices.voices())


def test_unknown_voices_are_named() -> None:
    with pytest.raises(ConfigurationError, match="nobody"):
        voices.render("hello", 8000, "nobody")
    with pytest.raises(ConfigurationError):
        voices.render("hello", 8000, "flite:nobody")


def test_a_recorded_line_is_brought_to_the_legs_rate(tmp_path: Path) -> None:
    write_wav(tmp_path / "line.wav", np.zeros(16000, np.int16), 16000)
    assert len(voices.from_file(tmp_path / "line.wav", 8000)) == 8000


def test_the_command_line_reports_a_call_that_nobody_answers() -> None:
    code = "import typer; from voicebot.caller.cli import call_command; typer.run(call_command)"
    done = subprocess.run(
        [sys.executable, "-c", code, "sip:nobody@192.0.2.1.invalid", "--json"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert [entry["event"] for entry in objects] == ["ended", "summary"]
    assert objects[-1]["answered"] is False
    assert done.returncode == 1
