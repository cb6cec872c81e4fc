"""Logs are JSON, one object a line, and hold nobody's number."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from voicebot.records.logs import configure, only_warnings
from voicebot.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield Settings(data=tmp_path)
    for handler in root.handlers[:]:
        if handler not in before:
            root.removeHandler(handler)
            handler.close()
    for handler in before:
        if handler not in root.handlers:
            root.addHandler(handler)
    root.setLevel(level)
    structlog.reset_defaults()


def test_json_lines_without_personal_data(settings: Settings) -> None:
    configure(settings, "media")
    log = structlog.get_logger("voicebot.test")
    log.info("call.began", call_id="c-1", peer="sip:07700900123@127.0.0.1:5060", count=3, ok=True)
    log.warning(
        "odd", a="call 01632 960 123", b={"mail": "jane.burns@example.org"}, c=["+44 7700 900123"], d=7700900123
    )
    log.info("more", where="ZB3 8LP", there="zb3 8lp", ni="QQ 12 34 56 C", account="paid 40312", took_ms=12.5)
    logging.getLogger("library").error("failed for %s", "07700900123")
    try:
        raise ValueError("bad number 07700 900 123")
    except ValueError:
        log.exception("broke")
    text = (settings.log_dir / "media.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert len(lines) == 5 and all(line["process"] == "media" and "timestamp" in line for line in lines)
    for secret in ("900123", "960 123", "jane.burns", "7700900123", "8LP", "8lp", "40312", "34 56", "900 123"):
        assert secret not in text
    assert lines[0]["call_id"] == "c-1" and lines[0]["count"] == 3 and "127.0.0.1:5060" in lines[0]["peer"]
    assert lines[2]["took_ms"] == 12.5
    assert lines[3]["level"] == "error" and "ValueError" in lines[4]["exception"]


def test_level_is_heeded(settings: Settings) -> None:
    configure(settings.model_copy(update={"log_level": "warning"}), "web")
    structlog.get_logger("x").info("quiet")
    structlog.get_logger("x").warning("loud")
    assert [json.loads(x)["event"] for x in (settings.log_dir / "web.jsonl").read_text().splitlines()] == ["loud"]


def test_a_command_prints_warnings_beside_its_output_and_nothing_else(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    only_warnings()
    structlog.get_logger("line").info("call came in")
    structlog.get_logger("line").warning("no route", to="sip:07700900123@example.org")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "no route" in printed.err and "came in" not in printed.err and "07700900123" not in printed.err


def test_a_traceback_shows_no_variables(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    def answer(said: str) -> None:
        raise ValueError("defect")

    only_warnings()
    try:
        answer("my name is Jane Burns")
    except ValueError:
        structlog.get_logger("call").exception("call.defect")
    printed = capsys.readouterr().err
    assert "ValueError: defect" in printed and "Jane" not in printed.replace('answer("my name is Jane Burns")', "")
