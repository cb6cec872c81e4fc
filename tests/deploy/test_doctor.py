"""The doctor's checks on real ports, folders, databases and models."""

import json
import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from voicebot import doctor
from voicebot.dialogue.training import model_file
from voicebot.settings import BrowserSettings, DialogueSettings, Settings, SipSettings, SpeechSettings, StreamSettings

ROOT = Path(__file__).parents[2]


def settings(tmp_path: Path, **more: Any) -> Settings:
    dialogue = DialogueSettings(project=ROOT / "dialogues", environment=tmp_path / "rasa")
    return Settings(**{"data": tmp_path / "data", "dialogue": dialogue, **more})


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("VOICEBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("VOICEBOT_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setenv("VOICEBOT_MODELS", str(tmp_path / "models"))


@pytest.fixture
def taken() -> Iterator[tuple[int, int]]:
    """A UDP and a TCP port that something (this process) holds."""
    with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        udp.bind(("127.0.0.1", 0))
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        yield udp.getsockname()[1], tcp.getsockname()[1]


@pytest.fixture
def free() -> int:
    """A TCP port that nothing held a moment ago, outside those that the system gives to others meanwhile."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in range(lowest - 1, 1024, -1):
        with socket.socket() as tcp, suppress(OSError):
            tcp.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def test_python() -> None:
    assert doctor.check_python().status == "ok"
    assert doctor.check_python((3, 10, 9)).status == doctor.check_python((3, 14, 0)).status == "missing"


def test_a_taken_port_is_told_with_its_holder(taken: tuple[int, int], tmp_path: Path) -> None:
    for port, transport in zip(taken, ("udp", "tcp"), strict=True):
        check = doctor.check_port("SIP", "127.0.0.1", port, transport, settings(tmp_path))  # type: ignore[arg-type]
        assert check.status == "missing"
        assert f"127.0.0.1:{port}/{transport} is taken by" in check.found
        assert f"process {os.getpid()}" in check.found
        assert check.how_to_fix


def test_a_free_port_is_free_and_a_foreign_address_is_refused(free: int, tmp_path: Path) -> None:
    assert doctor.check_port("HTTP", "127.0.0.1", free, "tcp", settings(tmp_path)).status == "ok"
    refused = doctor.check_port("HTTP", "192.0.2.1", free, "tcp", settings(tmp_path))
    assert refused.status == "missing"
    assert "192.0.2.1" in refused.found


def test_all_fixed_ports_are_looked_at(taken: tuple[int, int], tmp_path: Path) -> None:
    checks = doctor.check_ports(settings(tmp_path, sip_port=taken[0], http_port=taken[1]))
    assert len(checks) == 5
    states = {check.name: check.status for check in checks}
    assert states["SIP over UDP"] == states["HTTP"] == "missing"


def test_our_own_processes_are_known(tmp_path: Path) -> None:
    own = settings(tmp_path)
    assert doctor._is_ours(["python", "-m", "voicebot", "serve", "media"], own)
    assert doctor._is_ours(["/x/python", "/x/bin/voicebot", "serve"], own)
    assert doctor._is_ours([str(tmp_path / "rasa" / "bin" / "python"), "-m", "rasa", "run"], own)
    assert not doctor._is_ours(["nginx", "serve"], own)
    assert not doctor._is_ours([], own)


@pytest.mark.parametrize(
    ("low", "high", "status"),
    [(16384, 32767, "ok"), (20000, 20000, "missing"), (80, 9000, "missing"), (5000, 6000, "missing"),
     (60000, 70000, "missing"), (16384, 16400, "warning"), (30000, 40000, "warning")],
)  # fmt: skip
def test_rtp_range(low: int, high: int, status: str, tmp_path: Path) -> None:
    chosen = settings(tmp_path, sip=SipSettings(rtp_low=low, rtp_high=high))
    check = doctor.check_rtp(chosen, ephemeral=(32768, 60999))
    assert check.status == status
    assert bool(check.how_to_fix) == (status != "ok")


def test_data_folder(tmp_path: Path) -> None:
    good = doctor.check_data(settings(tmp_path), free=1 << 40)
    assert good.status == "ok"
    assert not (tmp_path / "data").exists(), "looking must not change anything"
    assert list(tmp_path.iterdir()) == []
    assert doctor.check_data(settings(tmp_path), free=1 << 29).status == "warning"
    assert doctor.check_data(settings(tmp_path), free=1 << 20).status == "missing"
    # /proc can't be written by anybody, root included.
    unwritable = doctor.check_data(settings(tmp_path, data=Path("/proc/voicebot")))
    assert unwritable.status == "missing"
    assert "can't be written" in unwritable.found
    (tmp_path / "file").write_text("")
    assert "is a file" in doctor.check_data(settings(tmp_path, data=tmp_path / "file")).found


def test_database(tmp_path: Path) -> None:
    fresh = doctor.check_database(settings(tmp_path))
    assert fresh.status == "ok"
    assert not (tmp_path / "data").exists()
    file = tmp_path / "calls.sqlite"
    url = f"sqlite+aiosqlite:///{file}"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE calls (id)")
    assert doctor.check_database(settings(tmp_path, database_url=url)).status == "ok"
    file.write_bytes(b"this is no database" * 100)
    assert doctor.check_database(settings(tmp_path, database_url=url)).status == "missing"
    assert doctor.check_database(settings(tmp_path, database_url="nonsense")).status == "missing"


def test_a_database_that_is_away_does_not_betray_its_password(taken: tuple[int, int], tmp_path: Path) -> None:
    url = f"postgresql+asyncpg://voicebot:hidden@127.0.0.1:{taken[0]}/voicebot"
    check = doctor.check_database(settings(tmp_path, database_url=url))
    assert check.status == "missing"
    assert "hidden" not in check.found + check.how_to_fix


def test_recogniser_and_voice(tmp_path: Path) -> None:
    shipped = doctor.check_recogniser(settings(tmp_path))
    assert shipped.status == "warning"
    assert "does not understand people" in shipped.found
    wrong = SpeechSettings(model="no-such-model", voice="no-such-voice")
    assert doctor.check_recogniser(settings(tmp_path, speech=wrong)).status == "missing"
    assert doctor.check_voice(settings(tmp_path, speech=wrong)).status == "missing"
    assert doctor.check_voice(settings(tmp_path)).found.startswith("espeak")


def test_dialogue(tmp_path: Path) -> None:
    own = settings(tmp_path)
    assert doctor.check_dialogue_environment(own, lambda: None).status == "missing"
    assert doctor.check_dialogue_environment(own, lambda: Path("/usr/bin/python3.10")).status == "warning"
    assert doctor.check_dialogue_model(own).status == "warning"
    nowhere = own.model_copy(update={"dialogue": DialogueSettings(project=tmp_path / "none")})
    assert doctor.check_dialogue_model(nowhere).status == "missing"
    model = model_file(own)
    model.parent.mkdir(parents=True)
    model.write_bytes(b"x")
    assert doctor.check_dialogue_model(own).found == str(model)


def test_debian_packages() -> None:
    listing = ROOT / "system-packages.txt"
    assert "baresip" in doctor.read_packages(listing)
    assert doctor.check_debian_packages(listing, set).status == "ok"
    lacking = doctor.check_debian_packages(listing, lambda packages: set(packages) - {"baresip"})
    assert (lacking.status, lacking.found) == ("warning", "not installed: baresip")


def run(*argv: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command("doctor")(doctor.doctor_command)
    result = CliRunner().invoke(app, list(argv))
    return result.exit_code, result.output


def test_the_command_exits_with_one_when_something_is_missing(
    taken: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICEBOT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("VOICEBOT_HTTP_PORT", str(taken[1]))
    status, output = run("--json")
    checks = [json.loads(line) for line in output.splitlines()]
    assert status == 1
    assert {"name", "status", "found", "how_to_fix"} == checks[0].keys()
    assert [check["status"] for check in checks if check["name"] == "HTTP"] == ["missing"]
    assert len({check["name"] for check in checks}) == len(checks) == 19


def test_wrong_settings_are_a_finding(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text("sip_prot = 1")
    status, output = run("--config", str(file))
    assert status == 1
    assert "sip_prot" in output


@pytest.mark.parametrize(
    ("streams", "status", "found"),
    [
        ({}, None, ""),
        ({"enabled": True}, "warning", "no provider"),
        ({"enabled": True, "twilio_auth_token": "secret"}, "warning", "no public address"),
        ({"enabled": True, "audiosocket": True}, "ok", "AudioSocket"),
        ({"enabled": True, "twilio_auth_token": "s", "public_url": "https://v.example"}, "ok", "Twilio"),
    ],
)
def test_whether_anybody_can_ring_by_a_stream(
    tmp_path: Path, streams: dict[str, Any], status: str | None, found: str
) -> None:
    checks = doctor.check_streams(settings(tmp_path, streams=StreamSettings(**streams)))
    assert [check.status for check in checks] == ([status] if status else [])
    assert all(found in check.found and "secret" not in check.found for check in checks)


def test_pages_that_were_not_built_are_told(tmp_path: Path) -> None:
    assert doctor.check_pages(tmp_path).status == "warning"
    (tmp_path / "pages.css").touch()
    (tmp_path / "phone.js").touch()
    assert doctor.check_pages(tmp_path).status == "ok"


@pytest.mark.parametrize(
    ("browser", "states"),
    [
        ({}, ["ok"]),
        ({"enabled": False}, []),
        ({"bind": "0.0.0.0"}, ["missing"]),
        ({"bind": "0.0.0.0", "advertise": "192.0.2.1"}, ["ok"]),
    ],
)
def test_browsers_must_be_told_an_address(tmp_path: Path, browser: dict[str, Any], states: list[str]) -> None:
    checks = doctor.check_browsers(settings(tmp_path, browser=BrowserSettings(**browser)))
    assert [check.status for check in checks] == states
