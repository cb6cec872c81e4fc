"""What a load process tells of its run."""

from dataclasses import dataclass

from bench.arrivals import Punctuality


@dataclass(frozen=True, slots=True)
class LoadResult:
    """``sent`` counts the callers' frames; ``load_late_ms`` is how late the load itself was at the worst."""

    punctuality: Punctuality
    sent: int
    repeated: int
    load_late_ms: float
