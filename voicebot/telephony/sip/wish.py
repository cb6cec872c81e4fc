"""What is wanted of a call that we make."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voicebot.telephony.sip.leg import SipLeg


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a call, whichever way it goes."""

    caller: str = ""
    caller_name: str = ""
    headers: Mapping[str, str] | None = None
    on_progress: Callable[[int], None] | None = None
    on_early_media: "Callable[[SipLeg], None] | None" = None
