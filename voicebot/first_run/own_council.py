"""The example council's project made one's own: its name in everything that is said, and the greeting."""

from dataclasses import dataclass
from pathlib import Path

from voicebot.first_run.traces import EXAMPLE, MARKS
from voicebot.flows.commands import SetText
from voicebot.flows.content import content_of
from voicebot.flows.edits import carry_out
from voicebot.flows.model import Found
from voicebot.flows.project import Project
from voicebot.flows.reading import response_of, search

GREETING = "utter_greet_start"
_SHORT = EXAMPLE.removesuffix(" Council")
_NOT_SAID = ("/nlu.yml", "/calls/")
"""What nobody hears: examples and scripted calls go on speaking of the example's streets."""
_MANY = 10_000


@dataclass(frozen=True, slots=True)
class Renamed:
    """The files that changed, and where the example is still to be heard."""

    files: list[str]
    left: list[Found]


def rename(folder: Path, council: str, greeting: str = "") -> Renamed:
    """Write ``council`` instead of the example's name wherever it is said in the project ``folder``, and the greeting
    if one is given. All else stays byte for byte.

    Raises :class:`~voicebot.flows.errors.FlowError` when the greeting can't be one.
    """
    project = Project.read(folder)
    for path in list(project.yaml_files()):
        text = project.files[path]
        if any(part in f"/{path}" for part in _NOT_SAID) or _SHORT not in text:
            continue
        project = project.with_file(
            path, text.replace(EXAMPLE, council).replace(_SHORT, council.removesuffix(" Council"))
        )
    if greeting and greeting != response_of(content_of(project), GREETING).variants[0].text:
        project = carry_out(project, SetText(response=GREETING, text=greeting)).project
    files = project.write(folder)
    return Renamed(files, left_in(project))


def left_in(project: Project) -> list[Found]:
    """Where the example is still to be heard, once each."""
    content = content_of(project)
    found: dict[tuple[str, str], Found] = {}
    for mark in MARKS:
        for trace in search(content, mark, _MANY):
            if trace.place.kind != "examples":
                found.setdefault((trace.place.name, trace.place.field), trace)
    return list(found.values())
