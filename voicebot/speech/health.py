"""What the speech process says of itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Health:
    """How speech is doing. Times are medians and 95th percentiles of the last requests, in ms."""

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
    transcribe_ms: tuple[float, float]
    speak_ms: tuple[float, float]
