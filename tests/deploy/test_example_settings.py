"""voicebot.example.toml lists every setting with its default; what is wrong is named; the environment wins."""

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from voicebot.errors import ConfigurationError
from voicebot.settings import CallerSettings, Settings, TrunkSettings, WebhookSettings, load

EXAMPLE = Path(__file__).parents[2] / "voicebot.example.toml"


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of this machine: load() itself sets VOICEBOT_CONFIG, which must not outlive the test either."""
    for name in [name for name in os.environ if name.startswith("VOICEBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("VOICEBOT_CONFIG", str(tmp_path / "none.toml"))


def settings_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from settings_of(kind, f"{prefix}{name}.")
        else:
            yield prefix + name


def written(table: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, dict) and prefix + name not in (
            "handoff.queues",
            "handoff.joining",
            "handoff.overflow",
            "streams.dial",
            "oidc.roles",
            "notify.templates",
            "flows.doors",
            "open311.services",
        ):
            yield from written(value, f"{prefix}{name}.")
        else:
            yield prefix + name


def plain(value: Any) -> Any:
    """The same whether a list or a tuple was written."""
    if isinstance(value, BaseModel):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def test_every_setting_is_listed_and_no_other() -> None:
    assert sorted(written(tomllib.loads(EXAMPLE.read_text()))) == sorted(settings_of(Settings))


def test_every_setting_has_a_comment_of_its_own() -> None:
    lines = EXAMPLE.read_text().splitlines()
    settings = [number for number, line in enumerate(lines) if re.match(r"\w+ = ", line)]
    assert len(settings) == len(list(settings_of(Settings)))
    for number in settings:
        assert lines[number - 1].startswith("# "), lines[number]


def test_loading_it_changes_nothing() -> None:
    assert plain(load(EXAMPLE)) == plain(Settings.model_construct()) == plain(load_nothing())


@pytest.mark.parametrize(
    ("table", "model"),
    [("sip.trunks", TrunkSettings), ("sip.callers", CallerSettings), ("outbox.webhooks", WebhookSettings)],
)
def test_tables_that_can_be_repeated_are_written_out_with_their_defaults(table: str, model: type[BaseModel]) -> None:
    text = EXAMPLE.read_text()
    block = text[text.index(f"# [[{table}]]") :].split("\n#\n")[0].split("\n\n")[0]
    section, _, name = table.partition(".")
    (entry,) = tomllib.loads("\n".join(line.removeprefix("# ") for line in block.splitlines()))[section][name]
    assert sorted(entry) == sorted(model.model_fields)
    for name, field in model.model_fields.items():
        if not field.is_required():
            assert plain(entry[name]) == plain(field.default), name
    lines = block.splitlines()
    for number, line in enumerate(lines):
        if " = " in line:
            assert lines[number - 1].startswith("# # "), line


def load_nothing() -> Settings:
    os.environ["VOICEBOT_CONFIG"] = "/nonexistent/voicebot.toml"
    return load()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("sip_prot = 5061", "sip_prot"),
        ('sip_port = "many"', "sip_port"),
        ("[sip]\nbnid = '0.0.0.0'", "sip.bnid"),
        ("[sip]\npeers = ['not a network']", "sip.peers"),
        ("[turns]\nend_normal_ms = 'long'", "turns.end_normal_ms"),
        ("[handoff]\nqueues = 3", "handoff.queues"),
        ("[telephone]\nx = 1", "telephone"),
        ("sip_port =", "TOML"),
    ],
)
def test_what_is_wrong_is_named(content: str, named: str, tmp_path: Path) -> None:
    file = tmp_path / "voicebot.toml"
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=re.escape(named)):
        load(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"gone\.toml"):
        load(tmp_path / "gone.toml")


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "voicebot.toml"
    file.write_text(
        'sip_port = 1\nhttp_port = 2\ndata = "file"\napi_token = "file"\n[sip]\nbind = "192.0.2.1"\nmax_calls = 7\n'
    )
    before = load(file)
    assert (before.sip_port, before.http_port, before.data, before.sip.bind) == (1, 2, Path("file"), "192.0.2.1")
    monkeypatch.setenv("VOICEBOT_SIP_PORT", "5062")
    monkeypatch.setenv("VOICEBOT_HTTP_PORT", "8082")
    monkeypatch.setenv("VOICEBOT_DATA", str(tmp_path))
    monkeypatch.setenv("VOICEBOT_API_TOKEN", "hush-hush")
    monkeypatch.setenv("VOICEBOT_SIP__BIND", "192.0.2.2")
    after = load(file)
    assert (after.sip_port, after.http_port, after.data) == (5062, 8082, tmp_path)
    assert after.api_token.get_secret_value() == "hush-hush"
    assert "hush-hush" not in repr(after)
    assert after.sip.bind == "192.0.2.2"
    assert after.sip.max_calls == 7, "the rest of the section stays as the file says"
