"""docker-compose.yml and its Dockerfiles, against the specification, this repository, the commands and the settings."""

import fnmatch
import json
import re
import socket
import subprocess
import sys
import threading
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from ruamel.yaml import YAML

from voicebot.cli import app
from voicebot.cli.serve import _PARTS
from voicebot.flows.running import running_file
from voicebot.settings import Settings, load

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((Path(__file__).parent / "compose.schema.json").read_text())
COMPOSE: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILES = sorted((ROOT / "docker").glob("*.Dockerfile"))

SECRETS = {"VOICEBOT_API_TOKEN", "VOICEBOT_DIALOGUE_TOKEN", "POSTGRES_PASSWORD"}
READ_ELSEWHERE = {"VOICEBOT_CONFIG", "VOICEBOT_DIALOGUE_TOKEN", "VOICEBOT_DIALOGUE_URL", "VOICEBOT_MODELS"}
"""Variables of ours that are read beside the settings."""
DOORS = dict(reversed(pair.split(":")) for pair in SERVICES["door"]["command"])
"""Outside ports by the ones on loopback that they are passed on to."""
POSTGRES = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
DOT_ENV = {
    "VOICEBOT_API_TOKEN": "apitoken",
    "VOICEBOT_DIALOGUE_TOKEN": "dialoguetoken",
    "POSTGRES_PASSWORD": "databasepassword",
    "VOICEBOT_SIP__ADVERTISE": "198.51.100.7",
    "VOICEBOT_SIP__PEERS": '["203.0.113.0/24"]',
    "VOICEBOT_SIP__MEDIA_NETWORKS": '["203.0.113.0/24"]',
}
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z0-9_]+)(?::(?P<how>[?-])(?P<text>[^}]*))?\}")


def strings(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [text for value in node.values() for text in strings(value)]
    if isinstance(node, list):
        return [text for value in node for text in strings(value)]
    return [node] if isinstance(node, str) else []


def fill_in(text: str, environment: dict[str, str]) -> str:
    """What Compose makes of ``${NAME}``, ``${NAME:-default}`` and ``${NAME:?message}``."""

    def value(found: re.Match[str]) -> str:
        if given := environment.get(found["name"]):
            return given
        if found["how"] == "-":
            return str(found["text"])
        raise KeyError(f"{found['name']}: {found['text']}")

    return _VARIABLE.sub(value, text)


def setting_variables(model: type[BaseModel] = Settings, prefix: str = "VOICEBOT_") -> set[str]:
    names = set()
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names |= setting_variables(kind, f"{prefix}{name.upper()}__")
        else:
            names.add(prefix + name.upper())
    return names


def instructions(dockerfile: Path) -> list[tuple[str, list[str]]]:
    text = re.sub(r"\\\n\s*", " ", dockerfile.read_text())
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return [(line[0], line[1:]) for line in lines]


def copied_from_context(dockerfile: Path) -> list[str]:
    paths = []
    for name, words in instructions(dockerfile):
        if name == "COPY" and not any(word.startswith("--from=") for word in words):
            paths += [word for word in words if not word.startswith("--")][:-1]
    return paths


def tracked() -> set[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return set(listed.splitlines())


def test_it_keeps_to_the_specification() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    errors = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(SCHEMA).iter_errors(COMPOSE)]
    assert errors == []


@pytest.mark.parametrize(
    ("service", "key", "value"),
    [
        ("media", "privileged", True),
        ("media", "network_mode", "host"),
        ("web", "user", "0:0"),
        ("web", "read_only", False),
        ("dialogues", "enviroment", {}),
        ("postgres", "restart", "sometimes"),
        ("speech", "volumes", ["/var/run/docker.sock:/var/run/docker.sock"]),
    ],
)
def test_the_schema_refuses_what_it_does_not_know_or_want(service: str, key: str, value: object) -> None:
    changed = deepcopy(COMPOSE)
    changed["services"][service][key] = value
    assert not Draft202012Validator(SCHEMA).is_valid(changed)


def test_everything_named_is_declared() -> None:
    assert {"media", "speech", "dialogues", "web", "postgres"} <= SERVICES.keys()
    for name, service in SERVICES.items():
        assert set(service.get("networks", ())) <= COMPOSE["networks"].keys(), name
        assert {volume.split(":")[0] for volume in service.get("volumes", ())} <= COMPOSE["volumes"].keys(), name
        assert {config["source"] for config in service.get("configs", ())} <= COMPOSE["configs"].keys(), name
        needed = set(service.get("depends_on", ()))
        owner = service.get("network_mode", "none").removeprefix("service:")
        assert needed | ({owner} - {"none"}) <= SERVICES.keys(), name


def test_images_are_built_from_dockerfiles_that_exist_and_do_not_run_as_root() -> None:
    named = {ROOT / service["build"]["dockerfile"] for service in SERVICES.values() if "build" in service}
    assert named == set(DOCKERFILES)
    for dockerfile in DOCKERFILES:
        users = [words for name, words in instructions(dockerfile) if name == "USER"]
        assert users[-1] == ["10001:10001"], dockerfile.name


def test_what_is_copied_is_in_the_repository_and_reaches_the_builder() -> None:
    files = tracked()
    patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert patterns[0] == "*", "nothing but what is named reaches the builder"
    let_in = {pattern[1:] for pattern in patterns if pattern.startswith("!")}
    needed = {path for dockerfile in DOCKERFILES for path in copied_from_context(dockerfile)} - {"./"}
    for path in needed:
        assert path in files or any(file.startswith(f"{path}/") for file in files), f"{path} is not in the repository"
        assert path.split("/")[0] in let_in, f"{path} is kept from the builder"
    assert not any(fnmatch.fnmatch(".env", pattern) for pattern in let_in)


def test_the_images_use_the_uv_of_the_checkout() -> None:
    pinned = re.compile(r"uv==([0-9.]+)")
    (wanted,) = set(pinned.findall((ROOT / "scripts" / "setup").read_text()))
    for dockerfile in DOCKERFILES:
        assert set(pinned.findall(dockerfile.read_text())) <= {wanted}
    assert sum("uv sync --locked --no-default-groups" in file.read_text() for file in DOCKERFILES) == 2


def test_commands_exist() -> None:
    commands = {
        command.name or (command.callback.__name__ if command.callback else "") for command in app.registered_commands
    }
    ours = {
        name: service
        for name, service in SERVICES.items()
        if service["image"] in ("voicebot/service", "voicebot/dialogue")
    }
    for name, service in ours.items():
        argv = [*service.get("entrypoint", ["voicebot"]), *service["command"]]
        if name == "models":
            assert argv == ["voicebot", "models", "list"]
            continue
        assert argv == ["voicebot", "serve", name]
        assert argv[1] in commands
        assert name in _PARTS
    entry = {file.name: [words for word, words in instructions(file) if word == "ENTRYPOINT"] for file in DOCKERFILES}
    assert entry["service.Dockerfile"] == entry["dialogue.Dockerfile"] == [['["voicebot"]']]


def test_variables_are_settings_or_read_by_the_code() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "voicebot").rglob("*.py"))
    assert all(f'"{name}"' in source for name in READ_ELSEWHERE)
    known = setting_variables() | READ_ELSEWHERE
    for name, service in SERVICES.items():
        allowed = POSTGRES if name == "postgres" else known
        assert service.get("environment", {}).keys() <= allowed, name
    for dockerfile in DOCKERFILES:
        text = " ".join(" ".join(words) for word, words in instructions(dockerfile) if word == "ENV")
        assert set(re.findall(r"VOICEBOT_\w+", text)) <= known, dockerfile.name


def test_secrets_are_required_and_have_no_default() -> None:
    uses = [found for text in strings(COMPOSE) for found in _VARIABLE.finditer(text)]
    assert {found["name"] for found in uses} >= SECRETS
    for found in uses:
        if found["name"] in SECRETS:
            assert found["how"] == "?", found["name"]
            assert found["text"], f"{found['name']} must say what to do"
    for text in strings(COMPOSE):
        with_nothing_set = _VARIABLE.sub("", text)
        assert not re.search(r"://[^/\s]*:[^@/\s]+@", with_nothing_set), "a password is written into the file"
    assert not [word for file in DOCKERFILES for word, words in instructions(file) if word == "ARG"]
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert name not in SECRETS or value.startswith(f"${{{name}:?"), name


@pytest.mark.parametrize("missing", sorted(DOT_ENV))
def test_it_does_not_start_without_what_must_be_set(missing: str) -> None:
    given = {name: value for name, value in DOT_ENV.items() if name != missing}
    with pytest.raises(KeyError, match=missing):
        [fill_in(text, given) for text in strings(COMPOSE)]


def published() -> list[tuple[str, str]]:
    """Service, and what it publishes with nothing optional set."""
    return [(name, fill_in(port, DOT_ENV)) for name, service in SERVICES.items() for port in service.get("ports", ())]


def test_nothing_but_phone_audio_and_http_is_published() -> None:
    assert sorted(published()) == [
        ("media", "12000-12019:12000-12019/udp"),
        ("media", "127.0.0.1:8081:8081/tcp"),
        ("media", "16384-16583:16384-16583/udp"),
        ("media", "5060:5060/tcp"),
        ("media", "5060:5060/udp"),
        ("web", "127.0.0.1:8080:8080/tcp"),
    ]


def test_the_dialogue_and_the_database_reach_nothing_outside() -> None:
    internal = {name for name, network in COMPOSE["networks"].items() if network.get("internal")}
    assert set(SERVICES["door"]["networks"]) | set(SERVICES["postgres"]["networks"]) <= internal
    assert SERVICES["dialogues"]["network_mode"] == "service:door"
    assert SERVICES["speech"]["network_mode"] == "none"


@pytest.mark.parametrize("part", ["media", "speech", "dialogues", "web"])
def test_each_part_reads_its_settings(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SERVICES[part]["environment"].items():
        monkeypatch.setenv(name, fill_in(value, DOT_ENV))
    file = fill_in(COMPOSE["configs"]["settings"]["file"], DOT_ENV)
    monkeypatch.setenv("VOICEBOT_CONFIG", str(ROOT / file))
    monkeypatch.setenv("VOICEBOT_DATA", "/var/lib/voicebot")
    settings = load()
    if part == "media":
        ports = dict.fromkeys(port for _, port in published())
        assert (
            f"{settings.sip.rtp_low}-{settings.sip.rtp_high}:{settings.sip.rtp_low}-{settings.sip.rtp_high}/udp"
            in ports
        )
        assert f"{settings.sip_port}:{settings.sip_port}/udp" in ports
        assert f"127.0.0.1:8081:{settings.streams.port}/tcp" in ports
        assert not settings.streams.enabled
        assert settings.sip.rtp_high - settings.sip.rtp_low + 1 >= settings.sip.max_calls * 4
        assert [str(peer) for peer in settings.sip.peers] == ["203.0.113.0/24"]
        url = SERVICES[part]["environment"]["VOICEBOT_DIALOGUE_URL"]
        assert DOORS[str(settings.dialogue.port)] == url.rpartition(":")[2]
    if part == "dialogues":
        passed_on = {str(port): url.rpartition(":")[2] for port, url in settings.flows.doors.items()}
        assert passed_on == DOORS, "versions listen where the door passes them on"
        assert len(passed_on) >= 4, "live, the one before, one on trial, one being tested"
        assert settings.dialogue.port in settings.flows.doors
        assert settings.flows.write_files
    if part in ("media", "web", "dialogues"):
        assert settings.council_database == Path("/var/lib/voicebot/council/council.sqlite")
        assert "council:/var/lib/voicebot/council" in SERVICES[part]["volumes"]
        assert settings.database == "postgresql+asyncpg://voicebot:databasepassword@postgres:5432/voicebot"
    sockets = {"media": settings.media_socket, "speech": settings.speech_socket}
    urls = {
        "web": f"http://127.0.0.1:{settings.http_port}/healthz",
        "dialogues": f"@{running_file(settings)}",
    }
    probe = SERVICES[part]["healthcheck"]["test"]
    assert probe[1:3] == ["python", "docker/health.py"]
    assert str(sockets.get(part) or urls[part]) in probe[3:]


def test_sockets_are_shared_by_those_who_talk_over_them() -> None:
    for part in ("media", "speech", "web", "dialogues"):
        assert "run:/var/lib/voicebot/run" in SERVICES[part]["volumes"]


def test_what_is_published_is_written_where_the_others_read_it() -> None:
    assert "dialogue-project:/app/dialogues" in SERVICES["dialogues"]["volumes"]
    for part in ("media", "web"):
        assert "dialogue-project:/app/dialogues:ro" in SERVICES[part]["volumes"]
    # A new volume begins as the image's copy: it must belong to who writes it, whichever container is the first.
    for dockerfile in ("dialogue", "service"):
        copied = [words for name, words in instructions(ROOT / "docker" / f"{dockerfile}.Dockerfile") if name == "COPY"]
        assert ["--chown=10001:10001", "dialogues", "dialogues"] in copied


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        good = self.path == "/healthz" or (
            self.path == "/secret" and self.headers["Authorization"] == "Bearer dialoguetoken"
        )
        self.send_response(200 if good else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def probe(*argv: str) -> int:
    return subprocess.run(
        [sys.executable, str(ROOT / "docker" / "health.py"), *argv],
        env={"VOICEBOT_DIALOGUE_TOKEN": "dialoguetoken"},
        capture_output=True,
        check=False,
        timeout=20,
    ).returncode


def test_the_health_check_tells_well_from_ill(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        base = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            assert probe(f"{base}/healthz") == 0
            assert probe(f"{base}/status") == 1
            assert probe(f"{base}/secret") == 1
            assert probe("--token", f"{base}/secret") == 0
            running = tmp_path / "dialogues.json"
            running.write_text(json.dumps({"live": {"url": base}}))
            assert probe("--token", f"@{running}", "/secret") == 0
            assert probe(f"@{running}", "/secret") == 1
            running.write_text("{}")
            assert probe(f"@{running}", "/secret") == 1
        finally:
            server.shutdown()
            thread.join()
    assert probe(f"{base}/healthz") == 1
    path = tmp_path / "speech.sock"
    assert probe(str(path)) == 1
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        assert probe(str(path)) == 0
    assert probe(str(path)) == 1, "a socket that nobody listens on any more"
