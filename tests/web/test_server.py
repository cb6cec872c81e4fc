"""The web process for real: started, asked, stopped."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from voicebot.errors import ConfigurationError
from voicebot.settings import Settings
from voicebot.web.server import in_clear, run


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_starts_serves_and_stops_cleanly(tmp_path: Path) -> None:
    port = free_port()
    env = {**os.environ, "VOICEBOT_DATA": str(tmp_path), "VOICEBOT_HTTP_PORT": str(port)}
    code = "from voicebot.settings import load; from voicebot.web.server import run; run(load())"
    process = subprocess.Popen([sys.executable, "-c", code], env=env, cwd=tmp_path)
    try:
        transport = httpx.HTTPTransport(retries=8)
        with httpx.Client(transport=transport, base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            assert client.get("/healthz").json() == {"status": "ok"}
            ready = client.get("/readyz")
            assert ready.status_code == 503 and ready.json()["parts"]["media"] is False
            assert "server" not in ready.headers
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(20)
    assert status == 0


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        with pytest.raises(ConfigurationError, match=f"{port}.*VOICEBOT_HTTP_PORT"):
            run(Settings(data=tmp_path, http_port=port))


@pytest.mark.parametrize(
    ("bind", "public_url", "clear"),
    [
        ("127.0.0.1", "", False),
        ("::1", "", False),
        ("localhost", "", False),
        ("0.0.0.0", "", True),
        ("192.0.2.1", "http://phone.example", True),
        ("0.0.0.0", "https://phone.example", False),
        ("phone.example", "", True),
    ],
)
def test_passwords_in_clear_are_warned_of(bind: str, public_url: str, clear: bool) -> None:
    settings = Settings(http_bind=bind)
    web = settings.web.model_copy(update={"public_url": public_url})
    assert in_clear(settings.model_copy(update={"web": web})) is clear
