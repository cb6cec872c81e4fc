"""Logs: one JSON object a line, without personal data.

Code must not log what callers say or who they are; the last processor removes what looks like it anyway.
"""

import logging
import re
import sys
from logging.handlers import WatchedFileHandler
from typing import Any

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from voicebot.settings import Settings

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.:-])\+?\d(?:[ \-()]{0,2}\d){6,18}(?![\w:])")
_DIGITS = re.compile(r"(?<![\w.:-])\d{5,}(?![\w:])")
"""Account numbers, references and keyed digits; not ports, fractions and parts of identifiers."""
_SIP_USER = re.compile(r"\b(sips?|tel):([^@\s;>]+)@")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b", re.IGNORECASE)
_NATIONAL_INSURANCE = re.compile(r"\b[A-Z]{2}\s?(?:\d{2}\s?){3}[A-D]\b")
_KEPT = frozenset({"timestamp", "level", "logger", "event", "process", "call_id", "reference", "pid", "port", "at_ms"})


def redact_personal(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Remove what looks like a number, an address of a person, a postcode or an NI number from every value."""
    for key, value in event.items():
        if key not in _KEPT or (key == "event" and isinstance(value, str)):
            event[key] = _clean(value)
    return event


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        value = _SIP_USER.sub(r"\1:[user]@", value)
        value = _EMAIL.sub("[email]", value)
        value = _NATIONAL_INSURANCE.sub("[ni]", value)
        value = _POSTCODE.sub("[postcode]", value)
        return _DIGITS.sub("[number]", _PHONE.sub("[number]", value))
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int) and abs(value) >= 10**9:
        return "[number]"
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


def only_warnings() -> None:
    """For commands whose output people or programs read: warnings go to standard error, all else nowhere."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact_personal,
            # a traceback with its variables would show what callers said
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        # looked up when it is used: a test or a terminal may replace the stream
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        cache_logger_on_first_use=False,
    )


def configure(settings: Settings, process: str, *, console: bool = False) -> None:
    """Send this process's logs, those of libraries included, to ``settings.log_dir/<process>.jsonl``.

    ``console`` writes warnings to standard error as well. The file may be rotated by name from outside. Raises
    :class:`OSError` when the folder can't be written.
    """
    settings.log_dir.mkdir(parents=True, exist_ok=True)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]

    def name_process(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            name_process,
            structlog.processors.format_exc_info,
            redact_personal,
            structlog.processors.JSONRenderer(sort_keys=False),
        ],
    )
    file = WatchedFileHandler(settings.log_dir / f"{process}.jsonl", encoding="utf-8", delay=True)
    handlers: list[logging.Handler] = [file]
    if console:
        stderr = logging.StreamHandler(sys.stderr)
        stderr.setLevel(logging.WARNING)
        handlers.append(stderr)
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    for handler in handlers:
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    # They log addresses and queries at INFO.
    for noisy in ("httpx", "httpcore", "aiosqlite", "sqlalchemy.engine", "alembic", "websockets"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
