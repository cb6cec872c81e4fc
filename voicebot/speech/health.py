"""What the speech process says of itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Health:
    """How speech is doing. Times are medians and 95th percentiles of the last requests, in ms.

    ``lag_ms`` is the longest that a request waits or has waited just now; ``admitting`` says whether calls that were
    not heard yet still are; ``refused`` counts requests turned away for it.
    """

    ready: bool
    model: str
    voice: str
    people: bool
    note: str
    uptime_s: float
    queued: int
    running: int
    transcribed: int
    spoken: int
    refused: int
    lag_ms: float
    admitting: bool
    transcribe_ms: tuple[float, float]
    speak_ms: tuple[float, float]
