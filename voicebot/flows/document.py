"""A YAML file cut into its entries, so that an edit touches the bytes of one entry and no others.

The files of the dialogue are mappings whose values are scalars or blocks of entries, two levels that can be told by
their indentation alone. Between the cuts nothing is interpreted: putting the parts together gives the file, byte for
byte, comments and blank lines included. An entry is edited as data; before that it is written back unchanged, and when
that does not give the same bytes it is refused (:class:`~voicebot.flows.errors.NotRepresentable`).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from textwrap import dedent, indent
from typing import Any

from voicebot.flows.errors import NotRepresentable
from voicebot.flows.yaml_style import NotYaml, dump, load, reading

_TOP = re.compile(r"^([A-Za-z_][\w.-]*):(.*)$")
_KEY = re.compile(r"""^\s*(?:"([^"]*)"|'([^']*)'|([^\s:#"'][^:#]*?))\s*:(?:\s|$)""")
_ORDER = ("version", "intents", "slots", "forms", "actions", "responses")
"""The sections of a domain, in the order in which they are written."""
_NAMING = ("intent", "rule", "id", "lookup", "synonym", "regex", "story")
"""What names an item of a list; others have no name."""
_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: a key with its value, or an item of a list. ``lead`` are the blank and comment lines before it.

    ``line`` is where its text begins, counted from 1 in the file as it was read.
    """

    key: str
    lead: str
    text: str
    item: bool
    line: int = 0

    @property
    def data(self) -> Any:
        """Its value, for reading only: what follows the key, or the list's item."""
        read = reading(self._bare)
        return read[0] if self.item else next(iter(read.values()))

    @property
    def _bare(self) -> str:
        return self.text if self.item else dedent(self.text)

    def edited(self, change: Callable[[Any], Any], place: str) -> "Entry":
        """The entry after ``change`` of its data, which may change it in place (and give None) or give another value.

        Raises :class:`NotRepresentable` when writing it back unchanged would not give the same bytes.
        """
        read = load(self._bare)
        if dump(read) != self._bare:
            raise NotRepresentable(place, "it is written in a way of its own")
        value = read[0] if self.item else next(iter(read.values()))
        new = change(value)
        if new is not None:
            read[0 if self.item else next(iter(read))] = new
        text = dump(read)
        return replace(self, text=text if self.item else indent(text, "  "))


def entry(key: str, value: Any, *, item: bool = False, lead: str = "") -> Entry:
    """A new entry with ``value``."""
    text = dump([value]) if item else indent(dump({key: value}), "  ")
    return Entry(key, lead, text, item)


@dataclass(frozen=True, slots=True)
class Section:
    """A key of the file with all that belongs to it. Without entries, ``head`` holds the value too."""

    name: str
    head: str
    entries: tuple[Entry, ...] = ()
    tail: str = ""
    """Blank and comment lines after the last entry, as far as they belong to no other section."""

    @property
    def text(self) -> str:
        return self.head + "".join(e.lead + e.text for e in self.entries) + self.tail


@dataclass(frozen=True, slots=True)
class Document:
    """A file. ``start`` is what comes before the first section."""

    path: str
    start: str
    sections: tuple[Section, ...]

    @property
    def text(self) -> str:
        """The whole file."""
        return self.start + "".join(section.text for section in self.sections)

    def section(self, name: str) -> Section | None:
        """The section ``name``, if it is there."""
        return next((section for section in self.sections if section.name == name), None)

    def value(self, name: str) -> Any:
        """The value of the section ``name``, for reading only; None if it is not there."""
        section = self.section(name)
        return reading(section.head + "".join(e.lead + e.text for e in section.entries))[name] if section else None

    def entries(self, name: str) -> tuple[Entry, ...]:
        """The entries of a section."""
        section = self.section(name)
        return section.entries if section else ()

    def entry(self, name: str, key: str) -> Entry | None:
        """One entry of a section."""
        return next((found for found in self.entries(name) if found.key == key), None)

    def index(self, name: str, key: str) -> int:
        """Where an entry stands in its section. Raises :class:`KeyError`."""
        for index, found in enumerate(self.entries(name)):
            if found.key == key:
                return index
        raise KeyError(key)

    def with_section(self, section: Section) -> "Document":
        """The document with a section replaced, or added where it belongs."""
        if self.section(section.name) is None:
            return self._with_new(section)
        return replace(self, sections=tuple(section if s.name == section.name else s for s in self.sections))

    def _with_new(self, section: Section) -> "Document":
        later = _ORDER[_ORDER.index(section.name) + 1 :] if section.name in _ORDER else ()
        at = next((index for index, s in enumerate(self.sections) if s.name in later), len(self.sections))
        apart = any(part.endswith("\n\n") for part in (self.start, *(s.text for s in self.sections)))
        before = self.start + "".join(s.text for s in self.sections[:at])
        if apart and not before.endswith("\n\n"):
            section = replace(section, head="\n" + section.head)
        if apart and at < len(self.sections):
            section = replace(section, tail=section.tail + "\n")
        return replace(self, sections=(*self.sections[:at], section, *self.sections[at:]))

    def without_section(self, name: str) -> "Document":
        """The document without a section."""
        return replace(self, sections=tuple(s for s in self.sections if s.name != name))

    def changed(self, name: str, key: str, change: Callable[[Any], Any]) -> "Document":
        """The document with one entry edited, see :meth:`Entry.edited`. Raises :class:`KeyError`."""
        at = self.index(name, key)
        section = self.section(name)
        assert section is not None
        new = section.entries[at].edited(change, f"{self.path}: {key}")
        return self.with_section(replace(section, entries=(*section.entries[:at], new, *section.entries[at + 1 :])))

    def inserted(self, name: str, new: Entry, at: int | None = None) -> "Document":
        """The document with an entry more, before the one at ``at`` or last. The section is made if need be."""
        section = self.section(name) or Section(name, f"{name}:\n")
        if not section.entries:
            if reading(section.head)[name]:
                raise NotRepresentable(f"{self.path}: {name}", "its list is written in one line")
            section = replace(section, head=f"{name}:\n", tail=section.head.partition("\n")[2])
        at = len(section.entries) if at is None else at
        entries = list(section.entries)
        if at < len(entries) and entries[at].lead and not new.lead.strip():
            # What stands before an entry stays with it, but for the blank line that sets a group apart.
            new = replace(new, lead=entries[at].lead if not entries[at].lead.strip() else "\n")
        entries.insert(at, new)
        return self.with_section(replace(section, entries=tuple(entries)))

    def removed(self, name: str, key: str) -> "Document":
        """The document without an entry. Comments before it stay. Raises :class:`KeyError`."""
        at = self.index(name, key)
        section = self.section(name)
        assert section is not None
        lead = section.entries[at].lead
        entries = [*section.entries[:at], *section.entries[at + 1 :]]
        tail = section.tail
        if lead.strip():
            if at < len(entries):
                entries[at] = replace(entries[at], lead=lead + entries[at].lead.lstrip("\n"))
            else:
                tail = lead + tail
        elif lead and at == 0 and entries:
            entries[0] = replace(entries[0], lead=lead)
        return self.with_section(replace(section, entries=tuple(entries), tail=tail))

    def moved(self, name: str, key: str, to: int) -> "Document":
        """The document with an entry elsewhere in its section; blank and comment lines stay where they are."""
        at = self.index(name, key)
        section = self.section(name)
        assert section is not None
        entries = list(section.entries)
        leads = [e.lead for e in entries]
        entries.insert(to, entries.pop(at))
        placed = tuple(replace(e, lead=lead) for e, lead in zip(entries, leads, strict=True))
        return self.with_section(replace(section, entries=placed))


@lru_cache(maxsize=_KEPT)
def parse(path: str, text: str) -> Document:
    """Cut a file. Raises :class:`NotRepresentable` when it has not the shape of the dialogue's files.

    ``path`` is only for messages.
    """
    lines = text.splitlines(keepends=True)
    starts = [index for index, line in enumerate(lines) if _TOP.match(line)]
    if any(_content(line) for line in lines[: starts[0] if starts else len(lines)]):
        raise NotRepresentable(path, "it does not hold a mapping")
    bounds = [*starts, len(lines)]
    sections = []
    for begin, end in pairwise(bounds):
        sections.append(_section(path, lines[begin:end], begin + 1))
    document = Document(path, "".join(lines[: bounds[0]]), tuple(sections))
    if document.text != text:  # pragma: no cover - the parts are the lines themselves
        raise NotRepresentable(path, "it could not be cut into its entries")
    return document


def _section(path: str, lines: list[str], number: int) -> Section:
    top = _TOP.match(lines[0])
    assert top is not None
    name, rest = top.group(1), top.group(2).split(" #")[0].strip()
    body = list(_cut(lines[1:], number + 1)) if not rest else []
    if not body:
        return Section(name, "".join(lines))
    entries = []
    for lead, own, line, item in body[:-1]:
        entries.append(Entry(_key_of(path, name, own, item), lead, own, item, line))
    named = [e.key for e in entries if e.key]
    if len(set(named)) < len(named):
        raise NotRepresentable(f"{path}: {name}", "a name stands in it twice")
    return Section(name, lines[0], tuple(entries), body[-1][0])


def _cut(lines: list[str], number: int) -> Iterator[tuple[str, str, int, bool]]:
    """(blank and comment lines before, own lines, number of the first, whether an item) of each entry; last the rest.

    Nothing when the lines hold no entries.
    """
    depth = next((_depth(line) for line in lines if _content(line)), None)
    if not depth:
        return
    lead: list[str] = []
    own: list[str] = []
    begun = 0
    before = ""
    for offset, line in enumerate(lines):
        if own and line.strip() and _depth(line) > depth:
            own += [*lead, line]
            lead = []
        elif not _content(line):
            lead.append(line)
        else:
            if own:
                yield before, "".join(own), begun, own[0].lstrip().startswith("- ")
            before, own, lead, begun = "".join(lead), [line], [], number + offset
    yield before, "".join(own), begun, own[0].lstrip().startswith("- ")
    yield "".join(lead), "", 0, False


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _content(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _key_of(path: str, section: str, text: str, item: bool) -> str:
    if not item:
        found = _KEY.match(text)
        if found is None:
            raise NotRepresentable(f"{path}: {section}", "an entry has no name")
        return next(group for group in found.groups() if group is not None)
    try:
        value = reading(text)[0]
    except NotYaml as error:
        raise NotRepresentable(f"{path}: {section}", f"it is no valid YAML: {error}") from error
    if isinstance(value, dict):
        for name in _NAMING:
            if name in value:
                return str(value[name])
        return ""
    return str(value)
