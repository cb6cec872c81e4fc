"""Installing, verifying and choosing models, from folders and from a hub that is a local server."""

import hashlib
import json
import threading
import wave
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from voicebot.cli import app as voicebot_app
from voicebot.errors import ConfigurationError
from voicebot.models import store
from voicebot.models.blank import build_blank_whisper
from voicebot.models.catalogue import catalogue, find
from voicebot.models.check import advised_floor, check_model, word_errors
from voicebot.models.cli import app
from voicebot.models.pull import HubUnreachable, git_blob_id, pull
from voicebot.tts.espeak import EspeakVoice
from voicebot.tts.spoken import SpokenText

BEEP = Path(__file__).parents[2] / "audio_models" / "voices" / "beep"
UNREACHABLE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_blank_whisper(tmp_path_factory.mktemp("source") / "blank")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VOICEBOT_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_ENDPOINT", UNREACHABLE)
    return tmp_path / "models"


class Hub(BaseHTTPRequestHandler):
    """Answers as the hub does, from ``content``: model.bin with its SHA-256, the rest with git's id."""

    def __init__(self, content: dict[str, bytes], state: dict[str, object], *arguments: object) -> None:
        self.content = content
        self.state = state
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/api/models/Systran/faster-whisper-base.en/revision/main":
            body = json.dumps({"sha": "c0ffee", "siblings": [self.describe(name) for name in self.content]}).encode()
        elif path.startswith("/Systran/faster-whisper-base.en/resolve/c0ffee/") or path.startswith("/mirror/"):
            body = self.content.get(path.rpartition("/")[2], b"")
        else:
            body = b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def describe(self, name: str) -> dict[str, object]:
        data = self.content[name]
        if name == self.state.get("damaged"):
            data = data + b"as it was when the hub hashed it"
        if name == "model.bin":
            lfs = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            return {"rfilename": name, "size": len(data), "blobId": "0" * 40, "lfs": lfs}
        return {"rfilename": name, "size": len(data), "blobId": git_blob_id(data)}

    def log_message(self, *_arguments: object) -> None:
        return


@pytest.fixture
def hub(
    blank: Path, monkeypatch: pytest.MonkeyPatch, root: Path
) -> Iterator[tuple[dict[str, bytes], dict[str, object]]]:
    content = {path.name: path.read_bytes() for path in blank.iterdir() if path.name != "model.json"}
    content["README.md"] = b"not wanted"
    state: dict[str, object] = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Hub, content, state))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield content, state
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_catalogue_is_sound() -> None:
    names = [entry.name for entry in catalogue()]
    assert len(set(names)) == len(names)
    assert {"tiny.en", "base.en", "small.en", "distil-small.en", "en_GB-alba-medium"} <= set(names)
    for entry in catalogue():
        assert entry.size_mb > 0
        assert entry.memory_mb >= entry.size_mb
        assert entry.note
    alba = find("en_GB-alba-medium")
    assert alba is not None
    assert alba.files[0] == "en/en_GB/alba/medium/en_GB-alba-medium.onnx"
    assert find("nothing") is None


def test_git_names_a_file_as_git_does() -> None:
    assert git_blob_id(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_pull_from_a_folder_and_verify(root: Path, blank: Path) -> None:
    folder = pull("base.en", source=str(blank))
    assert folder == root / "base.en"
    assert store.verify("base.en").whole
    assert store.installed() == {"base.en": folder}
    weights = folder / "model.bin"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    (folder / "tokenizer.json").unlink()
    verdict = store.verify("base.en")
    assert not verdict.whole
    assert verdict.changed == ("model.bin",)
    assert verdict.missing == ("tokenizer.json",)
    store.remove("base.en")
    assert store.installed() == {}


def test_a_folder_that_was_damaged_on_the_way_is_refused(root: Path, blank: Path, tmp_path: Path) -> None:
    carried = pull("base.en", source=str(blank)).rename(tmp_path / "stick")
    weights = carried / "model.bin"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(ConfigurationError, match=r"model\.bin is damaged"):
        pull("base.en", source=str(carried))
    assert list(root.iterdir()) == []


def test_a_voice_is_pulled_too(root: Path) -> None:
    pull("en_GB-beep-low", source=str(BEEP))
    assert store.resolve_voice().name == "en_GB-beep-low"
    assert store.verify("en_GB-beep-low").whole


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "..", "../up"])
def test_names_stay_inside_the_folder(root: Path, name: str, blank: Path) -> None:
    with pytest.raises(ConfigurationError, match="not a name"):
        pull(name, source=str(blank))


def test_folders_without_a_model_are_refused(root: Path, blank: Path, tmp_path: Path) -> None:
    for source in (tmp_path / "absent", tmp_path):
        with pytest.raises(ConfigurationError, match="not a folder with a model"):
            pull("base.en", source=str(source))
    half = tmp_path / "half"
    half.mkdir()
    (half / "model.bin").write_bytes((blank / "model.bin").read_bytes())
    with pytest.raises(ConfigurationError, match="lacks"):
        pull("base.en", source=str(half))
    with pytest.raises(ConfigurationError, match="no model nothing"):
        pull("nothing")


def test_pull_from_the_hub(hub: tuple[dict[str, bytes], dict[str, object]]) -> None:
    seen: list[tuple[str, int, int]] = []
    folder = pull("base.en", progress=lambda *step: seen.append(step))
    assert store.verify("base.en").whole
    assert not (folder / "README.md").exists()
    record = json.loads((folder / store.CHECKSUMS).read_text(encoding="utf-8"))
    assert record["source"] == "Systran/faster-whisper-base.en@c0ffee"
    assert record["stated_by_source"] == ["model.bin"]
    assert {name for name, done, size in seen if done == size} >= {"model.bin", "tokenizer.json", "vocabulary.json"}
    assert store.resolve_stt().name == "base.en"


@pytest.mark.parametrize("damaged", ["model.bin", "tokenizer.json"])
def test_what_differs_from_the_hubs_record_is_refused(
    damaged: str, hub: tuple[dict[str, bytes], dict[str, object]], root: Path
) -> None:
    hub[1]["damaged"] = damaged
    with pytest.raises(ConfigurationError, match=f"{damaged} is damaged"):
        pull("base.en")
    assert list(root.iterdir()) == []


def test_pull_from_a_mirror(hub: tuple[dict[str, bytes], dict[str, object]], monkeypatch: pytest.MonkeyPatch) -> None:
    from os import environ

    mirror = f"{environ['HF_ENDPOINT']}/mirror"
    pull("our-own", source=mirror)
    assert store.verify("our-own").whole
    stated = {name: hashlib.sha256(data).hexdigest() for name, data in hub[0].items()}
    stated["model.bin"] = "0" * 64
    hub[0][store.CHECKSUMS] = json.dumps({"sha256": stated}).encode()
    with pytest.raises(ConfigurationError, match=r"model\.bin is damaged"):
        pull("our-own", source=mirror)
    assert store.verify("our-own").whole, "the copy that was there stays"


def test_offline_says_what_to_do(root: Path) -> None:
    with pytest.raises(HubUnreachable) as caught:
        pull("base.en")
    for part in ("cannot reach the hub", "voicebot models pull base.en --from FOLDER"):
        assert part in str(caught.value)
    with pytest.raises(HubUnreachable):
        pull("base.en", source=f"{UNREACHABLE}/mirror")
    assert list(root.iterdir()) == []


def test_auto_chooses_the_best_for_the_machine(root: Path, blank: Path) -> None:
    for name in ("tiny.en", "small.en", "medium.en", "home-made"):
        pull(name, source=str(blank))
    assert store.resolve_stt("auto", gpu=False).name == "small.en"
    assert store.resolve_stt("auto", gpu=True).name == "medium.en"
    assert store.resolve_stt("tiny.en").name == "tiny.en"
    assert store.resolve_stt(str(blank)).folder == blank
    with pytest.raises(ConfigurationError, match=r"pull base\.en"):
        store.resolve_stt("base.en")
    with pytest.raises(ConfigurationError, match="not a voice"):
        store.resolve_voice("small.en")
    with pytest.raises(ConfigurationError, match="not a recogniser"):
        store.resolve_stt(str(BEEP))


def test_without_weights_it_says_who_it_is_good_for(root: Path) -> None:
    if store.shipped_stt() is None:
        with pytest.raises(ConfigurationError, match=r"pull base\.en"):
            store.resolve_stt()
        return
    shipped = store.resolve_stt()
    assert shipped.name == store.SHIPPED_STT
    assert not shipped.people
    assert "not understand people" in shipped.note
    assert store.resolve_voice().name == "espeak"
    assert store.resolve_voice("espeak:en+m2").folder is None


def test_where_models_live(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VOICEBOT_MODELS", str(tmp_path))
    assert store.models_folder() == tmp_path
    monkeypatch.delenv("VOICEBOT_MODELS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert store.models_folder() == tmp_path / "data" / "voicebot" / "models"
    assert store.installed() == {}


def test_the_command_line(root: Path, blank: Path) -> None:
    run = CliRunner().invoke
    listed = json.loads(run(app, ["list", "--json"]).stdout)
    assert not any(row["installed"] for row in listed["models"] if row["name"] == "base.en")
    offline = run(app, ["pull", "base.en"])
    assert offline.exit_code == 1
    assert "cannot reach the hub" in offline.output
    pulled = run(app, ["pull", "base.en", "--from", str(blank)])
    assert pulled.exit_code == 0, pulled.output
    assert run(app, ["path", "base.en"]).stdout.strip() == str(root / "base.en")
    assert run(app, ["path", "small.en"]).exit_code == 1
    assert run(app, ["verify"]).exit_code == 0
    (root / "base.en" / "model.bin").write_bytes(b"")
    verified = run(app, ["verify", "base.en", "--json"])
    assert verified.exit_code == 1
    assert json.loads(verified.stdout)[0]["changed"] == ["model.bin"]
    assert run(app, ["verify", "small.en"]).exit_code == 1
    table = run(app, ["list"]).stdout
    assert "base.en" in table
    assert "auto stt" in table
    assert run(app, ["remove", "base.en"]).exit_code == 0
    assert run(app, ["remove", "base.en"]).exit_code == 1


def test_word_errors() -> None:
    assert word_errors("My bin, please!", "my bin please") == (0, 3)
    assert word_errors("one two three", "one three four") == (2, 3)
    assert word_errors("one", "") == (1, 1)


def test_check_measures_each_floor(root: Path, blank: Path, tmp_path: Path) -> None:
    pull("base.en", source=str(blank))
    rows = check_model("base.en", None, (1.0, 3.0))
    assert [row["floor_s"] for row in rows] == [1.0, 3.0]
    assert all(row["wer"] > 0.5 and row["slowest_ms"] >= row["p95_ms"] >= row["median_ms"] > 0 for row in rows)
    assert rows[1]["cost"] == 0
    with pytest.raises(ConfigurationError, match=r"NAME\.wav"):
        check_model("base.en", tmp_path, (1.0,))


def test_the_advised_floor_is_the_shortest_that_costs_little() -> None:
    rows = [
        {"floor_s": 1.0, "cost": 0.03},
        {"floor_s": 3.0, "cost": 0.004},
        {"floor_s": 5.0, "cost": -0.01},
        {"floor_s": 30.0, "cost": 0.0},
    ]
    assert advised_floor(rows) == 3.0
    assert advised_floor(rows[-1:]) == 30.0


def test_stt_check_says_which_recogniser_it_measures_and_what_the_window_costs(tmp_path: Path, root: Path) -> None:
    spoken = EspeakVoice("en").render(SpokenText("My bin has not been collected."), 8000).samples
    with wave.open(str(tmp_path / "one.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(spoken.astype("<i2").tobytes())
    (tmp_path / "one.txt").write_text("my bin has not been collected")
    command = ["stt-check", str(tmp_path), "--floors", "1,30"]
    told = CliRunner().invoke(voicebot_app, [*command, "--json"])
    report = json.loads(told.output)
    assert report["recogniser"] == "voicebot-tiny-en"
    assert not report["people"]
    assert [row["floor_s"] for row in report["floors"]] == [1.0, 30.0]
    assert report["floors"][0]["median_ms"] < report["floors"][1]["median_ms"]
    assert report["advised_floor_s"] in (1.0, 30.0)
    table = CliRunner().invoke(voicebot_app, command)
    assert "does not understand people" in " ".join(table.output.split())


def test_a_welsh_voice_is_never_chosen_by_itself(root: Path) -> None:
    pull("cy_GB-gwryw_gogleddol-medium", source=str(BEEP))
    assert store.resolve_voice("auto").name == store.ESPEAK
    assert store.resolve_voice("cy_GB-gwryw_gogleddol-medium").folder == root / "cy_GB-gwryw_gogleddol-medium"
