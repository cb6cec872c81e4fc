"""What a synthetic call came to, as the objects that ``voicebot call --json`` prints."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from voicebot.audio.wav import stereo, write_wav
from voicebot.caller.citizen import CallerEvent, Citizen, EventName, Press, Say
from voicebot.telephony.quality import MediaQuality


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which ``share`` (0–1) of the values lie, interpolated; None for no values."""
    return round(float(np.quantile(values, share)), 1) if values else None


def spread(values: Sequence[float]) -> dict[str, Any]:
    """``{"p50", "p95", "all"}`` in ms."""
    return {
        "p50": percentile(values, 0.5),
        "p95": percentile(values, 0.95),
        "all": [round(value, 1) for value in values],
    }


@dataclass(slots=True)
class CallReport:
    """One call. ``answered_ms`` is how long it rang; ``status`` the final SIP status when it was not answered.

    All ``at_ms`` count from dialling, so ``at_ms - answered_ms`` is the time in the call's audio. ``wire_ms``
    are the latencies at the socket, without this side's jitter buffer. ``call_id`` is the SIP Call-ID, by which the
    other side's records find the call too.
    """

    call_id: str
    address: str
    citizen: Citizen
    answered: bool = False
    answered_ms: float = 0.0
    status: int = 0
    reason: str = ""
    wire_ms: list[float] = field(default_factory=list)
    quality: MediaQuality | None = None
    """How well the line carried the call, where that is known."""

    def line(self, event: CallerEvent) -> dict[str, Any]:
        """One event."""
        shaped: dict[str, Any] = {
            "event": event.name.value,
            "at_ms": round(self.answered_ms + self.citizen.ms(event.position)),
            "call_id": self.call_id,
        }
        if event.name is EventName.KEY:
            shaped["key"] = event.detail
        elif event.name is EventName.ENDED:
            shaped["reason"] = event.detail
        return shaped

    def transcript(self) -> list[dict[str, Any]]:
        """What the caller said (in words) and when the other side spoke (it is not transcribed here), in order."""
        entries: list[dict[str, Any]] = []
        for turn in self.citizen.turns:
            if isinstance(turn.step, Say | Press):
                entry = {
                    "who": "caller",
                    "text": turn.text,
                    "keyed": isinstance(turn.step, Press),
                    "at_ms": self._at(turn.said_from),
                    "until_ms": self._at(turn.said_to),
                }
                if turn.cut_off:
                    entry["cut_off"] = True
                entries.append(entry)
        started: int | None = None
        for event in self.citizen.events:
            if event.name is EventName.BOT_SPEECH_START:
                started = event.position
            elif event.name is EventName.BOT_SPEECH_END and started is not None:
                entries.append(
                    {"who": "bot", "text": "", "at_ms": self._at(started), "until_ms": self._at(event.position)}
                )
                started = None
        return sorted(entries, key=lambda entry: int(entry["at_ms"]))

    def summary(self) -> dict[str, Any]:
        """The last object."""
        spoken = [turn for turn in self.citizen.turns if isinstance(turn.step, Say)]
        stops = [
            self.citizen.ms(turn.bot_stopped_at - turn.said_from)
            for turn in spoken
            if turn.bot_stopped_at is not None and turn.bot_stopped_at > turn.said_from
        ]
        shaped: dict[str, Any] = {
            "event": "summary",
            "call_id": self.call_id,
            "answered": self.answered,
            "answered_ms": round(self.answered_ms),
            "reason": self.reason,
            "turns": len(self.citizen.turns),
            "unanswered": sum(turn.answered_at is None for turn in spoken),
            "cut_off": sum(turn.cut_off for turn in spoken),
            "latency_ms": spread(self.citizen.latencies_ms()),
            "transcript": self.transcript(),
        }
        if self.status:
            shaped["status"] = self.status
        if self.quality is not None:
            shaped["media"] = asdict(self.quality)
        if self.wire_ms:
            shaped["wire_latency_ms"] = spread(self.wire_ms)
        if stops:
            shaped["barge_in_stop_ms"] = spread(stops)
        return shaped

    def _at(self, position: int) -> int:
        return round(self.answered_ms + self.citizen.ms(position))


def record(citizen: Citizen, folder: Path, name: str) -> tuple[Path, ...]:
    """Write what was heard and said: ``NAME-heard.wav``, ``NAME-said.wav`` and both in stereo as ``NAME.wav``."""
    heard, said = citizen.heard(), citizen.said()
    paths = (folder / f"{name}-heard.wav", folder / f"{name}-said.wav", folder / f"{name}.wav")
    for path, samples in zip(paths, (heard, said, stereo(said, heard)), strict=True):
        write_wav(path, samples, citizen.rate)
    return paths
