"""The processes that make up the service, and how each is started and known to be ready."""

import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from voicebot.settings import Settings


@dataclass(frozen=True, slots=True)
class Part:
    """One supervised process. ``ready`` answers whether it serves; it must not raise and must be quick.

    One that ``drains`` ends on SIGTERM when what it is at is done, and on SIGINT at once; others end on SIGTERM.
    """

    name: str
    argv: Sequence[str]
    ready: Callable[[], Awaitable[bool]]
    env: Mapping[str, str] = field(default_factory=dict)
    drains: bool = False

    @property
    def stop_signal(self) -> signal.Signals:
        """What ends it at once."""
        return signal.SIGINT if self.drains else signal.SIGTERM


def own_part(name: str, ready: Callable[[], Awaitable[bool]], env: Mapping[str, str], *, drains: bool = False) -> Part:
    """A part that is this package's own code, run by this interpreter."""
    return Part(name, (sys.executable, "-m", "voicebot", "serve", name), ready, env, drains)


def with_parent_death_signal(part: Part) -> list[str]:
    """Its ``argv``, ended by the kernel when the supervisor dies: nothing is left behind (Linux ``setpriv``)."""
    setpriv = shutil.which("setpriv")
    name = part.stop_signal.name.removeprefix("SIG")
    return [setpriv, "--pdeathsig", name, "--", *part.argv] if setpriv else list(part.argv)


def child_environment(settings: Settings, extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child: ours, with what the part adds."""
    return {**os.environ, "VOICEBOT_DATA": str(settings.data), **extra}
