"""The example council's project made one's own: its name, its places and numbers in everything that is said."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from voicebot.council.words import TOWNS
from voicebot.errors import ConfigurationError
from voicebot.first_run.traces import EXAMPLE, MARKS
from voicebot.flows.commands import SetText
from voicebot.flows.content import content_of
from voicebot.flows.edits import carry_out
from voicebot.flows.model import Found, Place
from voicebot.flows.project import Project
from voicebot.flows.reading import response_of

GREETING = "utter_greet_start"
_SHORT = EXAMPLE.removesuffix(" Council")
_FOLDERS = frozenset({"shared", "services", "safety", "cy"})
_NOT_SAID = ("/nlu", "/calls/")
"""What nobody hears: examples and scripted calls go on speaking of the example's streets."""
_NOT_HEARD = re.compile(r"\s*(#|source:)")
"""Comments, and where something is published."""
_TOWNS = [re.escape(town) for town in TOWNS if town != _SHORT]
_EXAMPLES = re.compile("|".join([*_TOWNS, r"01632 ?960 ?\d{3}"]))
"""The example's places and numbers, each of which a council says otherwise."""
_QUOTING = frozenset('"\\{}<>\n')


@dataclass(frozen=True, slots=True)
class Renamed:
    """The files that changed, and where the example is still to be heard."""

    files: list[str]
    left: list[Found]


def rename(folder: Path, council: str, greeting: str = "", instead: Mapping[str, str] | None = None) -> Renamed:
    """Write ``council`` instead of the example's name wherever it is said in the project ``folder``, and the greeting
    if one is given; ``instead`` is what to say for others of the example's words. All else stays byte for byte.

    Raises :class:`~voicebot.flows.errors.FlowError` when the greeting can't be one, and
    :class:`~voicebot.errors.ConfigurationError` for words that can't stand in a file of the dialogue.
    """
    words = {**(instead or {}), EXAMPLE: council, _SHORT: council.removesuffix(" Council")}
    for new in words.values():
        if _QUOTING.intersection(new):
            raise ConfigurationError(f"“{new}” can't be put into the dialogue: leave out quotation marks and braces")
    # The longest first: the council's whole name before its short one, a place before the town in its name.
    order = sorted(words, key=len, reverse=True)
    any_of = re.compile("|".join(map(re.escape, order)))
    project = Project.read(folder)
    for path in list(heard_files(project)):
        text = project.files[path]
        fresh = any_of.sub(lambda found: words[found.group()], text)
        if fresh != text:
            project = project.with_file(path, fresh)
    if greeting and greeting != response_of(content_of(project), GREETING).variants[0].text:
        project = carry_out(project, SetText(response=GREETING, text=greeting)).project
    files = project.write(folder)
    return Renamed(files, left_in(project, council))


def heard_files(project: Project) -> Iterator[str]:
    """Paths of the files in which stands what callers hear: words, facts, Welsh, and what actions say."""
    for path in project.files:
        folder = path.split("/")[0]
        words = path.endswith(".yml") and (folder in _FOLDERS or path == "facts.yml")
        if (words and not any(part in f"/{path}" for part in _NOT_SAID)) or (
            folder == "actions" and path.endswith(".py")
        ):
            yield path


def example_words(project: Project) -> Counter[str]:
    """The example's places and numbers that are heard, and in how many lines each."""
    return Counter(word for _, _, line in _lines(project) for word in set(_EXAMPLES.findall(line)))


def left_in(project: Project, council: str = "") -> list[Found]:
    """Where the example is still to be heard, a line each. The council's own name is no trace, whatever it is."""
    marks = [mark for mark in MARKS if not (council and council != EXAMPLE and mark.strip() in council)]
    return [
        Found(place=Place(kind="file", name=path, file=path, line=number), text=line.strip())
        for path, number, line in _lines(project)
        if any(mark in line for mark in marks)
    ]


def _lines(project: Project) -> Iterator[tuple[str, int, str]]:
    for path in heard_files(project):
        for number, line in enumerate(project.files[path].splitlines(), 1):
            # How a postcode is written is explained in the code; what a caller hears of one is looked up.
            if not _NOT_HEARD.match(line) and not (path.endswith(".py") and "ZB" in line):
                yield path, number, line
