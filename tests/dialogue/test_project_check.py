"""The cross-reference check: clean on our project, and it finds what is broken."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from voicebot.dialogue.check import check_project


@pytest.fixture
def copy(tmp_path: Path, project: Path) -> Path:
    """A copy of the project to break."""
    target = tmp_path / "dialogues"
    shutil.copytree(project, target, ignore=shutil.ignore_patterns("__pycache__", "environment"))
    return target


def test_the_project_has_no_problems(project: Path) -> None:
    assert check_project(project) == []


def _replace(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(project: Path) -> None:
        path = project / file
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_replace("services/waste/rules.yml", "- intent: waste_garden", "- intent: waste_gardn"), "waste_gardn"),
        (_replace("services/waste/rules.yml", "action: action_waste_bulky", "action: action_blky"), "action_blky"),
        (_replace("services/waste/domain.yml", "profile: yes_no", "profile: yesno"), "no valid act"),
        (_replace("services/waste/domain.yml", "retries:", "retried:"), "no valid act"),
        (_replace("services/waste/domain.yml", "slot: put_out", "slot: out_put"), "names must be the same"),
        (_replace("services/waste/domain.yml", "      - put_out\n", "      - put_in\n"), "slot put_in"),
        (_replace("services/waste/domain.yml", "utter_missed_bin_done:", "utter_missed_bin_dne:"), "is not defined"),
        (_replace("services/waste/domain.yml", "at {address}. Is", "at {adress}. Is"), "nothing gives {adress}"),
        (_replace("services/waste/service.yml", "queue: waste_street", "queue: bins"), "no queue bins"),
        (_replace("services/waste/service.yml", "need: report", "need: reprt"), "no need 'reprt'"),
        (_replace("services/waste/nlu.yml", "intent: waste_garden", "intent: waste_gardens"), "waste_gardens"),
        (_replace("services/waste/nlu.yml", "- when is my bin day", "- i want to make a complaint"), "both"),
        (_replace("services/benefits/service.yml", "priority: high", "priority: soon"), "normal, high or urgent"),
        (_replace("services/benefits/service.yml", "priority: high", "priority: urgent"), "its queue closes"),
        (_replace("services/waste/service.yml", "owner: ", "owner_of_it: "), "no owner"),
        (_replace("services/waste/service.yml", "reviewed: 2026-11-02", "reviewed: lately"), "reviewed must be"),
        (_replace("services/waste/service.yml", "source: https:", "source: ftp:"), "source must be"),
        (_replace("shared/rules.yml", "rules:", "rules: ["), "not valid YAML"),
    ],
)
def test_what_is_broken_is_found(copy: Path, change: Callable[[Path], None], message: str) -> None:
    change(copy)

    errors = [problem for problem in check_project(copy) if problem.severity == "error"]

    assert any(message in problem.message for problem in errors), errors


def test_a_question_must_say_what_to_do_when_it_isn_t_answered(copy: Path) -> None:
    path = copy / "shared" / "domain.yml"
    lines = path.read_text("utf-8").splitlines()
    at = next(index for index, line in enumerate(lines) if "Did you mean {task}?" in line)
    path.write_text("\n".join(lines[:at] + lines[at + 1 :]) + "\n", "utf-8")

    assert any("no retries" in problem.message for problem in check_project(copy))
