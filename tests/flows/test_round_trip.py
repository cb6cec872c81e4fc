"""Not a byte changes but those that were meant."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.flows.conftest import DIALOGUES, NOW
from tests.flows.random_edits import edit_and_undo
from voicebot.accounts.audit import Audit
from voicebot.dialogue.training import content_hash
from voicebot.flows.document import parse
from voicebot.flows.errors import NotRepresentable
from voicebot.flows.models import model_name
from voicebot.flows.project import Project
from voicebot.flows.roundtrip import round_trip
from voicebot.flows.taking_in import take_in
from voicebot.flows.versions import Versions
from voicebot.flows.workshop import Workshop
from voicebot.flows.yaml_style import dump, flow_map, load, readable
from voicebot.records.database import Database
from voicebot.settings import Settings


def now() -> datetime:
    return NOW


def test_every_file_comes_back_byte_for_byte(project: Project) -> None:
    trips = round_trip(DIALOGUES)
    assert {trip.path for trip in trips} == set(project.files)
    assert [trip for trip in trips if not trip.same] == []
    assert sum(trip.entries for trip in trips) > 2000


def test_a_project_is_written_as_it_was_read(project: Project, tmp_path: Path) -> None:
    project.write(tmp_path)
    assert Project.read(tmp_path).files == project.files
    fewer = project.with_file("services/waste/nlu.yml", None)
    assert fewer.write(tmp_path) == ["services/waste/nlu.yml"]
    assert Project.read(tmp_path).name == fewer.name != project.name


def test_a_versions_model_has_the_name_that_training_gives_it(project: Project, settings: Settings) -> None:
    assert model_name(project) == content_hash(settings)


def test_edits_at_random_are_undone_to_the_byte(settings: Settings) -> None:
    async def run() -> None:
        database = Database(settings.database)
        await database.upgrade()
        try:
            versions = Versions()
            await take_in(database, versions, settings, now)
            workshop = Workshop(database, Audit(database, now), versions, now)
            tally = await edit_and_undo(workshop, seed=11, wanted=60)
        finally:
            await database.close()
        assert tally.edits == 60
        assert len(tally.by_command) >= 12

    asyncio.run(run())


TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\u2028\u2029\ufeff\x85"))


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4), TEXTS)
def test_any_text_can_be_written_and_read(texts: list[str], other: str) -> None:
    start = 'responses:\n  # kept\n  utter_a:\n    - text: "a"\n\n  utter_b:\n    - text: "b"  # kept too\n'
    document = parse("domain.yml", start)
    edited = document.changed("responses", "utter_a", lambda _: [{"text": text} for text in texts])
    again = parse("domain.yml", edited.text)
    entry = again.entry("responses", "utter_a")
    assert entry is not None
    assert [variant["text"] for variant in entry.data] == texts
    assert edited.text.endswith('\n  utter_b:\n    - text: "b"  # kept too\n')
    assert load(dump({"key": other}))["key"] == other


@pytest.mark.parametrize(
    "text",
    [
        "responses:\n  utter_a:\n  - text: a\n",
        "responses:\n    utter_a:\n        - text: a\n",
        "responses:\n  utter_a:\n    - {text:    a}\n",
    ],
)
def test_what_would_be_damaged_is_refused(text: str) -> None:
    document = parse("domain.yml", text)
    with pytest.raises(NotRepresentable, match="utter_a"):
        document.changed("responses", "utter_a", lambda variants: variants[0].update(text="b"))


def test_comments_stay_when_what_follows_is_removed() -> None:
    text = "slots:\n  # one\n  a: 1\n  # two\n  b: 2\n  c: 3\n"
    document = parse("domain.yml", text)
    assert document.removed("slots", "b").text == "slots:\n  # one\n  a: 1\n  # two\n  c: 3\n"
    assert document.removed("slots", "c").text == "slots:\n  # one\n  a: 1\n  # two\n  b: 2\n"
    assert document.moved("slots", "c", 0).text == "slots:\n  # one\n  c: 3\n  # two\n  a: 1\n  b: 2\n"


@pytest.mark.parametrize("title", ["?why: not", "- a dash", ": a colon", "{a: b}", "yes", "12", "a: b", "#1", "'", '"'])
def test_a_title_of_any_kind_is_read_as_it_was_written(title: str) -> None:
    assert load(dump({"needs": flow_map({"need": "answer", "title": title})})) == {
        "needs": {"need": "answer", "title": title}
    }


@pytest.mark.parametrize("title", ["?Bf", "- a dash", ": a colon", "yes", "Off", "9:30", "012", "1_000", "a: b"])
def test_a_title_that_is_changed_is_too(title: str) -> None:
    document = parse("service.yml", "needs:\n  a: {need: answer, title: what}\n")
    changed = document.changed("needs", "a", lambda about: about.update(title=readable(title)))
    new = dump({"needs": {"a": flow_map({"need": "answer", "title": title})}})
    for text in (changed.text, new):
        assert load(text) == {"needs": {"a": {"need": "answer", "title": title}}}
        assert yaml.safe_load(text)["needs"]["a"]["title"] == title, "as Rasa reads it"
