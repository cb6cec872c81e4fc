"""Open and save every file of the dialogue through the editor's model: not a byte may change."""

from dataclasses import dataclass
from pathlib import Path

from voicebot.flows.document import parse
from voicebot.flows.errors import NotRepresentable
from voicebot.flows.project import Project
from voicebot.flows.yaml_style import NotYaml


@dataclass(frozen=True, slots=True)
class Trip:
    """What became of a file. ``entries`` were each read as data and written again."""

    path: str
    entries: int
    same: bool
    problem: str = ""


def round_trip(folder: Path) -> list[Trip]:
    """Every file of the project at ``folder``."""
    project = Project.read(folder)
    return [_one(path, text) if path.endswith(".yml") else Trip(path, 0, True) for path, text in project.files.items()]


def _one(path: str, text: str) -> Trip:
    entries = 0
    try:
        document = parse(path, text)
        for section in document.sections:
            for entry in section.entries:
                document = document.changed(section.name, entry.key, lambda _: None) if entry.key else document
                entries += 1
    except (NotRepresentable, NotYaml) as error:
        return Trip(path, entries, False, str(error))
    return Trip(path, entries, document.text == text)
