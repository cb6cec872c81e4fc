"""When a model is trained again, what starts Rasa, and how its Python is found."""

import shutil
import stat
from pathlib import Path

import pytest
from rich.console import Console

from voicebot.dialogue import environment
from voicebot.dialogue.processes import action_server_command, rasa_command
from voicebot.dialogue.training import MODELS_FOLDER, content_hash, ensure_trained, model_file, trained_files
from voicebot.errors import ConfigurationError
from voicebot.settings import DialogueSettings, Settings


@pytest.fixture
def own(tmp_path: Path, project: Path) -> Settings:
    """Settings for a copy of the project."""
    target = tmp_path / "dialogues"
    shutil.copytree(project, target, ignore=shutil.ignore_patterns("__pycache__"))
    dialogue = DialogueSettings(project=target, environment=tmp_path / "no-environment")
    return Settings(data=tmp_path / "data", dialogue=dialogue)


def test_a_change_of_what_is_trained_asks_for_another_model(own: Settings) -> None:
    before = content_hash(own)

    (own.dialogue.project / "services" / "waste" / "service.yml").write_text("service: waste\n", "utf-8")
    assert content_hash(own) == before, "service.yml is read at run time"

    with (own.dialogue.project / "services" / "waste" / "nlu.yml").open("a") as file:
        file.write("      - another example\n")
    assert content_hash(own) != before


def test_calls_are_not_training_data(own: Settings) -> None:
    calls = own.dialogue.project / "services" / "waste" / "calls"
    calls.mkdir(exist_ok=True)
    (calls / "one.yml").write_text("name: a call\n", "utf-8")

    assert not [path for path in trained_files(own.dialogue.project) if path.parent == calls]


def test_a_trained_model_is_not_trained_again(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MODELS_FOLDER, raising=False)
    there = model_file(own)
    there.parent.mkdir(parents=True)
    there.write_bytes(b"a model")

    assert ensure_trained(own, Console(quiet=True)) == there


def test_a_project_that_is_none_is_said_so(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, dialogue=DialogueSettings(project=tmp_path / "nothing"))

    with pytest.raises(ConfigurationError, match=r"config\.yml is missing"):
        ensure_trained(settings, Console(quiet=True))


def test_rasa_serves_one_model_on_loopback_without_its_api(own: Settings) -> None:
    argv, env = rasa_command(own, Path("models/x.tar.gz"), "secret-token")

    assert argv[argv.index("--model") + 1].endswith("models/x.tar.gz")
    assert argv[argv.index("--interface") + 1] == "127.0.0.1"
    assert "--enable-api" not in argv
    assert "secret-token" not in argv, "arguments can be read by every user of the machine"
    assert env["VOICEBOT_DIALOGUE_TOKEN"] == "secret-token"
    assert env["RASA_TELEMETRY_ENABLED"] == "false"


def test_the_action_server_listens_on_loopback(own: Settings) -> None:
    argv, env = action_server_command(own)

    assert env["SANIC_HOST"] == "127.0.0.1"
    assert env["VOICEBOT_COUNCIL_DATABASE"] == str(own.council_database.absolute())
    assert argv[-2:] == [str(own.dialogue.action_port), "--quiet"]


def test_a_python_that_does_not_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shims = tmp_path / "shims"
    good = tmp_path / "pyenv" / "versions" / "3.10.9" / "bin"
    for folder, status in ((shims, 127), (good, 0)):
        folder.mkdir(parents=True)
        program = folder / "python3.10"
        program.write_text(f"#!/bin/sh\nexit {status}\n", "utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(shims))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("HOME", str(tmp_path))

    assert environment.find_python() == good / "python3.10"


def test_no_python_anywhere_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))

    assert environment.find_python() is None


def test_every_requirement_is_locked_by_hash(project: Path) -> None:
    lock = (project / "environment" / "requirements.lock").read_text("utf-8")
    pins = [line for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#"))]

    assert "rasa==3.6.21 \\" in pins
    assert not [pin for pin in pins if pin.startswith(("tensorflow==", "jax"))]
    assert lock.count("--hash=sha256:") >= len(pins)
