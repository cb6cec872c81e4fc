"""The processes that make up the service, and how each is started and known to be ready."""

import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from voicebot.settings import Settings


@dataclass(frozen=True, slots=True)
class Part:
    """One supervised process. ``ready`` answers whether it serves; it must not raise and must be quick."""

    name: str
    argv: Sequence[str]
    ready: Callable[[], Awaitable[bool]]
    env: Mapping[str, str] = field(default_factory=dict)


def own_part(name: str, ready: Callable[[], Awaitable[bool]], env: Mapping[str, str]) -> Part:
    """A part that is this package's own code, run by this interpreter."""
    return Part(name, (sys.executable, "-m", "voicebot", "serve", name), ready, env)


def with_parent_death_signal(argv: Sequence[str]) -> list[str]:
    """``argv``, ended by the kernel when the supervisor dies, so that nothing is left behind (Linux ``setpriv``)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--", *argv] if setpriv else list(argv)


def child_environment(settings: Settings, extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child: ours, with what the part adds."""
    return {**os.environ, "VOICEBOT_DATA": str(settings.data), **extra}
