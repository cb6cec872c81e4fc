"""The guide's example is a service that works: its files are taken from the page as they stand there."""

import re
import shutil
from pathlib import Path

import pytest

from voicebot.dialogue.check import check_project
from voicebot.rehearsal.script import load_script

GUIDE = Path(__file__).parents[2] / "docs" / "writing-flows.md"
FILE = re.compile(r"^`dialogues/(\S+)`\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def with_example(tmp_path: Path, project: Path) -> Path:
    """The project with the guide's files added."""
    target = tmp_path / "dialogues"
    shutil.copytree(project, target, ignore=shutil.ignore_patterns("__pycache__", "environment"))
    for name, content in FILE.findall(GUIDE.read_text("utf-8")):
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return target


def test_the_example_is_whole_and_clean(with_example: Path) -> None:
    folder = with_example / "services" / "libraries"
    assert {path.name for path in folder.iterdir()} == {"service.yml", "domain.yml", "rules.yml", "nlu.yml", "calls"}
    assert check_project(with_example) == []
    assert load_script(folder / "calls" / "lost_card.yml").expect.service == ("libraries",)


@pytest.mark.parametrize("name", ["domain.yml", "rules.yml", "nlu.yml", "service.yml"])
def test_no_file_of_the_example_can_be_left_out(with_example: Path, name: str) -> None:
    (with_example / "services" / "libraries" / name).unlink()
    assert check_project(with_example)
