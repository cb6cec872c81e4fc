"""`voicebot init`: a council of one's own from the example, by options alone."""

import asyncio
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from voicebot.accounts.keys import utc_now
from voicebot.council.words import TOWNS
from voicebot.errors import ConfigurationError
from voicebot.facts.model import CouncilFacts, load_defaults
from voicebot.facts.store import FactsStore
from voicebot.first_run.cli import greeting_of, hours_of, init_command, queues_of, settings_text
from voicebot.first_run.left_over import is_examples, left_of_example
from voicebot.first_run.own_council import example_words, rename
from voicebot.flows.checks import check
from voicebot.flows.content import content_of
from voicebot.flows.project import Project
from voicebot.flows.reading import response_of
from voicebot.records.database import Database
from voicebot.settings import Settings, load

DIALOGUES = Path(__file__).parents[2] / "dialogues"
NAME = "Polmouth City Council"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the example's project in it, and nothing else."""
    shutil.copytree(DIALOGUES, tmp_path / "dialogues", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOICEBOT_CONFIG", str(tmp_path / "voicebot.toml"))
    yield tmp_path


def run(*arguments: str) -> str:
    app = typer.Typer()
    app.command()(init_command)
    result = CliRunner().invoke(app, [*arguments], catch_exceptions=False)
    return result.output


def facts_of(settings: Settings) -> CouncilFacts:
    async def read() -> CouncilFacts:
        database = Database(settings.database)
        try:
            return await FactsStore(database, load_defaults(settings.dialogue.project), utc_now).current()
        finally:
            await database.close()

    return asyncio.run(read())


def test_from_the_example_to_ones_own(place: Path) -> None:
    before = {path.relative_to(place): path.read_text() for path in place.rglob("*.yml")}
    output = run(
        *("--council", NAME, "--trunk", "sip.provider.test", "--trunk-user", "polmouth"),
        *("--queue", "default=sip:desk@pbx.test", "--hours", "mon-thu 08:30-17:00; fri 08:30-16:00"),
    )
    assert "The name is changed" in output and "places still speak of the example council" in output
    assert "Until they don't, no call is taken" in output and "actions/corporate.py" not in output
    settings = load(place / "voicebot.toml")
    assert settings.council == NAME and settings.handoff.queues == {"default": ("sip:desk@pbx.test",)}
    assert settings.handoff.keep_hours, "who says when the office is open means it"
    assert settings.sip.trunks[0].domain == "sip.provider.test" and settings.sip.trunks[0].registers
    content = content_of(Project.read(place / "dialogues"))
    assert response_of(content, "utter_greet_start").variants[0].text == greeting_of(NAME)
    assert facts_of(settings).timetable["office"].hours == {"mon-thu": "08:30-17:00", "fri": "08:30-16:00"}
    for path, text in before.items():
        after = (place / path).read_text()
        if path.name.startswith("nlu") or "calls" in path.parts:
            assert after == text, "what nobody hears stays"
        changed = [line for line in after.splitlines() if line not in text.splitlines()]
        assert all("Polmouth" in line for line in changed), f"{path} changed elsewhere"


SAID = {
    **{town: f"Polmouth {number}" for number, town in enumerate(TOWNS)},
    **{f"01632 960{number}": f"01234 567{number}" for number in range(100, 200)},
    **{f"01632 960 {number}": f"01234 567 {number}" for number in (431, 471)},
}


def test_nothing_of_the_example_is_left_to_be_heard(place: Path) -> None:
    project = Project.read(place / "dialogues")
    assert set(example_words(project)) <= SAID.keys()
    output = run("--council", NAME, *(part for old, new in SAID.items() for part in ("--say", f"{old}={new}")))
    assert "Nothing of the example council is left to be heard." in output
    settings = load(place / "voicebot.toml")
    assert asyncio.run(left_of_example(settings)) == []
    after = Project.read(place / "dialogues")
    assert f"in {SAID['Market Selby']}, on the last Thursday" in after.files["services/registrars/domain.yml"]
    today = utc_now().date()
    assert check(project, today) == []
    assert all("is it one of the council's?" in found.message for found in check(after, today))
    assert (place / "var" / "council.sqlite").is_file() and not is_examples(place / "var" / "council.sqlite")


def test_each_thing_that_is_left_is_named(place: Path) -> None:
    (place / "voicebot.toml").write_text(f'council = "{NAME}"\n')
    settings = load(place / "voicebot.toml")
    left = asyncio.run(left_of_example(settings))
    assert any("utter" not in one and one.startswith("services/registrars/domain.yml, line") for one in left)
    assert "place Ashcombe Civic Centre (Hours and notices)" in left
    assert any(one.startswith("actions/corporate.py, line") for one in left)
    example = settings.model_copy(update={"council": "Norbury Vale Council"})
    assert asyncio.run(left_of_example(example)) == [], "the example may speak of itself"
    own = settings.model_copy(update={"council": "Market Selby Council"})
    assert not any("Market Selby Register Office" in one for one in asyncio.run(left_of_example(own)))


@pytest.mark.parametrize("word", ["Market Selby", "Market Selby=", "=Polmouth"])
def test_a_word_to_be_said_otherwise_needs_both(place: Path, word: str) -> None:
    with pytest.raises(ConfigurationError, match="OLD=NEW"):
        run("--council", NAME, "--say", word)


def test_words_that_would_break_a_file_are_refused(place: Path) -> None:
    before = Project.read(place / "dialogues").files
    with pytest.raises(ConfigurationError, match="quotation marks"):
        rename(place / "dialogues", 'The "Polmouth" Council')
    assert Project.read(place / "dialogues").files == before


def test_a_settings_file_is_not_written_over(place: Path) -> None:
    (place / "voicebot.toml").write_text("http_port = 8090\n")
    with pytest.raises(ConfigurationError, match="--force"):
        run("--council", NAME)
    assert (place / "voicebot.toml").read_text() == "http_port = 8090\n"


@pytest.mark.parametrize("name", ["", "Norbury Vale Council"])
def test_a_name_is_needed(place: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="what the council is called"):
        run("--council", name)
    assert not (place / "voicebot.toml").exists()


def test_what_is_left_is_told(place: Path) -> None:
    renamed = rename(place / "dialogues", NAME)
    assert renamed.left and not any("Norbury" in found.text for found in renamed.left)


def test_names_with_quotes_are_toml() -> None:
    text = settings_text('St "Ives" Council', "sip.test", "", {"default": ["sip:a@b"]})
    written = tomllib.loads(text)
    assert written["council"] == 'St "Ives" Council' and written["handoff"]["queues"] == {"default": ["sip:a@b"]}
    assert written["sip"]["trunks"] == [{"name": "main", "domain": "sip.test"}]


def test_what_can_not_be_read_is_named() -> None:
    with pytest.raises(ConfigurationError, match="QUEUE=ADDRESS"):
        queues_of(["default"])
    with pytest.raises(ConfigurationError, match="office hours"):
        hours_of("mon-fri nine to five")
