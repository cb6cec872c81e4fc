"""Links with which somebody without an account may use the browser phone for a while, signed so that nobody can make
one or make one last longer."""

import time
from collections.abc import Callable

from itsdangerous import BadData, URLSafeSerializer

from voicebot.kept_secret import kept_secret
from voicebot.settings import Settings

PATH = "/phone/"
PARAMETER = "link"
PHONE_LINK = "phone.link"
"""What the audit calls the making of one."""
_SALT = "voicebot phone link"


class PhoneLinks:
    """Makes and reads links. ``now`` gives seconds since 1970.

    Raises :class:`~voicebot.errors.ConfigurationError` when there can be no key.
    """

    def __init__(self, settings: Settings, *, now: Callable[[], float] = time.time) -> None:
        key = kept_secret(
            settings.browser.link_key.get_secret_value(), settings.run_dir / "link-key", "VOICEBOT_BROWSER__LINK_KEY"
        )
        self._signer = URLSafeSerializer(key, salt=_SALT)
        self._now = now

    def make(self, hours: float) -> str:
        """What a link carries that is good for so long."""
        return str(self._signer.dumps(round(self._now() + hours * 3600)))

    def good_until(self, carried: str) -> float | None:
        """Until when it is good, or None when it isn't (any more)."""
        try:
            until = self._signer.loads(carried)
        except BadData:
            return None
        return float(until) if isinstance(until, int) and until > self._now() else None
