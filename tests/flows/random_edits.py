"""Edits at random, each checked, then all undone: what an admin might do in a week, in a minute."""

import difflib
import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.flows.conftest import AUTHOR
from voicebot.dialogue.acts import Profile
from voicebot.flows.commands import (
    AddAnswer,
    AddExamples,
    AddForm,
    AddPerson,
    AddQuestion,
    AddService,
    ChangeExample,
    Command,
    MoveExample,
    MoveFlow,
    MoveQuestion,
    NewQuestion,
    RemoveExample,
    RemoveFlow,
    RemoveQuestion,
    SaveCall,
    SetFinish,
    SetNeed,
    SetQuestion,
    SetService,
    SetText,
)
from voicebot.flows.content import Content, content_of
from voicebot.flows.document import parse
from voicebot.flows.errors import EditRefused, NotRepresentable
from voicebot.flows.model import Finish, QuestionKind
from voicebot.flows.project import Project
from voicebot.flows.workshop import Workshop

_ODD = [
    "it’s “so”: \"quoted\" 'twice'",
    "café – 50 % #off",
    "- a dash",
    "{name}, is it {address}?",
    *("yes", "null", "1", "a: b"),
]


@dataclass
class Tally:
    """What was done."""

    edits: int = 0
    refused: int = 0
    by_command: dict[str, int] = field(default_factory=dict)


class Chooser:
    """Chooses the next edit, of what is there, from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._made = 0

    def _text(self) -> str:
        letters = string.ascii_letters + " ',.?!-:#&é“”"
        plain = "".join(self._random.choice(letters) for _ in range(self._random.randint(3, 60)))
        return self._random.choice([plain.strip() or "x", self._random.choice(_ODD)])

    def _name(self) -> str:
        self._made += 1
        return f"made_{self._random.randrange(10**6)}_{self._made}"

    def _examples(self) -> tuple[str, ...]:
        return tuple(f"{self._text()} {number}" for number in range(self._random.randint(1, 4)))

    def _question(self) -> NewQuestion:
        kind = self._random.choice(list(QuestionKind))
        choices = {"north": ("north", "up"), "south": ("south",)} if kind is QuestionKind.CHOICE else {}
        if self._random.random() < 0.3:
            return NewQuestion(slot=self._random.choice(["name", "phone", "email", "address"]))
        return NewQuestion(slot=self._name(), text=self._text(), kind=kind, choices=choices, label=self._text())

    def next(self, content: Content) -> Command:
        """An edit that may be refused."""
        pick = self._random.choice
        response, intent = pick(list(content.responses)), pick(list(content.intents))
        service = pick(list(content.services))
        made = pick(list(content.made_forms) or [intent])
        example = pick(content.examples[intent].data) if intent in content.examples else "none"
        slot = pick(content.required(f"{made}_form") or ["name"])
        makers: list[Callable[[], Command]] = [
            lambda: SetText(response=response, text=self._text(), language=pick(["en", "en", "cy"])),
            lambda: SetText(response=response, text=self._text(), variant=1, spoken=pick([None, "", self._text()])),
            lambda: SetQuestion(response=response, retries=(self._text(), self._text()), profile=pick(list(Profile))),
            lambda: SetQuestion(response=response, keypad={"1": self._text(), "3": self._text()}, hints=("one", "two")),
            lambda: SetQuestion(response=response, keypad={}, digits=pick([0, 4]), text=self._text()),
            lambda: AddExamples(intent=intent, examples=self._examples()),
            lambda: RemoveExample(intent=intent, example=example),
            lambda: ChangeExample(intent=intent, example=example, to=self._text()),
            lambda: MoveExample(intent=intent, example=example, to=pick(list(content.intents))),
            lambda: AddAnswer(
                service=service, topic=self._name(), title=self._text(), text=self._text(), examples=self._examples()
            ),
            lambda: AddPerson(
                service=service, topic=self._name(), title=self._text(), text=self._text(), examples=self._examples()
            ),
            lambda: AddForm(
                service=service,
                topic=self._name(),
                title=self._text(),
                examples=self._examples(),
                questions=(self._question(), self._question()),
                confirm=pick(["", self._text()]),
                finish=Finish(text="Your reference is {reference}."),
            ),
            lambda: AddQuestion(intent=made, question=self._question(), position=pick([None, 0, 1])),
            lambda: RemoveQuestion(intent=made, slot=slot),
            lambda: MoveQuestion(intent=made, slot=slot, position=pick([0, 1, 2])),
            lambda: SetFinish(intent=made, finish=Finish(action=pick(["report", "person", "say"]), text=self._text())),
            lambda: SetNeed(intent=intent, title=self._text()),
            lambda: SetService(name=service, title=self._text(), owner=self._text()),
            lambda: MoveFlow(intent=intent, position=pick([0, 2, 50])),
            lambda: RemoveFlow(intent=pick([intent, made])),
            lambda: AddService(
                name=self._name(),
                title=self._text(),
                queue="parking",
                owner="x",
                reviewed="2026-11-01",
                source="https://x",
            ),
            lambda: SaveCall(service=service, file=self._name(), name=self._text(), opening=self._text()),
        ]
        return pick(makers)()


async def edit_and_undo(workshop: Workshop, seed: int, wanted: int) -> Tally:
    """Make ``wanted`` edits on a new draft, check each, undo them all; every file must be as it was, byte for byte."""
    chooser, tally = Chooser(seed), Tally()
    async with workshop.transaction() as session:
        draft_id = await workshop.open(session, AUTHOR, "At random")
        original = (await workshop.content(session, draft_id)).project
        project, revision = original, 1
        while tally.edits < wanted:
            command = chooser.next(content_of(project))
            try:
                after, summary = await workshop.carry_out(session, AUTHOR, draft_id, revision, command)
            except (EditRefused, NotRepresentable):
                tally.refused += 1
                continue
            await workshop.keep(session, AUTHOR, draft_id, after, summary, command)
            await session.flush()
            _must_be_sound(project, after.project, command)
            project, revision = after.project, revision + 1
            tally.edits += 1
            tally.by_command[command.do] = tally.by_command.get(command.do, 0) + 1
        for _ in range(wanted):
            await workshop.step(session, AUTHOR, draft_id, revision, -1)
            revision += 1
        assert (await workshop.content(session, draft_id)).project.files == original.files
        for _ in range(wanted):
            await workshop.step(session, AUTHOR, draft_id, revision, +1)
            revision += 1
        assert (await workshop.content(session, draft_id)).project.files == project.files
    return tally


def _must_be_sound(before: Project, after: Project, command: Command) -> None:
    """What was written can be read, comes back unharmed, and only lines about the edit have changed."""
    changed = [path for path in after.files if after.files[path] != before.files.get(path)]
    assert not content_of(after).broken, f"{command} broke {content_of(after).broken}"
    for path in changed:
        text = after.files[path]
        document = parse(path, text)
        was = parse(path, before.files.get(path, ""))
        for section in document.sections:
            for entry in section.entries:
                if was.entry(section.name, entry.key) != entry:
                    document = document.changed(section.name, entry.key, lambda _: None)
        assert document.text == text, f"{path} does not come back after {command}"
        old, new = before.files.get(path, "").splitlines(), text.splitlines()
        if old and command.do in ("set_text", "set_need", "set_service", "move_example"):
            touched = sum(line[0] in "+-" and line[1:3] not in ("++", "--") for line in difflib.ndiff(old, new))
            assert touched <= 12, f"{command} touched {touched} lines of {path}"
